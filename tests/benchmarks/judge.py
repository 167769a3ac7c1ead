"""What a verdict costs, in CPU microseconds a reading: `PYTHONPATH=tests .venv/bin/python -m benchmarks.judge`."""

import json
import sys
import time
import timeit
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from factories_ingest import LIMITS, make_reading, make_site

from lotse_ingest.judge import Judge, Moment
from lotse_shared.reading import Reading

DETECTORS, MINUTES, ROUNDS = 1_000, 20, 7
START = datetime(2026, 11, 23, 12, tzinfo=UTC)
SITES = {f"D{number}": make_site() for number in range(DETECTORS)}
SHAPES: dict[str, dict[str, float | None]] = {
    "ordinary": {},
    "nobody_passed": {"vehicle_count": 0.0, "mean_speed_kmh": None, "occupancy_pct": 0.0},
    "stale_speed_R2_R3": {"vehicle_count": 0.0},
    "implausible_R1_S2": {"vehicle_count": -1.0},
    "locked_on_R6": {"occupancy_pct": 100.0},
}


def make_readings(shape: dict[str, float | None]) -> list[Reading]:
    """Minute after minute of a fleet, no two readings alike; the first of each detector is ordinary."""
    return [
        make_reading(
            detector_id=f"D{number}",
            measured_at=START + timedelta(minutes=minute),
            **({"mean_speed_kmh": 40 + minute + number / DETECTORS} | (shape if minute else {})),
        )
        for minute in range(MINUTES)
        for number in range(DETECTORS)
    ]


def measure_us(readings: Sequence[Reading]) -> float:
    """Give the CPU microseconds that one reading takes at best, with the look-up of its site."""
    moments = [Moment(reading.measured_at + timedelta(seconds=0.3)) for reading in readings]

    def judge_all() -> None:
        judge = Judge(LIMITS, SITES.get).judge
        for reading, moment in zip(readings, moments, strict=True):
            judge(reading, SITES.get(reading.detector_id), moment)

    return round(
        min(timeit.repeat(judge_all, timer=time.process_time, number=1, repeat=ROUNDS)) / len(readings) * 1e6, 2
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps({name: measure_us(make_readings(shape)) for name, shape in SHAPES.items()}) + "\n")
