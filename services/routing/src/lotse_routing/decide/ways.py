"""The usual ways of all signs and destinations as flat arrays, and what is seen on them now: one sum for each.

Usual ways are fixed by the network, the hours of its bans and the registry; so the arrays stay while these do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lotse_routing.core.along import Places
from lotse_routing.core.jit import Flags
from lotse_routing.core.topology import Seconds
from lotse_routing.decide.candidates import Trees
from lotse_routing.decide.cause import noticeable_delay_s
from lotse_routing.decide.registry import Destination, Registry, Sign
from lotse_routing.state.snapshot import Snapshot

SUMMED_ALIKE_S = 1e-6
"""Sums of the same seconds in another order differ by less; a figure this near to its threshold is not decided here."""


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """The usual ways of a registry, one for each sign and destination that has one: a pair.

    Attributes
    ----------
    links
        The links of all of them, one way after the other.
    first
        Where in `links` the way of each pair begins; shape (pairs,).
    pairs
        Where the pairs of each sign begin, and behind them where all end; shape (signs + 1,).
    usual_s
        What it takes in an empty town; shape (pairs,).
    """

    trees: Trees
    registry: Registry
    links: Places
    first: Places
    pairs: Places
    usual_s: Seconds


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is seen on the usual ways; shape (pairs,) each.

    `is_undisturbed` tells that nothing is closed, and that less is lost than a detour is looked for. `is_measured` is
    as in an advice. Both tell it for sure: where a figure is on the edge, `is_undisturbed` is false.
    """

    is_undisturbed: Flags
    is_measured: Flags


def ways_of(trees: Trees, registry: Registry, held: Ways | None) -> Ways:
    """Give the usual ways of a registry: those held, if they are of the same registry and trees."""
    if held is not None and held.trees is trees and held.registry == registry:
        return held
    found = [
        (place, way)
        for place, sign in enumerate(registry.signs)
        for name in sign.destinations
        if name in registry.destinations and len(way := _way(trees, sign, registry.destinations[name]))
    ]
    first, links = _flat([way for _, way in found])
    pairs = np.searchsorted([place for place, _ in found], np.arange(len(registry.signs) + 1))
    return Ways(trees, registry, links, first, pairs, _along(trees.topology.base_travel_times_s, links, first))


def look_at(ways: Ways, snapshot: Snapshot, min_gain_s: float) -> Seen:
    """See what is lost on each way, and whether anybody measures it."""
    lost_s = _along(snapshot.delays_s, ways.links, ways.first)
    has_detector = _along(snapshot.confidences > 0, ways.links, ways.first)
    noticeable_s = noticeable_delay_s(ways.usual_s)
    is_on_edge = ~has_detector & (np.abs(lost_s - noticeable_s) < SUMMED_ALIKE_S)
    is_undisturbed = (lost_s < min_gain_s - SUMMED_ALIKE_S) & ~is_on_edge
    return Seen(is_undisturbed, has_detector | (lost_s >= noticeable_s))


def _way(trees: Trees, sign: Sign, destination: Destination) -> Places:
    link = trees.topology.index.get(sign.link_id)
    return np.empty(0, np.intp) if link is None else trees.places(link, destination.node_id)


def _flat(ways: Sequence[Places]) -> tuple[Places, Places]:
    lengths = np.array([0, *map(len, ways)], np.intp)
    links = np.concatenate(ways) if ways else np.empty(0, np.intp)
    return np.cumsum(lengths)[:-1], links


def _along(of_links: npt.NDArray[Any], links: Places, first: Places) -> npt.NDArray[Any]:
    """Sum up along each way; of flags, tell whether one of them is set."""
    if not len(first):  # which reduceat does not take
        return of_links[:0]
    add = np.logical_or if of_links.dtype == np.bool_ else np.add
    return add.reduceat(of_links[links], first)
