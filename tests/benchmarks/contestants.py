"""Who drains the queue: ours, the C pipeline, and the service as it is naively written."""

import asyncio
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from factories_ingest import ingest_process
from fixtures.brokers import Mosquitto

from benchmarks.load import Message, detector_ids, publish_all
from benchmarks.processes import CpuWatch, peak_memory_mb
from lotse_shared import topics
from lotse_shared.settings import DatabaseSettings
from lotse_standalone.machine.ports import free_port

DEADLINE_S = 120.0
STEADY_S = 2.0
TABLES = "reading, reading_correction, detector_state, rejected_message, ingest_ledger, detector"
RECEIVED = "select coalesce(sum(received), 0)::bigint from ingest_ledger"
NAIVE = Path(__file__).with_name("naive.py")


@dataclass
class Bench:
    """A broker, a database, and what each run found."""

    broker: Mosquitto
    broker_pid: int
    database: DatabaseSettings
    database_pid: int
    log: Path
    runs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def dsn(self) -> str:
        return self.database.dsn.get_secret_value()

    async def query(self, sql: str, *arguments: object) -> Any:
        connection = await asyncpg.connect(self.dsn)
        try:
            return await connection.fetchval(sql, *arguments)
        finally:
            await connection.close()

    def ask(self, sql: str, *arguments: object) -> Any:
        return asyncio.run(self.query(sql, *arguments))

    def wait_for(self, sql: str, value: int, every_s: float = 0.05) -> None:
        """Wait until a query gives a value, asking on one connection: it runs beside what is measured."""
        asyncio.run(self._wait_for(sql, value, every_s))

    async def _wait_for(self, sql: str, value: int, every_s: float) -> None:
        connection = await asyncpg.connect(self.dsn)
        deadline = time.monotonic() + DEADLINE_S
        try:
            while (found := await connection.fetchval(sql)) != value:
                if time.monotonic() > deadline:
                    message = f"{sql}: {found} instead of {value} after {DEADLINE_S:.0f} s"
                    raise TimeoutError(message)
                await asyncio.sleep(every_s)
        finally:
            await connection.close()

    def forget(self, *client_ids: str) -> None:
        """End sessions: the broker would queue for them all that later runs publish, and share it with them."""
        for client_id in client_ids:
            command = ["mosquitto_sub", "-p", str(self.broker.port), "-i", client_id, "-V", "5", "-t", "none", "-E"]
            subprocess.run(command, check=True)

    def empty_tables(self) -> None:
        """Begin as on the first day, with the detectors registered."""
        self.ask(f"truncate {TABLES}")
        self.ask("insert into detector (detector_id) select unnest($1::text[])", detector_ids())
        self.ask("select ensure_partition('reading', current_date - day) from generate_series(0, 1) day")
        self.ask("drop table if exists raw_message")
        self.ask("create table raw_message (topic text, payload text)")
        self.ask("checkpoint")

    def note(
        self, run: str, *, messages: int, readings: int, seconds: float, cpu: dict[str, float], **more: Any
    ) -> None:
        """Keep what a run found."""
        per_100k = {f"{name}_cpu_s_per_100k": used / readings * 100_000 for name, used in cpu.items()}
        rates = {"messages_per_s": messages / seconds, "readings_per_s": readings / seconds}
        figures = {"messages": messages, "readings": readings, "seconds": seconds, **rates, **per_100k, **more}
        self.runs.append({"run": run, **{name: round(float(value), 3) for name, value in figures.items()}})

    def watch(self, consumers: list[int]) -> CpuWatch:
        return CpuWatch({"consumer": consumers, "broker": [self.broker_pid], "database": [self.database_pid]})


def wait_until(condition: Callable[[], Any], every_s: float = 0.02) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            message = f"not within {DEADLINE_S:.0f} s"
            raise TimeoutError(message)
        time.sleep(every_s)


