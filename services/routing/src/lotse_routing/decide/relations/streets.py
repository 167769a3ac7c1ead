"""A network as streets: which links go on into which, under which name, what they bear, where a sign may lead."""

from collections.abc import Callable, Iterable, Iterator, Mapping
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

CAPACITY_VEH_H: Mapping[str, float] = {
    "motorway": 1800.0,
    "trunk": 1400.0,
    "primary": 900.0,
    "secondary": 800.0,
    "tertiary": 700.0,
}
"""Of a lane, by road class: a street of a town has its green for about half of the time. A choice of ours."""
MINOR_CAPACITY_VEH_H = 400.0


@dataclass(frozen=True, slots=True, eq=False)
class Streets:
    """What a network version has once.

    Attributes
    ----------
    onward, behind
        Links that one may turn into, and those that one may come from; without turning back.
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
    names: tuple[str, ...] = field(repr=False)
    length_m: Floats
    capacity_veh_h: Floats
    is_minor: Flags

    def mask(self, links: Iterable[int]) -> Flags:
        """Mark links."""
        marked = np.zeros(len(self.names), dtype=np.bool_)
        marked[list(links)] = True
        return marked

    def goes_on(self, link: int, other: int) -> bool:
        """Tell whether two links are of one street."""
        return bool(self.names[link]) and self.names[link] == self.names[other]

    def within(
        self, starts: Iterable[int], beside: Beside, distance_m: float, follows: Callable[[int, int], bool]
    ) -> Iterator[tuple[int, float]]:
        """Give the links around some, with how far away they are by road, middle to middle, nearest first.

        Parameters
        ----------
        follows
            Whether to go on from a link to one beside it.
        """
        waiting = [(0.0, link) for link in starts]
        found = {link for _, link in waiting}
        while waiting:
            away_m, link = heappop(waiting)
            yield link, away_m
            for other in beside[link]:
                next_m = away_m + (self.length_m[link] + self.length_m[other]) / 2
                if other not in found and next_m <= distance_m and follows(link, other):
                    found.add(other)
                    heappush(waiting, (float(next_m), other))


def read_streets(topology: Topology, minor_classes: frozenset[str]) -> Streets:
    """Derive the streets of a network."""
    onward = _onward(topology)
    behind: list[list[int]] = [[] for _ in onward]
    for link, ahead in enumerate(onward):
        for other in ahead:
            behind[other].append(link)
    return Streets(
        topology=topology,
        onward=onward,
        behind=tuple(map(tuple, behind)),
        names=tuple(street_of(link) for link in topology.links),
        length_m=np.array([link.length_m for link in topology.links]),
        capacity_veh_h=np.array([capacity_veh_h(link) for link in topology.links]),
        is_minor=np.array([link.access != "yes" or link.road_class in minor_classes for link in topology.links]),
    )


def capacity_veh_h(link: Link) -> float:
    """Give how many vehicles an hour a link lets pass."""
    return link.lanes * CAPACITY_VEH_H.get(link.road_class.removesuffix("_link"), MINOR_CAPACITY_VEH_H)


def _onward(topology: Topology) -> Beside:
    states, links = topology.states, topology.links
    tails, heads = states.link[states.tail].tolist(), states.link[states.head].tolist()
    ahead: list[set[int]] = [set() for _ in links]
    for tail, head, angle_deg in zip(tails, heads, topology.compiled.arc_angle_deg.tolist(), strict=True):
        if links[head].to_node != links[tail].from_node or abs(angle_deg) < U_TURN_DEG:
            ahead[tail].add(head)
    return tuple(tuple(sorted(those)) for those in ahead)
