"""A reading: one measurement of one detector over one interval."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What a detector reported, as received.

    `measured_at` is the *end* of the interval, aware UTC. A value that the detector did not report is None;
    `mean_speed_kmh` is None when `vehicle_count` is 0. Counts may be decimal (detectors with an uptime share).
    """

    detector_id: str
    measured_at: datetime
    interval_s: float
    vehicle_count: float | None = None
    heavy_count: float | None = None
    mean_speed_kmh: float | None = None
    occupancy_pct: float | None = None
    seq: int | None = None
