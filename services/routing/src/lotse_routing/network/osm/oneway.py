"""In which directions one may drive: OpenStreetMap's oneway tags in all their spellings, for each vehicle class.

By sign (wiki.openstreetmap.org/wiki/Key:oneway), else by the rule for roundabouts and motorways. A mini-roundabout is a
node and makes nothing one-way. Buses may have a lane against a one-way street (wiki.openstreetmap.org/wiki/Bus_lanes).
Emergency vehicles never drive against one, unless oneway:emergency=no.
"""

from collections.abc import Mapping

from lotse_shared.vehicle import VehicleClass

Directions = tuple[str, ...]
"""Of 'forward' and 'backward' those that are open."""

BOTH: Directions = ("forward", "backward")

ONEWAY_KEYS: Mapping[VehicleClass, tuple[str, ...]] = {
    VehicleClass.CAR: ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"),
    VehicleClass.TRUCK: ("oneway:hgv", "oneway:motor_vehicle", "oneway:vehicle", "oneway"),
    VehicleClass.BUS: ("oneway:bus", "oneway:psv", "oneway:motor_vehicle", "oneway:vehicle", "oneway"),
    VehicleClass.EMERGENCY: ("oneway:emergency", "oneway:motor_vehicle", "oneway:vehicle", "oneway"),
}
"""Keys that speak of a vehicle class, the most specific first."""

ONEWAY_VALUES: Mapping[str, Directions] = {
    "yes": ("forward",),
    "true": ("forward",),
    "1": ("forward",),
    "-1": ("backward",),
    "reverse": ("backward",),
    "no": BOTH,
    "false": BOTH,
    "0": BOTH,
    "alternating": BOTH,
    "reversible": (),
}
CIRCULAR_JUNCTIONS = frozenset({"roundabout", "circular"})

BUSWAY_KEYS = ("busway", "busway:left", "busway:right", "busway:both")
BUSWAY_AGAINST = frozenset({"opposite", "opposite_lane", "opposite_track"})
BUS_LANES = ("lanes:bus", "lanes:psv")
BUS_ONLY_LANES = ("bus:lanes", "psv:lanes")


def implied_directions(tags: Mapping[str, str]) -> Directions:
    """Tell the directions where nothing is tagged."""
    is_circular = tags.get("junction") in CIRCULAR_JUNCTIONS
    return ("forward",) if is_circular or tags.get("highway") == "motorway" else BOTH


def usual_directions(tags: Mapping[str, str], vehicle: VehicleClass) -> Directions:
    """Tell the directions that are open to a vehicle class at all times."""
    value = next((tags[key] for key in ONEWAY_KEYS[vehicle] if tags.get(key) in ONEWAY_VALUES), None)
    return with_bus_lane(tags, vehicle, implied_directions(tags) if value is None else ONEWAY_VALUES[value])


def with_bus_lane(tags: Mapping[str, str], vehicle: VehicleClass, directions: Directions) -> Directions:
    """Add the direction in which only buses have a lane."""
    if vehicle is not VehicleClass.BUS or len(directions) != 1:
        return directions
    against = "backward" if directions == ("forward",) else "forward"
    return BOTH if _has_bus_lane(tags, against) else directions


def unknown_oneways(tags: Mapping[str, str]) -> set[str]:
    """Tell what is tagged and not understood."""
    keys = {key for keys in ONEWAY_KEYS.values() for key in keys}
    return {f"{key}={tags[key]}" for key in keys & tags.keys() if tags[key] not in ONEWAY_VALUES}


def _has_bus_lane(tags: Mapping[str, str], direction: str) -> bool:
    if any(tags.get(key) in BUSWAY_AGAINST for key in BUSWAY_KEYS):
        return True
    if any(tags.get(f"{key}:{direction}", "0") not in {"0", "no", "none"} for key in BUS_LANES):
        return True
    lanes = "|".join(tags.get(f"{key}:{direction}", "") for key in BUS_ONLY_LANES)
    return not {"designated", "yes"}.isdisjoint(lanes.split("|"))
