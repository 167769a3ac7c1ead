"""What a way's tags say about it as a road. Pure rules on strings.

In the network: motorway to residential with their links, unclassified and living streets. Not in it: service roads
(1,208 ways of 2,586 in Kaiserslautern: car parks, drives, yards). No sign leads through them, and each would cut the
street it leaves in two. But bus streets are, however they are mapped, and roads kept for emergency vehicles. Reversible
lanes are left out too, unless it is tagged when they lead where: neither direction can be relied on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from lotse_routing.network.osm.access import OPEN_VALUES, Access, way_access
from lotse_routing.network.osm.lanes import DEFAULT_LANES, tagged_lanes
from lotse_routing.network.osm.limits import read_limits
from lotse_routing.network.osm.oneway import BOTH, unknown_oneways
from lotse_routing.network.osm.permission import Permission
from lotse_routing.network.osm.permission_tags import CONDITIONAL, OPEN, Reading, Usual, read_permission
from lotse_routing.network.osm.speed import CLASS_DEFAULT_KMH, free_flow_speed
from lotse_shared.vehicle import VehicleClass

RESERVED_CLASSES = frozenset({"busway", "service", "pedestrian", "track"})
"""In the network only where buses or emergency vehicles have leave and cars have not."""
ROAD_CLASSES = frozenset(CLASS_DEFAULT_KMH) - RESERVED_CLASSES

CLOSED_BY_CLASS = frozenset({"busway", "pedestrian"})
"""Classes that only those may use who are named in other tags (wiki, OSM_tags_for_routing/Access_restrictions)."""
RESERVED_MODES = ("bus", "psv", "emergency")

NOT_USED = frozenset({"maxspeed:hgv", "maxspeed:bus", "maxspeed:variable"}) | frozenset(
    {"maxlength", "maxwidth", "maxaxleload", "hazmat"}
)
"""What is read by nobody yet, so that it can be told."""
CONDITIONAL_NOTES: Mapping[str, str] = {
    "maxspeed": "maxspeed:conditional not used",
    "maxheight": "maxheight:conditional holds always",
    "maxweight": "maxweight:conditional holds always",
}


@dataclass(frozen=True, slots=True)
class Carriageway:
    """One direction of a road: what links get from it."""

    name: str
    ref: str
    road_class: str
    permission: Permission
    free_flow_kmh: float
    speed_source: str
    lanes: int
    max_height_m: float | None
    max_weight_t: float | None


@dataclass(frozen=True, slots=True)
class Road:
    """A way one may drive on: its two directions (None: closed to all), and what to tell of how its tags were read.

    `notes` are worth a count, `unread` what an editor of the map should look at.
    """

    forward: Carriageway | None
    backward: Carriageway | None
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why something is not in the network, in words that can be counted."""

    reason: str


def read_road(tags: Mapping[str, str]) -> Road | LeftOut:
    """Read the tags of a way that has `highway`."""
    road_class = tags.get("highway", "")
    if road_class not in ROAD_CLASSES and not _is_reserved(tags):
        return LeftOut(f"highway={road_class}")
    if tags.get("area") == "yes":
        return LeftOut("area=yes")
    readings = {direction: read_permission(tags, direction, _usual(tags)) for direction in BOTH}
    open_ones = tuple(direction for direction in BOTH if not readings[direction].permission.is_closed)
    if not open_ones:
        return LeftOut("oneway=reversible" if tags.get("oneway") == "reversible" else "closed to all")
    sides = {direction: _carriageway(tags, direction, open_ones, readings[direction]) for direction in open_ones}
    return Road(sides.get("forward"), sides.get("backward"), _notes(tags, open_ones), _unread(tags, readings))


def _is_reserved(tags: Mapping[str, str]) -> bool:
    """Tell whether a road of a class that is left out is kept for buses or emergency vehicles."""
    if tags.get("highway") not in RESERVED_CLASSES:
        return False
    is_named = any(tags.get(mode) in OPEN_VALUES for mode in RESERVED_MODES)
    if not is_named and tags.get("highway") != "busway" and tags.get("service") != "emergency_access":
        return False
    usual = _usual(tags)[VehicleClass.CAR]
    return all(way_access(tags, direction, VehicleClass.CAR, usual) is not Access.YES for direction in BOTH)


def _usual(tags: Mapping[str, str]) -> Usual:
    """Tell who may use a road by its class alone."""
    is_closed = tags.get("highway") in CLOSED_BY_CLASS or tags.get("service") == "emergency_access"
    if not is_closed:
        return OPEN
    closed = dict.fromkeys(VehicleClass, Access.NO)
    bus = Access.YES if tags.get("highway") == "busway" else Access.NO
    return closed | {VehicleClass.BUS: bus, VehicleClass.EMERGENCY: Access.YES}


def _carriageway(tags: Mapping[str, str], direction: str, directions: tuple[str, ...], reading: Reading) -> Carriageway:
    limits = read_limits(tags, direction).lowered(reading.max_weight_t)
    road_class = tags["highway"]
    speed = free_flow_speed(tags, road_class, direction)
    return Carriageway(
        name=tags.get("name", ""),
        ref=tags.get("ref", ""),
        road_class=road_class,
        permission=reading.permission.for_heavy(Access.DESTINATION) if limits.unread else reading.permission,
        free_flow_kmh=speed.kmh,
        speed_source=speed.source,
        lanes=tagged_lanes(tags, direction, directions) or DEFAULT_LANES.get(road_class, 1),
        max_height_m=limits.height_m,
        max_weight_t=limits.weight_t,
    )


def _notes(tags: Mapping[str, str], directions: tuple[str, ...]) -> tuple[str, ...]:
    speeds = [free_flow_speed(tags, tags["highway"], direction) for direction in directions]
    notes = {f"{speed.unread} not understood: class default" for speed in speeds if speed.unread}
    if any(speed.source == "class default" for speed in speeds):
        notes.add("speed by class default")
    if any(tagged_lanes(tags, direction, directions) is None for direction in directions):
        notes.add("lanes by class default")
    notes |= {f"{key} not used" for key in NOT_USED & tags.keys()}
    conditional = [key for key in tags if key.endswith(CONDITIONAL)]
    notes |= {note for start, note in CONDITIONAL_NOTES.items() for key in conditional if key.startswith(start)}
    return tuple(sorted(notes))


def _unread(tags: Mapping[str, str], readings: Mapping[str, Reading]) -> tuple[str, ...]:
    unread = set(chain(unknown_oneways(tags), *(reading.unread for reading in readings.values())))
    limits = {told for direction in BOTH for told in read_limits(tags, direction).unread}
    return tuple(sorted(unread | {f"{told}: route ends only for trucks and buses" for told in limits}))
