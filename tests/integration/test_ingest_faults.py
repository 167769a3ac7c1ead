"""Ingest while something that it needs is away: nothing lost, nothing twice, and it comes back by itself."""

import asyncio
from typing import Any

import pytest
from factories_ingest import Tables, as_json, eventually, holding_up, make_body, minute, publishing, running_ingest
from factories_ingest_proxy import proxying
from fixtures.brokers import Mosquitto
from pydantic import SecretStr

from lotse_ingest.mqtt import CHUNK_BYTES
from lotse_shared import topics
from lotse_shared.settings import BrokerSettings, DatabaseSettings
from lotse_standalone.machine.ports import LOOPBACK
from lotse_standalone.servers.postgres import EmbeddedPostgres

SERIAL = "test-ingest-session"


def reading(number: int, **changes: Any) -> tuple[str, bytes]:
    body = make_body(measured_at=minute(number), seq=number, **changes)
    return topics.reading_topic("KL-17"), as_json(body)


def readings(start: int, stop: int) -> list[tuple[str, bytes]]:
    return [reading(number) for number in range(start, stop)]


def settings_of(server: EmbeddedPostgres) -> DatabaseSettings:
    return DatabaseSettings(dsn=SecretStr(server.dsn()))


async def test_a_database_that_goes_and_comes_back_costs_nothing_but_time(
    own_postgres: EmbeddedPostgres, each_broker: BrokerSettings
) -> None:
    database = settings_of(own_postgres)
    async with running_ingest(database, each_broker) as running:
        with publishing(each_broker) as publisher:
            publisher.publish_all(readings(0, 50))
            await Tables(database).received(50)
            await asyncio.to_thread(own_postgres.stop)
            publisher.publish_all(readings(50, 100))
            await eventually(lambda: running.metric("lotse_ingest_database_retries_total") >= 3)
            assert running.ingest.ready() == {"broker": True, "database": False}
            await asyncio.to_thread(own_postgres.start)
            await Tables(database).received(100)
            publisher.publish_all(readings(100, 150))
        ledger = await Tables(database).received(150)
        await eventually(lambda: running.ingest.ready()["database"])
        assert running.metric("lotse_ingest_connections_total") == 1
    assert (ledger["received"], ledger["stored"]) == (150, 150)


async def test_ingest_starts_while_the_database_is_away(
    own_postgres: EmbeddedPostgres, each_broker: BrokerSettings
) -> None:
    database = settings_of(own_postgres)
    await asyncio.to_thread(own_postgres.stop)
    async with running_ingest(database, each_broker, is_data_time=True) as running:
        with publishing(each_broker) as publisher:
            publisher.publish_all(readings(0, 10))
        await eventually(lambda: running.metric("lotse_ingest_database_retries_total") >= 2)
        await asyncio.to_thread(own_postgres.start)
        assert (await Tables(database).received(10))["stored"] == 10


@pytest.mark.mosquitto
async def test_stopped_while_the_database_is_away_the_broker_keeps_what_was_not_stored(
    own_postgres: EmbeddedPostgres, mosquitto: Mosquitto
) -> None:
    database = settings_of(own_postgres)
    with publishing(mosquitto.settings) as publisher:
        async with running_ingest(database, mosquitto.settings, client_id=SERIAL, shutdown_grace_s=0.2) as running:
            await asyncio.to_thread(own_postgres.stop)
            publisher.publish_all(readings(0, 20))
            await eventually(lambda: running.metric("lotse_ingest_database_retries_total") >= 1)
    await asyncio.to_thread(own_postgres.start)
    async with running_ingest(database, mosquitto.settings, client_id=SERIAL):
        ledger = await Tables(database).received(20)
    assert (ledger["received"], ledger["stored"]) == (20, 20)


@pytest.mark.mosquitto
@pytest.mark.parametrize("keeps_sessions", [True, False])
async def test_a_restarted_broker_finds_ingest_subscribed_again(
    database: DatabaseSettings, mosquitto: Mosquitto, *, keeps_sessions: bool
) -> None:
    tables = Tables(database)
    async with running_ingest(database, mosquitto.settings) as running:
        with publishing(mosquitto.settings) as publisher:
            publisher.publish_all(readings(0, 50))
        await tables.received(50)
        mosquitto.stop()
        await eventually(lambda: not running.ingest.ready()["broker"])
        if not keeps_sessions:
            (mosquitto.folder / "mosquitto.db").unlink()
        mosquitto.start()
        await eventually(lambda: running.ingest.ready()["broker"])
        with publishing(mosquitto.settings) as publisher:
            publisher.publish_all(readings(50, 100))
        ledger = await tables.stored(100)
    # The broker may have been stopped before it took the acknowledgements in: then it sends the first 50 again.
    assert ledger["received"] - ledger["duplicate"] == 100


