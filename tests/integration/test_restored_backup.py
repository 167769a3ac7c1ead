"""After a backup was restored, signs that hold later numbers take what is decided then."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import asyncpg
from factories_decide import JAM, a_planner, measure, newest, register_town, shows, until
from factories_gateway import open_gateway
from fixtures.databases import with_database
from pydantic import SecretStr

from lotse_gateway.guards.keys import Scope
from lotse_shared.database import connect
from lotse_shared.settings import DatabaseSettings
from lotse_standalone.servers.postgres import EmbeddedPostgres
from lotse_standalone.signs.sign import Answer, Memory, hear

SIGN = "KL-07"


async def poll(database: DatabaseSettings, memory: Memory) -> Memory:
    """Poll once, as a sign does."""
    async with open_gateway(database) as gateway, gateway.client(await gateway.key(Scope.SIGN, sign=SIGN)) as client:
        headers = {"If-None-Match": memory.etag} if memory.etag else {}
        answer = await client.get(f"/v1/signs/{SIGN}/display", headers=headers)
    told = dict(answer.headers) | {"date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())}
    return hear(memory, SIGN, Answer(answer.status_code, told, answer.content), 0.0)


async def _copy(server: EmbeddedPostgres, database: DatabaseSettings, name: str) -> DatabaseSettings:
    """Copy a database that nobody is connected to, as a dump and its restoring would."""
    dsn = database.dsn.get_secret_value()
    admin = await asyncpg.connect(server.dsn())
    await admin.execute(f"create database {name} template {dsn.rsplit('/', 1)[1]}")
    await admin.close()
    return DatabaseSettings(dsn=SecretStr(with_database(dsn, name)))


async def _decide(database: DatabaseSettings, *, jams: int) -> None:
    connection = await connect(database, "test")
    began_at = datetime.now(UTC)

    async def is_decided() -> bool:
        planner = await connection.fetchrow("select epoch, heartbeat_at from planner")
        latest = await newest(connection)
        return bool(planner and latest and latest["epoch"] == planner["epoch"] and planner["heartbeat_at"] > began_at)

    async with a_planner(database):
        await until(is_decided)
        if jams:
            await measure(connection, JAM)
            await shows(connection, "detour")
    await connection.close()


async def test_a_sign_that_heard_more_than_the_backup_takes_the_display_of_the_new_epoch(
    database: DatabaseSettings, plain_postgres: EmbeddedPostgres
) -> None:
    connection = await connect(database, "test")
    await register_town(connection)
    await connection.close()
    await _decide(database, jams=0)
    restored = await _copy(plain_postgres, database, "restored_once")
    await _decide(database, jams=1)
    memory = await poll(database, Memory())
    assert memory.display is not None
    held = memory.display.rank
    assert held == (1, 2)

    await _decide(restored, jams=0)
    memory = await poll(restored, memory)
    assert memory.fault == ""
    assert memory.display is not None
    assert memory.display.rank > held
    assert (memory.display.state, memory.display.seq) == ("blank", 2)

    again = await _copy(plain_postgres, database, "restored_twice")  # of an epoch that knows nothing of the one before
    await _decide(again, jams=0)
    later = await poll(again, memory)
    assert later.fault == ""
    assert later.display is not None
    assert later.display.rank > memory.display.rank


async def test_the_epoch_stays_from_leader_to_leader(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    await _decide(database, jams=0)
    await _decide(database, jams=0)
    assert await connection.fetchval("select array_agg(epoch) from decision") == [1]


async def test_a_backup_that_is_loaded_under_a_leader_gets_an_epoch_too(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_planner(database):
        before = await shows(connection, "blank")
        await connection.execute("update planner set lineage = 'of the server that the dump is of'")

        async def is_decided_anew() -> bool:
            latest = await newest(connection)
            return latest is not None and latest["epoch"] > before["epoch"]

        await until(is_decided_anew)


async def test_an_operator_raises_the_epoch_where_the_database_cannot_know(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    environment = {"PATH": os.environ["PATH"], "LOTSE_DATABASE_DSN": database.dsn.get_secret_value()}
    async with a_planner(database):
        await shows(connection, "blank")
        command = [sys.executable, "-m", "lotse_routing", "raise-epoch"]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: ASYNC221
        assert told.stdout.startswith("epoch 1 -> ")

        async def is_decided_anew() -> bool:
            latest = await newest(connection)
            return latest is not None and f" {latest['epoch']}:" in told.stdout

        await until(is_decided_anew)


async def test_a_role_without_any_privilege_can_read_the_lineage(connection: asyncpg.Connection) -> None:
    await connection.execute("drop role if exists nobody_special")
    await connection.execute("create role nobody_special")
    try:
        await connection.execute("set role nobody_special")
        assert (await connection.fetchval("select database_lineage()")).count("/") == 3
    finally:
        await connection.execute("reset role")
        await connection.execute("drop role nobody_special")
