"""Dependencies that are half away: connections killed or cut without a word, read-only, locked. It comes back."""

import asyncio
import time
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from factories_ingest import Tables, as_json, eventually, make_body, minute, publishing, running_ingest
from factories_ingest_proxy import proxying
from fixtures.brokers import Mosquitto
from pydantic import SecretStr
from structlog.testing import capture_logs

from lotse_shared import topics
from lotse_shared.database import HEARING_S, connect
from lotse_shared.settings import BrokerSettings, DatabaseSettings
from lotse_standalone.machine.ports import LOOPBACK

Logs = list[MutableMapping[str, Any]]
RECOVERED_S = 10.0
IMPATIENT_S = 2


def readings(start: int, stop: int) -> list[tuple[str, bytes]]:
    bodies = [make_body(measured_at=minute(number), seq=number) for number in range(start, stop)]
    return [(topics.reading_topic("KL-17"), as_json(body)) for body in bodies]


def told(logs: Logs, beginning: str) -> int:
    """How often something was logged."""
    return sum(str(entry["event"]).startswith(beginning) for entry in logs)


def impatient(database: DatabaseSettings, port: int | None = None) -> DatabaseSettings:
    """The same database, given up soon; and on another port."""
    dsn = database.dsn.get_secret_value()
    address, _, name = dsn.rpartition("/")
    host, _, old_port = address.rpartition(":")
    return DatabaseSettings(dsn=SecretStr(f"{host}:{port or old_port}/{name}"), command_timeout_s=IMPATIENT_S)


@asynccontextmanager
async def locked(database: DatabaseSettings) -> AsyncIterator[None]:
    """Nobody can write readings meanwhile."""
    connection = await connect(database, "test")
    try:
        async with connection.transaction():
            await connection.execute("lock table reading in access exclusive mode")
            yield
    finally:
        await connection.close()


