"""Migrations on every storage there is."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from lotse_shared.database import connect
from lotse_shared.migrate import MigrationError, list_migrations, migrate
from lotse_shared.settings import DatabaseSettings


async def test_a_second_run_applies_nothing(each_database: DatabaseSettings) -> None:
    connection = await connect(each_database, "test")
    assert await migrate(connection) == []
    await connection.close()


async def test_a_changed_migration_is_refused(connection: asyncpg.Connection) -> None:
    name = list_migrations()[0].name
    await connection.execute("update migration set checksum = 'other' where name = $1", name)
    with pytest.raises(MigrationError, match=name):
        await migrate(connection)


async def test_a_newer_database_is_refused(connection: asyncpg.Connection) -> None:
    await connection.execute("insert into migration (name, checksum) values ('9999_future.sql', 'x')")
    with pytest.raises(MigrationError, match="9999_future"):
        await migrate(connection)


async def test_a_partition_is_made_once_and_takes_rows_of_its_day(each_database: DatabaseSettings) -> None:
    connection = await connect(each_database, "test")
    for _ in range(2):
        await connection.execute("select ensure_partition('reading', '2014-08-26')")
    await connection.execute(
        "insert into reading (detector_id, measured_at, interval_s, received_at)"
        " values ('d', '2014-08-26T23:59:59Z', 60, now())"
    )
    assert await connection.fetchval("select count(*) from reading") == 1
    await connection.close()


async def test_a_partition_is_made_while_somebody_reads_and_somebody_writes(each_database: DatabaseSettings) -> None:
    """An export reads for minutes; neither a new day nor anybody behind it may wait for it."""
    reader, writer, maker = [await connect(each_database, "test") for _ in range(3)]
    insert = "insert into reading (detector_id, measured_at, interval_s, received_at) values ('d', $1, 60, now())"
    await writer.execute("select ensure_partition('reading', '2014-08-26')")
    await writer.execute(insert, datetime(2014, 8, 26, 11, tzinfo=UTC))  # TimescaleDB makes its chunk here
    async with reader.transaction(), writer.transaction():
        await reader.fetch("select * from reading")
        await writer.execute(insert, datetime(2014, 8, 26, 12, tzinfo=UTC))
        await maker.execute("set lock_timeout = '5s'")
        await maker.execute("select ensure_partition('reading', '2014-08-27')")
        await maker.execute(insert, datetime(2014, 8, 27, 12, tzinfo=UTC))
    assert await maker.fetchval("select count(*) from reading") == 3
    for each in (reader, writer, maker):
        await each.close()


async def test_two_that_make_the_same_partition_at_once_make_one(database: DatabaseSettings) -> None:
    one, other = [await connect(database, "test") for _ in range(2)]
    make = "select ensure_partition('reading', '2014-08-26')"
    async with one.transaction():
        await one.execute(make)
        waiting = asyncio.create_task(other.execute(make))
        await asyncio.sleep(0.1)
        assert not waiting.done()
    await waiting
    indexes = "select count(*) from pg_indexes where tablename = $1"
    assert await one.fetchval(indexes, "reading_p20140826") == await one.fetchval(indexes, "reading") > 0
    for each in (one, other):
        await each.close()


async def test_the_storage_in_force_is_told(each_database: DatabaseSettings) -> None:
    connection = await connect(each_database, "test")
    backend = await connection.fetchval("select backend from storage_in_force()")
    version = await connection.fetchval("select version from storage_in_force()")
    has_extension = await connection.fetchval("select exists (select from pg_extension where extname = 'timescaledb')")
    assert backend.startswith("timescaledb") == has_extension
    assert version[0].isdigit()
    await connection.close()
