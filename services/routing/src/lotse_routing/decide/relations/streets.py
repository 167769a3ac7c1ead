"""A network as streets: which links go on into which, under which name, what they bear, where a sign may lead."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from lotse_routing.core.jit import Flags
from lotse_routing.core.topology import Topology
from lotse_routing.core.turns import U_TURN_DEG
from lotse_routing.decide.street import street_of
from lotse_routing.network.model import Link

Floats = npt.NDArray[np.float64]
"""One entry a link."""
Beside = tuple[tuple[int, ...], ...]
"""For each link, the links beside it in one direction."""
Turns = Sequence[Mapping[int, float]]
"""For each link, those that one may turn into, and by how many degrees."""

CAPACITY_VEH_H: Mapping[str, float] = {
    "motorway": 1800.0,
    "trunk": 1400.0,
    "primary": 900.0,
    "secondary": 800.0,
    "tertiary": 700.0,
}
"""Of a lane, by road class: a street of a town has its green for about half of the time. A choice of ours."""
MINOR_CAPACITY_VEH_H = 400.0
JUNCTION_M = 40.0
"""A street goes on across so much of another one: between the two halves of a junction."""
STRAIGHT_ON_DEG = 60.0
"""Whoever turns by more in all, across a junction, is on the way back, or on a street of the same name to the side."""


@dataclass(frozen=True, slots=True, eq=False)
class Streets:
    """What a network version has once.

    Attributes
    ----------
    onward, behind
        Links that one may turn into, and those that one may come from; without turning back.
    street_onward, street_behind
        The next links of the same street, likewise: at once, or on the other side of a junction.
    names
        Street of each link, empty where it has no name.
    length_m, capacity_veh_h
        Shape (links,).
    is_minor
        Streets that no sign may lead over: minor ones, and those that not everybody may drive through; shape (links,).
    """

    topology: Topology = field(repr=False)
    onward: Beside = field(repr=False)
    behind: Beside = field(repr=False)
    street_onward: Beside = field(repr=False)
    street_behind: Beside = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    length_m: Floats
    capacity_veh_h: Floats
    is_minor: Flags

    def mask(self, links: Iterable[int]) -> Flags:
        """Mark links."""
        marked = np.zeros(len(self.names), dtype=np.bool_)
        marked[list(links)] = True
        return marked

    def within(
        self, starts: Iterable[int], beside: Beside, distance_m: float, stops: Collection[int] = ()
    ) -> Iterator[tuple[int, float]]:
        """Give the links around some, with how far away they are by road, middle to middle, nearest first.

        It goes on to none of `stops`.
        """
        waiting = [(0.0, link) for link in starts]
        found = {link for _, link in waiting}
        while waiting:
            away_m, link = heappop(waiting)
            yield link, away_m
            for other in beside[link]:
                next_m = away_m + (self.length_m[link] + self.length_m[other]) / 2
                if other not in found and other not in stops and next_m <= distance_m:
                    found.add(other)
                    heappush(waiting, (float(next_m), other))


def read_streets(topology: Topology, minor_classes: frozenset[str]) -> Streets:
    """Derive the streets of a network."""
    turns = _turns(topology)
    names = tuple(street_of(link) for link in topology.links)
    length_m = np.array([link.length_m for link in topology.links])
    onward = tuple(tuple(sorted(ahead)) for ahead in turns)
    street_onward = tuple(_next_of_street(link, turns, names, length_m) for link in range(len(turns)))
    return Streets(
        topology=topology,
        onward=onward,
        behind=_turned_round(onward),
        street_onward=street_onward,
        street_behind=_turned_round(street_onward),
        names=names,
        length_m=length_m,
        capacity_veh_h=np.array([capacity_veh_h(link) for link in topology.links]),
        is_minor=np.array([link.access != "yes" or link.road_class in minor_classes for link in topology.links]),
    )


def capacity_veh_h(link: Link) -> float:
    """Give how many vehicles an hour a link lets pass."""
    return link.lanes * CAPACITY_VEH_H.get(link.road_class.removesuffix("_link"), MINOR_CAPACITY_VEH_H)


def _turns(topology: Topology) -> Turns:
    """List the turns out of each link but those back, with their angles in degrees."""
    states, links = topology.states, topology.links
    tails, heads = states.link[states.tail].tolist(), states.link[states.head].tolist()
    ahead: list[dict[int, float]] = [{} for _ in links]
    for tail, head, angle_deg in zip(tails, heads, topology.compiled.arc_angle_deg.tolist(), strict=True):
        if links[head].to_node != links[tail].from_node or abs(angle_deg) < U_TURN_DEG:
            ahead[tail][head] = angle_deg
    return ahead


def _next_of_street(link: int, turns: Turns, names: Sequence[str], length_m: Floats) -> tuple[int, ...]:
    """List the links into which a street goes on: at once, or straight across a junction of another one."""
    name = names[link]
    found = {other for other in turns[link] if names[other] == name}
    across = [other for other in turns[link] if name and names[other] != name and length_m[other] <= JUNCTION_M]
    for other in across:
        for beyond, angle_deg in turns[other].items():
            if names[beyond] == name and abs(turns[link][other] + angle_deg) <= STRAIGHT_ON_DEG:
                found.add(beyond)
    return tuple(sorted(found - {link}))


def _turned_round(onward: Beside) -> Beside:
    behind: list[list[int]] = [[] for _ in onward]
    for link, ahead in enumerate(onward):
        for other in ahead:
            behind[other].append(link)
    return tuple(map(tuple, behind))
