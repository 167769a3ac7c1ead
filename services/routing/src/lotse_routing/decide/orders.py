"""What people ordered signs to show: locks by hand, strategies made beforehand, and their answers to proposals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from lotse_routing.decide.events import Event, event

Source = Literal["automatic", "approval", "strategy", "manual"]
"""Whose word a sign shows, the weakest first."""


@dataclass(frozen=True, slots=True)
class Order:
    """Lines that a sign is to show instead of what Lotse finds; none: it is to be blank. `by` says whose word it is."""

    source: Source
    lines: tuple[str, ...]
    by: Event
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Lock:
    """A sign locked by an operator, until somebody releases it or it expires.

    `locked_at` and `released_at` are None where they do not matter: what is in force now was locked before, and nobody
    has released it. They tell when it was, where a past period is decided again.
    """

    sign_id: str
    lines: tuple[str, ...]
    reason: str
    author: str
    expires_at: datetime
    locked_at: datetime | None = None
    released_at: datetime | None = None

    def is_active(self, now: datetime) -> bool:
        """Tell whether it is in force."""
        is_locked = self.locked_at is None or self.locked_at <= now
        is_released = self.released_at is not None and self.released_at <= now
        return is_locked and not is_released and now < self.expires_at

    def as_order(self) -> Order:
        """Give what it orders."""
        return Order("manual", self.lines, event("lock", by=self.author, reason=self.reason), self.expires_at)


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of a strategy, planned by time or begun by hand: what signs show from when to when."""

    strategy_id: str
    strategy: str
    phase: str
    starts_at: datetime
    ends_at: datetime
    lines: Mapping[str, tuple[str, ...]]

    def is_active(self, now: datetime) -> bool:
        """Tell whether it is in force: from `starts_at` on, and no longer at its end."""
        return self.starts_at <= now < self.ends_at

    def as_order(self, sign_id: str) -> Order:
        """Give what it orders a sign that it has lines for."""
        by = event("strategy", strategy=self.strategy, phase=self.phase)
        return Order("strategy", self.lines[sign_id], by, self.ends_at)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said to a proposal."""

    is_accepted: bool
    author: str


@dataclass(frozen=True, slots=True)
class Orders:
    """All that is ordered: locks by sign, phases not over, answers by the proposal they are given to."""

    locks: Mapping[str, Sequence[Lock]] = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()
    answers: Mapping[str, Answer] = field(default_factory=dict)

    def of(self, sign_id: str, now: datetime) -> list[Order]:
        """List the orders in force for a sign, the strongest first.

        A lock stands before strategies; of two strategies the one whose phase began last, then the first by id.
        """
        locked = [lock.as_order() for lock in self.locks.get(sign_id, ()) if lock.is_active(now)]
        phases = [phase for phase in self.phases if sign_id in phase.lines and phase.is_active(now)]
        phases.sort(key=lambda phase: (-phase.starts_at.timestamp(), phase.strategy_id, phase.phase))
        return [*locked, *(phase.as_order(sign_id) for phase in phases)]


NO_ORDERS = Orders()
