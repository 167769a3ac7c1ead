"""What stations say of the streets around them: slowness, and travel times made of it. policy.md, step 1."""

import numpy as np
from numpy.typing import NDArray

from evaluation.nouns import Knowledge, Minute, StationReading
from evaluation.policies.reach import spread_stations
from evaluation.policies.usual import UsualTimes, at_slot, slot_of
from evaluation.streets import Seconds, Streets

SMOOTHING = 0.5
"""Weight of the newest minute."""
NO_SMOOTHING = 1.0
FADING = 0.5 ** (1 / 10)
"""While no vehicle passes, what a station said last halves in ten minutes: no vehicle never means a free road."""
STANDING_PCT = 50.0
"""No vehicle, and yet the loop is covered for this share of the minute: a queue stands on it."""
STANDING_KMH = 3.0
"""A standing jam still moves this fast."""

Slowness = NDArray[np.float64]
"""How many times as long as usual something takes."""


class Measured:
    """What is known of the streets now, minute by minute.

    Parameters
    ----------
    smoothing
        Weight of the newest minute; NO_SMOOTHING gives the raw view.
    """

    def __init__(self, knowledge: Knowledge, streets: Streets, smoothing: float = SMOOTHING) -> None:
        self._typical_kmh = knowledge.typical_kmh
        self._usual = UsualTimes(knowledge, streets)
        self._stations = {station.station_id: place for place, station in enumerate(knowledge.city.stations)}
        self._reach = spread_stations(knowledge.city.stations, streets)
        self._free_flow_s = streets.free_flow_s
        self._smoothing = smoothing
        self._said: Slowness = np.ones(len(self._stations))
        self._now_s = 0

    def take(self, minute: Minute) -> None:
        """Take in a minute's readings; a station that sent none is forgotten slowly, as one that saw no vehicle."""
        self._now_s = minute.until_s
        told = {reading.station_id: reading for reading in minute.readings}
        for station_id, place in self._stations.items():
            self._said[place] = self._next(station_id, self._said[place], told.get(station_id))

    def _next(self, station_id: str, said: float, reading: StationReading | None) -> float:
        speed_kmh = None if reading is None else _speed_kmh(reading)
        if speed_kmh is None:
            return 1 + (said - 1) * FADING
        typical_kmh = at_slot(self._typical_kmh[station_id], slot_of(self._now_s))
        return said + self._smoothing * (typical_kmh / max(speed_kmh, STANDING_KMH) - said)

    @property
    def slowness(self) -> Slowness:
        """How slow each edge is: what the stations on its street say, by distance; 1 where none is near."""
        spread: Slowness = 1 + self._reach @ (self._said - 1)
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
