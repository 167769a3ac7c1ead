"""Local times, exactly: in the two nights of the clock change some happen twice and some never. Pure.

A time that happens twice is not guessed. Real archives add both hours up into one line there (Berlin's does, with a
quality of 2.0), so that taking it for one of the two would invent a reading.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from lotse_ingest.decode.bounds import EARLIEST, LATEST
from lotse_ingest.messages import DecodeError, Refusal

ISO = "iso"
LONGEST_TEXT = 64
CACHED_TEXTS = 1_024


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A time as it was written: the moment it means, and the later one if it happens twice."""

    first: datetime
    second: datetime | None


class TimeReader:
    """Reads times of one format, in one zone.

    Parameters
    ----------
    time_format
        As `strptime` takes it, or `iso`.
    zone
        What zone times without an offset are in; None if they all have one.
    """

    def __init__(self, time_format: str, zone: ZoneInfo | None) -> None:
        self._format = time_format
        self._zone = zone
        self._allowed = f"a time like {time_format}, from {EARLIEST:%Y} to {LATEST:%Y}"
        self.read = lru_cache(CACHED_TEXTS)(self._read)
        """Read a time; the detectors of one interval share it. Raises DecodeError."""

    def _read(self, field: str, text: str) -> LocalTime:
        moment = self._parse(field, text)
        if not EARLIEST.year <= moment.year < LATEST.year:
            raise self._error(field, "it is out of bounds")
        if moment.tzinfo is not None:
            return LocalTime(moment, None)
        if self._zone is None:
            raise self._error(field, "it has no offset, and no zone is configured")
        return self._in_zone(field, moment, self._zone)

    def _parse(self, field: str, text: str) -> datetime:
        try:
            if len(text) <= LONGEST_TEXT:
                return datetime.fromisoformat(text) if self._format == ISO else _strptime(text, self._format)
        except (ValueError, OverflowError):
            pass
        raise self._error(field, "it is not a time of this format")

    def _in_zone(self, field: str, moment: datetime, zone: ZoneInfo) -> LocalTime:
        first, second = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
        before, after = first.utcoffset(), second.utcoffset()
        if before == after:
            return LocalTime(first, None)
        if before is not None and after is not None and before < after:
            raise self._error(field, f"{moment} does not exist in {zone.key}: the clock is put forward")
        return LocalTime(first, second)

    def _error(self, field: str, reason: str) -> DecodeError:
        return DecodeError(Refusal.VALUE, field, reason, self._allowed)


def _strptime(text: str, time_format: str) -> datetime:
    return datetime.strptime(text, time_format)  # noqa: DTZ007 - the zone is told beside it
