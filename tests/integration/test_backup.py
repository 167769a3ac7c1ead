"""The drill: a line that runs is backed up, its database destroyed, restored into an empty one, and goes on."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from factories_decide import JAM, a_planner, measure, newest, register_town, shows, until
from factories_ingest import Tables, as_json, make_body, minute, publishing, running_ingest
from fixtures.databases import with_database
from pydantic import SecretStr

from lotse_shared import topics
from lotse_shared.backup import BackupError, BackupSettings, back_up, restore
from lotse_shared.database import connect
from lotse_shared.migrate import MigrationError
from lotse_shared.settings import BrokerSettings, DatabaseSettings
from lotse_standalone.servers.postgres import PROGRAMS, installed_wheel

OURS = BackupSettings(programs=installed_wheel()[0] / PROGRAMS)
COUNTS = "select (select count(*) from reading) as readings, (select count(*) from rejected_message) as letters"


@pytest.fixture
async def empty_database(database: DatabaseSettings) -> AsyncIterator[DatabaseSettings]:
    """Another database on the server of the first, with nothing in it."""
    dsn, name = database.dsn.get_secret_value(), f"restored_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(with_database(dsn, "postgres"))
    await admin.execute(f"create database {name}")
    yield DatabaseSettings(dsn=SecretStr(with_database(dsn, name)))
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


async def destroy(database: DatabaseSettings) -> None:
    connection = await connect(database, "test")
    await connection.execute("drop schema public cascade")
    await connection.close()


def messages(first: int, count: int) -> list[tuple[str, bytes]]:
    good = [make_body(detector_id="KL-17", measured_at=minute(number)) for number in range(first, first + count)]
    return [*((topics.reading_topic("KL-17"), as_json(body)) for body in good), (topics.reading_topic("KL-17"), b"{")]


async def test_after_dump_destroy_and_restore_the_ledger_balances_and_intake_goes_on(
    database: DatabaseSettings, empty_database: DatabaseSettings, embedded_broker: BrokerSettings, tmp_path: Path
) -> None:
    await Tables(database).register("KL-17")
    async with running_ingest(database, embedded_broker):
        with publishing(embedded_broker) as publisher:
            publisher.publish_all(messages(0, 20))
        before = await Tables(database).received(21)
        await asyncio.to_thread(back_up, database, tmp_path / "lotse.dump", OURS)
    await destroy(database)
    await restore(empty_database, tmp_path / "lotse.dump", OURS)
    restored = Tables(empty_database)
    assert await restored.ledger() == before
    assert await restored.rows(COUNTS) == [{"readings": 20, "letters": 1}]
    async with running_ingest(empty_database, embedded_broker):
        with publishing(embedded_broker) as publisher:
            # a publisher that keeps what it sent: half of it is known, and so is what cannot be read
            publisher.publish_all(messages(10, 20))
        after = await restored.received(before["received"] + 21)
    assert after == {"received": 42, "stored": 30, "duplicate": 11, "quarantined": 0, "rejected": 1}
    assert await restored.rows(COUNTS) == [{"readings": 30, "letters": 1}]


async def test_after_a_restore_signs_get_their_displays_in_a_higher_epoch_each_time(
    database: DatabaseSettings, empty_database: DatabaseSettings, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    await register_town(connection)
    async with a_planner(database):
        blank = await shows(connection, "blank")
        await asyncio.to_thread(back_up, database, tmp_path / "lotse.dump", OURS)
        await measure(connection, JAM)
        await shows(connection, "detour")  # the backup knows nothing of it
    epoch = await restore(empty_database, tmp_path / "lotse.dump", OURS)
    assert epoch > blank["epoch"]
    restored = await connect(empty_database, "test")
    async with a_planner(empty_database):

        async def is_composed_anew() -> bool:
            row = await newest(restored)
            return row is not None and row["epoch"] == epoch

        await until(is_composed_anew)
    await restored.execute("drop schema public cascade; create schema public")
    await restored.close()
    await asyncio.sleep(1)
    assert await restore(empty_database, tmp_path / "lotse.dump", OURS) > epoch


def test_a_backup_never_replaces_another_and_is_for_its_owner_alone(database: DatabaseSettings, tmp_path: Path) -> None:
    path = tmp_path / "lotse.dump"
    assert back_up(database, path, OURS) == path.stat().st_size
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BackupError, match="never replaces"):
        back_up(database, path, OURS)
    assert [each.name for each in tmp_path.iterdir()] == ["lotse.dump"]


async def test_a_database_in_use_is_refused_and_a_file_that_is_no_backup_too(
    database: DatabaseSettings, empty_database: DatabaseSettings, tmp_path: Path
) -> None:
    await asyncio.to_thread(back_up, database, tmp_path / "lotse.dump", OURS)
    with pytest.raises(BackupError, match="restore into an empty one"):
        await restore(database, tmp_path / "lotse.dump", OURS)
    torn = tmp_path / "torn.dump"
    torn.write_bytes((tmp_path / "lotse.dump").read_bytes()[:-2000])
    with pytest.raises(BackupError, match="pg_restore failed"):
        await restore(empty_database, torn, OURS)
    assert await Tables(empty_database).rows("select * from pg_tables where schemaname = 'public'") == []


async def test_a_backup_of_a_newer_lotse_is_refused(
    database: DatabaseSettings, empty_database: DatabaseSettings, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    await connection.execute("insert into migration (name, checksum) values ('9999_future.sql', 'x')")
    await asyncio.to_thread(back_up, database, tmp_path / "lotse.dump", OURS)
    with pytest.raises(MigrationError, match=r"9999_future\.sql; update Lotse"):
        await restore(empty_database, tmp_path / "lotse.dump", OURS)


def test_without_the_programs_it_says_what_to_install(tmp_path: Path) -> None:
    database = DatabaseSettings(dsn=SecretStr("postgresql://lotse:secret@127.0.0.1:1/lotse"))
    with pytest.raises(BackupError, match="LOTSE_BACKUP_PROGRAMS"):
        back_up(database, tmp_path / "lotse.dump", BackupSettings(programs=tmp_path))
