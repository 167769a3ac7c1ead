"""Nodes that stop vehicles: where they stop everybody the street ends on either side, else a gate goes through.

A node that stops anybody stands in the network once for each side it is reached from. Whom it lets through drives a
link of its own between two sides, as long as the gate is deep: 2 m. So one rule carries all of it: access to links.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from lotse_routing.network.geometry import Coordinate, distance_m
from lotse_routing.network.osm.barriers import Barrier
from lotse_routing.network.osm.merge import Piece
from lotse_routing.network.osm.tags import Carriageway
from lotse_routing.network.stable_ids import node_id

HALF_DEPTH_M = 1.0
"""How far a side of a gate lies from its node: so that links have a direction there, and U-turns are seen."""
MOST_OF_SEGMENT = 0.25


@dataclass(slots=True)
class _Side:
    """A side of a gate: the roads that lead to it and away from it, and their way."""

    name: str
    arriving: Carriageway | None
    leaving: Carriageway | None
    way: int


def part_at_barriers(nodes: tuple[int, ...], barriers: Collection[int]) -> Iterator[tuple[str, ...]]:
    """Name the nodes; one that stops vehicles ends one stretch and begins the next under another name."""
    stretch: list[str] = []
    for node, following in pairwise(nodes):
        stretch.append(node_id(node, side=following) if node in barriers else node_id(node))
        if following in barriers:
            yield (*stretch, node_id(following, side=node))
            stretch = []
    if stretch:
        yield (*stretch, node_id(nodes[-1]))


def make_gates(lines: Iterable[Piece], barriers: Mapping[int, Barrier]) -> list[Piece]:
    """Make the pieces that go through barriers which let somebody pass."""
    through = {node_id(node): barrier for node, barrier in barriers.items() if not barrier.stops_all}
    sides: defaultdict[str, list[_Side]] = defaultdict(list)
    for line in lines:
        for end in (line, line.reversed()):
            node = end.nodes[-1].partition(".")[0]
            if node in through and end.nodes[-1] != node:
                sides[node].append(_Side(end.nodes[-1], end.forward, end.backward, end.ways[-1]))
    return [
        gate
        for node in sorted(sides)
        for one, other in combinations(sorted(sides[node], key=lambda side: (side.name, side.way)), 2)
        if (gate := _gate(one, other, through[node]))
    ]


def side_place(node: Coordinate, towards: Coordinate) -> Coordinate:
    """Tell where a side of a gate lies: a step from its node towards the neighbour."""
    length_m = distance_m(node, towards)
    share = min(HALF_DEPTH_M / length_m, MOST_OF_SEGMENT) if length_m else 0.0
    return node[0] + share * (towards[0] - node[0]), node[1] + share * (towards[1] - node[1])


def _gate(one: _Side, other: _Side, barrier: Barrier) -> Piece | None:
    forward = _through(one.arriving, barrier) if other.leaving else None
    backward = _through(other.arriving, barrier) if one.leaving else None
    if one.name == other.name or not (forward or backward):
        return None
    return Piece((one.name, other.name), (one.way,), forward, backward)


def _through(road: Carriageway | None, barrier: Barrier) -> Carriageway | None:
    """Give the road as it goes on through the gate; None if nobody who may use it gets past."""
    if road is None:
        return None
    permission = barrier.permission.within(road.permission)
    if permission.is_closed:
        return None
    limits = barrier.limits.lowered(road.max_weight_t)
    heights = [height for height in (limits.height_m, road.max_height_m) if height is not None]
    return replace(
        road, permission=permission, lanes=1, max_height_m=min(heights, default=None), max_weight_t=limits.weight_t
    )
