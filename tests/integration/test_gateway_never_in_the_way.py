"""Slow reads of history keep nobody else waiting: a locked table stands for one that takes for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_detector, a_sign, add_decision, add_network, beat, open_gateway, post_all
from prometheus_client import REGISTRY

from lotse_gateway.guards.keys import Scope
from lotse_gateway.loops.copier import Copier
from lotse_gateway.settings import GatewaySettings
from lotse_shared.settings import DatabaseSettings

SETTINGS = GatewaySettings(
    max_history_reads=2, history_wait_s=60, history_timeout_s=60, max_exports=1, database_wait_s=60
)
"""Patient: nothing gives up while a test runs, on however slow a machine."""
GIVES_UP_READS = SETTINGS.model_copy(update={"history_timeout_s": 1.5})
SENDS_AWAY = SETTINGS.model_copy(update={"history_wait_s": 0.3})
PLACES = SETTINGS.max_history_reads
READINGS = "/v1/detectors/D1/readings"


@pytest.fixture
def settings() -> GatewaySettings:
    return SETTINGS


@pytest.fixture
async def small(
    database: DatabaseSettings, connection: asyncpg.Connection, settings: GatewaySettings
) -> AsyncIterator[Gateway]:
    """A gateway with two places for reads of history."""
    await add_network(connection)
    async with open_gateway(database, settings) as gateway:
        yield gateway


@pytest.fixture
async def client(small: Gateway, connection: asyncpg.Connection) -> AsyncIterator[httpx.AsyncClient]:
    async with small.client(await small.key(Scope.ADMIN)) as client:
        await post_all(client, "signs", [a_sign("S1")])
        await post_all(client, "detectors", [a_detector("D1")])
        await add_decision(connection)
        await beat(connection)
        await small.refresh()
        yield client


@asynccontextmanager
async def _locked(connection: asyncpg.Connection, table: str) -> AsyncIterator[None]:
    async with connection.transaction():
        await connection.execute(f"lock table {table} in access exclusive mode")
        yield


async def _wait_for(connection: asyncpg.Connection, count: int) -> None:
    """Wait until so many reads wait for the locked table."""
    query = "select count(*), pg_sleep(0.02) from pg_locks where not granted"
    async with asyncio.timeout(30):
        while await connection.fetchval(query) < count:
            pass


def _counted(kind: str, outcome: str) -> float:
    labels = {"kind": kind, "outcome": outcome}
    return REGISTRY.get_sample_value("lotse_gateway_heavy_reads_total", labels) or 0.0


@pytest.mark.parametrize("settings", [GIVES_UP_READS])
@pytest.mark.parametrize(
    ("path", "table", "field", "words"),
    [
        (READINGS, "reading", "query.from", "narrow the period"),
        ("/v1/detectors/D1/aggregates", "reading", "query.from", "400 days"),
        ("/v1/detectors/D1/outages", "reading", "query.from", "100 days"),
        ("/v1/outages", "reading", "query.limit", "smaller pages"),
        ("/v1/ingest/ledger", "ingest_ledger", "query.from", "narrow the period"),
        ("/v1/ingest/ledger/gaps?detector_id=D1", "reading", "query.from", "narrow the period"),
        ("/v1/dead-letters", "rejected_message", "query.from", "reason_code"),
        ("/v1/dead-letters/summary", "rejected_message", "query.from", "narrow the period"),
        ("/v1/dead-letters/export", "rejected_message", "query.from", "narrow the period"),
        ("/v1/audit", "audit_event", "query.from", "noun"),
        ("/v1/decisions", "decision", "query.limit", "smaller pages"),
        ("/v1/signs/S1/decisions", "decision", "query.limit", "smaller pages"),
        ("/v1/signs/S1/versions", "audit_event", "query.limit", "smaller pages"),
        ("/v1/networks", "junction", "query.limit", "smaller pages"),
    ],
)
async def test_a_read_that_takes_too_long_is_told_what_to_narrow(  # noqa: PLR0913, PLR0917 - cases
    client: httpx.AsyncClient, connection: asyncpg.Connection, path: str, table: str, field: str, words: str
) -> None:
    slow_before = _counted("history", "too slow")
    async with _locked(connection, table):
        answer = await client.get(path)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/too-slow")
    (fault,) = answer.json()["errors"]
    assert fault["field"] == field
    assert words in fault["reason"]
    assert "longer than 1.5 s" in fault["reason"]
    assert (await client.get(answer.json()["type"])).status_code == 200
    assert _counted("history", "too slow") == slow_before + 1
    assert (await client.get(path)).status_code == 200


async def test_a_database_that_is_busy_is_not_away_and_nobody_gets_an_old_copy_for_it(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await add_network(connection)
    brisk = database.model_copy(update={"command_timeout_s": 1.0})
    async with open_gateway(brisk, SETTINGS) as gateway, gateway.client(await gateway.key(Scope.VIEWER)) as client:
        await beat(connection)
        await gateway.refresh()
        await Copier(gateway.resources, brisk).copy()
        async with _locked(connection, "link_state"):
            answer = await client.get("/v1/links")
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
            assert "too much to do" in answer.json()["detail"]
            system = await client.get("/v1/system")
            assert (system.status_code, system.json()["away"]) == (200, [])
        assert (await client.get("/v1/links")).status_code == 200


@pytest.mark.parametrize("settings", [SENDS_AWAY])
async def test_while_all_places_are_taken_the_next_is_sent_away_and_all_else_is_answered(
    client: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    refused_before = _counted("history", "refused")
    async with _locked(connection, "reading"):
        slow = [asyncio.create_task(client.get(READINGS)) for _ in range(PLACES)]
        await _wait_for(connection, PLACES)
        for path in ("/v1/signs/S1/display", "/v1/detours", "/v1/displays", "/v1/links", "/v1/system", "/v1/detectors"):
            assert (await client.get(path)).status_code == 200, path
        assert (await client.put("/v1/detectors/D1", json=a_detector("D1", lanes=2))).status_code == 200
        assert not any(task.done() for task in slow), "they were answered beside these"
        busy = await client.get("/v1/audit")
        assert (busy.status_code, busy.json()["type"]) == (503, "/problems/busy")
        assert "2 places" in busy.json()["detail"]
        assert int(busy.headers["retry-after"]) > 0
        assert (await client.get(busy.json()["type"])).status_code == 200
    assert [answer.status_code for answer in await asyncio.gather(*slow)] == [200] * PLACES
    assert _counted("history", "refused") == refused_before + 1
    assert (await client.get("/v1/audit")).status_code == 200


async def test_who_waits_gets_the_place_that_becomes_free(
    client: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    async with _locked(connection, "reading"):
        waiting = [asyncio.create_task(client.get(READINGS)) for _ in range(PLACES)]
        await _wait_for(connection, PLACES)
        waiting.append(asyncio.create_task(client.get(READINGS)))
        await asyncio.sleep(0)
    assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200] * (PLACES + 1)


@pytest.mark.parametrize("settings", [SENDS_AWAY])
async def test_one_export_too_many_is_sent_away(client: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    path = "/v1/export/readings?from=2026-03-02T00:00:00Z&to=2026-03-02T01:00:00Z"
    async with _locked(connection, "reading"):
        first = asyncio.create_task(client.get(path))
        await _wait_for(connection, 1)
        busy = await client.get(path)
        assert (busy.status_code, busy.json()["type"]) == (503, "/problems/busy")
    assert (await first).status_code == 200


async def test_events_and_signs_go_on_while_requests_have_every_connection(
    small: Gateway, client: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    size = small.database.pool_size
    async with _locked(connection, "destination"):
        taken = [asyncio.create_task(client.get("/v1/destinations")) for _ in range(size)]
        await _wait_for(connection, size)
        await small.watch.read()  # decisions, roadworks, alarms, what signs confirm
        await small.refresh()
        for path in ("/v1/signs/S1/display", "/v1/detours", "/v1/audit"):
            assert (await client.get(path)).status_code == 200, path
        assert not any(task.done() for task in taken)
    assert [answer.status_code for answer in await asyncio.gather(*taken)] == [200] * size
