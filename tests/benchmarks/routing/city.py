"""A city as arrays: junctions, links, allowed turns; and many copies of it side by side, for other sizes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Places = npt.NDArray[np.float64]
"""Metres east and north of the first junction, shape (junctions, 2)."""

GAP_M = 300.0
"""Between two copies."""
JOINS = 5
"""Streets between two neighbouring copies, at most."""
JOIN_KMH = 50.0
UNLIKE = (0.8, 1.25)
"""No two copies are equally quick: each link's free-flow time is drawn between these factors of the original's."""


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """Junctions, directed links between them, and what may follow what.

    Attributes
    ----------
    places
        Of the junctions, shape (junctions, 2).
    link_tails, link_heads, link_ms
        Ends and free-flow times, shape (links,).
    state_links
        Link that each state of the turn graph stands for, shape (states,). Some have several: streets for destination
        traffic, streets in the middle of a banned sequence.
    turn_tails, turn_heads
        States before and after each allowed turn, shape (turns,).
    lively_junctions, lively_states
        Those of the largest strongly connected part: a way leads from each to each.
    """

    places: Places
    link_tails: Ints
    link_heads: Ints
    link_ms: Ints
    state_links: Ints
    turn_tails: Ints
    turn_heads: Ints
    lively_junctions: Ints
    lively_states: Ints


class Join(NamedTuple):
    """A street between two copies: junctions, by their numbers among all copies."""

    tail: int
    head: int


def tile(city: City, columns: int, rows: int, seed: int = 0) -> City:
    """Lay copies of a city side by side, and join neighbours by a handful of streets in both directions."""
    random, count = np.random.default_rng(seed), columns * rows
    junctions, links, states = len(city.places), len(city.link_ms), len(city.state_links)
    width_m, height_m = np.ptp(city.places, axis=0) + GAP_M
    shifts = [(column * width_m, row * height_m) for row in range(rows) for column in range(columns)]
    unlike = random.uniform(*UNLIKE, count * links) if count > 1 else np.ones(links)
    places = np.concatenate([city.places + shift for shift in shifts])
    joins = list(_joins(city, columns, rows))
    tails, heads = _ints(join.tail for join in joins), _ints(join.head for join in joins)
    copies = City(
        places=places,
        link_tails=np.concatenate((_copies(city.link_tails, count, junctions), tails)),
        link_heads=np.concatenate((_copies(city.link_heads, count, junctions), heads)),
        link_ms=np.concatenate(
            (whole_ms(np.tile(city.link_ms, count) * unlike), [_join_ms(places, join) for join in joins])
        ).astype(np.int32),
        state_links=np.concatenate(
            (_copies(city.state_links, count, links), np.arange(len(joins)) + count * links)
        ).astype(np.int32),
        turn_tails=_copies(city.turn_tails, count, states),
        turn_heads=_copies(city.turn_heads, count, states),
        lively_junctions=_copies(city.lively_junctions, count, junctions),
        lively_states=_copies(city.lively_states, count, states),
    )
    return _with_turns_of_joins(copies, len(joins))


def _joins(city: City, columns: int, rows: int) -> Iterator[Join]:
    """List the streets between neighbours: from band to band along the border, the junctions nearest to it."""
    junctions = len(city.places)
    for number in range(columns * rows):
        neighbours = [(0, number + 1)] if (number + 1) % columns else []
        neighbours += [(1, number + columns)] if number + columns < columns * rows else []
        for axis, other in neighbours:
            for here, there in _border_pairs(city, axis):
                yield Join(here + number * junctions, there + other * junctions)
                yield Join(there + other * junctions, here + number * junctions)


def _border_pairs(city: City, axis: int) -> Iterator[tuple[int, int]]:
    """Pair the outermost junctions on a side with those on the opposite one, where turns lead there and on."""
    ends = city.state_links[city.lively_states]
    candidates = np.intersect1d(city.link_heads[ends], city.link_tails[ends])
    candidates = np.intersect1d(candidates, city.lively_junctions)
    along, across = city.places[candidates, 1 - axis], city.places[candidates, axis]
    edges = np.linspace(along.min(), along.max(), JOINS + 1)
    for low, high in pairwise(edges.tolist()):
        band = np.flatnonzero((along >= low) & (along <= high))
        if len(band):
            yield int(candidates[band[across[band].argmax()]]), int(candidates[band[across[band].argmin()]])


def _join_ms(places: Places, join: Join) -> int:
    east_m, north_m = places[join.head] - places[join.tail]
    return max(1, round(1000 * 3.6 * hypot(east_m, north_m) / JOIN_KMH))


def _with_turns_of_joins(city: City, joins: int) -> City:
    """Let every join, the last of the states, be driven into from all streets that end there, and out of likewise."""
    states, first = len(city.state_links), len(city.state_links) - joins
    of_join = range(first, states)
    begins, ends = city.link_tails[city.state_links], city.link_heads[city.state_links]
    ending, beginning = _lively_at(city, ends, begins[first:]), _lively_at(city, begins, ends[first:])
    into = [(state, join) for join in of_join for state in ending[int(begins[join])]]
    onward = [(join, state) for join in of_join for state in beginning[int(ends[join])]]
    turns = np.array([*into, *onward], dtype=np.int32).reshape(-1, 2)
    return City(
        **{name: getattr(city, name) for name in ("places", "link_tails", "link_heads", "link_ms", "state_links")},
        turn_tails=np.concatenate((city.turn_tails, turns[:, 0])),
        turn_heads=np.concatenate((city.turn_heads, turns[:, 1])),
        lively_junctions=city.lively_junctions,
        lively_states=np.concatenate((city.lively_states, _ints(of_join))),
    )


def _lively_at(city: City, ends: Ints, junctions: Ints) -> dict[int, list[int]]:
    """List the lively states that have certain junctions at one end, by junction."""
    found: dict[int, list[int]] = {junction: [] for junction in junctions.tolist()}
    for state in city.lively_states[np.isin(ends[city.lively_states], junctions)].tolist():
        found[int(ends[state])].append(state)
    return found


def _copies(numbers: Ints, count: int, each: int) -> Ints:
    """Repeat numbers of things, of which every copy of the city has `each`."""
    return (np.tile(numbers, count) + np.repeat(np.arange(count) * each, len(numbers))).astype(np.int32)


def whole_ms(numbers: npt.NDArray[np.float64]) -> Ints:
    """Round, to 1 at least."""
    return np.maximum(np.rint(numbers), 1).astype(np.int32)


def _ints(numbers: Iterable[int]) -> Ints:
    return np.fromiter(numbers, dtype=np.int32)
