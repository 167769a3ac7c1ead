"""What every dialect holds a message to: identifiers, times, the number of elements."""

import re
from datetime import UTC, datetime

from lotse_ingest.messages import DecodeError, Refusal
from lotse_shared.reading import STRICT_IDENTIFIER

MAX_ELEMENTS = 500
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_identifier = re.compile(STRICT_IDENTIFIER)


def is_identifier(text: str) -> bool:
    """Tell whether text may be a detector's id."""
    return _identifier.match(text) is not None


def in_utc(field: str, moment: datetime) -> datetime:
    """Give an aware moment in UTC.

    Raises
    ------
    DecodeError
        It is out of bounds: no measurement, and some are no moment in UTC at all.
    """
    if not EARLIEST <= moment < LATEST:
        reason = f"{moment.isoformat()} is out of bounds"
        raise DecodeError(Refusal.VALUE, field, reason, f"a time from {EARLIEST:%Y} to {LATEST:%Y}")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def check_count(elements: int, allowed: str) -> None:
    """Refuse a message of no or of too many elements.

    Raises
    ------
    DecodeError
        It has none or more than `MAX_ELEMENTS`.
    """
    if not 0 < elements <= MAX_ELEMENTS:
        raise DecodeError(Refusal.ELEMENTS, "payload", f"{elements} elements", allowed)
