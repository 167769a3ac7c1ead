"""The gateway while its database is away: signs go on, the rest is told so, and all comes back by itself."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, add_decision, add_network, beat, open_gateway
from pydantic import SecretStr

from lotse_gateway.guards.keys import Scope
from lotse_gateway.loops.copier import Copier
from lotse_gateway.loops.sign_watch import SignWatch
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
    async with asyncio.timeout(60):
        while True:
            answer = await client.get(path)
            if answer.status_code == status:
                return answer
            await asyncio.sleep(0.02)


@asynccontextmanager
async def _running(server: EmbeddedPostgres, settings: GatewaySettings) -> AsyncIterator[Gateway]:
    """A gateway with the loop that feeds it, on a migrated database."""
    stop = asyncio.Event()
    database = DatabaseSettings(dsn=SecretStr(server.dsn()))
    await migrate_database(database)
    async with open_gateway(database, settings) as gateway:
        feeding = asyncio.create_task(gateway.feed.run(stop))
        yield gateway
        stop.set()
        await asyncio.wait_for(feeding, 30)


@asynccontextmanager
async def _connected(server: EmbeddedPostgres) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(DatabaseSettings(dsn=SecretStr(server.dsn())), "test")
    yield connection
    await connection.close()


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


LISTS = (
    "/v1/displays",
    "/v1/displays?confirmation=unknown",
    "/v1/displays?confirmation=confirmed",
    "/v1/displays?limit=1",
    "/v1/displays/S1",
    "/v1/detours",
    "/v1/detours?sign=S2&language=de",
    "/v1/detours?destination=CENTRUM&limit=1",
    "/v1/links",
    "/v1/link-states",
    "/v1/links?limit=2",
    "/v1/links?level_of_service=jam",
    "/v1/links?bbox=7.715,49.395,7.73,49.405",
    "/v1/links?fields=link_id,level_of_service",
    "/v1/signs/S1/display",
)
ACKED = (
    "insert into sign_ack (sign_id, epoch, seq, plan, shown, source, faults, since, acknowledged_at)"
    " values ('S2', 1, 1, 'p', 'detour', 'centre', '{}', now(), now())"
)


async def _fill(connection: asyncpg.Connection) -> None:
    await add_network(connection)
    for sign_id, retired in (("S1", None), ("S2", None), ("S3", None), ("GONE", datetime.now(UTC))):
        await connection.execute(
            "insert into sign (sign_id, link_id, retired_at) values ($1, 'A-B-0', $2)", sign_id, retired
        )
    for sign_id in ("S1", "S2", "GONE"):
        await add_decision(connection, sign_id)
    await connection.execute("insert into link_state values ('B-C-0', now(), 7, 'jam', 0.9, 'measured', '{D1}')")
    await connection.execute(ACKED)


async def _pages(client: httpx.AsyncClient, path: str) -> list[httpx.Response]:
    answers = [await client.get(path)]
    while answers[-1].is_success and (cursor := answers[-1].json().get("next_cursor")):
        answers.append(await client.get(path, params={**httpx.URL(path).params, "cursor": cursor}))
    return answers


async def test_what_was_known_last_is_told_byte_for_byte_and_marked_while_the_database_is_away(
    server: EmbeddedPostgres,
) -> None:
    async with _running(server, SETTINGS) as gateway, _connected(server) as connection:
        await _fill(connection)
        await beat(connection)
        async with gateway.client(await gateway.key(Scope.VIEWER)) as viewer:
            await SignWatch(gateway.resources).look()
            await Copier(gateway.resources, gateway.database).copy()
            before = {path: await _pages(viewer, path) for path in LISTS}
            for path, answers in before.items():
                assert [answer.status_code for answer in answers] == [200] * len(answers), path
                assert "lotse-degraded" not in answers[0].headers
            assert len(before["/v1/displays?limit=1"]) == len(before["/v1/links?limit=2"]) == 3
            system = (await viewer.get("/v1/system")).json()
            assert (system["away"], system["links_with_state"]) == ([], 1)

            server.kill()
            for path, answers in before.items():
                for known, answer in zip(answers, await _pages(viewer, path), strict=True):
                    assert (answer.status_code, answer.content) == (200, known.content), path
                    assert answer.headers["etag"] == known.headers["etag"]
                    assert answer.headers["lotse-degraded"] == "database", path
            etag = before["/v1/detours"][0].headers["etag"]
            same = await viewer.get("/v1/detours", headers={"If-None-Match": etag})
            assert (same.status_code, same.headers["lotse-degraded"]) == (304, "database")
            assert (await viewer.get("/v1/displays/NOWHERE")).status_code == 404
            assert (await viewer.get("/v1/displays/GONE")).status_code == 410
            away = (await viewer.get("/v1/system")).json()
            assert [each["part"] for each in away["away"]] == ["database"]
            assert {**system, "now": away["now"], "away": away["away"]} == away
            assert (await viewer.get("/v1/signs")).status_code == 503

            server.start()
            await _until(viewer, "/v1/signs", 200)
            while (await _until(viewer, "/v1/system", 200)).json()["away"]:
                await gateway.refresh()
            for path, (known, *_) in before.items():
                answer = await viewer.get(path)
                assert (answer.content, "lotse-degraded" in answer.headers) == (known.content, False), path


async def test_what_is_known_of_old_is_not_told_but_that_the_database_is_away_is(server: EmbeddedPostgres) -> None:
    settings = SETTINGS.model_copy(update={"ttl_s": 60.0})
    async with _running(server, settings) as gateway, _connected(server) as connection:
        await _fill(connection)
        await beat(connection, datetime.now(UTC) - timedelta(seconds=61))
        async with gateway.client(await gateway.key(Scope.VIEWER)) as viewer:
            await Copier(gateway.resources, gateway.database).copy()
            assert (await viewer.get("/v1/detours")).headers["lotse-degraded"] == "routing"
            server.kill()
            for path in ("/v1/links", "/v1/displays", "/v1/displays/S1", "/v1/detours"):
                answer = await viewer.get(path)
                assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable"), path
                assert int(answer.headers["retry-after"]) > 0
            system = await viewer.get("/v1/system")
            assert (system.status_code, system.headers["lotse-degraded"]) == (200, "database")
            assert not system.json()["planner"]["fresh"]


async def test_keys_are_taken_for_so_long_without_the_database_and_no_longer(server: EmbeddedPostgres) -> None:
    settings = SETTINGS.model_copy(update={"key_memory_s": 3.0})
    async with _running(server, settings) as gateway, gateway.client(await gateway.key(Scope.VIEWER)) as viewer:
        await viewer.get("/v1/system")
        server.kill()
        assert (await viewer.get("/v1/system")).status_code == 200
        refused = await _until(viewer, "/v1/system", 503)
        assert "nobody can be known" in refused.json()["detail"]
        assert (await viewer.get("/readyz")).status_code == 503
        server.start()
        await _until(viewer, "/v1/system", 200)
