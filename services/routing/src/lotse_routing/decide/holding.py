"""What a message may change to, and when: rules that destinations and relations share (docs/decisions-of-signs.md)."""

from datetime import datetime, timedelta

from lotse_routing.decide.advice import Told
from lotse_routing.decide.cause import Cause
from lotse_routing.settings import PolicySettings


def is_held(since: datetime, now: datetime, settings: PolicySettings) -> bool:
    """Tell whether what was begun then has to stay."""
    return now - since < timedelta(seconds=settings.min_hold_s)


def tell(cause: Cause | None, before: Told | None, now: datetime, settings: PolicySettings) -> Told | None:
    """Tell the cause that is in force; slow traffic once told stays told for the hold, and after it until another.

    Parameters
    ----------
    before
        What is told already.
    """
    told = Told(cause.kind, cause.street, now, cause.until if cause.kind == "closed" else None) if cause else before
    if told is None or before is None:
        return told
    if (told.kind, told.street, told.until) == (before.kind, before.street, before.until):
        return before
    stays = "closed" not in {told.kind, before.kind} and is_held(before.since, now, settings)
    return before if stays else told
