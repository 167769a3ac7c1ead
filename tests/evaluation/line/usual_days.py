"""Usual mornings before the one that is evaluated, as a control centre would have stored them. Pure.

Only means by quarter of an hour are known (`Knowledge.typical_kmh`), so a reading covers one.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from evaluation.nouns import MORNING, SLOT_S, Knowledge, Station, StationReading

WORKING_DAYS = 40
"""Eight weeks, the memory of the profile: it learns half of the difference on the first day of its kind, ..."""
SATURDAY = 5
VEHICLE_M = 5.0
RIPPLE_KMH = 0.2
"""Quarters that are alike to the last digit would be taken for those of a detector that is stuck (rule R7)."""


def usual_mornings() -> list[datetime]:
    """Give when the mornings of the last working days before `MORNING` began, oldest first."""
    days: list[datetime] = []
    day = MORNING
    while len(days) < WORKING_DAYS:
        day -= timedelta(days=1)
        if day.weekday() < SATURDAY:
            days.append(day)
    return days[::-1]


def usual_quarters(knowledge: Knowledge) -> Iterator[tuple[int, list[StationReading]]]:
    """Give, for each quarter of a usual morning, the second of its end and the readings of all stations."""
    slots = max((len(slots) for slots in knowledge.typical_kmh.values()), default=0)
    for slot in range(slots):
        yield (
            (slot + 1) * SLOT_S,
            [_usual(knowledge, station, slot) for station in knowledge.city.stations],
        )


def _usual(knowledge: Knowledge, station: Station, slot: int) -> StationReading:
    vehicles_per_h = knowledge.usual_vehicles_per_h.get(station.edge_id, 0.0)
    count = round(vehicles_per_h * SLOT_S / 3600)
    if count == 0:
        return StationReading(station.station_id, 0, None, 0.0)
    speed_kmh = knowledge.typical_kmh[station.station_id][slot] + RIPPLE_KMH * (slot % 2 - 0.5)
    lanes = knowledge.city.edges[station.edge_id].lanes
    occupancy_pct = min(100.0, 100 * vehicles_per_h / lanes * VEHICLE_M / 1000 / speed_kmh)
    return StationReading(station.station_id, count, round(speed_kmh, 2), round(occupancy_pct, 2))
