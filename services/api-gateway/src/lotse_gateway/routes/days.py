"""Days and other buckets of a time zone, as spans of UTC. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lotse_gateway.models.history import Bucket

UNITS: dict[Bucket, str] = {"15min": "minute", "1h": "hour", "1d": "day"}
"""What PostgreSQL's date_trunc calls them: begins of quarters are whole minutes already."""


class Day(NamedTuple):
    """A day of a zone: 23 to 25 hours."""

    date: date
    begins_at: datetime
    ends_at: datetime


def day_of(date_: date, zone: ZoneInfo) -> Day:
    """Give a day by its date."""
    return Day(date_, _midnight(date_, zone), _midnight(date_ + timedelta(days=1), zone))


def list_days(first: date, last: date, zone: ZoneInfo) -> list[Day]:
    """Give all days from the first to the last."""
    return [day_of(first + timedelta(days=number), zone) for number in range((last - first).days + 1)]


def widen(begin: datetime, end: datetime, bucket: Bucket, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Give the span of whole buckets that holds a span."""
    if bucket == "1d":
        last = end.astimezone(zone).date()
        ends_at = day_of(last, zone).begins_at
        return day_of(begin.astimezone(zone).date(), zone).begins_at, ends_at if ends_at == end else day_of(
            last, zone
        ).ends_at
    width = timedelta(minutes=15) if bucket == "15min" else timedelta(hours=1)
    floor, ceiling = _floor(begin, width, zone), _floor(end, width, zone)
    return floor, ceiling if ceiling == end else ceiling + width


def _midnight(date_: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(date_, time(), zone).astimezone(UTC)


def _floor(moment: datetime, width: timedelta, zone: ZoneInfo) -> datetime:
    """Round down to a whole bucket of the zone: its offset need not be one of whole hours."""
    offset = moment.astimezone(zone).utcoffset() or timedelta()
    return moment - (moment + offset - datetime(2000, 1, 1, tzinfo=UTC)) % width
