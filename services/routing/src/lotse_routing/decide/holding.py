"""What a message may change to, and when: rules that destinations and relations share (docs/decisions-of-signs.md).

Those that take flags take arrays of them as well: a step asks for all signs at once.
"""

from datetime import datetime, timedelta
from typing import overload

import numpy as np

from lotse_routing.core.jit import Flags
from lotse_routing.decide.advice import Told
from lotse_routing.decide.cause import Cause
from lotse_routing.settings import PolicySettings


def is_held(since: datetime, now: datetime, settings: PolicySettings) -> bool:
    """Tell whether what was begun then has to stay."""
    return now - since < hold(settings)


def hold(settings: PolicySettings) -> timedelta:
    """Give how long what was begun has to stay."""
    return timedelta(seconds=settings.min_hold_s)


@overload
def holds(is_young: bool, tells_closure: bool, is_closed: bool) -> bool: ...  # noqa: FBT001
@overload
def holds(is_young: Flags, tells_closure: Flags, is_closed: Flags) -> Flags: ...
def holds(is_young: bool | Flags, tells_closure: bool | Flags, is_closed: bool | Flags) -> bool | Flags:  # noqa: FBT001
    """Tell whether a message has to stay. A closure that ended holds nothing: what a sign says has to be true.

    Parameters
    ----------
    is_young
        Whether the hold of the message has not passed.
    """
    return np.logical_and(is_young, np.logical_or(is_closed, np.logical_not(tells_closure)))


@overload
def goes_on_telling(is_same: bool, has_closure: bool, is_young: bool) -> bool: ...  # noqa: FBT001
@overload
def goes_on_telling(is_same: Flags, has_closure: Flags, is_young: Flags) -> Flags: ...
def goes_on_telling(is_same: bool | Flags, has_closure: bool | Flags, is_young: bool | Flags) -> bool | Flags:  # noqa: FBT001
    """Tell whether a cause once told stays told: it is still the same, or another slow street within the hold.

    Parameters
    ----------
    has_closure
        Whether the cause told, or that of now, is a closure.
    is_young
        Whether the hold of what is told has not passed.
    """
    return np.logical_or(is_same, np.logical_and(is_young, np.logical_not(has_closure)))


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
    is_same = (told.kind, told.street, told.until) == (before.kind, before.street, before.until)
    has_closure = "closed" in {told.kind, before.kind}
    return before if goes_on_telling(is_same, has_closure, is_held(before.since, now, settings)) else told
