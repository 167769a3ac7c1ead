"""From turns between links to arcs between states, with bans and the rule for destination streets built in."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import NamedTuple

import numpy as np

from lotse_routing.core.jit import Flags, Indices
from lotse_routing.core.memory import Driven, Memory
from lotse_routing.core.turns import BIT, Bits, Turns
from lotse_shared.vehicle import VehicleClass


class Ban(NamedTuple):
    """Links (by index) that vehicles may not drive one after the other, always or at certain hours."""

    links: tuple[int, ...]
    vehicles: frozenset[VehicleClass]
    is_timed: bool


class State(NamedTuple):
    """A link that is being driven, whether it stands at the end of a route, and what is remembered."""

    link: int
    is_end: bool
    driven: Driven


class Arc(NamedTuple):
    """A turn between two states (by number): who may ever drive it, and the bans that close it at certain hours."""

    tail: int
    head: int
    turn: int
    vehicles: int
    timed_bans: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """States and arcs as arrays.

    Attributes
    ----------
    link, is_end
        Of each state; shape (states,). State i is the one in which a route that begins with link i begins.
    tail, head
        States at both ends of each arc, sorted by tail, then by the link of the head; shape (arcs,).
    turn
        The turn that each arc makes, an index; shape (arcs,).
    vehicles
        Who may ever drive it as far as bans go; shape (arcs,).
    timed_bans
        Pairs of an arc and the number of a ban that closes it at certain hours; shape (pairs, 2).
    """

    link: Indices
    is_end: Flags
    tail: Indices
    head: Indices
    turn: Indices
    vehicles: Bits
    timed_bans: Indices


def expand(links: int, has_end: Collection[int], turns: Turns, bans: Sequence[Ban]) -> States:
    """Make states and arcs of turns.

    Parameters
    ----------
    links
        How many there are.
    has_end
        Links that may be for destination traffic only, for anybody at any time.
    bans
        Of two or more links; those that name no turn are without effect.
    """
    memory = Memory(ban.links for ban in bans)
    states = list(_list_states(links, has_end, memory))
    arcs = list(_list_arcs(states, has_end, turns, bans, memory))
    arcs.sort(key=lambda arc: (arc.tail, states[arc.head].link, arc.head))
    columns = np.array([arc[:4] for arc in arcs], dtype=np.uint32).reshape(-1, 4)
    timed = [(place, ban) for place, arc in enumerate(arcs) for ban in arc.timed_bans]
    tail, head, turn, vehicles = (np.ascontiguousarray(column) for column in columns.T)
    return States(
        link=np.array([state.link for state in states], dtype=np.uint32),
        is_end=np.array([state.is_end for state in states], dtype=np.bool_),
        tail=tail,
        head=head,
        turn=turn,
        vehicles=vehicles.astype(np.uint8),
        timed_bans=np.array(timed, dtype=np.uint32).reshape(-1, 2),
    )


def _list_states(links: int, has_end: Collection[int], memory: Memory) -> Iterator[State]:
    yield from (State(link, is_end=False, driven=()) for link in range(links))
    yield from (State(link, is_end=True, driven=()) for link in sorted(has_end))
    for driven in memory.begun:
        yield State(driven[-1], is_end=False, driven=driven)
        if driven[-1] in has_end:
            yield State(driven[-1], is_end=True, driven=driven)


def _list_arcs(
    states: Sequence[State], has_end: Collection[int], turns: Turns, bans: Sequence[Ban], memory: Memory
) -> Iterator[Arc]:
    """Lead on from every state: at the end of a route only into the end of a route, else into either."""
    number_of = {state: number for number, state in enumerate(states)}
    first = np.searchsorted(turns.before, np.arange(int(turns.before.max(initial=-1)) + 2)).tolist()
    after, vehicles = turns.after.tolist(), turns.vehicles.tolist()
    for tail, state in enumerate(states):
        driven = state.driven or (state.link,)
        for turn in range(*first[state.link : state.link + 2]) if state.link + 1 < len(first) else ():
            link = after[turn]
            broken = memory.banned_by(driven, link)
            allowed = vehicles[turn] & ~_bits(bans[ban] for ban in broken if not bans[ban].is_timed)
            timed = tuple(ban for ban in broken if bans[ban].is_timed)
            for is_end in _parts(state, may_end=link in has_end):
                head = number_of[State(link, is_end, memory.after(driven, link))]
                if allowed:
                    yield Arc(tail, head, turn, allowed, timed)


def _parts(state: State, *, may_end: bool) -> tuple[bool, ...]:
    return (() if state.is_end else (False,)) + ((True,) if may_end else ())


def _bits(bans: Iterator[Ban]) -> int:
    return reduce(or_, (int(BIT[vehicle]) for ban in bans for vehicle in ban.vehicles), 0)
