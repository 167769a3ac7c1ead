"""Builders for tests of history: readings stored the way ingest stores them, and the quarters they must add up to."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from factories_ingest import make_message, make_reading
from prometheus_client import CollectorRegistry

from lotse_ingest.batch import Batch, BatchReading
from lotse_ingest.decode import Dialects
from lotse_ingest.housekeeping import Housekeeping
from lotse_ingest.judge.verdict import Judged
from lotse_ingest.metrics import Metrics
from lotse_ingest.settings import IngestSettings
from lotse_ingest.store import Store
from lotse_shared.database import create_pool
from lotse_shared.settings import DatabaseSettings

QUARTER = timedelta(minutes=15)
NATIVE = Dialects((), max_payload_bytes=10_000)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def judged(detector_id: str, measured_at: datetime, **changes: Any) -> Judged:
    """A reading whose values are all usable; `unusable=True`: none is; `quality_pct` below 100: substitutes."""
    is_unusable, quality_pct = changes.pop("unusable", False), changes.pop("quality_pct", 100.0)
    reading = make_reading(detector_id=detector_id, measured_at=measured_at, **changes)
    values = (reading.vehicle_count, reading.mean_speed_kmh, reading.occupancy_pct)
    return Judged(reading, *((None,) * 3 if is_unusable else values), (), quality_pct)


async def store(database: DatabaseSettings, batches: Iterable[Sequence[Judged]]) -> None:
    """Store batches one after the other, as ingest does."""
    async with writing(database) as write:
        for batch in batches:
            await write(batch)


@asynccontextmanager
async def writing(database: DatabaseSettings) -> AsyncIterator[Callable[[Sequence[Judged]], Awaitable[object]]]:
    """Give what stores a batch: one writer, which remembers what a writer remembers."""
    async with await create_pool(database, "test") as pool:
        writer, message = Store(pool, NATIVE.cut), make_message()
        yield lambda batch: writer.write(
            Batch(tuple(BatchReading(each, message, index) for index, each in enumerate(batch)))
        )


@dataclass
class Quarter:
    """What a row of reading_15min must say."""

    readings: int = 0
    substituted: int = 0
    invalid: int = 0
    usable_s: float = 0.0
    counts: list[float] = field(default_factory=list)
    heavy: list[float] = field(default_factory=list)
    speeds: list[tuple[float, float]] = field(default_factory=list)
    occupancies: list[tuple[float, float]] = field(default_factory=list)

    def add(self, one: Judged) -> None:
        raw = one.reading
        values = (one.vehicle_count, one.mean_speed_kmh, one.occupancy_pct)
        self.readings += 1
        self.substituted += one.quality_pct < 100
        self.invalid += values == (None, None, None)
        self.usable_s += raw.interval_s if values != (None, None, None) and one.quality_pct == 100 else 0
        if one.vehicle_count is not None:
            self.counts.append(one.vehicle_count)
            if raw.heavy_count is not None and 0 <= raw.heavy_count <= one.vehicle_count:
                self.heavy.append(raw.heavy_count)
        if one.mean_speed_kmh is not None:
            self.speeds.append((1.0 if one.vehicle_count is None else one.vehicle_count, one.mean_speed_kmh))
        if one.occupancy_pct is not None:
            self.occupancies.append((raw.interval_s, one.occupancy_pct))

    def row(self) -> dict[str, float | None]:
        def total(values: list[float]) -> float | None:
            return round(sum(values), 6) if values else None

        return {
            "readings": self.readings,
            "vehicle_count": total(self.counts),
            "heavy_count": total(self.heavy),
            "speed_weight": total([weight for weight, _ in self.speeds]),
            "speed_weighted_kmh": total([weight * speed for weight, speed in self.speeds]),
            "occupancy_weight_s": total([weight for weight, _ in self.occupancies]),
            "occupancy_weighted_pct": total([weight * share for weight, share in self.occupancies]),
            "usable_s": round(self.usable_s, 6),
            "substituted": self.substituted,
            "invalid": self.invalid,
        }


Key = tuple[datetime, str]


def add_up(batches: Iterable[Sequence[Judged]]) -> dict[Key, dict[str, float | None]]:
    """The quarters of all readings. Other values for an interval replace those before, the same values do not."""
    newest: dict[Key, Judged] = {}
    for one in (one for batch in batches for one in batch):
        key = (one.reading.measured_at, one.reading.detector_id)
        if key not in newest or _values(newest[key]) != _values(one):
            newest[key] = one
    quarters: dict[Key, Quarter] = defaultdict(Quarter)
    for (measured_at, detector_id), one in newest.items():
        into = (measured_at - datetime(2000, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)) // QUARTER
        quarters[datetime(2000, 1, 1, tzinfo=UTC) + into * QUARTER, detector_id].add(one)
    return {key: quarter.row() for key, quarter in quarters.items()}


def _values(one: Judged) -> tuple[float | None, ...]:
    raw = one.reading
    return raw.interval_s, raw.vehicle_count, raw.heavy_count, raw.mean_speed_kmh, raw.occupancy_pct


async def read_quarters(connection: Any, begin: datetime, end: datetime) -> dict[Key, dict[str, float | None]]:
    rows = await connection.fetch("select * from reading_15min($1, $2, null)", begin, end)
    names = Quarter().row()
    return {
        (row["begins_at"], row["detector_id"]): {
            name: round(row[name], 6) if row[name] is not None else None for name in names
        }
        for row in rows
    }


def some_batches(seed: int, days: int, begin: datetime = MONDAY) -> list[list[Judged]]:
    """Readings of a few detectors: with gaps, late, sent twice, corrected, unusable, at midnight sharp."""
    chance = random.Random(seed)
    ends = [begin + number * timedelta(minutes=5) for number in range(1, days * 288 + 1)]
    moments = [end for end in ends if chance.random() < 0.9 or end.hour == 0]
    batches = []
    for moment in moments:
        batch = [one for name in ("A", "B", "C") if (one := _one(chance, name, moment))]
        if chance.random() < 0.2:  # again, with other values, of some earlier interval
            batch += [one for name in ("A", "C") if (one := _one(chance, name, chance.choice(moments)))]
        batches.append(batch)
    late = [batches.pop(chance.randrange(len(batches))) for _ in range(len(batches) // 20)]
    return [*batches, *late]


def _one(chance: random.Random, name: str, moment: datetime) -> Judged | None:
    if chance.random() < 0.05:
        return None
    count = chance.choice([None, 0, 1, 7, 12.5])
    return judged(
        name,
        moment,
        interval_s=chance.choice([60.0, 300.0]),
        vehicle_count=count,
        heavy_count=chance.choice([None, 0, 2, 9]),
        mean_speed_kmh=None if count == 0 else chance.choice([None, 30.0, 47.3]),
        occupancy_pct=chance.choice([None, 0.0, 12.25]),
        unusable=chance.random() < 0.1,
        quality_pct=chance.choice([100.0, 100.0, 95.0, 90.0]),
    )


@dataclass
class House:
    """Housekeeping at a moment of the test's choosing."""

    database: DatabaseSettings
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self._metrics = Metrics(self.registry)

    async def keep(self, now: datetime | None, **settings: Any) -> str:
        housekeeping = Housekeeping(self.database, IngestSettings(**settings), lambda: now, self._metrics)
        return await housekeeping.keep_house(asyncio.Event())

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"lotse_ingest_{name}", labels) or 0.0
