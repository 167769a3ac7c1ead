"""Spans of time in queries and in cursors."""

from datetime import UTC, datetime, timedelta

from lotse_gateway.routes.parameters import invalid_field

DEFAULT_SPAN = timedelta(hours=24)
NARROWER = ("query.from", "narrow the period: bring from and to closer together")
"""What is told whose read of a span takes too long."""
ALL_TIME = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def choose_span(begin: datetime | None, end: datetime | None, now: datetime | None) -> tuple[datetime, datetime]:
    """Give the span of time asked for: by default the last 24 h of a clock, all time where that has none.

    Raises
    ------
    InvalidInput
        It ends before it begins.
    """
    first, last = ALL_TIME if now is None else ((end or now) - DEFAULT_SPAN, now)
    span = (begin or first, end or last)
    if span[1] < span[0]:
        raise invalid_field(field="query.to", reason="lies before from")
    return span


def read_digest(text: str | None) -> bytes | None:
    """Give the digest inside a cursor, None if there is none; raises as `read_moment` does."""
    try:
        return None if text is None else bytes.fromhex(text)
    except ValueError as error:
        raise invalid_field(field="query.cursor", reason="not a cursor of this list") from error


def read_moment(text: str | None) -> datetime | None:
    """Give the moment inside a cursor, None if there is none.

    Raises
    ------
    InvalidInput
        It is none.
    """
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise invalid_field(field="query.cursor", reason="not a cursor of this list") from error
