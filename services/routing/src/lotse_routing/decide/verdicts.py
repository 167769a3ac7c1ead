"""What the policy would come to for all signs and destinations at once, as far as it can be told in numbers.

Nothing is decided here: the rules are those of `rules` and `holding`, and the figures are added up as the policy does.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from lotse_routing.core.along import (
    NO_LINK,
    Places,
    Values,
    Ways,
    first_along,
    has_in_group,
    heaviest_along,
    sums_along,
    sums_beside,
)
from lotse_routing.core.jit import Flags
from lotse_routing.core.topology import Seconds
from lotse_routing.decide.cause import Kind, noticeable_delay_s
from lotse_routing.decide.display import raw_delay_min
from lotse_routing.decide.holding import hold, holds
from lotse_routing.decide.pairs import Pairs
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.rules import NO_DELAY, Limits, Numbers, Usuals, disturbed, judge_all, limits_of
from lotse_routing.decide.street import number_streets
from lotse_routing.decide.text_order import places_in_texts
from lotse_routing.state.snapshot import Snapshot

Codes = npt.NDArray[np.int64]
Moments = npt.NDArray[np.datetime64]

KINDS: tuple[Kind, ...] = ("slow", "jam", "closed")
SLOW, JAM, CLOSED = range(len(KINDS))
NO_CAUSE = -1
NEVER = np.datetime64("NaT", "us")


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The detours that are shown: their links (none where there is none), since when, and whether for a closure.

    `places` are those in the texts of their signs until now.
    """

    ways: Ways
    since: Moments
    tells_closure: Flags
    places: Places

    @property
    def is_shown(self) -> Flags:
        """Tell for which pairs there is one."""
        return np.diff(self.ways.first) > 0


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """Of each pair, what it would come to now; shape (pairs,) each.

    Attributes
    ----------
    is_told
        Whether this is the verdict; else it takes the policy, as for a detour along a corridor.
    shows, reason
        As in `rules`.
    cause, until
        What is wrong on the usual way (a code of `cause_code`), and the end of a closure.
    is_measured
        Whether anybody sees the usual way.
    delay_min
        What the detour that is shown takes longer than the usual way without traffic.
    places
        Where it comes in the text of its sign (`places_in_text`).
    """

    is_told: Flags
    shows: Numbers
    reason: Numbers
    cause: Codes
    until: Moments
    is_measured: Flags
    delay_min: Values
    places: Places

    @property
    def told_cause(self) -> Codes:
        """The cause that an explanation gives: none where there is no delay."""
        return np.where(self.reason == NO_DELAY, NO_CAUSE, self.cause)


def judge_pairs(pairs: Pairs, moment: Moment, shown: Shown) -> Verdicts:
    """Ask the rules for all pairs."""
    snapshot, settings = moment.snapshot, moment.settings
    limits, weights = limits_of(settings), snapshot.weights
    per_link = np.column_stack((weights.travel_times_s, weights.seen_times_s, weights.costs_s, snapshot.delays_s))
    now_s, seen_s, _, lost_s = (column.copy() for column in sums_along(pairs.usual, per_link).T)
    is_closed, is_noticed = np.isinf(now_s), lost_s >= noticeable_delay_s(pairs.empty_s)
    usual = Usuals(now_s, seen_s, pairs.empty_s, is_closed | is_noticed)
    kept = np.where(shown.is_shown[:, None], sums_along(shown.ways, per_link)[:, :3], np.inf)
    is_asked = disturbed(usual, limits)
    best = _best(pairs, moment, is_asked & pairs.is_free, shown.ways, per_link[:, :3].copy())
    is_young = utc(moment.now) - shown.since < np.timedelta64(hold(settings), "us")
    shows, reason = judge_all(usual, kept, best, holds(is_young, shown.tells_closure, is_closed), limits)
    cause, until = _causes(pairs, snapshot, is_closed, is_noticed)
    return Verdicts(
        is_told=pairs.is_free | ~(is_asked | shown.is_shown),
        shows=shows,
        reason=reason,
        cause=cause,
        until=until,
        is_measured=is_closed | is_noticed | (first_along(pairs.usual, snapshot.confidences > 0) != NO_LINK),
        delay_min=raw_delay_min(kept[:, 0], pairs.empty_s),
        places=_places(pairs, shown, now_s, kept[:, 0], limits),
    )


def places_in_text(pairs: Pairs, moment: Moment, shown: Shown) -> Places:
    """Tell where in the text of its sign each detour comes (`text_order`); shape (pairs,).

    It is the number of lines where that is farther behind than a text can reach, and where nothing is shown.
    """
    times_s = moment.snapshot.weights.travel_times_s[:, None].copy()
    now_s, kept_s = (sums_along(ways, times_s)[:, 0] for ways in (pairs.usual, shown.ways))
    return _places(pairs, shown, now_s, kept_s, limits_of(moment.settings))


def cause_code(kind: Kind, street: int) -> int:
    """Give a kind of cause on a street (by its number) as one number."""
    return street * len(KINDS) + KINDS.index(kind)


def are_closures(causes: Codes) -> Flags:
    """Tell which causes are closures."""
    found: Flags = np.logical_and(causes != NO_CAUSE, causes % len(KINDS) == CLOSED)
    return found


def utc(moment: datetime | None) -> np.datetime64:
    """Give a moment as numpy has it; `NEVER` for none."""
    return NEVER if moment is None else np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")


def _best(pairs: Pairs, moment: Moment, is_asked: Flags, shown: Ways, per_link: Values) -> Values:
    """Give the figures of the best ways, where they are neither the usual nor the shown ones; shape (pairs, 3)."""
    best = np.full((len(is_asked), per_link.shape[1]), np.inf)
    if not moment.settings.free_detours:
        return best
    for node, there in pairs.to.items():
        asked, tree = there[is_asked[there]], moment.current.to(node)
        if tree is not None and len(asked):
            best[asked] = sums_beside(tree.quickest, pairs.starts[asked], asked, (pairs.usual, shown), per_link)
    return best


def _causes(pairs: Pairs, snapshot: Snapshot, is_closed: Flags, is_noticed: Flags) -> tuple[Codes, Moments]:
    streets, closures = number_streets(snapshot.topology), snapshot.weights.closures
    worst = heaviest_along(pairs.usual, snapshot.delays_s, streets.of_link, len(streets.names))
    is_jam = has_in_group(pairs.usual, snapshot.jams & (snapshot.delays_s > 0), streets.of_link, worst)
    barriers = first_along(pairs.usual, np.isinf(snapshot.delays_s))
    cause = np.where(is_noticed, worst * len(KINDS) + np.where(is_jam, JAM, SLOW), NO_CAUSE)
    cause[is_closed] = streets.of_link[barriers[is_closed]] * len(KINDS) + CLOSED
    until = np.full(len(cause), NEVER)
    for link in np.unique(barriers[is_closed]).tolist():
        until[barriers == link] = utc(closures[link].over_at)
    return cause, until


def _places(pairs: Pairs, shown: Shown, now_s: Seconds, kept_s: Seconds, limits: Limits) -> Places:
    gains_s = np.full(len(now_s), np.inf)  # past a closure nobody can tell, so that it comes first
    np.subtract(now_s, kept_s, out=gains_s, where=np.isfinite(now_s) & np.isfinite(kept_s))
    places = places_in_texts(pairs.of_sign, shown.is_shown, gains_s, shown.places, limits)
    return np.minimum(places, pairs.lines)
