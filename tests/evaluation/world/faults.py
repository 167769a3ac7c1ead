"""Stations that fail: silent, or crying jam. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from evaluation.nouns import StationFault, StationReading

CRIED_VEHICLES, CRIED_KMH, CRIED_OCCUPANCY_PCT = 5, 4.0, 85.0
"""A plausible jam: no rule for a single reading finds anything wrong with it."""


def with_faults(
    readings: Sequence[StationReading], faults: Iterable[StationFault], now_s: float
) -> tuple[StationReading, ...]:
    """Give the readings as faulty stations send them."""
    silent, crying = set[str](), set[str]()
    for fault in faults:
        if fault.begin_s < now_s <= fault.end_s:
            (silent if fault.kind == "silent" else crying).update(fault.stations)
    return tuple(
        _cry(reading) if reading.station_id in crying else reading
        for reading in readings
        if reading.station_id not in silent
    )


def _cry(reading: StationReading) -> StationReading:
    return replace(
        reading,
        vehicle_count=CRIED_VEHICLES,
        mean_speed_kmh=CRIED_KMH,
        occupancy_pct=CRIED_OCCUPANCY_PCT,
    )