@contextmanager
def our_slots(
    bench: Bench, slots: int, session: str, *, waits: bool = True
) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Run ingest, one process a slot, and wait (unless told not to) until all of them are subscribed."""
    shared = {"LOTSE_INGEST_SHARE_GROUP": session} if slots > 1 else {}
    ports = [free_port() for _ in range(slots)]
    settings = {"LOTSE_INGEST_CLIENT_ID": session, **shared}
    managers = [
        ingest_process(bench.database, bench.broker.settings, bench.log, port, LOTSE_INGEST_SLOT=str(slot), **settings)
        for slot, port in enumerate(ports)
    ]
    processes = [manager.__enter__() for manager in managers]
    try:
        for port in ports if waits else []:
            wait_until(lambda port=port: _is_ready(port), 0.1)  # type: ignore[misc] # mypy cannot infer the lambda
        yield processes
        for process in processes:
            process.terminate()
            process.wait(30)
    finally:
        for manager in managers:
            manager.__exit__(None, None, None)


def _is_ready(port: int) -> bool:
    command = ["curl", "-sf", "-o", "/dev/null", f"http://127.0.0.1:{port}/readyz"]
    return subprocess.run(command, check=False).returncode == 0


def run_ours(bench: Bench, run: str, messages: Sequence[Message], readings: int, slots: int = 1) -> None:
    """Queue messages for our sessions, then start us and watch until all are stored and acknowledged."""
    bench.empty_tables()
    session = f"bench-{time.time_ns()}"
    with our_slots(bench, slots, session):
        pass  # the broker knows the sessions now, and queues for them
    publish_all(bench.broker.port, messages)
    with our_slots(bench, slots, session, waits=False) as processes:
        watch = bench.watch([process.pid for process in processes])
        bench.wait_for(RECEIVED, readings)
        ended_s = time.time()
        watch.stop()
        began_s = bench.ask("select extract(epoch from min(received_at))::float8 from reading")
        peak_mb = max(peak_memory_mb(process.pid) for process in processes)
    bench.forget(*(f"{session}-{slot}" for slot in range(slots)))
    assert bench.ask("select count(*) from reading") == readings, "rows are missing"
    bench.note(
        run,
        messages=len(messages),
        readings=readings,
        seconds=ended_s - began_s,
        cpu=watch.since(began_s),
        peak_mb=peak_mb,
    )


EXPAND = """
insert into reading (
    detector_id, measured_at, interval_s, vehicle_count, heavy_count, mean_speed_kmh, occupancy_pct, seq, received_at
)
select r.*, now() from raw_message, jsonb_array_elements(payload::jsonb) element, jsonb_to_record(element) as r (
    detector_id text, measured_at timestamptz, interval_s float8, vehicle_count float8, heavy_count float8,
    mean_speed_kmh float8, occupancy_pct float8, seq bigint
)
on conflict do nothing
"""


def run_c_pipeline(
    bench: Bench, run: str, messages: Sequence[Message], readings: int, *, makes_rows: bool = False
) -> None:
    """`mosquitto_sub | psql COPY`: raw lines, acknowledged when read, committed at the end.

    With `makes_rows`, one SQL statement then makes of the lines what ingest makes of them: rows of `reading`.
    """
    bench.empty_tables()
    session = f"c-{time.time_ns()}"
    subscribe = ["mosquitto_sub", "-p", str(bench.broker.port), "-i", session, "-c", "-q", "1", "-V", "5", "-x", "3600"]
    subscribe += ["-D", "connect", "receive-maximum", "65535", "-t", topics.EVERYTHING]
    subprocess.run([*subscribe, "-E"], check=True)
    publish_all(bench.broker.port, messages)
    psql = [shutil.which("psql") or "psql", "-q", bench.dsn, "-c", r"\copy raw_message from pstdin"]
    before, watch = resource.getrusage(resource.RUSAGE_CHILDREN), bench.watch([])
    began_s = time.time()
    with (
        subprocess.Popen([*subscribe, "-F", r"%t\t%p", "-C", str(len(messages))], stdout=subprocess.PIPE) as subscriber,
        subprocess.Popen([*psql, *(["-c", EXPAND] if makes_rows else [])], stdin=subscriber.stdout) as copier,
    ):
        assert copier.wait(DEADLINE_S) == 0
        subscriber.wait()
        ended_s = time.time()
    watch.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    bench.forget(session)
    made = ("reading", readings) if makes_rows else ("raw_message", len(messages))
    assert bench.ask(f"select count(*) from {made[0]}") == made[1], "rows are missing"  # noqa: S608 - our own names
    cpu = watch.since(began_s) | {"consumer": used_s}
    bench.note(run, messages=len(messages), readings=readings, seconds=ended_s - began_s, cpu=cpu)


def run_naive(bench: Bench, run: str, messages: Sequence[Message]) -> None:
    """paho's loop thread, one INSERT a message, acknowledged after it."""
    bench.empty_tables()
    session = f"naive-{time.time_ns()}"
    command = [sys.executable, str(NAIVE), str(bench.broker.port), session, bench.dsn]
    subprocess.run([*command, "0"], check=True)
    publish_all(bench.broker.port, messages)
    with subprocess.Popen([*command, str(len(messages))]) as process:
        watch = bench.watch([process.pid])
        bench.wait_for("select count(*) from reading", len(messages))
        ended_s = time.time()
        watch.stop()
        began_s = bench.ask("select extract(epoch from min(received_at))::float8 from reading")
        process.wait(DEADLINE_S)
    bench.forget(session)
    bench.note(run, messages=len(messages), readings=len(messages), seconds=ended_s - began_s, cpu=watch.since(began_s))


