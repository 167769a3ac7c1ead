"""What operators order is looked at by routing before it is written: whether it may stand on the sign."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg

from lotse_gateway.answers.references import Fault
from lotse_gateway.models.orders import Bounded
from lotse_gateway.resources import Resources
from lotse_shared.problems import InvalidInput
from lotse_shared.wire_texts import SignSize, TextAsked, TextsRequest


def end_of(order: Bounded, now: datetime, most_h: float) -> datetime:
    """Tell when an order that is given now ends, by `most_h` hours later at most.

    Raises
    ------
    InvalidInput
        It would end before now, or later than that.
    """
    field = "body.for_min" if order.expires_at is None else "body.expires_at"
    latest = now + timedelta(hours=most_h)
    try:
        ends_at = order.expires_at or now + timedelta(minutes=order.for_min or 0)
    except OverflowError:
        ends_at = latest + timedelta(hours=1)
    if now < ends_at <= latest:
        return ends_at
    reason = f"would end at {ends_at.isoformat()}; allowed: after now ({now.isoformat()}), by {most_h:g} hours at most"
    message = f"{field}: {reason}"
    raise InvalidInput(message, errors=[{"field": field, "reason": reason}])


def size_of(sign: asyncpg.Record) -> SignSize:
    """Give the size of a sign as routing is told it."""
    return SignSize(line_count=sign["line_count"], line_chars=sign["line_chars"], charset=sign["charset"])


async def check_texts(
    resources: Resources, texts: Sequence[tuple[str, SignSize, list[str]]]
) -> tuple[list[list[str]], list[Fault]]:
    """Give lines as their signs write them, and what keeps them off; each with the field that it came in.

    Raises
    ------
    Unavailable
        Routing is away.
    """
    asked = [TextAsked(size=size, lines=lines) for _, size, lines in texts]
    answer = await resources.routing.check_texts(TextsRequest(texts=asked))
    faults = [
        Fault(f"{field}.{fault.field}", fault.reason)
        for (field, _, _), found in zip(texts, answer.texts, strict=True)
        for fault in found.faults
    ]
    return [found.lines for found in answer.texts], faults
