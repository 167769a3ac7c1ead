"""What signs did in a period, in figures: added up turn by turn."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lotse_routing.decide.advice import Reason, SignState
from lotse_routing.decide.decision import Decision
from lotse_routing.replay.contradictions import Contradiction, find_contradictions, tellings

HOUR_S, MINUTE_S = 3600.0, 60.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What one sign did, or all of them together.

    Attributes
    ----------
    hours
        How long was looked at, of all signs together.
    changes
        How often a sign came to show something else: another state, or other lines.
    shown_min
        Minutes in which a detour was shown.
    mean_gain_s
        Seconds that drivers were told to gain, over that time; None where they were told none (a closure has none).
    holds
        How often a detour stayed for nothing but its minimum hold.
    contradictions
        How often a circle of signs began that drivers of one destination could not leave.
    """

    hours: float
    changes: int
    shown_min: float
    mean_gain_s: float | None
    holds: int
    contradictions: int

    @property
    def changes_per_hour(self) -> float:
        """Changes an hour and sign."""
        return self.changes / self.hours if self.hours else 0.0


@dataclass(slots=True)
class _Sums:
    """One sign so far; `before` is what it shows since the last turn."""

    before: Decision | None = None
    seconds: float = 0.0
    changes: int = 0
    shown_s: float = 0.0
    gain_weighted: float = 0.0
    gain_s: float = 0.0
    holds: int = 0
    circles: int = 0

    def last(self, seconds: float) -> None:
        """Let so much time pass with what it shows."""
        if self.before is None:
            return
        self.seconds += seconds
        if self.before.state is SignState.DETOUR:
            self.shown_s += seconds
            for gain_s in gains_s(self.before):
                self.gain_weighted += seconds * gain_s
                self.gain_s += seconds

    def show(self, decision: Decision) -> None:
        """Take what it shows from now on."""
        if self.before is not None:
            self.changes += _face(decision) != _face(self.before)
            self.holds += len(_held(decision) - _held(self.before))
        self.before = decision

    def figures(self) -> Figures:
        mean_s = self.gain_weighted / self.gain_s if self.gain_s else None
        hours, minutes = self.seconds / HOUR_S, self.shown_s / MINUTE_S
        return Figures(hours, self.changes, minutes, mean_s, self.holds, self.circles)


@dataclass(slots=True)
class Tally:
    """Adds up a period; `circles` are the contradictions that began, oldest first.

    What was in force before the period is where changes count from.
    """

    in_force: Mapping[str, Decision]
    circles: list[tuple[datetime, Contradiction]] = field(default_factory=list)
    _signs: dict[str, _Sums] = field(default_factory=dict)
    _since: datetime | None = None
    _circles_now: frozenset[Contradiction] = frozenset()

    def add(self, now: datetime, decisions: Iterable[Decision]) -> None:
        """Take what all signs show from a turn on."""
        decisions = tuple(decisions)
        self.end(now)
        for decision in decisions:
            sums = self._signs.setdefault(decision.sign_id, _Sums(self.in_force.get(decision.sign_id)))
            sums.show(decision)
        self._look_for_circles(now, decisions)

    def end(self, now: datetime) -> None:
        """Let what is shown last until a moment."""
        if self._since is not None:
            for sums in self._signs.values():
                sums.last((now - self._since).total_seconds())
        self._since = now

    def by_sign(self) -> dict[str, Figures]:
        """Give the figures of each sign."""
        return {sign_id: sums.figures() for sign_id, sums in sorted(self._signs.items())}

    def in_all(self) -> Figures:
        """Give the figures of all signs together; a circle counts once, however many signs it has."""
        each = self._signs.values()
        all_of_them = _Sums(
            seconds=sum(sums.seconds for sums in each),
            changes=sum(sums.changes for sums in each),
            shown_s=sum(sums.shown_s for sums in each),
            gain_weighted=sum(sums.gain_weighted for sums in each),
            gain_s=sum(sums.gain_s for sums in each),
            holds=sum(sums.holds for sums in each),
            circles=len(self.circles),
        )
        return all_of_them.figures()

    def _look_for_circles(self, now: datetime, decisions: Iterable[Decision]) -> None:
        circles = find_contradictions(tellings(decisions))
        for circle in circles:
            if circle not in self._circles_now:
                self.circles.append((now, circle))
                for sign_id in circle.sign_ids:
                    self._signs[sign_id].circles += 1
        self._circles_now = frozenset(circles)


def gains_s(decision: Decision) -> list[float]:
    """List the gains of the detours that a decision shows, where it tells one."""
    shown = [detour for detour in decision.detours if detour["state"] == SignState.DETOUR]
    return [detour["gain_s"] for detour in shown if detour["gain_s"] is not None]


def _face(decision: Decision) -> tuple[SignState, tuple[str, ...]]:
    return decision.state, decision.lines


def _held(decision: Decision) -> set[str]:
    """Name the destinations whose detour is there for its hold alone."""
    held = (d for d in decision.detours if d["state"] == SignState.DETOUR)
    return {detour["destination"] for detour in held if detour.get("gist", {}).get("reason") == Reason.HELD.value}
