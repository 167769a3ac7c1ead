"""Reads DATEX II v3 situation publications in their JSON form: roadworks, closures and speed limits among the records.

Publishers differ in prefixes ('situationMaintenanceWorks', 'sitMaintenanceWorks') and in how deep a value stands, so
members are looked for by name below the record. XML is not read.
"""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from lotse_routing.feeds.elements import UnreadableFeedError, decoded, read_elements
from lotse_routing.feeds.found import Effect, FeedContent, FoundRoadwork, Line
from lotse_routing.feeds.lines import read_lines
from lotse_routing.feeds.moments import read_window
from lotse_routing.feeds.rules import (
    DIRECTION_UNSURE,
    NO_COORDINATES,
    NO_ROADWORK,
    SUSPENDED,
    UNREADABLE,
    LeftOutError,
    Remarks,
)

KINDS = ("MaintenanceWorks", "ConstructionWorks", "RoadOrCarriagewayOrLaneManagement", "SpeedManagement")
"""Classes of situation records that are read."""
EFFECT_MEMBERS = ("roadOrCarriagewayOrLaneManagementType", "trafficConstrictionType")
CLOSED = frozenset({"roadClosed", "carriagewayClosures", "roadBlocked", "carriagewayBlocked"})
LANES = frozenset(
    {
        "laneClosures",
        "narrowLanes",
        "contraflow",
        "singleAlternateLineTraffic",
        "lanesBlocked",
        "lanesPartiallyObstructed",
        "roadPartiallyObstructed",
        "carriagewayPartiallyObstructed",
    }
)
DIRECTION_MEMBERS = ("directionRelativeOnLinearSection", "directionOnLinearSection", "alertCAffectedDirection")
POSITIONS = "gmlLineString with posList (latitude longitude ...) or pointByCoordinates"
MARKS = ("situation", "situationRecord", "situationSituationPublication", "sitSituationPublication")
"""A publication of situations, also one with none at present, has one of these members."""
Tree = dict[str, Any]


def read_datex2(content: bytes, zone: ZoneInfo | None = None) -> FeedContent:
    """Read the roadworks of a publication; records of other classes are left out with a complaint.

    Raises
    ------
    UnreadableFeedError
        It is no JSON object, or no publication of situations: what is of no known format is taken for one.
    """
    publication = decoded(content, Tree)
    if not any(True for name in MARKS for _ in _all(publication, name)):
        message = f"the feed is no DATEX II: it has no member {' or '.join(MARKS)}; read are WZDx 4.2 and GeoJSON, too"
        raise UnreadableFeedError(message)
    return read_elements(_records(publication), lambda record, remarks: _read(record, zone, remarks))


def _records(publication: Tree) -> list[tuple[str, tuple[str, object]]]:
    """List all situation records: id, class with its prefix, members."""
    groups = [group for group in _all(publication, "situationRecord") if isinstance(group, list)]
    entries = [entry for group in groups for entry in group]
    kinds = [next(iter(entry.items())) if isinstance(entry, dict) and entry else ("", entry) for entry in entries]
    return [
        (_text(record, "idG") or f"situationRecord[{place}]", (kind, record))
        for place, (kind, record) in enumerate(kinds)
    ]


def _read(entry: tuple[str, object], zone: ZoneInfo | None, remarks: Remarks) -> FoundRoadwork:
    kind, record = entry
    if not isinstance(record, dict):
        raise LeftOutError(UNREADABLE, "situationRecord", "is no object", "one class with its members")
    if not kind.endswith(KINDS):
        raise LeftOutError(NO_ROADWORK, "situationRecord", f"is {kind[:60]!r}", ", ".join(KINDS))
    if _text(record, "validityStatus") == "suspended":
        raise LeftOutError(SUSPENDED, "validityStatus", "is suspended: its times do not hold", "any other status")
    lines = _lines(next(_all(record, "locationReference"), {}), remarks)
    start, end = (_text(next(_all(record, "validity"), {}), name) for name in ("overallStartTime", "overallEndTime"))
    starts_at, ends_at = read_window(("overallStartTime", start), ("overallEndTime", end), zone, remarks)
    impact, speed_kmh = _impact(record), _speed_kmh(record)
    return FoundRoadwork(
        source_id=remarks.source_id,
        name=_text(record, "generalPublicComment"),
        description="",
        road_names=_road_names(record),
        lines=lines,
        both_directions=_is_both(record, lines, remarks),
        heading_deg=None,
        effect=_effect(impact, speed_kmh),
        speed_kmh=speed_kmh,
        vehicle_impact=impact,
        starts_at=starts_at,
        ends_at=ends_at,
        doubts=remarks.doubts,
    )


def _lines(location: object, remarks: Remarks) -> tuple[Line, ...]:
    lists = [_positions(text) for text in _all(location, "posList") if isinstance(text, str)]
    if lists:
        return read_lines("MultiLineString", lists, remarks)
    points = [place for place in _all(location, "pointCoordinates") if isinstance(place, dict)]
    if not points:
        raise LeftOutError(NO_COORDINATES, "locationReference", "has no coordinates", POSITIONS)
    positions = [[place.get("longitude"), place.get("latitude")] for place in points]
    return read_lines("MultiPoint", positions, remarks)


def _positions(text: str) -> list[list[float]]:
    """Read 'latitude longitude latitude longitude ...' as positions, longitude first."""
    try:
        numbers = [float(number) for number in text.split()]
    except ValueError as error:
        raise LeftOutError(UNREADABLE, "posList", f"{text[:40]!r} are no numbers", POSITIONS) from error
    if len(numbers) % 2:
        raise LeftOutError(UNREADABLE, "posList", "has an odd count of numbers", POSITIONS)
    return [[lon, lat] for lat, lon in zip(numbers[::2], numbers[1::2], strict=True)]


def _is_both(record: Tree, lines: tuple[Line, ...], remarks: Remarks) -> bool:
    if any("both" in _text(record, member).lower() for member in DIRECTION_MEMBERS):
        return True
    if len(lines[0]) > 1:
        return False
    remarks.add(DIRECTION_UNSURE, "locationReference", "direction is not said: both are taken", "gmlLineString")
    return True


def _road_names(record: Tree) -> tuple[str, ...]:
    members = (member for name in ("roadName", "roadNumber") for member in _all(record, name))
    return tuple(dict.fromkeys(text for member in members if (text := _first_text(member))))


def _impact(record: Tree) -> str:
    return next((text for member in EFFECT_MEMBERS if (text := _text(record, member))), "")


def _effect(impact: str, speed_kmh: float | None) -> Effect:
    if impact in CLOSED:
        return "closed"
    if impact in LANES:
        return "lanes"
    return "unknown" if speed_kmh is None else "speed"


def _speed_kmh(record: Tree) -> float | None:
    limit = next(_all(record, "temporarySpeedLimit"), None)
    return float(limit) if isinstance(limit, int | float) and limit > 0 else None


def _all(tree: object, name: str) -> Iterator[Any]:
    """Yield every member of a name at any depth, in the order of the text; without recursion, as depth is foreign."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if name in node:
                yield node[name]
            waiting += reversed(list(node.values()))
        elif isinstance(node, list):
            waiting += reversed(node)


def _text(tree: object, name: str) -> str:
    """Give the first text of a member of this name, '' if there is none."""
    return _first_text(next(_all(tree, name), ""))


def _first_text(member: object) -> str:
    """Give a member itself, or the value in it ({'value': ...}, multilingual texts)."""
    texts = (member, *_all(member, "value"))
    return next((text for text in texts if isinstance(text, str)), "")
