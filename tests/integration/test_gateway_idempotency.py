"""Idempotency keys on a real database: whatever is sent again, and by however many at once, is done once."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_detector, a_roadwork, open_gateway

from lotse_gateway.guards.keys import Scope
from lotse_shared.settings import DatabaseSettings

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


async def _count(connection: asyncpg.Connection, table: str) -> int:
    count: int = await connection.fetchval(f"select count(*) from {table}")  # noqa: S608 - our own words
    return count


async def test_what_is_sent_again_is_done_once_and_answered_alike(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    answers = [await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY) for _ in range(3)]
    first, *others = answers
    assert first.status_code == 201, first.text
    assert "idempotency-replayed" not in first.headers
    for other in others:
        assert (other.status_code, other.content) == (201, first.content)
        assert other.headers["location"] == first.headers["location"]
        assert other.headers["content-type"] == first.headers["content-type"]
        assert other.headers["idempotency-replayed"] == "true"
    assert await _count(connection, "roadwork") == 1


async def test_of_many_at_once_one_is_carried_out(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    posts = [admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY) for _ in range(12)]
    answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert any(answer.status_code == 201 for answer in answers)
    for refused in (answer for answer in answers if answer.status_code == 409):
        assert refused.json()["type"] == "/problems/conflict"
        assert refused.headers["retry-after"] == "1"
    assert await _count(connection, "roadwork") == 1
    assert (await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)).headers["idempotency-replayed"] == "true"


async def test_gateways_share_what_they_know(
    gateway: Gateway, database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    key = await gateway.key(Scope.ADMIN)
    async with open_gateway(database) as other:
        await other.refresh()
        async with gateway.client(key) as here, other.client(key) as there:
            posts = [client.post("/v1/detectors", json=a_detector(), headers=KEY) for client in 6 * (here, there)]
            answers = await asyncio.gather(*posts)
            assert {answer.status_code for answer in answers} <= {201, 409}
            assert (await there.post("/v1/detectors", json=a_detector(), headers=KEY)).status_code == 201
    assert await connection.fetchval("select count(*) from audit_event where noun = 'detector'") == 1


@pytest.mark.parametrize(
    "other",
    [
        {"url": "/v1/roadworks", "json": a_roadwork(name="another")},
        {"url": "/v1/detectors", "json": a_detector()},
        {"url": "/v1/roadworks", "content": b"{"},
    ],
)
async def test_a_key_used_for_another_request_is_refused(admin: httpx.AsyncClient, other: dict[str, Any]) -> None:
    await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)
    refused = await admin.post(headers=KEY, **other)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid-input")
    assert refused.json()["errors"][0]["field"] == "header.Idempotency-Key"
    assert "POST /v1/roadworks" in refused.json()["detail"]


async def test_keys_of_different_people_are_different_keys(gateway: Gateway, connection: asyncpg.Connection) -> None:
    for _ in range(2):
        async with gateway.client(await gateway.key(Scope.OPERATOR)) as operator:
            assert (await operator.post("/v1/roadworks", json=a_roadwork(), headers=KEY)).status_code == 201
    assert await _count(connection, "roadwork") == 2


async def test_what_changed_nothing_may_be_tried_again(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    refused = await admin.post("/v1/roadworks", json=a_roadwork(links=["NOWHERE"]), headers=KEY)
    assert refused.status_code == 422
    assert await _count(connection, "idempotent_request") == 0
    assert (await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)).status_code == 201


async def test_an_answer_is_kept_for_a_day(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)
    await connection.execute("update idempotent_request set claimed_at = now() - interval '23 h'")
    assert (await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)).headers["idempotency-replayed"]
    await connection.execute("update idempotent_request set claimed_at = now() - interval '24 h'")
    assert "idempotency-replayed" not in (await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)).headers
    assert await _count(connection, "roadwork") == 2


async def test_old_ones_go_as_new_ones_come(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    for number in range(3):
        await admin.post("/v1/roadworks", json=a_roadwork(), headers={"Idempotency-Key": f"old-{number}"})
    await connection.execute("update idempotent_request set claimed_at = now() - interval '25 h'")
    await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)
    assert await _count(connection, "idempotent_request") == 1


async def _claim(connection: asyncpg.Connection, age: str, *, has_effect: bool) -> None:
    """Leave the mark of a gateway that died while it worked on the request of the tests."""
    await connection.execute(
        "update idempotent_request set status = null, headers = null, body = null,"
        " claimed_at = now() - $1::text::interval, effected_at = case when $2 then now() end",
        age,
        has_effect,
    )


@pytest.mark.parametrize("has_effect", [True, False])
async def test_while_one_is_under_way_another_waits(
    admin: httpx.AsyncClient, connection: asyncpg.Connection, *, has_effect: bool
) -> None:
    await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)
    await _claim(connection, "20 s", has_effect=has_effect)
    waits = await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)
    assert (waits.status_code, waits.headers["retry-after"]) == (409, "1")
    assert await _count(connection, "roadwork") == 1


async def test_what_a_dead_gateway_has_done_is_not_done_again(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)
    await _claim(connection, "2 min", has_effect=True)
    lost = await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)
    assert lost.status_code == 409
    assert "was carried out" in lost.json()["detail"]
    assert await _count(connection, "roadwork") == 1


async def test_what_a_dead_gateway_has_not_done_is_done(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)
    await _claim(connection, "2 min", has_effect=False)
    assert (await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)).status_code == 201


async def test_whoever_lost_the_claim_writes_nothing(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    await connection.execute(
        "create function take_over() returns trigger language plpgsql as"
        " 'begin update idempotent_request set claim_id = gen_random_uuid(); return new; end'"
    )
    await connection.execute("create trigger meanwhile before insert on roadwork execute function take_over()")
    refused = await admin.post("/v1/roadworks", json=a_roadwork(), headers=KEY)
    assert (refused.status_code, "begun again" in refused.json()["detail"]) == (409, True)
    assert await _count(connection, "roadwork") == 0


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ä"])
async def test_a_key_that_is_none_is_refused(admin: httpx.AsyncClient, key: str) -> None:
    refused = await admin.post("/v1/roadworks", json=a_roadwork(), headers={b"Idempotency-Key": key.encode("latin-1")})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "header.Idempotency-Key"


async def test_a_body_that_is_too_large_is_refused_here_too(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    most = gateway.resources.settings.max_body_bytes

    async def chunks() -> Any:
        for _ in range(most // 65536 + 1):
            yield b" " * 65536

    refused = await admin.post("/v1/roadworks", content=chunks(), headers=KEY)
    assert (refused.status_code, refused.json()["type"]) == (413, "/problems/too-large")