async def test_connections_that_an_administrator_ends_are_made_again(
    database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    with capture_logs() as logs, publishing(each_broker) as publisher:
        async with running_ingest(database, each_broker):
            for part in range(5):
                publisher.publish_all(readings(part * 20, part * 20 + 20))
                await tables.rows(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where application_name like 'test-ingest%' and datname = current_database()"
                )
            ledger = await tables.received(100)
    assert (ledger["stored"], ledger["received"]) == (100, 100 + ledger["duplicate"])
    assert told(logs, "database is away") <= 5


async def test_a_database_that_is_read_only_for_a_while_is_waited_for(
    database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    read_only = "alter database {} set default_transaction_read_only = {}"
    [row] = await tables.rows("select current_database() as name")
    with capture_logs() as logs, publishing(each_broker) as publisher:
        async with running_ingest(database, each_broker) as running:
            publisher.publish_all(readings(0, 10))
            await tables.received(10)
            await tables.execute(read_only.format(row["name"], "on"))
            await tables.rows(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
            publisher.publish_all(readings(10, 20))
            await eventually(lambda: running.metric("lotse_ingest_database_retries_total") >= 3)
            assert not running.ingest.ready()["database"]
            await tables.execute(f"begin read write; {read_only.format(row['name'], 'off')}; commit")
            assert (await tables.received(20))["stored"] == 20
    assert 1 <= told(logs, "database is away") <= 3  # it can still be read: whoever does, finds it there


async def test_a_lock_that_outlasts_the_time_out_of_statements_costs_nothing_but_time(
    database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    with capture_logs() as logs, publishing(each_broker) as publisher:
        async with running_ingest(impatient(database), each_broker) as running:
            async with locked(database):
                publisher.publish_all(readings(0, 50))
                await eventually(lambda: running.metric("lotse_ingest_database_retries_total") >= 2)
                assert running.metric("lotse_ingest_database_connected") == 0
            assert (await tables.received(50))["stored"] == 50
            await eventually(lambda: running.metric("lotse_ingest_database_connected") == 1)
    assert told(logs, "database is away") == 1


async def test_a_database_connection_cut_in_the_middle_of_a_transaction_does_not_hold_its_rows_for_ever(
    database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    [address] = await tables.rows("select inet_server_port() as port")
    with publishing(each_broker) as publisher:
        async with (
            proxying(address["port"]) as proxy,
            running_ingest(impatient(database, proxy.port), each_broker) as running,
        ):
            publisher.publish_all(readings(0, 10))
            await tables.received(10)
            async with locked(database):
                publisher.publish_all(readings(10, 30))
                await eventually(lambda: is_waiting_for_a_lock(tables))
                proxy.cut()
            # now the server has the rows in a transaction whose other end is gone, and they are written again
            ledger = await tables.received(30)
            await eventually(lambda: running.ingest.ready()["database"])
    assert (ledger["received"], ledger["stored"]) == (30, 30)


async def test_a_database_connection_cut_without_a_word_costs_one_time_out(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    """No ROLLBACK waits as long again on a connection on which nobody answers."""
    tables = Tables(database)
    port = int(database.dsn.get_secret_value().rpartition("/")[0].rpartition(":")[2])
    async with (
        proxying(port) as proxy,
        # One connection: asyncpg closes further ones in the background, and tells long after that it could not.
        running_ingest(impatient(database, proxy.port).model_copy(update={"pool_size": 1}), embedded_broker) as running,
    ):
        with publishing(embedded_broker) as publisher:
            publisher.publish_all(readings(0, 10))
            await tables.received(10)
            # A statement of housekeeping may take minutes, and so waits for them on a connection that was cut.
            await eventually(lambda: running.metric("lotse_ingest_housekeeping_rounds_total", outcome="done") > 0)
            proxy.cut()
            cut_s = time.monotonic()
            publisher.publish_all(readings(10, 30))
            await tables.received(30)
            assert time.monotonic() - cut_s < 2 * (IMPATIENT_S + HEARING_S)


async def is_waiting_for_a_lock(tables: Tables) -> bool:
    waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    return bool(await tables.rows(waiting))


@pytest.mark.mosquitto
async def test_a_broker_connection_cut_without_a_word_is_noticed_and_nothing_is_lost(
    database: DatabaseSettings, mosquitto: Mosquitto
) -> None:
    tables = Tables(database)
    with capture_logs() as logs, publishing(mosquitto.settings) as publisher:
        async with proxying(mosquitto.port) as proxy:
            through_proxy = BrokerSettings(host=LOOPBACK, port=proxy.port, silence_s=2)
            async with running_ingest(database, through_proxy) as running:
                publisher.publish_all(readings(0, 50))
                await tables.received(50)
                proxy.cut()
                cut_s = time.monotonic()
                publisher.publish_all(readings(50, 100))
                ledger = await tables.stored(100)
                assert time.monotonic() - cut_s < RECOVERED_S
                assert running.metric("lotse_ingest_connections_total") == 2
                await eventually(lambda: running.metric("lotse_ingest_broker_connected") == 1)
    again = ledger["duplicate"]  # what was committed, and the cut came before the broker heard of it
    assert (ledger["stored"], ledger["received"] - again) == (100, 100)
    assert (told(logs, "broker is away"), told(logs, "subscribed")) == (1, 2)


@pytest.mark.mosquitto
async def test_a_broker_that_has_nothing_to_say_is_not_left(database: DatabaseSettings, mosquitto: Mosquitto) -> None:
    broker = mosquitto.settings.model_copy(update={"silence_s": 2})
    async with running_ingest(database, broker) as running:
        await asyncio.sleep(3 * broker.silence_s)
        assert running.metric("lotse_ingest_connections_total") == 1
        assert running.metric("lotse_ingest_broker_connected") == 1


@pytest.mark.mosquitto
async def test_a_broker_restarted_in_mid_publish_costs_nothing(
    database: DatabaseSettings, mosquitto: Mosquitto
) -> None:
    tables = Tables(database)
    async with running_ingest(database, mosquitto.settings) as running:
        with publishing(mosquitto.settings) as publisher:
            for part in range(3):
                await eventually(publisher.is_connected)  # it comes back by itself, later than ingest at times
                handed_over = [publisher.publish(*message) for message in readings(part * 500, part * 500 + 500)]
                await asyncio.to_thread(mosquitto.stop)
                await asyncio.to_thread(mosquitto.start)
                for one in handed_over:
                    await asyncio.to_thread(one.wait_for_publish, 30)
                await eventually(lambda: running.ingest.ready()["broker"])

            async def all_are_there() -> bool:
                return (await tables.ledger())["stored"] == 1_500

            await eventually(all_are_there)
    assert await tables.rows("select count(*) as n from reading") == [{"n": 1_500}]
