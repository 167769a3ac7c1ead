"""Several slots on a real Mosquitto: they share, they are killed and come back, they are drained; and none is two."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from factories_ingest import (
    Tables,
    as_json,
    eventually,
    ingest_process,
    make_body,
    minute,
    publishing,
    running_ingest,
)
from fixtures.brokers import Mosquitto
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from structlog.testing import capture_logs

from lotse_ingest import receive
from lotse_shared import topics
from lotse_shared.settings import DatabaseSettings
from lotse_standalone.machine.ports import free_port

pytestmark = pytest.mark.mosquitto
SHARED = {"LOTSE_INGEST_SHARE_GROUP": "ingest", "LOTSE_INGEST_CLIENT_ID": "slots"}


def readings(start: int, stop: int) -> list[tuple[str, bytes]]:
    bodies = [make_body(measured_at=minute(number), seq=number) for number in range(start, stop)]
    return [(topics.reading_topic("KL-17"), as_json(body)) for body in bodies]


@contextmanager
def slot(
    number: int, database: DatabaseSettings, broker: Mosquitto, folder: Path
) -> "Iterator[subprocess.Popen[bytes]]":
    log = folder / f"slot-{number}.log"
    settings = SHARED | {"LOTSE_INGEST_SLOT": str(number)}
    with ingest_process(database, broker.settings, log, free_port(), **settings) as process:
        yield process


def is_subscribed(folder: Path, numbers: Sequence[int]) -> bool:
    logs = [folder / f"slot-{number}.log" for number in numbers]
    return all(log.exists() and '"subscribed"' in log.read_text() for log in logs)


async def drain(number: int, database: DatabaseSettings, broker: Mosquitto) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {
        "LOTSE_DATABASE_DSN": database.dsn.get_secret_value(),
        "LOTSE_BROKER_HOST": broker.settings.host,
        "LOTSE_BROKER_PORT": str(broker.port),
        **SHARED,
    }
    command = [sys.executable, "-m", "lotse_ingest", "drain", "--slot", str(number)]
    return await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


async def stored(database: DatabaseSettings, count: int) -> dict[str, int]:
    tables = Tables(database)

    async def are_stored() -> bool:
        return (await tables.ledger())["stored"] >= count

    await eventually(are_stored)
    return await tables.ledger()


async def test_three_slots_share_and_one_is_killed_and_comes_back(
    database: DatabaseSettings, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with ExitStack() as stack, publishing(mosquitto.settings) as publisher:
        slots = [stack.enter_context(slot(number, database, mosquitto, tmp_path)) for number in range(3)]
        await eventually(lambda: is_subscribed(tmp_path, range(3)))
        publisher.publish_all(readings(0, 300))
        await stored(database, 300)
        slots[1].send_signal(signal.SIGKILL)
        slots[1].wait()
        publisher.publish_all(readings(300, 600))
        waiting = await stored(database, 500)
        assert waiting["stored"] == 500  # Mosquitto hands the third part to the session of the dead one
        stack.enter_context(slot(1, database, mosquitto, tmp_path))
        ledger = await stored(database, 600)
    assert (ledger["stored"], ledger["received"]) == (600, 600 + ledger["duplicate"])
    assert await Tables(database).rows("select count(*) as n from reading") == [{"n": 600}]


async def test_a_slot_that_will_not_come_back_is_drained(
    database: DatabaseSettings, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with (
        slot(0, database, mosquitto, tmp_path),
        publishing(mosquitto.settings) as publisher,
    ):
        with slot(1, database, mosquitto, tmp_path) as leaving:
            await eventually(lambda: is_subscribed(tmp_path, range(2)))
            leaving.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(leaving.wait, 20) == 0
        publisher.publish_all(readings(0, 200))
        assert (await stored(database, 100))["stored"] == 100
        done = await drain(1, database, mosquitto)
        assert (done.returncode, done.stdout) == (
            0,
            "slot 1 is drained: its session held 100 messages, all are stored; the session has ended\n",
        ), done.stderr
        known = await Tables(database).rows("select slot from ingest_slot")
        assert known == [{"slot": 0}]  # nobody waits for the other to be heard of again
        publisher.publish_all(readings(200, 300))  # now the other slot gets all of them
        ledger = await stored(database, 300)
    assert (ledger["received"], ledger["stored"]) == (300, 300)
    again = await drain(1, database, mosquitto)
    assert again.returncode == 0
    assert "held 0 messages" in again.stdout


async def test_a_backlog_larger_than_what_is_in_flight_is_drained_to_its_end(
    database: DatabaseSettings, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with slot(0, database, mosquitto, tmp_path) as leaving:
        await eventually(lambda: is_subscribed(tmp_path, [0]))
        leaving.send_signal(signal.SIGKILL)
    with publishing(mosquitto.settings) as publisher:
        publisher.publish_all(readings(0, 7_000))
    done = await drain(0, database, mosquitto)
    assert "held 7000 messages" in done.stdout, done.stderr
    assert (await Tables(database).ledger())["stored"] == 7_000


async def test_a_slot_that_runs_is_not_drained(
    database: DatabaseSettings, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with slot(0, database, mosquitto, tmp_path) as running, publishing(mosquitto.settings) as publisher:
        await eventually(lambda: is_subscribed(tmp_path, [0]))
        refused = await drain(0, database, mosquitto)
        assert refused.returncode == 1
        assert refused.stderr.splitlines()[-1] == "slot 0 is running: stop it for good first, then drain it"
        publisher.publish_all(readings(0, 10))
        await stored(database, 10)
        assert running.poll() is None
    assert "another process" not in (tmp_path / "slot-0.log").read_text()


async def test_a_second_process_on_one_slot_is_told_of_and_they_do_not_fight_on(
    database: DatabaseSettings, mosquitto: Mosquitto
) -> None:
    twin: dict[str, Any] = {"client_id": "twin", "slot": 0}
    with capture_logs() as logs, publishing(mosquitto.settings) as publisher:
        async with (
            running_ingest(database, mosquitto.settings, **twin) as first,
            running_ingest(database, mosquitto.settings, **twin) as second,
        ):

            def connections() -> float:
                return sum(one.metric("lotse_ingest_connections_total") for one in (first, second))

            await eventually(lambda: any("another process has our client id" in entry["event"] for entry in logs))
            held = connections()
            assert held <= 2 * receive.SHORT_LIVED_MAX
            publisher.publish_all(readings(0, 20))
            await stored(database, 20)
            assert connections() == held
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == [
        "it seems that another process has our client id: two replicas must not have the same slot"
    ]


async def test_what_sigterm_acknowledges_under_load_is_not_delivered_again(
    database: DatabaseSettings, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with publishing(mosquitto.settings) as publisher:
        for part in range(3):
            (tmp_path / "slot-0.log").unlink(missing_ok=True)
            with slot(0, database, mosquitto, tmp_path) as stopping:
                await eventually(lambda: is_subscribed(tmp_path, [0]))
                handed_over = [publisher.publish(*message) for message in readings(part * 4_000, (part + 1) * 4_000)]
                await stored(database, part * 4_000 + 500)
                stopping.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(stopping.wait, 30) == 0
            for one in handed_over:
                one.wait_for_publish(30)
            with slot(0, database, mosquitto, tmp_path):
                ledger = await stored(database, (part + 1) * 4_000)
    assert ledger == {"received": 12_000, "stored": 12_000, "duplicate": 0, "quarantined": 0, "rejected": 0}


@pytest.mark.parametrize(("share_group", "answer"), [(None, "Success"), ("ingest", "No matching subscribers")])
async def test_after_a_restart_of_mosquitto_a_shared_subscription_is_gone_until_its_slots_are_back(
    database: DatabaseSettings, mosquitto: Mosquitto, share_group: str | None, answer: str
) -> None:
    """What docs/ingest.md warns of: an unshared subscription outlives the broker, a shared one does not."""
    slot_0: dict[str, Any] = {"client_id": "restart", "share_group": share_group}
    async with running_ingest(database, mosquitto.settings, **slot_0):
        pass
    mosquitto.stop()
    mosquitto.start()
    answers = publish_and_hear(mosquitto, readings(0, 5))
    assert answers == [answer] * 5
    async with running_ingest(database, mosquitto.settings, **slot_0):
        with publishing(mosquitto.settings) as publisher:
            publisher.publish_all(readings(5, 6))
        kept = 0 if share_group else 5
        assert (await stored(database, 1 + kept))["stored"] == 1 + kept


def publish_and_hear(broker: Mosquitto, messages: Sequence[tuple[str, bytes]]) -> list[str]:
    """Publish with QoS 1, and give the reasons in the broker's acknowledgements."""
    reasons: list[str] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_publish = lambda *arguments: reasons.append(str(arguments[3]))
    client.connect(broker.settings.host, broker.port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
    return reasons
