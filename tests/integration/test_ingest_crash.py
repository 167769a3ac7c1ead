"""kill -9 of ingest, a process of its own, on Mosquitto: nothing lost, nothing twice."""

import asyncio
import random
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from factories_ingest import Tables, as_json, eventually, ingest_process, make_body, minute, publishing
from factories_ingest_proxy import proxying
from fixtures.brokers import Mosquitto

from lotse_shared import topics
from lotse_shared.settings import BrokerSettings, DatabaseSettings
from lotse_standalone.machine.ports import LOOPBACK, free_port

pytestmark = pytest.mark.mosquitto
PUBACK_BYTES = 4


def reading(number: int, **changes: Any) -> tuple[str, bytes]:
    body = make_body(detector_id=f"D{number % 7}", measured_at=minute(number // 7 + 1), seq=number, **changes)
    return topics.reading_topic(body["detector_id"]), as_json(body)


def batch(numbers: range) -> tuple[str, bytes]:
    bodies = [make_body(detector_id="S", measured_at=minute(number)) for number in numbers]
    return topics.batch_topic("station"), as_json(bodies)


def rejected(number: int) -> tuple[str, bytes]:
    return topics.reading_topic("D0"), b"no reading %d" % number


def quarantined(number: int) -> tuple[str, bytes]:
    body = make_body(detector_id="F", measured_at=f"2090-01-01T00:{number:02}:00Z")
    return topics.reading_topic("F"), as_json(body)


async def is_ready(port: int) -> bool:
    try:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"http://{LOOPBACK}:{port}/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def test_killed_between_commit_and_acknowledgement_nothing_is_lost_and_nothing_twice(
    database: DatabaseSettings, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    tables, port, log = Tables(database), free_port(), tmp_path / "ingest.log"
    acknowledged = [reading(number) for number in range(100)]
    unacknowledged = [
        *(reading(number) for number in range(100, 300)),
        batch(range(1, 41)),
        *(rejected(number) for number in range(10)),
        *(quarantined(number) for number in range(5)),
    ]
    while_away = [reading(number) for number in range(300, 350)]
    redelivered = 200 + 40 + 10 + 5
    distinct = 100 + redelivered + 50
    async with proxying(mosquitto.port) as proxy:
        through_proxy = BrokerSettings(host=LOOPBACK, port=proxy.port)
        with ingest_process(database, through_proxy, log, port) as ingest, publishing(mosquitto.settings) as publisher:
            await eventually(lambda: is_ready(port))
            sent_before = proxy.forwarded_bytes
            publisher.publish_all([*acknowledged, reading(0)])
            await eventually(lambda: proxy.forwarded_bytes - sent_before >= PUBACK_BYTES * 101)
            proxy.is_swallowing = True
            publisher.publish_all(unacknowledged)
            ledger = await tables.received(101 + redelivered)
            assert ledger["duplicate"] == 1  # so all of them are committed, and acknowledged in vain:
            await eventually(lambda: proxy.swallowed_bytes >= PUBACK_BYTES * len(unacknowledged))
            ingest.send_signal(signal.SIGKILL)
            ingest.wait()
            publisher.publish_all(while_away)
    with ingest_process(database, mosquitto.settings, log, port):
        ledger = await tables.received(101 + 2 * redelivered + 50)
        await eventually(lambda: is_ready(port))
    assert ledger == {
        "received": distinct + 1 + redelivered,
        "stored": distinct - 15,
        "duplicate": 1 + redelivered,
        "quarantined": 5,
        "rejected": 10,
    }
    [rows] = await tables.rows("select count(*) as n, count(distinct (detector_id, measured_at)) as keys from reading")
    assert (rows["n"], rows["keys"]) == (distinct - 15, distinct - 15)
    assert await tables.rows("select count(*) as n from reading_correction") == [{"n": 0}]
    letters = await tables.rows(
        "select kind, count(*) as n, sum(times_received) as times from rejected_message group by 1"
    )
    assert {x["kind"]: (x["n"], x["times"]) for x in letters} == {"rejected": (10, 20), "quarantined": (5, 10)}


async def test_killed_again_and_again_under_load_the_rows_are_exact(
    database: DatabaseSettings, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    tables, log, rng = Tables(database), tmp_path / "ingest.log", random.Random(7)
    messages = [rejected(number) if number % 50 == 0 else reading(number) for number in range(3000)]
    port = free_port()
    with ingest_process(database, mosquitto.settings, log, port):
        await eventually(lambda: is_ready(port))
    with publishing(mosquitto.settings) as publisher:
        for part in range(5):
            port = free_port()
            with ingest_process(database, mosquitto.settings, log, port):
                await eventually(lambda port=port: is_ready(port))  # type: ignore[misc] # mypy cannot infer the lambda
                before = (await tables.ledger())["received"]
                handed_over = [publisher.publish(*message) for message in messages[part * 600 : (part + 1) * 600]]
                await tables.received(before + rng.randrange(1, 400))
            for one in handed_over:
                one.wait_for_publish(30)
    with ingest_process(database, mosquitto.settings, log, free_port()):

        async def all_are_there() -> bool:
            ledger = await tables.ledger()
            return ledger["stored"] + ledger["rejected"] >= len(messages)

        await eventually(all_are_there)
    ledger = await tables.ledger()
    assert (ledger["stored"], ledger["rejected"], ledger["quarantined"]) == (2940, 60, 0)
    assert ledger["received"] == sum(ledger.values()) - ledger["received"]
    assert await tables.rows("select count(*) as n from reading") == [{"n": 2940}]
    assert await tables.rows("select count(*) as n from rejected_message") == [{"n": 60}]


async def test_the_process_says_when_it_is_ready_and_stops_cleanly(
    database: DatabaseSettings, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "ingest.log"
    with ingest_process(database, mosquitto.settings, log, port) as ingest:
        await eventually(lambda: is_ready(port))
        with publishing(mosquitto.settings) as publisher:
            publisher.publish_all([reading(1)])
        await Tables(database).received(1)
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as client:
            metrics = (await client.get("/metrics")).text
        assert 'lotse_ingest_readings_total{outcome="stored"} 1.0' in metrics
        assert "lotse_ingest_broker_connected 1.0" in metrics
        ingest.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(ingest.wait, 20) == 0
    assert "Traceback" not in log.read_text()
