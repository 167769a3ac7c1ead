"""What operators order is looked at by routing before it is written: whether it may stand on the sign."""

from collections.abc import Sequence
from datetime import datetime

from lotse_gateway.references import Fault
from lotse_gateway.resources import Resources
from lotse_shared.problems import Conflict
from lotse_shared.wire_texts import SignSize, TextAsked, TextsRequest

DATA_TIME_NOT_BEGUN = "Lotse's clock has not begun (no watermark has come yet), so there is no `now`"


def now_of(resources: Resources) -> datetime:
    """Give Lotse's now.

    Raises
    ------
    Conflict
        Data time has not begun.
    """
    now = resources.clock.now()
    if now is None:
        raise Conflict(DATA_TIME_NOT_BEGUN)
    return now


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