def run_backlog_without_database(bench: Bench, messages: Sequence[Message], readings: int) -> None:
    """Let a backlog wait while the database is away, then take it in, and see how much memory that takes (P3)."""
    bench.empty_tables()
    session = f"backlog-{time.time_ns()}"
    with our_slots(bench, 1, session):
        pass
    publish_all(bench.broker.port, messages)
    port = free_port()
    away = {"LOTSE_DATABASE_DSN": f"postgresql://nobody@127.0.0.1:{free_port()}/nowhere"}
    settings = {"LOTSE_INGEST_CLIENT_ID": session, **away}
    with ingest_process(bench.database, bench.broker.settings, bench.log, port, **settings) as process:
        queued = _wait_until_queued(port)
        away_mb = peak_memory_mb(process.pid)
    with our_slots(bench, 1, session, waits=False) as (process,):
        bench.wait_for(RECEIVED, readings)
        back_mb = peak_memory_mb(process.pid)
    bench.forget(f"{session}-0")
    peak_mb = round(max(away_mb, back_mb), 1)
    run = {"run": "backlog", "messages": len(messages), "readings": readings, "queued_while_away": queued}
    bench.runs.append({**run, "peak_while_away_mb": round(away_mb, 1), "peak_mb": peak_mb})


def _wait_until_queued(port: int) -> int:
    """Wait until the queue has messages and grows no more, and give how many they are."""
    queued, since_s = 0.0, time.monotonic()
    while queued == 0 or time.monotonic() - since_s < STEADY_S:
        found = _metric(port, "lotse_ingest_queue_messages")
        if found != queued:
            queued, since_s = found, time.monotonic()
        if time.monotonic() - since_s > DEADLINE_S:
            message = "nothing is queued while the database is away"
            raise TimeoutError(message)
        time.sleep(0.1)
    return int(queued)


def _metric(port: int, name: str) -> float:
    """Read a metric without labels; 0 while nobody answers."""
    try:
        lines = httpx.get(f"http://127.0.0.1:{port}/metrics").text.splitlines()
    except httpx.TransportError:
        return 0.0
    return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0.0)
