"""Migrations on every storage there is."""

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


async def test_the_storage_in_force_is_told(each_database: DatabaseSettings) -> None:
    connection = await connect(each_database, "test")
    backend = await connection.fetchval("select backend from storage_in_force()")
    version = await connection.fetchval("select version from storage_in_force()")
    has_extension = await connection.fetchval("select exists (select from pg_extension where extname = 'timescaledb')")
    assert backend.startswith("timescaledb") == has_extension
    assert version[0].isdigit()
    await connection.close()
