"""Roadworks as routing sees them: an effect on links, from when to when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Roadwork:
    """A roadwork. `ends_at` None is an open end; `ended_at` is when somebody ended it by hand."""

    roadwork_id: str
    name: str
    effect: Literal["closed", "speed"]
    speed_kmh: float | None
    links: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def over_at(self) -> datetime | None:
        """When it stops to have an effect, None if that is open."""
        ends = [moment for moment in (self.ends_at, self.ended_at) if moment is not None]
        return min(ends, default=None)

    def is_active(self, now: datetime) -> bool:
        """Tell whether it has its effect: from `starts_at` on, and no longer at its end."""
        return self.starts_at <= now and (self.over_at is None or now < self.over_at)


def active_roadworks(roadworks: Iterable[Roadwork], now: datetime) -> tuple[Roadwork, ...]:
    """Those in force now, in the order of their ids."""
    return tuple(sorted((r for r in roadworks if r.is_active(now)), key=lambda roadwork: roadwork.roadwork_id))
