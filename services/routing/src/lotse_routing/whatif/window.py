"""When a closure would hold, and what else is closed meanwhile."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from lotse_routing.state.roadwork import Roadwork
from lotse_shared.recurrence import A_WEEK, Recurrence


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time; `ends_at` None is an open end. With a `recurrence`, its hours within."""

    starts_at: datetime
    ends_at: datetime | None
    recurrence: Recurrence | None = None

    def overlaps(self, roadwork: Roadwork) -> bool:
        """Tell whether a roadwork lasts at any moment of it, whatever the hours of both."""
        begins_in_time = self.ends_at is None or roadwork.starts_at < self.ends_at
        is_called_off = roadwork.over_at is not None and roadwork.over_at <= roadwork.starts_at
        return begins_in_time and not is_called_off and (roadwork.over_at is None or roadwork.over_at > self.starts_at)

    def holds_at(self, moment: datetime) -> bool:
        """Tell whether a moment of it is in its hours."""
        return self.recurrence is None or self.recurrence.occurrence_at(moment) is not None


@dataclass(frozen=True, slots=True)
class Phase:
    """From `starts_at` on, these roadworks close links besides."""

    starts_at: datetime
    roadworks: tuple[Roadwork, ...]


def list_phases(window: Window, roadworks: Iterable[Roadwork]) -> list[Phase]:
    """List the phases of a window: what closes links besides, each combination once, when it first does.

    Where a closure ends, nothing new can be cut off: no phase begins.
    """
    beside = [r for r in roadworks if r.effect == "closed" and window.overlaps(r)]
    phases: dict[tuple[str, ...], Phase] = {}
    for at in sorted(set(_moments(window, beside))):
        closing = tuple(r for r in beside if r.is_active(at))
        phases.setdefault(tuple(r.roadwork_id for r in closing), Phase(at, closing))
    return list(phases.values()) or [Phase(window.starts_at, ())]


def _moments(window: Window, beside: Sequence[Roadwork]) -> Iterator[datetime]:
    """Yield moments of the window at which something begins.

    Hours come back every week, so that after each beginning the first week shows every combination.
    """
    recurrences = {each for each in (window.recurrence, *(r.recurrence for r in beside)) if each is not None}
    for anchor in {window.starts_at, *(r.starts_at for r in beside if r.starts_at > window.starts_at)}:
        for moment in (anchor, *_begin_within_a_week(recurrences, anchor)):
            if window.holds_at(moment) and (window.ends_at is None or moment < window.ends_at):
                yield moment


def _begin_within_a_week(recurrences: Iterable[Recurrence], moment: datetime) -> Iterator[datetime]:
    for recurrence in recurrences:
        for occurrence in recurrence.starting_after(moment):
            if occurrence.starts_at > moment + A_WEEK:
                break
            yield occurrence.starts_at
