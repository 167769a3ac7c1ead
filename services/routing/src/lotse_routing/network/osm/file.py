"""Reads OpenStreetMap files in three streaming passes: relations, then ways, then only the nodes that are needed.

So memory holds the road network, never the file, and the file may be in any order (exports of Overpass are not sorted).
Timestamps and versions are not looked at. osmium's IdFilter would be quicker, but takes memory by the highest id, not
by the number of ids: 250 MB for a town in 2013, over 1 GB with today's ids.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar, cast

import osmium
from osmium.filter import KeyFilter, TagFilter
from osmium.osm import NODE, RELATION, WAY, Node, Relation, Way

from lotse_routing.network.geometry import Coordinate
from lotse_routing.network.osm.barriers import Barrier, read_barrier
from lotse_routing.network.osm.restrictions import Member, Restriction, read_restriction
from lotse_routing.network.osm.tags import LeftOut, Road, read_road

SUFFIXES = (".osm", ".osm.gz", ".osm.pbf")
DAMAGED = (RuntimeError, ValueError, IndexError, OverflowError, osmium.InvalidLocationError)
"""What osmium raises for what is wrong with a file: its own, and what C++ calls invalid, out of range or too large."""
DIGITS = 7
"""Decimal places of OpenStreetMap's own coordinates: about a centimetre."""

T = TypeVar("T")


class OsmFileError(ValueError):
    """The file is not there, is of another kind, or is damaged."""


class Watch(Protocol):
    """Hands on what it is given, and may show how far it got."""

    def __call__(self, items: Iterable[T], total: float | None, *, description: str) -> Iterable[T]:
        """Hand on the items; `total` is how many there are, if known."""
        ...


class RoadWay(NamedTuple):
    """A way one may drive on."""

    way: int
    nodes: tuple[int, ...]
    road: Road


@dataclass(frozen=True, slots=True)
class OsmWays:
    """The roads by id, what was noted and left out (counts by reason), and why members are not among them.

    `unread` are ids of ways by the tag that was not understood; `driving_sides` counts the ways tagged with one.
    """

    roads: tuple[RoadWay, ...]
    left_out: Mapping[str, int]
    notes: Mapping[str, int]
    unread: Mapping[str, Sequence[int]]
    members_left_out: Mapping[int, str]
    driving_sides: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class OsmRoads:
    """What a file has for a road network. `barriers` are nodes that stop anybody."""

    ways: OsmWays
    coordinates: Mapping[int, Coordinate]
    barriers: Mapping[int, Barrier]
    restrictions: tuple[Restriction, ...]
    unread_restrictions: Mapping[str, tuple[int, ...]]


def read_roads(path: Path, watch: Watch) -> OsmRoads:
    """Read the road network of an OpenStreetMap file.

    Raises
    ------
    OsmFileError
        The file is not there, its name does not end in one of `SUFFIXES`, or it is damaged.
    """
    if not path.name.endswith(SUFFIXES):
        message = f"{path} is not an OpenStreetMap file: its name must end in {', '.join(SUFFIXES)}"
        raise OsmFileError(message)
    if not path.is_file():
        message = f"{path} is not there, or is not a file"
        raise OsmFileError(message)
    try:
        return _read(path, watch)
    except DAMAGED as error:
        message = f"{path} cannot be read: {error}"
        raise OsmFileError(message) from error


def _read(path: Path, watch: Watch) -> OsmRoads:
    relations = osmium.FileProcessor(path, RELATION).with_filter(TagFilter(("type", "restriction")))
    restrictions, unread = _read_restrictions(
        watch(cast("Iterable[Relation]", relations), None, description="turn restrictions")
    )
    highways = osmium.FileProcessor(path, WAY).with_filter(KeyFilter("highway"))
    members = {way for restriction in restrictions for way in restriction.ways}
    ways = _read_ways(watch(cast("Iterable[Way]", highways), None, description="ways"), members)
    needed = {node for way in ways.roads for node in way.nodes}
    found = (node for node in cast("Iterable[Node]", osmium.FileProcessor(path, NODE)) if node.id in needed)
    coordinates, barriers = _read_nodes(watch(found, len(needed), description="nodes"))
    return OsmRoads(ways, coordinates, barriers, restrictions, unread)


def _read_restrictions(relations: Iterable[Relation]) -> tuple[tuple[Restriction, ...], dict[str, tuple[int, ...]]]:
    restrictions: list[Restriction] = []
    unread: dict[str, tuple[int, ...]] = {}
    for relation in relations:
        members = [Member(member.type, member.ref, member.role) for member in relation.members]
        restriction = read_restriction(relation.id, dict(relation.tags), members)
        if isinstance(restriction, LeftOut):
            unread[restriction.reason] = (*unread.get(restriction.reason, ()), relation.id)
        else:
            restrictions.append(restriction)
    return tuple(restrictions), unread


def _read_ways(highways: Iterable[Way], members: Collection[int]) -> OsmWays:
    roads: list[RoadWay] = []
    left_out: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    sides: Counter[str] = Counter()
    unread: defaultdict[str, list[int]] = defaultdict(list)
    members_left_out: dict[int, str] = {}
    for way in highways:
        tags = dict(way.tags)
        road = read_road(tags)
        if isinstance(road, LeftOut):
            left_out[road.reason] += 1
            if way.id in members:
                members_left_out[way.id] = road.reason
            continue
        roads.append(RoadWay(way.id, tuple(node.ref for node in way.nodes), road))
        notes.update(road.notes)
        sides.update([tags["driving_side"]] if "driving_side" in tags else [])
        for told in road.unread:
            unread[told].append(way.id)
    return OsmWays(tuple(sorted(roads, key=lambda road: road.way)), left_out, notes, unread, members_left_out, sides)


def _read_nodes(nodes: Iterable[Node]) -> tuple[dict[int, Coordinate], dict[int, Barrier]]:
    coordinates: dict[int, Coordinate] = {}
    barriers: dict[int, Barrier] = {}
    for node in nodes:
        coordinates[node.id] = (round(node.location.lon, DIGITS), round(node.location.lat, DIGITS))
        if len(node.tags) and "barrier" in node.tags and (barrier := read_barrier(dict(node.tags))):
            barriers[node.id] = barrier
    return coordinates, barriers
