"""What ingest costs without a broker: CPU a reading, and where it goes. Look here before you optimise.

PYTHONPATH=tests .venv/bin/python -m benchmarks.pipeline [--arrays | --hostile 10] [--garbage default] [--profile]
"""

import asyncio
import cProfile
import gc
import logging
import pstats
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from factories_ingest import NOBODY
from faults.hostile_messages import Hostile
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from benchmarks.load import arrays, detector_ids, singles
from lotse_ingest.messages import Received
from lotse_ingest.metrics import Metrics
from lotse_ingest.serve import Ingest, collect_rarely
from lotse_ingest.settings import IngestSettings
from lotse_shared.database import create_pool
from lotse_shared.migrate import migrate_database
from lotse_shared.settings import BrokerSettings, DatabaseSettings
from lotse_standalone.machine.ports import free_port
from lotse_standalone.servers.postgres import EmbeddedPostgres


def main(
    in_arrays: Annotated[bool, typer.Option("--arrays", help="arrays of 50 instead of singles")] = False,  # noqa: FBT002
    readings: Annotated[int, typer.Option(help="how many")] = 100_000,
    hostile: Annotated[int, typer.Option(help="one single in so many is a message that nobody should send")] = 0,
    garbage: Annotated[str, typer.Option(help="rare, as ingest does, or default, as Python does")] = "rare",
    profile: Annotated[bool, typer.Option("--profile", help="tell the functions that take longest")] = False,  # noqa: FBT002
) -> None:
    """Store messages that wait in memory, on an embedded database, and print what that cost."""
    logging.disable(logging.INFO)
    bodies = arrays(readings) if in_arrays else singles(readings)
    now = datetime.now(UTC)
    expected = readings
    if hostile and not in_arrays:
        bad = list(map(Hostile(now).message, range(len(bodies[::hostile]))))
        bodies[::hostile] = [(message.topic, message.payload) for message in bad]
        expected += sum(len(message.rows) + len(message.letters) - 1 for message in bad)
    messages = [Received(topic, payload, now, NOBODY) for topic, payload in bodies]
    if garbage == "rare":
        collect_rarely()
    profiler = cProfile.Profile() if profile else None
    with tempfile.TemporaryDirectory(prefix="lotse-bench-") as folder:
        postgres = EmbeddedPostgres(Path(folder) / "postgres", free_port())
        postgres.start()
        try:
            cpu_s = asyncio.run(store(DatabaseSettings(dsn=SecretStr(postgres.dsn())), messages, expected, profiler))
        finally:
            postgres.stop()
    what, full = "message" if hostile else "reading", gc.get_stats()[2]["collections"]
    typer.echo(f"{cpu_s / readings * 1e6:.2f} us of CPU a {what}, {full} full collections")
    if profiler is not None:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


async def store(
    database: DatabaseSettings, messages: Sequence[Received], readings: int, profiler: cProfile.Profile | None
) -> float:
    """Take messages down the line, as large batches as under backlog; give the CPU-seconds of this process."""
    await migrate_database(database)
    settings = IngestSettings()
    async with await create_pool(database, "bench") as pool:
        await pool.execute("insert into detector (detector_id) select unnest($1::text[])", detector_ids())
        ingest = Ingest(
            settings=settings,
            broker=BrokerSettings(),
            database=database,
            data_clock=None,
            pool=pool,
            metrics=Metrics(CollectorRegistry()),
        )
        inbox, stop = ingest.inbox, asyncio.Event()
        inbox.put(messages)
        began_s = time.process_time()
        if profiler is not None:
            profiler.enable()
        stop.set()  # it stores what is there, and ends
        await ingest.loops["pipeline"](stop)
        if profiler is not None:
            profiler.disable()
        used_s = time.process_time() - began_s
        await _check(pool, readings)
    return used_s


async def _check(pool: "asyncpg.Pool[asyncpg.Record]", readings: int) -> None:
    dealt_with = await pool.fetchval("select sum(received) from ingest_ledger")
    assert dealt_with == readings, f"{dealt_with} of {readings} readings are in the ledger"


if __name__ == "__main__":
    typer.run(main)
