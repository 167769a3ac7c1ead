"""What stations say of the streets around them: slowness, and travel times made of it. policy.md, step 1."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.nouns import Knowledge, Minute, StationReading
from evaluation.policies.reach import spread_stations
from evaluation.policies.usual import UsualTimes, at_slot, slot_of
from evaluation.streets import Seconds, Streets


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How much a minute counts beside what was known before: `weight`, and half of it for `half_vehicles`.

    Of speeds, not of slownesses, and by vehicles: at a signal the mean speed of two vehicles is that of the red light.
    On an ordinary morning this makes one station of a hundred slow for some minutes, once; slownesses smoothed by 0.5,
    44 times.
    """

    weight: float
    half_vehicles: float

    def share(self, vehicles: int) -> float:
        """Give the weight of a minute in which so many vehicles passed; a standing queue says enough with none."""
        return self.weight * vehicles / (vehicles + self.half_vehicles) if vehicles else self.weight


CALM = Smoothing(weight=0.5, half_vehicles=2.0)
RAW = Smoothing(weight=1.0, half_vehicles=0.0)
FADING = 0.5 ** (1 / 10)
"""While no vehicle passes, what a station said last halves in ten minutes: no vehicle never means a free road."""
STANDING_PCT = 50.0
"""No vehicle, and yet the loop is covered for this share of the minute: a queue stands on it."""
STANDING_KMH = 3.0
"""A standing jam still moves this fast."""
FASTEST = 1.5
"""So many times the typical speed is the fastest that counts, or one fast minute would hide a jam for long."""

Slowness = NDArray[np.float64]
"""How many times as long as usual something takes."""


class Measured:
    """What is known of the streets now, minute by minute.

    Parameters
    ----------
    smoothing
        RAW believes every minute as it is.
    """

    def __init__(self, knowledge: Knowledge, streets: Streets, smoothing: Smoothing = CALM) -> None:
        self._typical_kmh = knowledge.typical_kmh
        self._usual = UsualTimes(knowledge, streets)
        self._stations = {station.station_id: place for place, station in enumerate(knowledge.city.stations)}
        self._reach = spread_stations(knowledge.city.stations, streets)
        self._free_flow_s = streets.free_flow_s
        self._smoothing = smoothing
        self._ratio: NDArray[np.float64] = np.ones(len(self._stations))
        self._now_s = 0

    def take(self, minute: Minute) -> None:
        """Take in a minute's readings; a station that sent none is forgotten slowly, as one that saw no vehicle."""
        self._now_s = minute.until_s
        told = {reading.station_id: reading for reading in minute.readings}
        for station_id, place in self._stations.items():
            self._ratio[place] = self._next(station_id, self._ratio[place], told.get(station_id))

    def _next(self, station_id: str, ratio: float, reading: StationReading | None) -> float:
        """Give the ratio of a station's speed to the typical one after a minute."""
        speed_kmh = None if reading is None else _speed_kmh(reading)
        if reading is None or speed_kmh is None:
            return 1 / (1 + (1 / ratio - 1) * FADING)
        typical_kmh = at_slot(self._typical_kmh[station_id], slot_of(self._now_s))
        newest = min(FASTEST, max(speed_kmh, STANDING_KMH) / typical_kmh)
        return ratio + self._smoothing.share(reading.vehicle_count) * (newest - ratio)

    @property
    def slowness(self) -> Slowness:
        """How slow each edge is: what the stations on its street say, by distance; 1 where none is near."""
        spread: Slowness = 1 + self._reach @ (1 / self._ratio - 1)
        return spread

    @property
    def usual_s(self) -> Seconds:
        """What each edge usually takes at this time of day."""
        return self._usual.at(self._now_s)

    @property
    def times_s(self) -> Seconds:
        """What each edge takes now; nobody drives faster than free flow."""
        times_s: Seconds = np.maximum(self._free_flow_s, self.usual_s * self.slowness)
        return times_s


def _speed_kmh(reading: StationReading) -> float | None:
    if reading.vehicle_count == 0 and reading.occupancy_pct >= STANDING_PCT:
        return STANDING_KMH
    return reading.mean_speed_kmh
