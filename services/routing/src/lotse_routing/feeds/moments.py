"""When a roadwork begins and ends: text of a feed to UTC."""

import re
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from lotse_routing.feeds.rules import (
    ENDS_BEFORE_START,
    OPEN_END,
    UNREADABLE,
    WITHOUT_LENGTH,
    WITHOUT_ZONE,
    LeftOutError,
    Remarks,
)

FAR_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""Formats that demand an end are given this one for an open end; any end in this year is read as open."""
ALLOWED = "ISO 8601 with a zone, such as 2026-03-29T06:00:00Z"
GERMAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(\d{1,2}:\d{2})(?:\s*Uhr)?)?")
DAY_ONLY = re.compile(r"\d{4}-\d{2}-\d{2}")
Side = Literal["start", "end"]
Said = tuple[str, str]
"""The name of a field, and its text ('' if absent)."""


def read_window(start: Said, end: Said, zone: ZoneInfo | None, remarks: Remarks) -> tuple[datetime, datetime | None]:
    """Read from when to when something holds, in UTC; None is an open end.

    Raises
    ------
    LeftOutError
        A moment cannot be read, or the end is before the start.
    """
    if not start[1]:
        raise LeftOutError(UNREADABLE, start[0], "is missing", ALLOWED)
    starts_at = _moment(*start, "start", zone, remarks)
    ends_at = _moment(*end, "end", zone, remarks) if end[1] else None
    if ends_at is None or ends_at.year >= FAR_END.year:
        remarks.add(OPEN_END, end[0], "has an open end", "an end, or none until somebody ends it")
        return starts_at, None
    if ends_at < starts_at:
        raise LeftOutError(ENDS_BEFORE_START, end[0], f"{end[1]} is before the start {start[1]}", "an end after it")
    if ends_at == starts_at:
        remarks.add(WITHOUT_LENGTH, end[0], "equals the start: taken as an open end", "an end after the start")
        return starts_at, None
    return starts_at, ends_at


def _moment(field: str, text: str, side: Side, zone: ZoneInfo | None, remarks: Remarks) -> datetime:
    iso = _iso(text.strip())
    try:
        said = datetime.fromisoformat(iso)
        if DAY_ONLY.fullmatch(iso) and side == "end":
            said += timedelta(days=1)  # "until the 3rd" includes the 3rd
        return said.astimezone(UTC) if said.tzinfo else _local(field, said, side, zone, remarks)
    except (ValueError, OverflowError) as error:
        if isinstance(error, LeftOutError):
            raise
        raise LeftOutError(UNREADABLE, field, f"{text[:40]!r} is no moment", ALLOWED) from error


def _iso(text: str) -> str:
    german = GERMAN.fullmatch(text)
    if german is None:
        return text
    day, month, year, hours = german.groups()
    return f"{year}-{month:0>2}-{day:0>2}" + (f"T{hours:0>5}" if hours else "")


def _local(field: str, said: datetime, side: Side, zone: ZoneInfo | None, remarks: Remarks) -> datetime:
    """Read local time; where the clock change leaves two readings, the one that makes the window longer."""
    if zone is None:
        raise LeftOutError(WITHOUT_ZONE, field, "is local time without a zone", f"{ALLOWED}, or set the feed's zone")
    remarks.add(WITHOUT_ZONE, field, f"has no zone: read as {zone.key}", ALLOWED)
    either = [said.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(either) if side == "start" else max(either)
