"""Two processes of routing on one database: one leads, and whatever becomes of it, the other goes on within 5 s."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import asyncpg
import httpx
import pytest
from factories_decide import FREE, JAM, measure, newest, register_town, shows, until
from fixtures.absent import absent
from fixtures.databases import FAST_NOT_DURABLE
from pydantic import SecretStr

from lotse_shared.database import connect
from lotse_shared.migrate import migrate_database
from lotse_shared.settings import DatabaseSettings
from lotse_standalone.machine.ports import LOOPBACK, free_port
from lotse_standalone.servers.postgres import EmbeddedPostgres

TAKES_OVER_WITHIN_S = 5.0
ENVIRONMENT = {
    "LOTSE_ROUTING_MIN_HOLD_S": "1",
    "LOTSE_ROUTING_MIN_GAIN_S": "20",
    "LOTSE_ROUTING_STALE_AFTER_INTERVALS": "3600",
    "LOTSE_ROUTING_SMOOTHING_HALF_VEHICLES": "0",
    "LOTSE_ROUTING_HEARTBEAT_S": "0.5",
}


class Replica:
    """One process of routing."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self._url = f"http://{LOOPBACK}:{port}/metrics"

    async def metric(self, name: str) -> float:
        """Its value; NaN while the process does not answer."""
        try:
            async with httpx.AsyncClient(timeout=1) as client:
                text = (await client.get(self._url)).text
        except httpx.TransportError:
            return float("nan")
        return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{name} ")), 0.0)

    async def leads(self) -> bool:
        return await self.metric("lotse_routing_is_leader") == 1

    async def is_warm(self) -> bool:
        return await self.metric("lotse_routing_step_seconds_count") > 0


@asynccontextmanager
async def a_replica(dsn: str) -> AsyncIterator[Replica]:
    port = free_port()
    environment = os.environ | ENVIRONMENT | {"LOTSE_DATABASE_DSN": dsn, "LOTSE_HTTP_PORT": str(port)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lotse_routing", "serve", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    replica = Replica(process, port)
    try:
        await until(replica.is_warm, 60)
        yield replica
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def a_pair(dsn: str, standby_dsn: str | None = None) -> AsyncIterator[tuple[Replica, Replica]]:
    """The leader, and the one that stands by."""
    async with a_replica(dsn) as leader:
        await until(leader.leads)
        async with a_replica(standby_dsn or dsn) as standby:
            assert not await standby.leads()
            yield leader, standby


async def nothing_went_back_and_no_sign_flipped(connection: asyncpg.Connection) -> None:
    """Rows in the order written: blank, detour, blank; seq rises with the body, never else, never back."""
    rows = await connection.fetch("select epoch, seq, state, body from decision order by decision_id")
    numbers = [(row["epoch"], row["seq"]) for row in rows]
    assert numbers == sorted(numbers)
    bodies = [row["body"] for row in rows]
    assert len(set(numbers)) == 1 + sum(one != other for one, other in pairwise(bodies))
    states = [row["state"] for row in rows]
    changes = [state for state, before in zip(states, [None, *states], strict=False) if state != before]
    assert changes == ["blank", "detour", "blank"]


async def goes_on(connection: asyncpg.Connection, standby: Replica) -> None:
    """The standby leads in time, says nothing new of old news, and decides on what comes then."""
    before = await newest(connection)
    await until(standby.leads, TAKES_OVER_WITHIN_S)
    beaten_at = await connection.fetchval("select heartbeat_at from planner")

    async def beats() -> bool:
        return bool(await connection.fetchval("select heartbeat_at > $1 from planner", beaten_at))

    await until(beats)
    after = await newest(connection)
    assert before
    assert after
    assert (after["epoch"], after["seq"], after["body"]) == (before["epoch"], before["seq"], before["body"])
    for _ in range(8):
        await measure(connection, FREE)
    await shows(connection, "blank")
    await nothing_went_back_and_no_sign_flipped(connection)


async def in_a_jam(connection: asyncpg.Connection) -> None:
    await shows(connection, "blank")
    await measure(connection, JAM)
    await shows(connection, "detour")


async def test_a_leader_that_is_killed_is_followed_within_5_s(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_pair(database.dsn.get_secret_value()) as (leader, standby):
        await in_a_jam(connection)
        leader.process.kill()
        await goes_on(connection, standby)


async def test_a_leader_that_hangs_loses_the_lead_and_stands_by_when_it_wakes(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_pair(database.dsn.get_secret_value()) as (leader, standby):
        await in_a_jam(connection)
        leader.process.send_signal(signal.SIGSTOP)  # its kernel goes on answering for it: no keepalive would notice
        await goes_on(connection, standby)
        assert await standby.metric("lotse_routing_hung_leaders_ended_total") == 1
        leader.process.send_signal(signal.SIGCONT)

        async def stands_by() -> bool:
            return await leader.metric("lotse_routing_is_leader") == 0

        await until(stands_by)
        assert await standby.leads()
        await nothing_went_back_and_no_sign_flipped(connection)


@pytest.fixture
def pulled_address() -> str:
    """An address of the loopback that we may make unreachable."""
    if os.geteuid() != 0:
        absent("root", "a route that swallows packets is made by root only")
    return f"127.{random.randint(64, 250)}.{random.randint(1, 250)}.{random.randint(1, 250)}"


def swallow(action: str, address: str) -> None:
    """Make or remove a route that leads what is sent to this address nowhere."""
    command = ["ip", "route", action, "blackhole", f"{address}/32", "table", "local"]
    subprocess.run(command, check=action == "add", stderr=subprocess.DEVNULL)


async def test_a_leader_that_is_cut_off_without_a_word_is_followed_within_5_s(
    tmp_path: Path, pulled_address: str
) -> None:
    server = EmbeddedPostgres(
        tmp_path / "postgres", free_port(), FAST_NOT_DURABLE | {"listen_addresses": f"{LOOPBACK},{pulled_address}"}
    )
    server.start()
    database = DatabaseSettings(dsn=SecretStr(server.dsn()))
    await migrate_database(database)
    connection = await connect(database, "test")
    try:
        await register_town(connection)
        async with a_pair(server.dsn().replace(LOOPBACK, pulled_address), server.dsn()) as (_, standby):
            await in_a_jam(connection)
            await asyncio.to_thread(swallow, "add", pulled_address)
            await goes_on(connection, standby)
    finally:
        await asyncio.to_thread(swallow, "del", pulled_address)
        await connection.close()
        server.stop()
