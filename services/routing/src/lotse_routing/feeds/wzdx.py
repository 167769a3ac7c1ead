"""Reads WZDx 4.2 work zone feeds (GeoJSON; one feature is one direction of travel)."""

from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from lotse_routing.feeds.elements import Geometry, as_shape, read_features
from lotse_routing.feeds.found import Effect, FeedContent, FoundRoadwork
from lotse_routing.feeds.lines import read_lines
from lotse_routing.feeds.moments import read_window
from lotse_routing.feeds.rules import DIRECTION_UNSURE, LOCAL_ACCESS, NO_ROADWORK, LeftOutError, Remarks

HEADINGS_DEG = {"northbound": 0.0, "eastbound": 90.0, "southbound": 180.0, "westbound": 270.0}
Impact = Literal[
    "all-lanes-closed",
    "some-lanes-closed",
    "all-lanes-open",
    "alternating-one-way",
    "some-lanes-closed-merge-left",
    "some-lanes-closed-merge-right",
    "all-lanes-open-shift-left",
    "all-lanes-open-shift-right",
    "some-lanes-closed-split",
    "flagging",
    "temporary-traffic-signal",
    "unknown",
]
OPEN = ("all-lanes-open", "all-lanes-open-shift-left", "all-lanes-open-shift-right")


class _Core(msgspec.Struct):
    event_type: str
    road_names: list[str]
    direction: str
    name: str = ""
    description: str = ""


class _Restriction(msgspec.Struct):
    type: str


class _Properties(msgspec.Struct):
    core_details: _Core
    start_date: str
    end_date: str | None = None
    vehicle_impact: Impact = "unknown"
    reduced_speed_limit_kph: float | None = None
    restrictions: list[_Restriction] = []


class _Event(msgspec.Struct):
    event_type: str


class _Kind(msgspec.Struct):
    core_details: _Event


class _AnyFeature(msgspec.Struct):
    properties: _Kind


class _Feature(msgspec.Struct):
    properties: _Properties
    geometry: Geometry


def read_wzdx(content: bytes, zone: ZoneInfo | None = None) -> FeedContent:
    """Read the work zones of a feed; detours in it are left out with a complaint.

    Raises
    ------
    UnreadableFeedError
        It is no GeoJSON FeatureCollection.
    """
    return read_features(content, lambda raw, remarks: _read(raw, zone, remarks))


def _read(raw: msgspec.Raw, zone: ZoneInfo | None, remarks: Remarks) -> FoundRoadwork:
    event = as_shape(raw, _AnyFeature).properties.core_details.event_type
    if event != "work-zone":
        raise LeftOutError(NO_ROADWORK, "core_details.event_type", f"is {event[:40]!r}", "work-zone")
    feature = as_shape(raw, _Feature)
    said, core = feature.properties, feature.properties.core_details
    lines = read_lines(feature.geometry.type, feature.geometry.coordinates, remarks)
    window = read_window(("start_date", said.start_date), ("end_date", said.end_date or ""), zone, remarks)
    heading_deg = HEADINGS_DEG.get(core.direction)
    _doubt(said, remarks, is_vague=heading_deg is None and len(lines[0]) == 1)
    return FoundRoadwork(
        source_id=remarks.source_id,
        name=core.name or ", ".join(core.road_names),
        description=core.description,
        road_names=tuple(core.road_names),
        lines=lines,
        both_directions=heading_deg is None and len(lines[0]) == 1,
        heading_deg=heading_deg,
        effect=_effect(said),
        speed_kmh=said.reduced_speed_limit_kph,
        vehicle_impact=said.vehicle_impact,
        starts_at=window[0],
        ends_at=window[1],
        doubts=remarks.doubts,
    )


def _doubt(said: _Properties, remarks: Remarks, *, is_vague: bool) -> None:
    if is_vague:
        remarks.add(DIRECTION_UNSURE, "core_details.direction", "is not said: both are taken", ", ".join(HEADINGS_DEG))
    if any(restriction.type == "local-access-only" for restriction in said.restrictions):
        remarks.add(LOCAL_ACCESS, "restrictions", "only local access: decide whether to close it", "a person's look")


def _effect(said: _Properties) -> Effect:
    if said.vehicle_impact == "all-lanes-closed":
        return "closed"
    if said.vehicle_impact not in (*OPEN, "unknown"):
        return "lanes"
    return "unknown" if said.reduced_speed_limit_kph is None else "speed"
