"""P7: a week of 15-minute aggregates of one detector out of a year, kept and from raw rows; and what rows take on disk.

Needs a TimescaleDB with its community licence (TEST_TIMESCALE_DSN). The days that are asked for have a reading a minute
of every detector, all others one a quarter of an hour: what they add to the question is their chunks, not their rows.

A year of 1,000 detectors is larger than memory, so the week that is asked for lies on disk: `P7_week_speedup` is
measured like that. It takes the right to drop the server's files from the page cache (root, on the server's machine).
`P7_week_speedup_warm` is the same with everything in memory.
"""

import asyncio
import os
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
from factories_history import House
from pydantic import SecretStr

from lotse_shared.migrate import migrate
from lotse_shared.settings import DatabaseSettings

DAY = timedelta(days=1)
BEGIN = datetime(2025, 1, 6, tzinfo=UTC)
DENSE_DAYS = 7
REPETITIONS = 30
COLD_REPETITIONS = 5
CHUNKS_A_ROUND = 30

ADD_DAY = """
insert into reading (detector_id, measured_at, interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct,
    corrected_vehicle_count, corrected_mean_speed_kmh, corrected_occupancy_pct, seq, received_at)
select 'KL-' || lpad(d::text, 5, '0'), at, $3::float8, c, floor(c / 8), v, o, c, v, o, extract(epoch from at)::bigint,
    at + interval '1.2 s'
from generate_series($1::timestamptz + make_interval(secs => $3), $1::timestamptz + interval '1 day',
        make_interval(secs => $3)) at
cross join generate_series(1, $2::int) d
cross join lateral (values (
    -- busy by day, quiet by night, and noise: values repeat and neighbours differ as those of a street do
    floor((1.2 - cos(extract(hour from at) / 12 * pi())) * (3 + d % 7) + random() * 6)
)) as counted (c)
cross join lateral (values (round((52 - c * 0.8 + random() * 9)::numeric, 1)::float8,
    round((c * 0.9 + random() * 3)::numeric, 1)::float8)) as measured (v, o)
order by at, d -- as they arrive: those of one detector lie far apart
"""
KEPT = "select * from reading_15min($1, $2, array[$3])"
FROM_RAW = """
select date_bin('15 minutes', measured_at, timestamptz '2000-01-01 00:00:00.000001Z'), count(*),
    sum(corrected_vehicle_count), sum(heavy_count), sum(corrected_vehicle_count * corrected_mean_speed_kmh),
    sum(corrected_occupancy_pct * interval_s), sum(interval_s)
from reading where measured_at > $1 and measured_at <= $2 and detector_id = $3
group by 1
"""

Figures = dict[str, float | None]
Week = tuple[datetime, datetime]


def measure_history(days: int, detectors: int, tell: Callable[[str], None]) -> tuple[Figures, dict[str, Any]]:
    """Give the figures, and the run that they come from; null, with the reason, where the storage cannot tell."""
    nothing: Figures = dict.fromkeys(("P7_week_speedup", "P7_week_speedup_warm", "P7_compression"))
    dsn = os.environ.get("TEST_TIMESCALE_DSN")
    if dsn is None:
        return nothing, {"run": "history", "absent": "TEST_TIMESCALE_DSN is not set"}
    return asyncio.run(_on_server(dsn, days, detectors, tell)) or (
        nothing,
        {"run": "history", "absent": "TEST_TIMESCALE_DSN points at a storage without the community licence"},
    )


async def _on_server(
    dsn: str, days: int, detectors: int, tell: Callable[[str], None]
) -> tuple[Figures, dict[str, Any]] | None:
    name = f"bench_{secrets.token_hex(4)}"
    server = await asyncpg.connect(dsn)
    await server.execute(f"create database {name}")
    settings = DatabaseSettings(dsn=SecretStr(f"{dsn.rsplit('/', 1)[0]}/{name}"), command_timeout_s=600)
    try:
        connection = await asyncpg.connect(settings.dsn.get_secret_value())
        try:
            await migrate(connection)
            if await connection.fetchval("select backend from storage_in_force()") != "timescaledb-community":
                return None
            return await _measure(settings, connection, days, detectors, tell)
        finally:
            await connection.close()
    finally:
        await server.execute(f"drop database {name} with (force)")
        await server.close()


