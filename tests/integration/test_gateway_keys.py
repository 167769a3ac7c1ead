"""Keys over HTTP: made once, replaced with overlap, revoked, and when they were used; on a real database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_sign, post_all

from lotse_gateway.guards.keys import Scope
from lotse_gateway.loops.key_uses import KeyUses

WALL = {"name": "wall display", "scopes": ["viewer"]}
HOUR = timedelta(hours=1)


async def _status(gateway: Gateway, key: str, path: str = "/v1/signs") -> int:
    await gateway.refresh()
    async with gateway.client(key) as client:
        return (await client.get(path)).status_code


async def _make(admin: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await admin.post("/v1/keys", json=WALL | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_key_is_made_and_its_secret_shown_once(
    gateway: Gateway, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    answer = await admin.post("/v1/keys", json=WALL)
    made = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert await _status(gateway, made["key"]) == 200
    read = await admin.get(answer.headers["location"])
    assert read.json() == {name: value for name, value in made.items() if name != "key"}
    secret = made["key"].split("_", 2)[2]
    everything = await connection.fetchval(
        "select (select json_agg(k)::text from api_key k) || (select json_agg(a)::text from audit_event a)"
    )
    assert secret not in everything + read.text + (await admin.get("/v1/keys")).text


async def test_the_key_of_a_sign_reads_the_display_of_a_sign_that_exists(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    for fields in ({"scopes": ["sign"]}, {"sign": "S1"}, {"scopes": ["sign"], "sign": "S1"}):
        refused = await admin.post("/v1/keys", json=WALL | fields)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.sign")
    await post_all(admin, "signs", [a_sign("S1")])
    made = await _make(admin, scopes=["sign"], sign="S1")
    assert await _status(gateway, made["key"], "/v1/signs/S1/display") == 503
    assert await _status(gateway, made["key"], "/v1/signs") == 403


async def test_a_key_expires(gateway: Gateway, admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    now = datetime.now(UTC)
    assert (await admin.post("/v1/keys", json=WALL | {"expires_at": now.isoformat()})).status_code == 422
    made = await _make(admin, expires_at=(now + HOUR).isoformat())
    assert await _status(gateway, made["key"]) == 200
    await connection.execute("update api_key set expires_at = now() where key_id = $1", made["key_id"])
    assert await _status(gateway, made["key"]) == 401
    assert (await admin.get(f"/v1/keys/{made['key_id']}")).json()["status"] == "expired"
    assert (await admin.post(f"/v1/keys/{made['key_id']}/rotate")).status_code == 409


async def test_a_rotated_key_stays_valid_for_the_overlap(
    gateway: Gateway, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    old = await _make(admin)
    new = (await admin.post(f"/v1/keys/{old['key_id']}/rotate", json={"overlap_h": 2})).json()
    assert (new["replaces"], new["name"], new["scopes"], new["expires_at"]) == (
        old["key_id"],
        "wall display",
        ["viewer"],
        None,
    )
    assert [await _status(gateway, each["key"]) for each in (old, new)] == [200, 200]
    left = (await admin.get(f"/v1/keys/{old['key_id']}")).json()
    assert left["replaced_by"] == new["key_id"]
    assert 1.9 * HOUR < datetime.fromisoformat(left["expires_at"]) - datetime.now(UTC) <= 2 * HOUR
    await connection.execute("update api_key set expires_at = now() where key_id = $1", old["key_id"])
    assert [await _status(gateway, each["key"]) for each in (old, new)] == [401, 200]


async def test_a_key_is_rotated_once_unless_the_new_one_is_revoked(admin: httpx.AsyncClient) -> None:
    old = await _make(admin, expires_at=(datetime.now(UTC) + 100 * HOUR).isoformat())
    path = f"/v1/keys/{old['key_id']}/rotate"
    lost = (await admin.post(path)).json()
    again = await admin.post(path)
    assert (again.status_code, lost["key_id"] in again.text) == (409, True)
    assert (await admin.delete(f"/v1/keys/{lost['key_id']}")).status_code == 204
    found = await admin.post(path)
    assert found.status_code == 201, found.text
    assert datetime.fromisoformat(lost["expires_at"]) - datetime.now(UTC) > 99 * HOUR


async def test_a_revoked_key_is_over_at_once_and_stays_in_the_list(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    made = await _make(admin)
    assert await _status(gateway, made["key"]) == 200
    for _ in range(2):
        assert (await admin.delete(f"/v1/keys/{made['key_id']}")).status_code == 204
    assert await _status(gateway, made["key"]) == 401
    listed = (await admin.get("/v1/keys?status=revoked")).json()["items"]
    assert [each["key_id"] for each in listed] == [made["key_id"]]


async def test_nobody_revokes_the_key_that_asks(admin: httpx.AsyncClient) -> None:
    own = admin.headers["authorization"].split("_")[1]
    assert (await admin.delete(f"/v1/keys/{own}")).status_code == 409
    assert (await admin.get(f"/v1/keys/{own}")).json()["status"] == "valid"


@pytest.mark.parametrize("method", ["get", "delete"])
async def test_an_unknown_key_is_not_found(method: str, admin: httpx.AsyncClient) -> None:
    assert (await admin.request(method, "/v1/keys/000000000000")).status_code == 404
    assert (await admin.post("/v1/keys/000000000000/rotate")).status_code == 404


async def test_keys_are_listed_in_pages(admin: httpx.AsyncClient) -> None:
    made = {(await _make(admin))["key_id"] for _ in range(3)}
    first = (await admin.get("/v1/keys?limit=2")).json()
    rest = (await admin.get("/v1/keys", params={"cursor": first["next_cursor"]})).json()
    listed = [each["key_id"] for page in (first, rest) for each in page["items"]]
    assert listed == sorted(made | {admin.headers["authorization"].split("_")[1]})


async def test_when_a_key_was_used_last_is_written_apart_from_requests(
    gateway: Gateway, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    made = await _make(admin)
    path, uses = f"/v1/keys/{made['key_id']}", KeyUses(gateway.resources)
    await uses.write()
    assert (await admin.get(path)).json()["last_used_at"] is None
    assert await _status(gateway, made["key"]) == 200
    assert (await admin.get(path)).json()["last_used_at"] is None
    await uses.write()
    used_at = datetime.fromisoformat((await admin.get(path)).json()["last_used_at"])
    assert abs(used_at - datetime.now(UTC)) < HOUR
    await connection.execute("update api_key_use set last_used_at = '2200-01-01Z'")
    assert await _status(gateway, made["key"]) == 200
    await uses.write()
    assert (await admin.get(path)).json()["last_used_at"].startswith("2200")


async def test_uses_that_cannot_be_written_wait(gateway: Gateway, connection: asyncpg.Connection) -> None:
    key = await gateway.key(Scope.VIEWER)
    assert await _status(gateway, key) == 200
    await connection.execute("alter table api_key_use rename to elsewhere")
    uses = KeyUses(gateway.resources)
    await uses.write()
    await connection.execute("alter table elsewhere rename to api_key_use")
    await uses.write()
    assert await connection.fetchval("select count(*) from api_key_use") == 1
