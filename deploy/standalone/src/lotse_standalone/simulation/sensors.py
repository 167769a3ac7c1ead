"""Simulated sensors: each turns the traffic on its link into what a real one would send, noise and flaws included."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict

from lotse_standalone.simulation.scenario import Flaws
from lotse_standalone.simulation.traffic import Flow

HEAVY_SHARE = 0.06
SPEED_NOISE = 0.04  # standard deviation as a share of the speed
OCCUPANCY_NOISE = 0.08
LOWEST_SPEED_KMH = 1.0


class Reading(TypedDict):
    """The native payload."""

    detector_id: str
    measured_at: str
    interval_s: float
    vehicle_count: int
    heavy_count: int
    mean_speed_kmh: float | None
    occupancy_pct: float
    seq: int


@dataclass(slots=True)
class Sensor:
    """One detector at the roadside.

    Vehicles arrive evenly at the flow of the link, as they do behind traffic lights: their fractions are carried from
    interval to interval, so that counts add up to the flow however short the interval.
    """

    detector_id: str
    link_id: str
    interval_s: float
    flaws: Flaws
    noise: random.Random
    seq: int = 0
    _arrived_veh: float = field(init=False)
    _last_speed_kmh: float | None = None

    def __post_init__(self) -> None:
        """Start somewhere between two vehicles."""
        self._arrived_veh = self.noise.random()

    def measure(self, flow: Flow, measured_at: datetime) -> Reading:
        """Report the interval that ends at `measured_at`."""
        self.seq += 1
        self._arrived_veh += flow.flow_vehh * self.interval_s / 3600
        count = int(self._arrived_veh)
        self._arrived_veh -= count
        speed_kmh = self._speed_kmh(flow) if count else None
        if speed_kmh is not None:
            self._last_speed_kmh = speed_kmh
        if self.seq % self.flaws.stale_speed_every == 0:
            count, speed_kmh = 0, self._last_speed_kmh
        return Reading(
            detector_id=self.detector_id,
            measured_at=measured_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            interval_s=self.interval_s,
            vehicle_count=count,
            heavy_count=sum(self.noise.random() < HEAVY_SHARE for _ in range(count)),
            mean_speed_kmh=speed_kmh,
            occupancy_pct=self._occupancy_pct(flow),
            seq=self.seq,
        )

    def is_sent_twice(self) -> bool:
        """Tell whether the newest reading goes out a second time, as after a lost acknowledgement."""
        return self.seq % self.flaws.duplicate_every == 0

    def _speed_kmh(self, flow: Flow) -> float | None:
        if flow.speed_kmh is None:
            return None
        return round(max(LOWEST_SPEED_KMH, flow.speed_kmh * self.noise.gauss(1, SPEED_NOISE)), 1)

    def _occupancy_pct(self, flow: Flow) -> float:
        return round(min(100.0, max(0.0, flow.occupancy_pct * self.noise.gauss(1, OCCUPANCY_NOISE))), 1)


def make_sensors(detectors: Sequence[dict[str, object]], flaws: Flaws, seed: int) -> list[Sensor]:
    """One sensor for each detector of a town, each with noise of its own that is the same at every start."""
    return [
        Sensor(
            str(detector["detector_id"]),
            str(detector["link_id"]),
            float(str(detector["interval_s"])),
            flaws,
            random.Random(f"{seed}/{detector['detector_id']}"),  # noqa: S311 - noise, not secrets
            seq=number,  # spreads the flaws over the sensors
        )
        for number, detector in enumerate(detectors)
    ]
