"""Hints that a table changed, from a real database that goes away and comes back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
from pydantic import SecretStr

from lotse_shared.database import connect
from lotse_shared.hints import Hints
from lotse_shared.migrate import migrate_database
from lotse_shared.settings import DatabaseSettings
from lotse_standalone.machine.ports import free_port
from lotse_standalone.servers.postgres import EmbeddedPostgres

NEVER_S = 3600.0
ADD_DETECTOR = "insert into detector (detector_id) values ($1)"


async def _next(hints: AsyncIterator[frozenset[str]], within_s: float = 10.0) -> frozenset[str]:
    return await asyncio.wait_for(anext(hints), within_s)


async def test_the_table_that_changed_is_named(database: DatabaseSettings, connection: asyncpg.Connection) -> None:
    stop = asyncio.Event()
    hints = aiter(Hints(database, "test", ["detector", "sign"], stop, tick_s=NEVER_S, pause_s=0.01))
    assert await _next(hints) == {"detector", "sign"}
    await connection.execute(ADD_DETECTOR, "d1")
    assert await _next(hints) == {"detector"}
    stop.set()
    assert [tables async for tables in hints] == []


async def test_many_changes_within_the_pause_are_one_hint(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    stop = asyncio.Event()
    hints = aiter(Hints(database, "test", ["detector"], stop, tick_s=0.5, pause_s=0.2))
    await _next(hints)
    for number in range(20):
        await connection.execute(ADD_DETECTOR, f"d{number}")
    started = asyncio.get_running_loop().time()
    await _next(hints)
    await _next(hints)
    assert asyncio.get_running_loop().time() - started >= 0.2
    stop.set()
    assert [tables async for tables in hints] == []


async def test_a_lost_hint_costs_a_tick_only(database: DatabaseSettings) -> None:
    stop = asyncio.Event()
    hints = aiter(Hints(database, "test", ["detector", "sign"], stop, tick_s=0.05, pause_s=0.01))
    for _ in range(3):
        assert await _next(hints) == {"detector", "sign"}
    stop.set()
    assert [tables async for tables in hints] == []


async def test_hints_at_one_table_do_not_starve_the_tick_of_the_others(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    stop = asyncio.Event()
    hints = aiter(Hints(database, "test", ["detector", "sign"], stop, tick_s=0.3, pause_s=0.01))
    assert await _next(hints) == {"detector", "sign"}
    heard = []
    for number in range(100):
        await connection.execute(ADD_DETECTOR, f"d{number}")
        heard.append(await _next(hints))
        await asyncio.sleep(0.01)  # a hint well before each tick
    assert {"detector"} in heard
    assert {"detector", "sign"} in heard
    stop.set()
    assert [tables async for tables in hints] == []


async def test_listening_survives_a_restart_of_the_database(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres", free_port(), {"fsync": "off"})
    server.start()
    settings = DatabaseSettings(dsn=SecretStr(server.dsn()))
    await migrate_database(settings)
    stop = asyncio.Event()
    hints = aiter(Hints(settings, "test", ["detector"], stop, tick_s=0.2, pause_s=0.01))
    await _next(hints)
    server.kill()
    await _next(hints)
    server.start()
    writer = await connect(settings, "test")
    await writer.execute(ADD_DETECTOR, "d1")
    await writer.close()
    assert await _next(hints) == {"detector"}
    stop.set()
    assert [tables async for tables in hints] == []
    server.stop()
