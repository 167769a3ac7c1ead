"""What a way's tags say about it as a road for cars. Pure rules on strings.

In the network: motorway to residential with their links, unclassified and living streets. Not in it: service roads
(1,208 ways of 2,586 in Kaiserslautern: car parks, drives, yards). No sign leads through them, and each would cut the
street it leaves in two. Reversible lanes are left out too: neither direction can be relied on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lotse_routing.network.osm_access import MODES, Access, way_access
from lotse_routing.network.osm_speed import CLASS_DEFAULT_KMH, free_flow_speed

ROAD_CLASSES = frozenset(CLASS_DEFAULT_KMH)

DEFAULT_LANES: Mapping[str, int] = {"motorway": 2}
"""Lanes per direction; 1 for all other classes."""
MAX_LANES = 12

ONEWAY_KEYS = ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway")
ONEWAY_VALUES: Mapping[str, tuple[str, ...]] = {
    "yes": ("forward",),
    "true": ("forward",),
    "1": ("forward",),
    "-1": ("backward",),
    "reverse": ("backward",),
    "no": ("forward", "backward"),
    "false": ("forward", "backward"),
    "0": ("forward", "backward"),
    "alternating": ("forward", "backward"),
    "reversible": (),
}
CIRCULAR_JUNCTIONS = frozenset({"roundabout", "circular"})
CONDITIONAL_KEYS = frozenset(f"{key}:conditional" for key in (*MODES, "oneway", "maxspeed"))


@dataclass(frozen=True, slots=True)
class Carriageway:
    """One direction of a road: what links get from it."""

    name: str
    ref: str
    road_class: str
    access: str
    free_flow_kmh: float
    speed_source: str
    lanes: int


@dataclass(frozen=True, slots=True)
class Road:
    """A way for cars: its two directions (None: not allowed), and what to tell of how its tags were read."""

    forward: Carriageway | None
    backward: Carriageway | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why something is not in the network, in words that can be counted."""

    reason: str


def read_road(tags: Mapping[str, str]) -> Road | LeftOut:
    """Read the tags of a way that has `highway`."""
    road_class = tags.get("highway", "")
    if road_class not in ROAD_CLASSES:
        return LeftOut(f"highway={road_class}")
    if tags.get("area") == "yes":
        return LeftOut("area=yes")
    directions, oneway_note = _directions(tags)
    if not directions:
        return LeftOut("oneway=reversible")
    sides = {direction: _carriageway(tags, direction, directions) for direction in directions}
    if not any(sides.values()):
        return LeftOut("closed to cars")
    return Road(sides.get("forward"), sides.get("backward"), tuple(oneway_note + _notes(tags, directions)))


def _directions(tags: Mapping[str, str]) -> tuple[tuple[str, ...], list[str]]:
    """In which directions one may drive, by sign or by the rule for roundabouts and motorways."""
    key = next((key for key in ONEWAY_KEYS if key in tags), None)
    value = "" if key is None else tags[key]
    if value in ONEWAY_VALUES:
        return ONEWAY_VALUES[value], []
    notes = [f"{key}={value} not understood"] if key else []
    implied = tags.get("junction") in CIRCULAR_JUNCTIONS or tags["highway"] == "motorway"
    return (("forward",) if implied else ("forward", "backward")), notes


def _carriageway(tags: Mapping[str, str], direction: str, directions: tuple[str, ...]) -> Carriageway | None:
    access = way_access(tags, direction)
    if access is Access.NO:
        return None
    road_class = tags["highway"]
    speed = free_flow_speed(tags, road_class, direction)
    lanes = tagged_lanes(tags, direction, directions) or DEFAULT_LANES.get(road_class, 1)
    name, ref = tags.get("name", ""), tags.get("ref", "")
    return Carriageway(name, ref, road_class, access.value, speed.kmh, speed.source, lanes)


def tagged_lanes(tags: Mapping[str, str], direction: str, directions: tuple[str, ...]) -> int | None:
    """Tell the lanes in a direction: its own tag, else its share of all lanes; None if nothing useful is tagged."""
    own, total = _count(tags.get(f"lanes:{direction}")), _count(tags.get("lanes"))
    if own is not None or total is None or len(directions) == 1:
        return own or total
    other = _count(tags.get("lanes:backward" if direction == "forward" else "lanes:forward"))
    return max(1, total // 2 if other is None else total - other)


def _count(value: str | None) -> int | None:
    """Read a number of lanes; the lowest of several ('2;3')."""
    parts = [part.strip() for part in value.split(";")] if value else []
    if not parts or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    lanes = min(int(part) for part in parts)
    return lanes if 1 <= lanes <= MAX_LANES else None


def _notes(tags: Mapping[str, str], directions: tuple[str, ...]) -> list[str]:
    speeds = [free_flow_speed(tags, tags["highway"], direction) for direction in directions]
    notes = {f"{speed.unread} not understood: class default" for speed in speeds if speed.unread}
    if any(speed.source == "class default" for speed in speeds):
        notes.add("speed by class default")
    if any(tagged_lanes(tags, direction, directions) is None for direction in directions):
        notes.add("lanes by class default")
    notes |= {f"{key} ignored" for key in CONDITIONAL_KEYS & tags.keys()}
    return sorted(notes)
