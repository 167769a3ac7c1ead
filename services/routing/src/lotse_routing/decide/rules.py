"""The rules by which a detour is shown, kept, replaced or dropped: seconds in, a verdict out.

They are compiled, so that one step asks them for every sign and destination, and the policy for the one that it decides
on: there is no other place that says them. docs/decisions-of-signs.md tells them in words.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lotse_routing.core.along import Values
from lotse_routing.core.jit import Flags, kernel
from lotse_routing.core.topology import Seconds
from lotse_routing.decide.advice import Reason
from lotse_routing.settings import PolicySettings

NOTHING, KEPT, BEST = range(3)
"""What a sign shows: no detour, the one it shows already, the best other one."""

NO_DELAY, NO_CANDIDATE, TOO_LITTLE_GAIN, GAIN, HELD, CLOSURE, NO_ROUTE = range(7)
REASONS = (
    Reason.NO_DELAY,
    Reason.NO_CANDIDATE,
    Reason.TOO_LITTLE_GAIN,
    Reason.GAIN,
    Reason.HELD,
    Reason.CLOSURE,
    Reason.NO_ROUTE,
)
"""The reasons that the rules give, by their numbers."""

Numbers = npt.NDArray[np.int8]


class Limits(NamedTuple):
    """The thresholds; `PolicySettings` describes them."""

    min_gain_s: float
    min_gain_pct: float
    drop_ratio: float
    replace_ratio: float
    replace_extra_s: float


class Usual(NamedTuple):
    """The usual way of a sign and destination: its time now, by what is seen of it, and in an empty town.

    `has_cause` tells whether drivers notice that something is wrong there.
    """

    now_s: float
    seen_s: float
    empty_s: float
    has_cause: bool


class Usuals(NamedTuple):
    """The same of many signs and destinations: pairs; shape (pairs,) each."""

    now_s: Seconds
    seen_s: Seconds
    empty_s: Seconds
    has_cause: Flags


class Detour(NamedTuple):
    """A detour: its time now, by what is seen of it, and its cost. Infinite where there is none, or it is closed."""

    now_s: float
    seen_s: float
    cost_s: float


class Verdict(NamedTuple):
    """What is shown and why, by number; and the same if no message were held."""

    shows: int
    reason: int
    unheld_shows: int
    unheld_reason: int


NO_DETOUR = Detour(np.inf, np.inf, np.inf)


def limits_of(settings: PolicySettings) -> Limits:
    """Take the thresholds out of the settings."""
    return Limits(*(float(getattr(settings, name)) for name in Limits._fields))


@kernel
def is_disturbed(usual: Usual, limits: Limits) -> bool:
    """Tell whether drivers are seen to lose enough on the usual way for a detour to be looked for."""
    return usual.seen_s - usual.empty_s >= limits.min_gain_s and usual.has_cause


@kernel
def judge(usual: Usual, kept: Detour, best: Detour, is_held: bool, limits: Limits) -> Verdict:  # noqa: FBT001
    """Decide for one sign and destination.

    Parameters
    ----------
    kept
        The detour that is shown already, if it is still one.
    best
        The best other one, if the usual way is disturbed.
    is_held
        Whether the message has to stay if it can.
    """
    if np.isinf(usual.now_s):
        return _past_a_closure(kept, best, is_held, limits)
    if np.isinf(kept.now_s):
        return _with_nothing_shown(usual, best, limits)
    shows, reason = _unheld(usual, kept, best, limits)
    if not is_held:
        return Verdict(shows, reason, shows, reason)
    is_worth = _is_worth(usual, kept, limits.drop_ratio, limits)
    return Verdict(KEPT, GAIN if is_worth else HELD, shows, reason)


@kernel
def disturbed(usual: Usuals, limits: Limits) -> Flags:
    """Ask `is_disturbed` of many; shape (pairs,)."""
    found = np.empty(len(usual.now_s), np.bool_)
    for pair in range(len(found)):
        found[pair] = is_disturbed(_of(usual, pair), limits)
    return found


@kernel
def judge_all(usual: Usuals, kept: Values, best: Values, is_held: Flags, limits: Limits) -> tuple[Numbers, Numbers]:
    """Decide for many signs and destinations at once.

    Parameters
    ----------
    kept, best
        The figures of `Detour`; shape (pairs, 3).

    Returns
    -------
    tuple
        What is shown, and why; shape (pairs,) each.
    """
    shows, reasons = np.empty(len(is_held), np.int8), np.empty(len(is_held), np.int8)
    for pair in range(len(is_held)):
        shown = Detour(kept[pair, 0], kept[pair, 1], kept[pair, 2])
        other = Detour(best[pair, 0], best[pair, 1], best[pair, 2])
        verdict = judge(_of(usual, pair), shown, other, is_held[pair], limits)
        shows[pair], reasons[pair] = verdict.shows, verdict.reason
    return shows, reasons


@kernel
def _of(usual: Usuals, pair: int) -> Usual:
    return Usual(usual.now_s[pair], usual.seen_s[pair], usual.empty_s[pair], usual.has_cause[pair])


@kernel
def gains_clearly_more(gain_s: float, than_s: float, limits: Limits) -> bool:
    """Tell whether a gain is so much greater than that of what is shown that it may replace it."""
    return gain_s >= max(limits.replace_ratio * than_s, than_s + limits.replace_extra_s)


@kernel
def _past_a_closure(kept: Detour, best: Detour, is_held: bool, limits: Limits) -> Verdict:  # noqa: FBT001
    if np.isinf(kept.now_s):
        if np.isinf(best.now_s):
            return Verdict(NOTHING, NO_ROUTE, NOTHING, NO_ROUTE)
        return Verdict(BEST, CLOSURE, BEST, CLOSURE)
    is_longer = kept.now_s - best.now_s >= limits.replace_extra_s and kept.now_s >= limits.replace_ratio * best.now_s
    if best.cost_s < kept.cost_s and is_longer:
        return Verdict(KEPT if is_held else BEST, CLOSURE, BEST, CLOSURE)
    return Verdict(KEPT, CLOSURE, KEPT, CLOSURE)


@kernel
def _with_nothing_shown(usual: Usual, best: Detour, limits: Limits) -> Verdict:
    shows, reason = NOTHING, TOO_LITTLE_GAIN
    if np.isinf(best.now_s):
        reason = NO_CANDIDATE if is_disturbed(usual, limits) else NO_DELAY
    elif _is_worth(usual, best, 1.0, limits):
        shows, reason = BEST, GAIN
    return Verdict(shows, reason, shows, reason)


@kernel
def _unheld(usual: Usual, kept: Detour, best: Detour, limits: Limits) -> tuple[int, int]:
    """Decide on a detour that is shown as if nothing were held. Seconds alone make no rat-run better than it."""
    best_gain_s, kept_gain_s = usual.now_s - best.now_s, usual.now_s - kept.now_s
    is_better = best.cost_s < kept.cost_s and gains_clearly_more(best_gain_s, kept_gain_s, limits)
    if is_better and _is_worth(usual, best, 1.0, limits):
        return BEST, GAIN
    if _is_worth(usual, kept, limits.drop_ratio, limits):
        return KEPT, GAIN
    return NOTHING, TOO_LITTLE_GAIN if is_disturbed(usual, limits) else NO_DELAY


@kernel
def _is_worth(usual: Usual, detour: Detour, share: float, limits: Limits) -> bool:
    """Tell whether the gain reaches a share of both thresholds.

    A detour answers a disturbance: what is not lost on the usual way cannot be won on another (a rat-run that is
    quicker on any quiet day is no reason to light a sign). Nor is a gain that is estimated but not seen; an estimate
    can only keep drivers off a detour that is probably slow as well.
    """
    gain_s = min(usual.now_s - detour.now_s, usual.seen_s - detour.seen_s, usual.seen_s - usual.empty_s)
    return gain_s >= share * limits.min_gain_s and 100 * gain_s / usual.now_s >= share * limits.min_gain_pct
