"""Rows of roadworks as routing's noun."""

from collections.abc import Iterable
from dataclasses import dataclass

import asyncpg

from lotse_routing.state.roadwork import Roadwork
from lotse_shared.recurrence import Recurrence, read_recurrence
from lotse_shared.vehicle import VehicleClass


@dataclass(frozen=True, slots=True)
class ReadRoadworks:
    """Roadworks, and the ids of those whose hours cannot be read: they hold at all hours (decision 0016)."""

    roadworks: tuple[Roadwork, ...]
    unreadable: tuple[str, ...]


def read_rows(rows: Iterable[asyncpg.Record]) -> ReadRoadworks:
    """Read rows of `effective_roadwork`."""
    roadworks: list[Roadwork] = []
    unreadable: list[str] = []
    for row in rows:
        try:
            recurrence = read_recurrence(row["recurrence"], row["time_zone"])
        except ValueError:
            recurrence = None
            unreadable.append(row["roadwork_id"])
        roadworks.append(_roadwork(row, recurrence))
    return ReadRoadworks(tuple(roadworks), tuple(unreadable))


def _roadwork(row: asyncpg.Record, recurrence: Recurrence | None) -> Roadwork:
    return Roadwork(
        roadwork_id=row["roadwork_id"],
        name=row["name"],
        effect=row["effect"],
        speed_kmh=row["speed_kmh"],
        links=tuple(row["links"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        ended_at=row["ended_at"],
        lanes_closed=row["lanes_closed"],
        vehicles=frozenset(map(VehicleClass, row["vehicles"])),
        recurrence=recurrence,
    )
