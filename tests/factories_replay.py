"""Builders of recordings in the form of Open Data Aarhus."""

import csv
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lotse_standalone.replay.odaa import Measured

FIRST_SLOT = datetime(2014, 8, 26, 6, 0, tzinfo=UTC)
COLUMNS = ["TIMESTAMP", "REPORT_ID", "vehicleCount", "avgSpeed"]


def a_link(report_id: str, from_node: str, to_node: str, **changes: str) -> dict[str, str]:
    return {
        "REPORT_ID": report_id,
        "POINT_1_NAME": from_node,
        "POINT_2_NAME": to_node,
        "POINT_1_LNG": "10.10",
        "POINT_1_LAT": "56.10",
        "POINT_2_LNG": "10.20",
        "POINT_2_LAT": "56.20",
        "POINT_1_STREET": "Viborgvej",
        "POINT_2_STREET": "Viborgvej",
        "ROAD_TYPE": "MAJOR_ROAD",
        "DISTANCE_IN_METERS": "1200",
        "NDT_IN_KMH": "48",
    } | changes


def a_row(report_id: str = "7", slot: int = 0, *, timestamp: str | None = None, **changes: str) -> dict[str, str]:
    moment = FIRST_SLOT + timedelta(minutes=5 * slot)
    stamp = moment.strftime("%Y-%m-%d %H:%M:%S") if timestamp is None else timestamp
    return {"TIMESTAMP": stamp, "REPORT_ID": report_id, "vehicleCount": "5", "avgSpeed": "40"} | changes


def a_measured(slot: int | None, report_id: str = "7", **changes: str) -> Measured:
    moment = None if slot is None else FIRST_SLOT + timedelta(minutes=5 * slot)
    return Measured(a_row(report_id, slot or 0, **changes), moment)


def write_csv(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def square() -> list[dict[str, str]]:
    """Four points in a ring, both ways; report ids 100.. in the order of the rows."""
    places = {"A": ("10.10", "56.10"), "B": ("10.12", "56.10"), "C": ("10.12", "56.12"), "D": ("10.10", "56.12")}
    ring = ["A", "B", "C", "D", "A"]
    ways = [*itertools.pairwise(ring), *((end, start) for start, end in itertools.pairwise(ring))]
    return [
        a_link(
            str(100 + number),
            start,
            end,
            POINT_1_LNG=places[start][0],
            POINT_1_LAT=places[start][1],
            POINT_2_LNG=places[end][0],
            POINT_2_LAT=places[end][1],
        )
        for number, (start, end) in enumerate(ways)
    ]
