"""Judgement: is a reading plausible, is it in time, and may it be felt? Pure: `now` is an argument.

The rules are those of MARZ practice (docs/glossary.md lists the codes). Raw values are never touched; a value that a
rule finds invalid is None among the corrected ones.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from lotse_shared.reading import Reading

UNKNOWN_DETECTOR = "U1"
LATE = "L1"
CLOCK = "R9"


@dataclass(frozen=True, slots=True)
class Site:
    """What is possible where a detector stands (table `detector`)."""

    lanes: int
    interval_s: float
    max_speed_kmh: float
    max_flow_vehh_per_lane: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Parameters that are the same for all detectors.

    `max_speed_kmh` holds where the site is unknown; `fast_kmh` and `full_pct` are those of R4; `future_tolerance` and
    `retention` those of R9.
    """

    max_speed_kmh: float
    fast_kmh: float
    full_pct: float
    future_tolerance: timedelta
    retention: timedelta


class Moment(msgspec.Struct, frozen=True, gc=False):
    """When a reading is judged.

    `now` on Lotse's clock (None before data time has begun), and the newest watermark handled (None in wall time).
    """

    now: datetime | None
    covers_until: datetime | None = None


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A reading with its corrected values and the codes of the rules that it broke, in the order of the rules."""

    reading: Reading
    vehicle_count: float | None
    mean_speed_kmh: float | None
    occupancy_pct: float | None
    rule_codes: tuple[str, ...]

    @property
    def is_felt(self) -> bool:
        """Tell whether it may become the newest accepted reading of its detector."""
        if UNKNOWN_DETECTOR in self.rule_codes or LATE in self.rule_codes:
            return False
        return (self.vehicle_count, self.mean_speed_kmh, self.occupancy_pct) != (None, None, None)


def find_clock_fault(reading: Reading, site: Site | None, moment: Moment, limits: Limits) -> str | None:
    """Say what is wrong with the reading's time (R9: it is quarantined), None if nothing is.

    From the future by more than one interval or the tolerance, whichever is longer; or older than the retention. The
    interval is the registered one: a detector whose clock is wrong must not buy itself time by claiming a long one.
    Only where the detector is unknown, and so never felt, the reading's own counts.
    """
    if moment.now is None:
        return None
    ahead = reading.measured_at - moment.now
    tolerance = max(timedelta(seconds=site.interval_s if site else reading.interval_s), limits.future_tolerance)
    if ahead > tolerance:
        return f"measured_at: {ahead.total_seconds():.0f} s in the future; allowed: {tolerance.total_seconds():.0f} s"
    if -ahead > limits.retention:
        return f"measured_at: {-ahead.days} days old; allowed: {limits.retention.days} days"
    return None


def judge(reading: Reading, site: Site | None, moment: Moment, limits: Limits) -> Judged:
    """Apply R1 to R5, U1 and L1. Without a site (unknown detector) R5 cannot be told."""
    count, speed, occupancy = reading.vehicle_count, reading.mean_speed_kmh, reading.occupancy_pct
    max_speed_kmh = site.max_speed_kmh if site else limits.max_speed_kmh
    is_count_valid, is_speed_valid, is_occupancy_valid = True, True, True
    codes: list[str] = []

    bad_count = count is not None and count < 0
    bad_heavy_count = reading.heavy_count is not None and reading.heavy_count < 0
    bad_speed = speed is not None and not 0 <= speed <= max_speed_kmh
    bad_occupancy = occupancy is not None and not 0 <= occupancy <= 100  # noqa: PLR2004 - per cent
    if bad_count or bad_heavy_count or bad_speed or bad_occupancy:
        codes.append("R1")
        is_count_valid, is_speed_valid, is_occupancy_valid = not bad_count, not bad_speed, not bad_occupancy
    if count == 0 and speed is not None:
        codes.append("R2")
        is_speed_valid = False
    if count == 0 and speed is not None and speed > 0:
        codes.append("R3")
        is_count_valid = False
    if speed is not None and speed > limits.fast_kmh and occupancy is not None and occupancy > limits.full_pct:
        codes.append("R4")
        is_speed_valid = is_occupancy_valid = False
    if site and count is not None and count > most_vehicles(site, reading.interval_s):
        codes.append("R5")
        is_count_valid = False
    if site is None:
        codes.append(UNKNOWN_DETECTOR)
    if moment.covers_until is not None and reading.measured_at <= moment.covers_until:
        codes.append(LATE)
    return Judged(
        reading,
        count if is_count_valid else None,
        speed if is_speed_valid else None,
        occupancy if is_occupancy_valid else None,
        tuple(codes),
    )


def most_vehicles(site: Site, interval_s: float) -> int:
    """Count that the site's maximum flow allows in an interval, rounded up: vehicles are whole, intervals short."""
    return math.ceil(site.max_flow_vehh_per_lane * site.lanes * interval_s / 3600)
