"""The display contract (field notes, 6), from memory fed by a real database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_sign, add_decision, beat, etag_of, post_all
from prometheus_client import REGISTRY

from lotse_gateway.guards.keys import Scope

PATH = "/v1/signs/S1/display"


@pytest.fixture
async def sign(gateway: Gateway, admin: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """The sign S1 with its own key."""
    await post_all(admin, "signs", [a_sign("S1"), a_sign("S2")])
    async with gateway.client(await gateway.key(Scope.SIGN, sign="S1")) as client:
        yield client


async def test_a_sign_gets_the_stored_bytes_and_their_etag(
    gateway: Gateway, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    body = await add_decision(connection)
    now = datetime.now(UTC)
    await beat(connection, now)
    await gateway.refresh()
    answer = await sign.get(PATH)
    assert (answer.status_code, answer.content) == (200, body)
    assert answer.headers["etag"] == etag_of(body)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-type"] == "application/json"
    fresh_until = datetime.fromisoformat(answer.headers["lotse-fresh-until"])
    assert abs(fresh_until - now - timedelta(seconds=300)) < timedelta(milliseconds=1)
    assert answer.headers["lotse-fresh-until"].endswith("Z")


async def test_what_is_shown_already_is_not_sent_again_but_its_freshness_is(
    gateway: Gateway, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await add_decision(connection)
    await beat(connection)
    await gateway.refresh()
    first = await sign.get(PATH)
    await beat(connection, datetime.now(UTC) + timedelta(seconds=5))
    await gateway.refresh()
    again = await sign.get(PATH, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["lotse-fresh-until"] > first.headers["lotse-fresh-until"]
    assert (await sign.get(PATH, headers={"If-None-Match": '"another"'})).status_code == 200


async def test_the_newest_decision_is_served_by_epoch_then_seq(
    gateway: Gateway, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await beat(connection)
    await add_decision(connection, epoch=1, seq=90)
    newest = await add_decision(connection, epoch=2, seq=1)
    await add_decision(connection, epoch=1, seq=91)
    await add_decision(connection, sign_id="S2", epoch=3, seq=1)
    await gateway.refresh()
    assert (await sign.get(PATH)).content == newest
    newer = await add_decision(connection, epoch=2, seq=2)
    await gateway.refresh()
    assert (await sign.get(PATH)).content == newer


async def test_after_fresh_until_it_is_503_rather_than_stale(
    gateway: Gateway, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    body = await add_decision(connection)
    await beat(connection, datetime.now(UTC) - timedelta(seconds=301))
    await gateway.refresh()
    for headers in ({}, {"If-None-Match": etag_of(body)}):
        answer = await sign.get(PATH, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert "lotse-fresh-until" not in answer.headers


async def test_before_the_first_decision_it_is_503(
    gateway: Gateway, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await beat(connection)
    await gateway.refresh()
    assert (await sign.get(PATH)).status_code == 503


async def test_strangers_and_other_signs_are_turned_away(
    gateway: Gateway, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await add_decision(connection)
    await add_decision(connection, sign_id="S2")
    await beat(connection)
    await gateway.refresh()
    assert (await sign.get("/v1/signs/S2/display")).status_code == 403
    assert (await sign.get("/v1/signs/NOWHERE/display")).status_code == 403
    assert (await sign.get("/v1/signs/S1")).status_code == 403
    assert (await sign.post(PATH)).status_code == 405
    for stranger in (None, "lotse_x_y", "nonsense"):
        async with gateway.client(stranger) as client:
            answer = await client.get(PATH)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    async with gateway.client(await gateway.key(Scope.PUBLISHER)) as client:
        assert (await client.get(PATH)).status_code == 403


async def test_the_key_is_taken_from_either_header(
    gateway: Gateway, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await add_decision(connection)
    await beat(connection)
    await gateway.refresh()
    key = sign.headers["authorization"].removeprefix("Bearer ")
    async with gateway.client(None) as client:
        assert (await client.get(PATH, headers={"X-API-Key": key})).status_code == 200


async def test_a_revoked_key_is_refused_once_the_hint_has_come(
    gateway: Gateway, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await connection.execute("update api_key set revoked_at = now() where sign_id = 'S1'")
    await gateway.refresh()
    assert (await sign.get(PATH)).status_code == 401


async def test_an_unknown_sign_is_not_found_and_a_retired_one_gone_until_it_is_back(
    gateway: Gateway, admin: httpx.AsyncClient, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    body = await add_decision(connection)
    await beat(connection)
    await gateway.refresh()
    assert (await admin.get("/v1/signs/NOWHERE/display")).status_code == 404
    assert (await admin.delete("/v1/signs/S1")).status_code == 204
    assert (await admin.delete("/v1/signs/NOWHERE")).status_code == 404
    await gateway.refresh()
    assert (await sign.get(PATH)).status_code == 410
    assert (await admin.get("/v1/signs/S1")).json()["retired_at"] is not None
    assert (await admin.put("/v1/signs/S1", json=a_sign("S1"))).status_code == 200
    await gateway.refresh()
    assert (await sign.get(PATH)).content == body


async def test_a_heartbeat_brings_the_decisions_it_vouches_for(
    gateway: Gateway, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await add_decision(connection)
    await beat(connection)
    await gateway.refresh()
    newer = await add_decision(connection, seq=2)
    await beat(connection)
    await gateway.feed.read({"planner"})  # the other hint is still on its way, or lost
    assert (await sign.get(PATH)).content == newer


async def _until(sign: httpx.AsyncClient, status: int, content: bytes | None = None) -> None:
    async with asyncio.timeout(30):
        while True:
            answer = await sign.get(PATH)
            if answer.status_code == status and content in (None, answer.content):
                return
            await asyncio.sleep(0.01)


async def test_memory_follows_the_tables_by_their_hints(
    gateway: Gateway, admin: httpx.AsyncClient, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    stop = asyncio.Event()
    feeding = asyncio.create_task(gateway.feed.run(stop))
    await beat(connection)
    for seq in (1, 2, 3):
        body = await add_decision(connection, seq=seq)
        await _until(sign, 200, body)
    await connection.execute("update planner set heartbeat_at = now() - interval '1 hour'")
    await _until(sign, 503)
    await beat(connection)
    await _until(sign, 200)
    await admin.delete("/v1/signs/S1")
    await _until(sign, 410)
    stop.set()
    await asyncio.wait_for(feeding, 5)


async def test_requests_that_keep_all_connections_busy_do_not_make_signs_go_stale(
    gateway: Gateway, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    body = await add_decision(connection)
    await beat(connection)
    async with AsyncExitStack() as busy:
        for _ in range(gateway.database.pool_size):
            await busy.enter_async_context(gateway.resources.database.transaction())
        await gateway.refresh()
        assert (await sign.get(PATH)).content == body


def _failed_reads() -> float:
    return REGISTRY.get_sample_value("lotse_gateway_memory_reads_total", {"outcome": "failed"}) or 0.0


async def test_memory_is_fed_again_after_an_error_of_the_database(
    gateway: Gateway, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    stop = asyncio.Event()
    feeding = asyncio.create_task(gateway.feed.run(stop))
    first = await add_decision(connection)
    await beat(connection)
    await _until(sign, 200, first)
    before = _failed_reads()
    await connection.execute("alter table decision rename to decision_away")
    await beat(connection)
    await connection.execute("notify sign")
    async with asyncio.timeout(30):
        while _failed_reads() == before:
            assert (await sign.get(PATH)).content == first
            await asyncio.sleep(0.01)
    assert (await sign.get(PATH)).content == first
    await connection.execute("alter table decision_away rename to decision")
    await _until(sign, 200, await add_decision(connection, seq=2))
    stop.set()
    await asyncio.wait_for(feeding, 5)


async def test_after_a_restored_backup_what_is_decided_anew_is_served_though_ids_come_again(
    gateway: Gateway, sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    """The sign holds the later number; the backup knows nothing of it. The gateway has run all the time."""
    await beat(connection)
    await add_decision(connection, seq=1)
    later = await add_decision(connection, seq=2)
    await gateway.refresh()
    assert (await sign.get(PATH)).content == later
    lost = await connection.fetchval("delete from decision where seq = 2 returning decision_id")
    await connection.execute(f"alter table decision alter column decision_id restart with {lost}")
    anew = await add_decision(connection, epoch=2, seq=2, lines=["ANEW"])
    assert await connection.fetchval("select max(decision_id) from decision") == lost
    await gateway.refresh()
    assert (await sign.get(PATH)).content == anew
