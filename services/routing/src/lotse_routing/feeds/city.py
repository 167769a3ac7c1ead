"""Reads a city's own GeoJSON: any LineString, MultiLineString or point, its properties named as in `NAMES`."""

import re
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from lotse_routing.feeds.elements import Geometry, as_shape, read_features
from lotse_routing.feeds.found import Effect, FeedContent, FoundRoadwork
from lotse_routing.feeds.lines import read_lines
from lotse_routing.feeds.moments import Said, read_window
from lotse_routing.feeds.rules import DIRECTION_UNSURE, Remarks

NAMES = {
    "name": ("name", "title", "titel", "bezeichnung", "massnahme"),
    "description": ("description", "beschreibung", "details", "hinweis"),
    "street": ("street", "road", "road_name", "strasse", "straße"),
    "start": ("start", "starts_at", "start_date", "von", "beginn", "baubeginn", "gueltig_von"),
    "end": ("end", "ends_at", "end_date", "bis", "ende", "bauende", "gueltig_bis"),
    "effect": ("effect", "impact", "art", "sperrung", "einschraenkung", "verkehrsbehinderung"),
    "speed": ("speed_kmh", "speed_limit", "tempo", "geschwindigkeit"),
    "direction": ("direction", "directions", "richtung", "fahrtrichtung"),
}
"""What a property means, and the names it goes by, in any case: the first that is there and not empty counts."""
CLOSED = re.compile(r"voll ?sperrung|gesperrt|\bclosed\b|closure|\bsperrung\b", re.IGNORECASE)
LANES = re.compile(r"halbseitig|teil ?sperrung|spur|fahrstreifen|einengung|engstelle|\blanes?\b", re.IGNORECASE)
BOTH = re.compile(r"beid|\bboth\b", re.IGNORECASE)
ONE = re.compile(r"einseitig|\bone\b|\beine richtung\b|\bforward\b", re.IGNORECASE)
NUMBER = re.compile(r"\d{1,3}")
DIRECTIONS = "both, one, beidseitig, einseitig"


class _Feature(msgspec.Struct):
    geometry: Geometry
    properties: dict[str, object] = {}


def read_city(content: bytes, zone: ZoneInfo | None = None) -> FeedContent:
    """Read a city's roadworks.

    Raises
    ------
    UnreadableFeedError
        It is no GeoJSON FeatureCollection.
    """
    return read_features(content, lambda raw, remarks: _read(raw, zone, remarks))


def _read(raw: msgspec.Raw, zone: ZoneInfo | None, remarks: Remarks) -> FoundRoadwork:
    feature = as_shape(raw, _Feature)
    given = {key.lower(): value for key, value in feature.properties.items()}
    said = {meaning: _said(meaning, given) for meaning in NAMES}
    lines = read_lines(feature.geometry.type, feature.geometry.coordinates, remarks)
    starts_at, ends_at = read_window(said["start"], said["end"], zone, remarks)
    both_directions = _is_both(said["direction"], remarks)
    number = NUMBER.search(said["speed"][1])
    speed_kmh = float(number[0]) if number and int(number[0]) else None
    return FoundRoadwork(
        source_id=remarks.source_id,
        name=said["name"][1] or said["street"][1],
        description=said["description"][1],
        road_names=(said["street"][1],) if said["street"][1] else (),
        lines=lines,
        both_directions=both_directions,
        heading_deg=None,
        effect=_effect(said["effect"][1], speed_kmh),
        speed_kmh=speed_kmh,
        vehicle_impact=said["effect"][1],
        starts_at=starts_at,
        ends_at=ends_at,
        doubts=remarks.doubts,
    )


def _said(meaning: str, given: dict[str, object]) -> Said:
    for name in NAMES[meaning]:
        if given.get(name) not in (None, ""):
            return name, str(given[name]).strip()
    return NAMES[meaning][0], ""


def _is_both(direction: Said, remarks: Remarks) -> bool:
    field, text = direction
    if BOTH.search(text):
        return True
    is_one = ONE.search(text) is not None
    reason = "one direction, which is not said: that of the line is taken" if is_one else "is not said: both are taken"
    remarks.add(DIRECTION_UNSURE, field, reason, DIRECTIONS)
    return not is_one


def _effect(text: str, speed_kmh: float | None) -> Effect:
    kinds: tuple[tuple[re.Pattern[str], Literal["lanes", "closed"]], ...] = ((LANES, "lanes"), (CLOSED, "closed"))
    for pattern, effect in kinds:
        if pattern.search(text):
            return effect
    return "unknown" if speed_kmh is None else "speed"
