"""Points in time as they come in from outside."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Strict

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


Moment = Annotated[AwareDatetime, Strict(strict=False), AfterValidator(to_utc)]
"""A point in time with its offset (RFC 3339), held in UTC. It comes as text, also where types are strict."""
