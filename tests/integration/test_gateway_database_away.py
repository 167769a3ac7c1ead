"""The gateway while its database is away: signs go on, the rest is told so, and all comes back by itself."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from factories_gateway import add_decision, add_network, beat, open_gateway
from pydantic import SecretStr

from lotse_gateway.keys import Scope
from lotse_gateway.settings import GatewaySettings
from lotse_shared.database import connect
from lotse_shared.migrate import migrate_database
from lotse_shared.settings import DatabaseSettings
from lotse_standalone.machine.ports import free_port
from lotse_standalone.servers.postgres import EmbeddedPostgres

SETTINGS = GatewaySettings(database_wait_s=1.0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A database server of this test's own, which it may kill."""
    server = EmbeddedPostgres(tmp_path / "postgres", free_port(), {"fsync": "off"})
    server.start()
    yield server
    server.stop()


async def _until(client: httpx.AsyncClient, path: str, status: int) -> httpx.Response:
    async with asyncio.timeout(15):
        while True:
            answer = await client.get(path)
            if answer.status_code == status:
                return answer
            await asyncio.sleep(0.02)


async def test_signs_are_served_until_fresh_until_while_the_database_is_away(server: EmbeddedPostgres) -> None:
    settings = DatabaseSettings(dsn=SecretStr(server.dsn()))
    await migrate_database(settings)
    connection = await connect(settings, "test")
    await add_network(connection)
    await connection.execute("insert into sign (sign_id, link_id) values ('S1', 'A-B-0')")
    body = await add_decision(connection, ttl_s=6)
    stop = asyncio.Event()
    async with open_gateway(settings, SETTINGS) as gateway:
        feeding = asyncio.create_task(gateway.feed.run(stop))
        async with (
            gateway.client(await gateway.key(Scope.SIGN, sign="S1")) as sign,
            gateway.client(await gateway.key(Scope.VIEWER)) as viewer,
        ):
            beaten_at = datetime.now(UTC)
            await beat(connection, beaten_at)
            await _until(sign, "/v1/signs/S1/display", 200)
            await connection.close()
            server.kill()

            away = await viewer.get("/v1/detectors")
            assert (away.status_code, away.json()["type"]) == (503, "/problems/unavailable")
            assert int(away.headers["retry-after"]) > 0
            shown = await sign.get("/v1/signs/S1/display")
            assert (shown.status_code, shown.content) == (200, body)
            stale = await _until(sign, "/v1/signs/S1/display", 503)
            assert datetime.now(UTC) >= beaten_at + timedelta(seconds=6)
            assert "Traceback" not in stale.text
            assert (await viewer.get("/readyz")).status_code == 200

            server.start()
            connection = await connect(settings, "test")
            await beat(connection)
            await _until(sign, "/v1/signs/S1/display", 200)
            await _until(viewer, "/v1/detectors", 200)
            await connection.close()
        stop.set()
        await asyncio.wait_for(feeding, 10)


async def test_the_gateway_starts_before_its_database(server: EmbeddedPostgres) -> None:
    settings = DatabaseSettings(dsn=SecretStr(server.dsn()))
    await migrate_database(settings)
    server.kill()
    stop = asyncio.Event()
    async with open_gateway(settings, SETTINGS) as gateway:
        feeding = asyncio.create_task(gateway.feed.run(stop))
        async with gateway.client("lotse_any_key") as client:
            early = await client.get("/v1/system")
            assert (early.status_code, early.json()["type"]) == (503, "/problems/unavailable")
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/readyz")).json()["dependencies"] == {"keys": False, "signs": False}
            server.start()
            await _until(client, "/readyz", 200)
            assert (await client.get("/v1/system")).status_code == 401
        stop.set()
        await asyncio.wait_for(feeding, 10)