@pytest.mark.mosquitto
async def test_messages_stored_on_a_lost_connection_are_acknowledged_on_none_and_count_as_duplicates(
    database: DatabaseSettings, mosquitto: Mosquitto
) -> None:
    tables = Tables(database)
    async with proxying(mosquitto.port) as proxy:
        through_proxy = BrokerSettings(host=LOOPBACK, port=proxy.port)
        async with running_ingest(database, through_proxy) as running:
            with publishing(mosquitto.settings) as publisher:
                async with holding_up(database):
                    publisher.publish_all(readings(0, 30))
                    await eventually(lambda: running.metric("lotse_ingest_messages_total") == 30)
                    await proxy.end_connections()
                    await eventually(lambda: running.metric("lotse_ingest_connections_total") == 2)
                    await eventually(lambda: running.metric("lotse_ingest_messages_total") == 60)
                ledger = await tables.received(60)
                assert (ledger["stored"], ledger["duplicate"]) == (30, 30)
                assert running.metric("lotse_ingest_unusable_acknowledgements_total") == 30
                publisher.publish_all(readings(30, 40))
            assert (await tables.received(70))["stored"] == 40


@pytest.mark.parametrize(
    "bound",
    [
        {"queue_messages": 40, "receive_maximum": 40, "batch_messages": 5},
        {"queue_bytes": 8_000, "batch_bytes": 1_000},
    ],
)
async def test_a_full_queue_stops_reading_and_nothing_is_lost(
    database: DatabaseSettings, each_broker: BrokerSettings, bound: dict[str, Any]
) -> None:
    tables = Tables(database)
    async with running_ingest(database, each_broker, **bound) as running:
        with publishing(each_broker) as publisher:
            async with holding_up(database):
                # QoS 0 is not held back by the broker: only the socket can be. QoS 1 must not suffer from it.
                for topic, payload in readings(0, 4000):
                    publisher.publish(topic, payload, qos=0).wait_for_publish(10)
                await eventually(lambda: running.metric("lotse_ingest_pauses_total") >= 1)
                assert running.metric("lotse_ingest_queue_bytes") <= 9_000 + CHUNK_BYTES
            await eventually(lambda: running.metric("lotse_ingest_queue_messages") == 0)
            publisher.publish_all(readings(4000, 4100))

            async def all_are_there() -> bool:
                [row] = await tables.rows("select count(*) as n from reading where seq >= 4000")
                return bool(row["n"] == 100)

            await eventually(all_are_there)


@pytest.mark.mosquitto
async def test_a_clean_stop_stores_and_acknowledges_what_was_received(
    database: DatabaseSettings, mosquitto: Mosquitto
) -> None:
    tables = Tables(database)
    with publishing(mosquitto.settings) as publisher:
        async with running_ingest(database, mosquitto.settings, client_id=SERIAL) as running, holding_up(database):
            publisher.publish_all(readings(0, 60))
            await eventually(lambda: running.metric("lotse_ingest_messages_total") == 60)
            running.stop.set()
        assert (await tables.ledger())["stored"] == 60
        async with running_ingest(database, mosquitto.settings, client_id=SERIAL):
            publisher.publish_all([reading(60)])
            ledger = await tables.received(61)
    assert (ledger["received"], ledger["stored"]) == (61, 61)


@pytest.mark.mosquitto
async def test_slots_share_a_subscription_and_each_message_is_stored_once(
    database: DatabaseSettings, mosquitto: Mosquitto
) -> None:
    tables = Tables(database)
    shared: dict[str, Any] = {"client_id": SERIAL, "share_group": "ingest"}
    async with (
        running_ingest(database, mosquitto.settings, slot=0, **shared) as first,
        running_ingest(database, mosquitto.settings, slot=1, **shared) as second,
    ):
        with publishing(mosquitto.settings) as publisher:
            publisher.publish_all(readings(0, 300))
        ledger = await tables.received(300)
        taken = [running.metric("lotse_ingest_messages_total") for running in (first, second)]
    assert (ledger["received"], ledger["stored"]) == (300, 300)
    assert sum(taken) == 300
    assert min(taken) > 0


@pytest.mark.mosquitto
async def test_what_was_published_while_ingest_was_away_waits_at_the_broker(
    database: DatabaseSettings, mosquitto: Mosquitto
) -> None:
    async with running_ingest(database, mosquitto.settings, client_id=SERIAL):
        pass
    with publishing(mosquitto.settings) as publisher:
        publisher.publish_all(readings(0, 100))
    async with running_ingest(database, mosquitto.settings, client_id=SERIAL):
        ledger = await Tables(database).received(100)
    assert (ledger["received"], ledger["stored"]) == (100, 100)
