"""Points in time as they come in from outside."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

EARLIEST_YEAR, LATEST_YEAR = 1970, 2200
"""Between them a moment has a local time in every zone, and the database takes it."""


def to_utc(moment: datetime) -> datetime:
    """Give an aware moment in UTC.

    Raises
    ------
    ValueError
        It lies out of bounds.
    """
    if not EARLIEST_YEAR < moment.year < LATEST_YEAR:
        message = f"must lie between {EARLIEST_YEAR} and {LATEST_YEAR}"
        raise ValueError(message)
    return moment.astimezone(UTC)


def _is_no_number(value: object) -> object:
    """Refuse seconds since an epoch, which pydantic would take, also as text."""
    is_number = isinstance(value, int | float) or (
        isinstance(value, str) and value.lstrip("+-").replace(".", "").isdigit()
    )
    if is_number:
        message = "must be a moment with its offset, such as 2026-11-23T07:10:00Z"
        raise ValueError(message)
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_is_no_number), AfterValidator(to_utc)]
"""A point in time with its offset (RFC 3339), held in UTC."""
