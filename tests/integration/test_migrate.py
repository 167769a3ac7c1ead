"""Migrations on every storage there is."""

import asyncio
import secrets
from datetime import UTC, datetime

import asyncpg
import pytest
from fixtures.databases import with_database

from lotse_shared.database import connect
from lotse_shared.migrate import Migration, MigrationError, apply_missing, list_migrations, migrate
from lotse_shared.settings import DatabaseSettings

# What every release so far has written, in the words of the oldest: a table each, filled from when it exists.
DATA = {
    "reading": "insert into reading (detector_id, measured_at, interval_s, vehicle_count, received_at)"
    " values ('KL-17', '2026-11-23T07:10:00Z', 60, 12, '2026-11-23T07:10:01Z')",
    "detector": "insert into detector (detector_id, link_id) values ('KL-17', 'A-B-0')",
    "destination": "insert into destination (destination_id, name, sign_text, node_id, updated_at)"
    " values ('CENTRUM', 'Stadtmitte', 'CENTRUM', 'D', now())",
    "sign": "insert into sign (sign_id, link_id, destinations) values ('KL-07', 'A-B-0', '{CENTRUM}')",
    "corridor": "insert into corridor (corridor_id, links) values ('U12', '{B-E-0,E-F-0}')",
    "roadwork": "insert into roadwork (roadwork_id, name, effect, links, starts_at)"
    " values ('R1', 'Kanalbau', 'closed', '{C-D-0}', '2026-11-23T07:00:00Z')",
    "api_key": "insert into api_key (key_id, name, secret_sha256, scopes) values ('k', 'first', '\\x00', '{admin}')",
    "rejected_message": "insert into rejected_message"
    " (digest, kind, topic, payload, reason_code, reason, received_at)"
    " values ('\\x00', 'rejected', 't', '\\x7b', 'json', 'no JSON', '2026-11-23T07:10:01Z')",
    "ingest_ledger": "insert into ingest_ledger (hour, detector_id, received, stored, rejected)"
    " values ('2026-11-23T07:00:00Z', 'KL-17', 2, 1, 1)",
    "planner": "insert into planner (heartbeat_at) values (now())",
    "decision": "insert into decision (sign_id, epoch, seq, state, lines, explanation, decided_at, network_version,"
    " detours, body, etag) values ('KL-07', 1, 4, 'blank', '{}', 'free', now(), 'v', '[]', '{}', 'e')",
    "proposal": "insert into proposal (proposal_id, sign_id, number, plan, lines, explanation, detours, made_at,"
    " expires_at, state) values ('KL-07-1', 'KL-07', 1, 'p', '{STAU}', 'jam', '[]', now(), now() + '1 h', 'waiting')",
}
# 0006 demanded a column of every row at once: a writer of the release before could not go on beside it.
LETTER_SINCE_0006 = (
    DATA["rejected_message"].replace("received_at)", "received_at, payload_bytes)").replace("Z')", "Z', 1)")
)
VERSIONED = {"sign": "KL-07", "destination": "CENTRUM", "corridor": "U12"}
"""What counts its versions since 0024: with what the data has of it."""
SCHEMA = (
    "select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns"
    " where table_schema = 'public' and table_name !~ '_p[0-9]{8}$' order by 1, 2"
)


@pytest.mark.parametrize("release", list_migrations()[:-1], ids=lambda migration: migration.name.removesuffix(".sql"))
async def test_every_released_schema_with_data_in_it_comes_up_to_this_one(
    each_database: DatabaseSettings, release: Migration
) -> None:
    """What was written under each schema is there under the newest, which is the same as one made at once."""
    dsn, name = each_database.dsn.get_secret_value(), f"released_{secrets.token_hex(6)}"
    newest = await connect(each_database, "test")
    expected = [tuple(row) for row in await newest.fetch(SCHEMA)]
    await newest.execute(f"create database {name}")
    old = await asyncpg.connect(with_database(dsn, name))
    try:
        await apply_missing(old, [each for each in list_migrations() if each.name <= release.name])
        filled = [table for table in DATA if await old.fetchval("select to_regclass($1) is not null", table)]
        data = DATA | ({"rejected_message": LETTER_SINCE_0006} if release.name >= "0006" else {})
        for table in filled:
            if table == "reading":
                await old.execute("select ensure_partition('reading', '2026-11-23')")
            await old.execute(data[table])
        assert await migrate(old) == [each.name for each in list_migrations() if each.name > release.name]
        for table in filled:
            assert await old.fetchval(f"select count(*) from {table}") == 1, table  # noqa: S608 - ours
        versions = await old.fetch("select noun, noun_id, version, author from registry_version")
        first = {(noun, noun_id, 1, None) for noun, noun_id in VERSIONED.items() if noun in filled}
        assert {tuple(row) for row in versions} == first
        if "corridor" in filled:
            assert await old.fetchval("select vehicles from corridor") == ["car"]
        assert [tuple(row) for row in await old.fetch(SCHEMA)] == expected
        assert await migrate(old) == []
    finally:
        await old.close()
        await newest.execute(f"drop database {name} with (force)")
        await newest.close()


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
