"""Local times as moments: on the night of the clock change a local time exists twice, or never."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ACCURACY = timedelta(seconds=1)


def moments_of(local: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Give the moments (UTC) at which the clocks of a zone show a local time: one, two in their order, or none."""
    readings = {reading for reading in _readings(local, zone) if _shown(reading, zone) == local}
    return tuple(sorted(readings))


def first_moment(local: datetime, zone: ZoneInfo) -> datetime:
    """Give the first moment (UTC) at which the clocks show a local time; if they never do, when they skip it."""
    return min(moments_of(local, zone), default=None) or _skip(local, zone)


def last_moment(local: datetime, zone: ZoneInfo) -> datetime:
    """Give the last moment (UTC) at which the clocks show a local time; if they never do, when they skip it."""
    return max(moments_of(local, zone), default=None) or _skip(local, zone)


def _readings(local: datetime, zone: ZoneInfo) -> list[datetime]:
    return [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]


def _shown(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _skip(local: datetime, zone: ZoneInfo) -> datetime:
    """Find when the clocks are put forward over a local time: between its two readings, where they pass it."""
    before, after = sorted(_readings(local, zone))
    while after - before > ACCURACY:
        middle = before + (after - before) / 2
        before, after = (middle, after) if _shown(middle, zone) < local else (before, middle)
    return after.replace(microsecond=0)