async def _measure(
    settings: DatabaseSettings, connection: Any, days: int, detectors: int, tell: Callable[[str], None]
) -> tuple[Figures, dict[str, Any]]:
    house, dense_from = House(settings), days // 2
    week = (BEGIN + dense_from * DAY, BEGIN + (dense_from + DENSE_DAYS) * DAY)
    found: dict[str, Any] = {"run": "history", "days": days, "detectors": detectors}

    async def fill(first: int, last: int, every_s: float) -> None:
        for number in range(first, last):
            tell(f"history: day {number + 1} of {days}")
            await connection.execute(ADD_DAY, BEGIN + number * DAY, detectors, every_s)
            if number % CHUNKS_A_ROUND == CHUNKS_A_ROUND - 1:
                await house.keep(BEGIN + number * DAY, retention_days=10_000, keep_aggregates_days=10_000)

    await fill(0, dense_from, 900)
    await house.keep(
        BEGIN + dense_from * DAY, retention_days=10_000, keep_aggregates_days=10_000, compress_after_days=1
    )
    started_s = time.monotonic()
    for number in range(dense_from, dense_from + DENSE_DAYS):
        tell(f"history: dense day {number + 1}")
        await connection.execute(ADD_DAY, BEGIN + number * DAY, detectors, 60)
    found["insert_rows_per_s"] = round(DENSE_DAYS * 1440 * detectors / (time.monotonic() - started_s))
    await connection.execute("vacuum analyze reading")
    await _time(connection, "raw", FROM_RAW, week, found)
    sizes = (
        "select sum(pg_total_relation_size(chunk)) from list_chunks('reading') where begins_at >= $1 and begins_at < $2"
    )
    before_bytes = await connection.fetchval(sizes, *week)
    await fill(dense_from + DENSE_DAYS, days, 900)
    tell("history: compress, aggregate")
    # late enough for the aggregates, too, to be old: their chunks have 30 days
    await house.keep(BEGIN + (days + 40) * DAY, retention_days=10_000, keep_aggregates_days=10_000)
    after_bytes = await connection.fetchval(
        "select sum(after_compression_total_bytes) from chunk_compression_stats('reading') s"
        " join list_chunks('reading') c on c.chunk = format('%I.%I', s.chunk_schema, s.chunk_name)::regclass"
        " where begins_at >= $1 and begins_at < $2",
        *week,
    )
    await connection.execute("vacuum analyze")
    await _time(connection, "kept", KEPT, week, found)
    await _time(connection, "raw_compressed", FROM_RAW, week, found)
    found["bytes_per_reading"] = round(float(before_bytes) / (DENSE_DAYS * 1440 * detectors), 1)
    found["bytes_per_compressed_reading"] = round(float(after_bytes) / (DENSE_DAYS * 1440 * detectors), 1)
    found["aggregate_mb"] = round(await connection.fetchval("select table_bytes('reading_15min_kept')") / 1e6, 1)
    rows = await connection.fetch(KEPT, *week, "KL-00042")
    assert len(rows) == 7 * 96, len(rows)
    return {
        "P7_week_speedup": _ratio(found["raw_cold_ms"], found["kept_cold_ms"]),
        "P7_week_speedup_warm": _ratio(found["raw_ms"], found["kept_ms"]),
        "P7_compression": round(float(before_bytes / after_bytes), 1),
    }, found


async def _time(connection: Any, name: str, query: str, week: Week, found: dict[str, Any]) -> None:
    """Note the median time of a prepared query as a client sees it, with all it reads in memory, and with none."""
    statement = await connection.prepare(query)

    async def ask_ms(detector: int) -> float:
        started_s = time.perf_counter()
        await statement.fetch(*week, f"KL-{detector:05d}")
        return 1000 * (time.perf_counter() - started_s)

    warm_ms = [await ask_ms(42) for _ in range(REPETITIONS)]
    found[f"{name}_ms"] = round(median(warm_ms[REPETITIONS // 3 :]), 3)
    cold_ms = []
    for number in range(COLD_REPETITIONS):
        if not await _forget(connection):
            found[f"{name}_cold_ms"] = None
            return
        await statement.fetch(*week, "nobody")  # the way there is known, as it is to a server that runs
        cold_ms.append(await ask_ms(7 + 5 * number))
    found[f"{name}_cold_ms"] = round(median(cold_ms), 3)


async def _forget(connection: Any) -> bool:
    """Drop readings and aggregates from the server's memory and from the machine's; False: we may not."""
    folder = Path(f"/proc/{await connection.fetchval('select pg_backend_pid()')}/root").joinpath(
        (await connection.fetchval("show data_directory")).lstrip("/")
    )
    if not os.access(folder, os.R_OK | os.X_OK):
        return False
    await connection.execute("create extension if not exists pg_buffercache; checkpoint")
    rows = await connection.fetch(
        "select pg_relation_filepath(c.oid) as path, count(pg_buffercache_evict(b.bufferid)) from pg_class c"
        " left join pg_buffercache b on b.relfilenode = c.relfilenode and b.reldatabase ="
        " (select oid from pg_database where datname = current_database())"
        " where c.relnamespace = '_timescaledb_internal'::regnamespace and pg_relation_filepath(c.oid) is not null"
        " group by 1"
    )
    for path in (path for row in rows for path in folder.glob(f"{row['path']}*")):
        file = os.open(path, os.O_RDONLY)
        os.fdatasync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)
    return True


def _ratio(slower: float | None, faster: float | None) -> float | None:
    return None if slower is None or faster is None else round(slower / faster, 1)
