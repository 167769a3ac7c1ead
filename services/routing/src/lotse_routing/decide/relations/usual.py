"""Who usually drives where: a sample of trips, each with the way that it habitually takes.

Signs cannot ask drivers where they are going; a sample of trips tells which traffic passes a sign, then a disturbance,
then a street behind it. A sample of one trip in ten is enough (policy.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from lotse_routing.core.along import Ways, flat_ways
from lotse_routing.core.topology import Topology
from lotse_routing.decide.relations.crossings import Crossings
from lotse_routing.decide.relations.streets import Floats

WINDOW_H = 1.0
"""Trips that depart within the hour around now stand for those that drive now."""
HOUR_S = 3600.0
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class UsualTrip:
    """A trip as it is stored: `departs_s` since local midnight, on these weekdays (0 = Monday), for so many vehicles.

    `links` are ids in driving order.
    """

    departs_s: float
    links: tuple[str, ...]
    vehicles: float = 1.0
    weekdays: frozenset[int] = EVERY_DAY


@dataclass(frozen=True, slots=True, eq=False)
class KnownTrip:
    """A trip on a network: `way` are its links by index."""

    departs_s: float
    vehicles: float
    weekdays: frozenset[int]
    way: tuple[int, ...]


@dataclass(frozen=True, eq=False)  # without slots: it keeps what is asked of it several times
class Traffic:
    """The trips of an hour on so many `links`, by number, and the flow that each stands for.

    `scale` times its vehicles.
    """

    trips: tuple[KnownTrip, ...]
    scale: float
    links: int

    @cached_property
    def vehicles(self) -> Floats:
        """How many each trip stands for in the sample; shape (trips,)."""
        return np.array([trip.vehicles for trip in self.trips], dtype=np.float64)

    @cached_property
    def veh_h(self) -> Floats:
        """How many vehicles an hour each trip stands for; shape (trips,)."""
        veh_h: Floats = self.vehicles * self.scale
        return veh_h

    @cached_property
    def ways(self) -> Ways:
        """The ways of all trips."""
        return flat_ways([trip.way for trip in self.trips])

    @cached_property
    def crossings(self) -> Crossings:
        """Where these lead over which link."""
        return Crossings(self.ways, self.links)

    @cached_property
    def flow_veh_h(self) -> Floats:
        """The flow on each link; shape (links,)."""
        return self.crossings.flow(self.veh_h)


class UsualTraffic:
    """The sample of trips on one network; trips over links that it does not have are left out."""

    def __init__(self, topology: Topology, trips: Iterable[UsualTrip]) -> None:
        known = [_known(trip, topology.index) for trip in trips]
        # In an order that does not depend on that of the sample, nor do sums and ties then.
        in_order = sorted((trip for trip in known if trip is not None), key=lambda t: (t.departs_s, t.way, t.vehicles))
        self._trips = in_order
        self.left_out = len(known) - len(self._trips)
        self._links = len(topology.links)
        self._held: tuple[datetime, Traffic] | None = None

    def __len__(self) -> int:
        """Count the trips that the network has."""
        return len(self._trips)

    def around(self, local: datetime) -> Traffic:
        """Give the trips that depart within the hour around a local minute.

        A sample that begins or ends within that hour is scaled to a whole one, from half an hour on.
        """
        minute = local.replace(second=0, microsecond=0)
        if self._held is None or self._held[0] != minute:
            self._held = minute, self._around(minute)
        return self._held[1]

    def _around(self, local: datetime) -> Traffic:
        of_day = [trip for trip in self._trips if local.weekday() in trip.weekdays]
        if not of_day:
            return Traffic((), 0.0, self._links)
        now_s = timedelta(hours=local.hour, minutes=local.minute).total_seconds()
        begin_s, end_s = now_s - WINDOW_H / 2 * HOUR_S, now_s + WINDOW_H / 2 * HOUR_S
        covered_s = min(end_s, of_day[-1].departs_s) - max(begin_s, of_day[0].departs_s)
        trips = tuple(trip for trip in of_day if begin_s <= trip.departs_s <= end_s)
        return Traffic(trips, HOUR_S / max(covered_s, WINDOW_H / 2 * HOUR_S), self._links)


def _known(trip: UsualTrip, index: Mapping[str, int]) -> KnownTrip | None:
    if any(link not in index for link in trip.links):
        return None
    way = tuple(index[link] for link in trip.links)
    return KnownTrip(trip.departs_s, trip.vehicles, trip.weekdays, way)
