"""Plausibility of one reading by itself: R1 to R5 (MARZ practice; docs/glossary.md lists the codes). Pure."""

import math

import msgspec

from lotse_ingest.judge.site import Site
from lotse_shared.reading import Reading

FULL_PCT = 100.0


class Values(msgspec.Struct, frozen=True, gc=False):
    """Values of a reading, None where not usable or not reported."""

    vehicle_count: float | None
    mean_speed_kmh: float | None
    occupancy_pct: float | None


def is_plausible(reading: Reading, site: Site) -> bool:
    """Tell quickly whether none of R1 to R5 holds: nearly all readings are so."""
    count, speed, occupancy = reading.vehicle_count, reading.mean_speed_kmh, reading.occupancy_pct
    if count is not None and (count < 0 or count * 3600 > site.max_flow_vehh * reading.interval_s):
        return False  # or a vehicle more than its share, in a short interval: the rules tell
    if occupancy is not None and not 0 <= occupancy <= FULL_PCT:
        return False
    if speed is not None:
        if count == 0 or not 0 <= speed <= site.max_speed_kmh:
            return False
        if speed > site.fast_kmh and occupancy is not None and occupancy > site.full_pct:
            return False
    return reading.heavy_count is None or reading.heavy_count >= 0


def apply_rules(reading: Reading, site: Site) -> tuple[list[str], Values]:
    """Give the codes of the rules R1 to R5 that hold, in their order, and what they leave of the values."""
    count, speed, occupancy = reading.vehicle_count, reading.mean_speed_kmh, reading.occupancy_pct
    is_count_valid, is_speed_valid, is_occupancy_valid = True, True, True
    codes: list[str] = []

    bad_count = count is not None and count < 0
    bad_heavy_count = reading.heavy_count is not None and reading.heavy_count < 0
    bad_speed = speed is not None and not 0 <= speed <= site.max_speed_kmh
    bad_occupancy = occupancy is not None and not 0 <= occupancy <= FULL_PCT
    if bad_count or bad_heavy_count or bad_speed or bad_occupancy:
        codes.append("R1")
        is_count_valid, is_speed_valid, is_occupancy_valid = not bad_count, not bad_speed, not bad_occupancy
    if count == 0 and speed is not None:
        codes.append("R2")
        is_speed_valid = False
    if count == 0 and speed is not None and speed > 0:
        codes.append("R3")
        is_count_valid = False
    if speed is not None and speed > site.fast_kmh and occupancy is not None and occupancy > site.full_pct:
        codes.append("R4")
        is_speed_valid = is_occupancy_valid = False
    if count is not None and count > most_vehicles(site, reading.interval_s):
        codes.append("R5")
        is_count_valid = False
    return codes, Values(
        count if is_count_valid else None,
        speed if is_speed_valid else None,
        occupancy if is_occupancy_valid else None,
    )


def most_vehicles(site: Site, interval_s: float) -> float:
    """Count that the site's maximum flow allows in an interval, rounded up: vehicles are whole, intervals short."""
    return math.ceil(site.max_flow_vehh * interval_s / 3600)
