"""Roadworks as routing sees them: an effect on links, from when to when, for whom."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from lotse_shared.recurrence import Recurrence
from lotse_shared.vehicle import VehicleClass

Effect = Literal["closed", "speed", "lanes"]


@dataclass(frozen=True, slots=True)
class Roadwork:
    """A roadwork that was approved. `ends_at` None is an open end; `ended_at` is when somebody ended it by hand.

    `vehicles` are those that it binds, none named: all. With a `recurrence` it holds at those hours only.
    """

    roadwork_id: str
    name: str
    effect: Effect
    speed_kmh: float | None
    links: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None = None
    ended_at: datetime | None = None
    lanes_closed: int | None = None
    vehicles: frozenset[VehicleClass] = frozenset()
    recurrence: Recurrence | None = None

    @property
    def over_at(self) -> datetime | None:
        """When it stops to have an effect, None if that is open."""
        ends = [moment for moment in (self.ends_at, self.ended_at) if moment is not None]
        return min(ends, default=None)

    def is_active(self, now: datetime) -> bool:
        """Tell whether it has its effect: from `starts_at` on, in its hours, and no longer at its end."""
        is_within = self.starts_at <= now and (self.over_at is None or now < self.over_at)
        return is_within and (self.recurrence is None or self.recurrence.occurrence_at(now) is not None)

    def binds(self, vehicle: VehicleClass) -> bool:
        """Tell whether such vehicles have to keep to it."""
        return not self.vehicles or vehicle in self.vehicles

    def as_of(self, now: datetime) -> "Roadwork":
        """Give one that is active as it is now: of a recurring one, the occurrence that goes on, with its end."""
        occurrence = self.recurrence.occurrence_at(now) if self.recurrence else None
        if occurrence is None:
            return self
        ends_at = occurrence.ends_at if self.ends_at is None else min(self.ends_at, occurrence.ends_at)
        return replace(self, starts_at=max(self.starts_at, occurrence.starts_at), ends_at=ends_at, recurrence=None)


def active_roadworks(roadworks: Iterable[Roadwork], now: datetime) -> tuple[Roadwork, ...]:
    """Those in force now, in the order of their ids; of a recurring one, the occurrence that goes on."""
    active = (roadwork.as_of(now) for roadwork in roadworks if roadwork.is_active(now))
    return tuple(sorted(active, key=lambda roadwork: roadwork.roadwork_id))
