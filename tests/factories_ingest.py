"""Builders for the tests of ingest: messages, and an ingest that runs in this process or in one of its own."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from prometheus_client import CollectorRegistry

from lotse_ingest.judge import Judge, Moment
from lotse_ingest.judge.site import Limits, Site
from lotse_ingest.judge.verdict import Judged
from lotse_ingest.messages import Fate, Received
from lotse_ingest.metrics import Metrics
from lotse_ingest.serve import Ingest
from lotse_ingest.settings import IngestSettings
from lotse_shared import topics
from lotse_shared.clock import DataClock
from lotse_shared.database import connect, open_pool
from lotse_shared.reading import Reading
from lotse_shared.settings import BrokerSettings, DatabaseSettings
from lotse_shared.tls import trust
from lotse_standalone.machine.ports import LOOPBACK, free_port

WAIT_S = 30.0
LIMITS = Limits()
START = datetime.now(UTC).replace(second=0, microsecond=0)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def make_site(**changes: Any) -> Site:
    """The site of a row of the registry, nearly all of it left to the defaults."""
    row: dict[str, Any] = dict.fromkeys(
        ("fast_kmh", "full_pct", "locked_on_s", "stuck_intervals", "future_tolerance_s", "failed_at")
    )
    row |= {"lanes": 1, "interval_s": 60.0, "max_speed_kmh": 254.0, "max_flow_vehh_per_lane": 4000.0, "neighbours": []}
    return LIMITS.site(row | changes)


SITE = make_site()


def judge_once(reading: Reading, site: Site | None = SITE, moment: Moment | None = None) -> Judged:
    """The verdict on a reading of which nothing came before; by its own clock, if no moment is named."""
    verdict = Judge(LIMITS, lambda _: None).judge(reading, site, moment or Moment(reading.measured_at))
    assert isinstance(verdict, Judged)
    return verdict


def make_reading(**changes: Any) -> Reading:
    values: dict[str, Any] = {
        "detector_id": "KL-17",
        "measured_at": NOON,
        "interval_s": 60.0,
        "vehicle_count": 12.0,
        "heavy_count": 1.0,
        "mean_speed_kmh": 43.2,
        "occupancy_pct": 17.5,
        "seq": 4711,
    }
    return Reading(**(values | changes))


class Nobody:
    """An origin that waits for nothing."""

    def acknowledge(self, messages: Sequence[Received], fates: Callable[[], Iterable[Fate]]) -> None:
        """Take no note."""


NOBODY = Nobody()


def make_message(payload: bytes = b"raw", topic: str = "topic", received_at: datetime = NOON) -> Received:
    return Received(topic, payload, received_at, NOBODY)


def make_body(**changes: Any) -> dict[str, Any]:
    """The JSON object of a reading; by default measured now, so that wall time accepts it."""
    body: dict[str, Any] = {
        "detector_id": "KL-17",
        "measured_at": datetime.now(UTC).isoformat(),
        "interval_s": 60,
        "vehicle_count": 12,
        "heavy_count": 1,
        "mean_speed_kmh": 43.2,
        "occupancy_pct": 17.5,
        "seq": 4711,
    }
    return body | changes


def minute(number: int) -> str:
    """The end of a minute, counted back from the start of this test run, as it travels."""
    return (START - timedelta(minutes=number)).isoformat()


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


class Publisher:
    """A sensor: publishes with QoS 1 and knows what the broker took."""

    def __init__(self, broker: BrokerSettings) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.max_inflight_messages_set(50)
        if broker.tls:
            self._client.tls_set_context(trust(broker.tls_ca))
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    def is_connected(self) -> bool:
        return self._client.is_connected()

    def publish(self, topic: str, payload: bytes, qos: int = 1) -> mqtt.MQTTMessageInfo:
        return self._client.publish(topic, payload, qos)

    def publish_all(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish, and return once the broker has taken all of them."""
        for handed_over in [self.publish(topic, payload) for topic, payload in messages]:
            handed_over.wait_for_publish(WAIT_S)
            assert handed_over.is_published()

    def reading(self, **changes: Any) -> None:
        body = make_body(**changes)
        self.publish_all([(topics.reading_topic(body["detector_id"]), as_json(body))])

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def publishing(broker: BrokerSettings) -> Iterator[Publisher]:
    publisher = Publisher(broker)
    try:
        yield publisher
    finally:
        publisher.close()


