"""When a roadwork that comes back every week holds: hours in local time, exact on the nights of the clock change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator

from lotse_shared.local_time import first_moment, last_moment
from lotse_shared.weekly_times import ALWAYS, NEVER, WeeklyTimes

A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """From `starts_at` until before `ends_at`, UTC."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Hours of the week in the local time of a zone.

    An occurrence begins when the clocks first show its start and ends when they last show its end: on the night in
    which an hour comes twice, nothing opens in between. A start or end that the clocks skip is when they skip it.
    """

    times: WeeklyTimes
    zone: ZoneInfo

    def occurrence_at(self, now: datetime) -> Occurrence | None:
        """Give the occurrence that goes on now, None if there is none."""
        newest = next((o for o in self.starting_after(now - A_WEEK - A_DAY) if o.ends_at > now), None)
        return newest if newest is not None and newest.starts_at <= now else None

    def starting_after(self, moment: datetime) -> Iterator[Occurrence]:
        """Yield the occurrences that begin later than a moment, in order, without end."""
        spans = self.times.whole_spans()
        today = moment.astimezone(self.zone).date()
        monday = datetime(today.year, today.month, today.day) - timedelta(days=today.weekday())  # noqa: DTZ001 - local
        while spans:
            for start, end in spans:
                starts_at = first_moment(monday + timedelta(minutes=start), self.zone)
                ends_at = last_moment(monday + timedelta(minutes=end), self.zone)
                if moment < starts_at < ends_at:
                    yield Occurrence(starts_at, ends_at)
            monday += A_WEEK


def read_recurrence(hours: str | None, time_zone: str | None) -> Recurrence | None:
    """Read hours of the week in a zone, None if it holds at all hours.

    Raises
    ------
    ValueError
        They are not understood, or there is no such zone on this machine.
    """
    if hours is None or time_zone is None:
        return None
    try:
        return Recurrence(WeeklyTimes.parse(hours), ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, OSError) as error:
        message = f"there is no time zone {time_zone!r} here"
        raise ValueError(message) from error


def _normal_hours(text: str) -> str:
    times = WeeklyTimes.parse(text)
    if times in (ALWAYS, NEVER):
        message = f"{times}: leave it out for all hours, and name some otherwise"
        raise ValueError(message)
    return str(times)


Hours = Annotated[str, AfterValidator(_normal_hours)]
"""Hours of the week as text, in their normal form: some, but not all."""
