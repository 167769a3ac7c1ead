"""Ingest at a real Mosquitto that speaks TLS: with a certificate that is good, and with those that are not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from factories_ingest import Tables, as_json, eventually, make_body, minute, publishing, running_ingest
from factories_tls import Authority, Certificate
from fixtures.brokers import Mosquitto, deployed_configuration
from prometheus_client import REGISTRY, CollectorRegistry
from structlog.testing import capture_logs

from lotse_ingest.inbox import Inbox
from lotse_ingest.metrics import Metrics
from lotse_ingest.receive import Receiver
from lotse_ingest.settings import IngestSettings
from lotse_shared import topics
from lotse_shared.settings import BrokerSettings, DatabaseSettings
from lotse_standalone.machine.ports import LOOPBACK

pytestmark = pytest.mark.mosquitto
ELEMENTS = 500
ARRAYS = 60
"""30,000 readings in arrays of some 90 kB: each of many TLS records, and together of many chunks."""


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ours")


StartBroker = Callable[[Certificate], Mosquitto]


@pytest.fixture
def start_broker(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[StartBroker]:
    """The deployed configuration, with a certificate."""
    del mosquitto  # asks for the program, or says that it is absent
    started: list[Mosquitto] = []

    def start(shown: Certificate) -> Mosquitto:
        folder = tmp_path / "tls"
        folder.mkdir()
        tls = f"certfile {shown.cert}\nkeyfile {shown.key}\n"
        broker = Mosquitto(folder, configuration=deployed_configuration() + tls)
        broker.start()
        started.append(broker)
        return broker

    yield start
    for broker in started:
        broker.stop()


def over_tls(broker: Mosquitto, ca: Path, host: str = LOOPBACK) -> BrokerSettings:
    return BrokerSettings(host=host, port=broker.port, tls=True, tls_ca=ca)


async def test_readings_come_through_and_are_acknowledged(
    ours: Authority, start_broker: StartBroker, database: DatabaseSettings
) -> None:
    ends_at = datetime(2031, 5, 1, tzinfo=UTC)
    broker = over_tls(start_broker(ours.issue(ends_at=ends_at)), ours.file)
    arrays = [
        [make_body(detector_id=f"D{element}", measured_at=minute(number), seq=number) for element in range(ELEMENTS)]
        for number in range(ARRAYS)
    ]
    async with running_ingest(database, broker) as running:
        with publishing(broker) as publisher:
            publisher.publish_all([(topics.batch_topic("station"), as_json(array)) for array in arrays])
        ledger = await Tables(database).received(ELEMENTS * ARRAYS)
        assert ledger["stored"] == ELEMENTS * ARRAYS
        assert running.metric("lotse_ingest_connections_total") == 1
        assert running.metric("lotse_ingest_messages_total") == ARRAYS
    told = REGISTRY.get_sample_value("lotse_certificate_expiry_timestamp_seconds", {"of": "broker"})
    assert told == ends_at.timestamp()


@asynccontextmanager
async def receiving(broker: BrokerSettings) -> AsyncIterator[tuple[Receiver, CollectorRegistry]]:
    """A receiver alone: it tries to connect, and tries again."""
    settings, registry, stop, drained = IngestSettings(), CollectorRegistry(), asyncio.Event(), asyncio.Event()
    metrics = Metrics(registry)
    inbox = Inbox(settings.linger, settings.queue_messages, settings.queue_bytes, metrics)
    receiver = Receiver(broker, settings, inbox, metrics)
    task = asyncio.create_task(receiver.run(stop, drained))
    try:
        yield receiver, registry
    finally:
        stop.set()
        drained.set()
        await task


def failures(registry: CollectorRegistry, kind: str) -> float:
    return registry.get_sample_value("lotse_ingest_connection_failures_total", {"kind": kind}) or 0.0


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("another CA", "unable to get local issuer certificate"),
        ("another name", "certificate is not valid for '127.0.0.1'"),
        ("expired", "certificate has expired"),
    ],
)
async def test_a_broker_that_cannot_prove_who_it_is_gets_nothing_until_it_can(
    fault: str, words: str, ours: Authority, start_broker: StartBroker, tmp_path: Path
) -> None:
    shown = {
        "another CA": lambda: Authority(tmp_path / "foreign").issue(),
        "another name": lambda: ours.issue("broker.example"),
        "expired": lambda: ours.issue(expired=True),
    }[fault]()
    broker = start_broker(shown)
    before = descriptors()
    with capture_logs() as lines:
        async with receiving(over_tls(broker, ours.file)) as (receiver, registry):
            await eventually(lambda: failures(registry, "tls") >= 3)
            assert not receiver.is_subscribed
            assert descriptors() <= before + 3
            told = [line for line in lines if line["event"] == "broker is away"]
            assert len(told) == 1
            assert words in told[0]["error"]
            assert "LOTSE_BROKER_TLS_CA" in told[0]["error"]
            ours.renew(shown)
            broker.stop()
            broker.start()
            await eventually(lambda: receiver.is_subscribed)
    assert failures(registry, "refused") == 0


async def test_a_broker_that_speaks_no_tls_gets_no_password(mosquitto: Mosquitto, ours: Authority) -> None:
    async with receiving(over_tls(mosquitto, ours.file)) as (receiver, registry):
        await eventually(lambda: failures(registry, "tls") + failures(registry, "network") >= 2)
        assert not receiver.is_subscribed


async def test_a_broker_that_is_away_or_refuses_is_counted_as_such(mosquitto: Mosquitto) -> None:
    mosquitto.stop()
    async with receiving(mosquitto.settings) as (receiver, registry):
        await eventually(lambda: failures(registry, "network") >= 2)
        mosquitto.configuration = mosquitto.configuration.replace("allow_anonymous true", "allow_anonymous false")
        mosquitto.start()
        await eventually(lambda: failures(registry, "refused") >= 1)
        assert not receiver.is_subscribed
    assert failures(registry, "tls") == 0