class RunningIngest:
    """An ingest in this process, on a database and a broker."""

    def __init__(self, ingest: Ingest, registry: CollectorRegistry, stop: asyncio.Event) -> None:
        self.ingest = ingest
        self.stop = stop
        self._registry = registry

    def metric(self, name: str, **labels: str) -> float:
        return self._registry.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def running_ingest(
    database: DatabaseSettings, broker: BrokerSettings, *, is_data_time: bool = False, **settings: Any
) -> AsyncIterator[RunningIngest]:
    """Run until the block ends, then stop cleanly. Returns once subscribed."""
    stop, registry = asyncio.Event(), CollectorRegistry()
    async with open_pool(database, "test-ingest") as pool:
        ingest = Ingest(
            settings=IngestSettings(**({"client_id": f"ingest-{time.time_ns()}"} | settings)),
            broker=broker,
            database=database,
            data_clock=DataClock() if is_data_time else None,
            pool=pool,
            metrics=Metrics(registry),
        )
        async with asyncio.TaskGroup() as group:
            for loop in ingest.loops.values():
                group.create_task(_awaited(loop(stop)))
            try:
                await eventually(lambda: ingest.ready()["broker"])
                yield RunningIngest(ingest, registry, stop)
            finally:
                stop.set()


@asynccontextmanager
async def serving(running: RunningIngest) -> AsyncIterator[str]:
    """Serve the internal HTTP of an ingest, and tell its address."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(running.ingest.app, port=port, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        server.should_exit = True
        await task


async def _awaited(awaitable: Awaitable[None]) -> None:
    await awaitable


async def eventually(condition: Callable[[], Any], timeout_s: float = WAIT_S) -> Any:
    """Wait until a condition (a function, or one that gives an awaitable) is true, and give its value."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        await asyncio.sleep(0.02)


class Tables:
    """What tests ask of the database."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings

    async def rows(self, sql: str, *arguments: object) -> list[dict[str, Any]]:
        connection = await connect(self._settings, "test")
        try:
            return [dict(row) for row in await connection.fetch(sql, *arguments)]
        finally:
            await connection.close()

    async def execute(self, sql: str, *arguments: object) -> None:
        connection = await connect(self._settings, "test")
        try:
            await connection.execute(sql, *arguments)
        finally:
            await connection.close()

    async def ledger(self) -> dict[str, int]:
        """Sums over all accounts."""
        names = ("received", "stored", "duplicate", "quarantined", "rejected")
        sums = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in names)
        return (await self.rows(f"select {sums} from ingest_ledger"))[0]  # noqa: S608 - names of columns

    async def received(self, count: int) -> dict[str, int]:
        """Wait until this many readings are in the ledger, and give it."""

        return await self._told("received", count)

    async def stored(self, count: int) -> dict[str, int]:
        """Wait until this many readings are stored, whatever came twice, and give the ledger."""
        return await self._told("stored", count)

    async def _told(self, account: str, count: int) -> dict[str, int]:
        async def are_there() -> dict[str, int] | None:
            ledger = await self.ledger()
            return ledger if ledger[account] >= count else None

        ledger: dict[str, int] = await eventually(are_there)
        return ledger

    async def register(self, *detector_ids: str) -> None:
        await self.execute("insert into detector (detector_id) select unnest($1::text[])", list(detector_ids))


@asynccontextmanager
async def holding_up(database: DatabaseSettings) -> AsyncIterator[None]:
    """While this holds, whoever writes readings waits."""
    connection = await connect(database, "test")
    try:
        async with connection.transaction():
            await connection.execute("lock table reading in access exclusive mode")
            yield
    finally:
        await connection.close()


@contextmanager
def ingest_process(
    database: DatabaseSettings, broker: BrokerSettings, log: Path, http_port: int, **settings: str
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run `lotse-ingest` as a process of its own, killed at the end if it still runs."""
    environment = os.environ | {
        "LOTSE_DATABASE_DSN": database.dsn.get_secret_value(),
        "LOTSE_BROKER_HOST": broker.host,
        "LOTSE_BROKER_PORT": str(broker.port),
        "LOTSE_HTTP_PORT": str(http_port),
        **settings,
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "lotse_ingest"], env=environment, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
