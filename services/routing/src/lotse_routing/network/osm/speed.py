"""How fast one drives without traffic: OpenStreetMap's maxspeed tags, and defaults by class where there are none.

The limit stands for the free-flow speed until measured profiles replace it. Sources told with it:
'maxspeed' (a number was tagged), 'implicit' (a rule was tagged, as DE:urban), 'class default' (neither).
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

CLASS_DEFAULT_KMH: Mapping[str, float] = {
    "motorway": 120,
    "motorway_link": 60,
    "trunk": 100,
    "trunk_link": 60,
    "primary": 50,
    "primary_link": 50,
    "secondary": 50,
    "secondary_link": 50,
    "tertiary": 50,
    "tertiary_link": 50,
    "unclassified": 50,
    "residential": 30,
    "living_street": 10,
    "busway": 50,
    "service": 20,
    "pedestrian": 10,
    "track": 20,
}
"""Free-flow speeds in a German town (StVO section 3: 50 km/h; side streets are mostly zones of 30)."""

NO_LIMIT_KMH = 130.0
"""Germany's recommended speed where there is no limit."""
WALKING_KMH = 10.0
KMH_PER_MPH = 1.609344
KMH_PER_KNOT = 1.852

IMPLICIT_KMH: Mapping[str, float] = {
    "none": NO_LIMIT_KMH,
    "walk": WALKING_KMH,
    "living_street": WALKING_KMH,
    "urban": 50,
    "bicycle_road": 30,
    "RU:urban": 60,
    "AT:rural": 100,
    "CH:rural": 80,
    "DE:rural": 100,
    "DK:rural": 80,
    "FR:rural": 80,
    "motorway": NO_LIMIT_KMH,
    "CH:motorway": 120,
    "GB:nsl_restricted": 48.3,
    "GB:nsl_single": 96.6,
    "GB:nsl_dual": 112.7,
    "GB:motorway": 112.7,
}
"""Limits by rule, for one country (DE:rural) or for all that are not listed (urban)."""

RULE_KEYS = ("maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic")
ZONE_KEY = "zone:maxspeed"
"""Here a bare number is a zone's; in the other rule keys it could mean anything."""
PLAUSIBLE_KMH = (3.0, 200.0)

_NUMBER = re.compile(r"^(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>km/h|kmh|kph|mph|knots)?$")
_ZONE = re.compile(r"^(?:[A-Z]{2}:)?(?:zone:?)?(?P<value>\d+)$")
_UNITS = {"mph": KMH_PER_MPH, "knots": KMH_PER_KNOT}


class Speed(NamedTuple):
    """A free-flow speed, where it comes from, and the tag that could not be read, if any."""

    kmh: float
    source: str
    unread: str = ""


def free_flow_speed(tags: Mapping[str, str], road_class: str, direction: str) -> Speed:
    """Tell the free-flow speed of a road in a direction, 'forward' or 'backward'."""
    key = next((key for key in (f"maxspeed:{direction}", "maxspeed") if key in tags), "")
    tagged = tags.get(key, "")
    if (kmh := _tagged_kmh(tagged)) is not None:
        return Speed(kmh, "maxspeed")
    rules = (implicit_kmh(value) for value in (tagged, *_rules(tags)))
    if (kmh := next((value for value in rules if value is not None), None)) is not None:
        return Speed(kmh, "implicit")
    return Speed(float(CLASS_DEFAULT_KMH[road_class]), "class default", f"{key}={tagged}" if tagged else "")


def _rules(tags: Mapping[str, str]) -> Iterator[str]:
    for key in RULE_KEYS:
        value = tags.get(key, "")
        yield f"zone:{value}" if key == ZONE_KEY and value.isdigit() else value


def implicit_kmh(value: str) -> float | None:
    """Read a rule: 'none', 'walk', 'DE:urban', 'DE:zone:30', 'DE:30'. None if it is not known."""
    country, _, rule = value.rpartition(":")
    if (kmh := IMPLICIT_KMH.get(value, IMPLICIT_KMH.get(rule))) is not None:
        return float(kmh)
    zone = _ZONE.match(value)
    return _plausible(float(zone["value"])) if zone and (country or value.startswith("zone")) else None


def _tagged_kmh(value: str) -> float | None:
    """Read a number with its unit; the lowest of several ('50;30')."""
    speeds = [_number_kmh(part.strip()) for part in value.split(";")]
    known = [speed for speed in speeds if speed is not None]
    return min(known) if known and len(known) == len(speeds) else None


def _number_kmh(value: str) -> float | None:
    match = _NUMBER.match(value)
    return _plausible(round(float(match["value"]) * _UNITS.get(match["unit"], 1.0), 1)) if match else None


def _plausible(kmh: float) -> float | None:
    lowest, highest = PLAUSIBLE_KMH
    return kmh if lowest <= kmh <= highest else None
