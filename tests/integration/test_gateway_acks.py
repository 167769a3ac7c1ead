"""What signs say they show, and what the centre sees of it (field notes, 6), on a real database."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_sign, add_decision, beat, open_gateway, post_all
from prometheus_client import REGISTRY

from lotse_gateway.guards.keys import Scope
from lotse_gateway.loops.sign_watch import SignWatch
from lotse_gateway.settings import GatewaySettings
from lotse_shared.settings import DatabaseSettings

PATH = "/v1/signs/S1/ack"
Json = dict[str, Any]


def an_ack(epoch: int = 1, seq: int = 1, **fields: Any) -> Json:
    said = {"epoch": epoch, "seq": seq, "plan": "sha256:9f2c", "shown": "detour", "source": "centre", "faults": []}
    return said | fields


@pytest.fixture
async def sign(
    gateway: Gateway, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> AsyncIterator[httpx.AsyncClient]:
    """The sign S1 with its own key, told a detour just now."""
    await post_all(admin, "signs", [a_sign("S1"), a_sign("S2")])
    await add_decision(connection)
    await beat(connection)
    async with gateway.client(await gateway.key(Scope.SIGN, sign="S1")) as client:
        yield client


async def confirmation(client: httpx.AsyncClient, sign_id: str = "S1") -> Json:
    answer = await client.get(f"/v1/displays/{sign_id}")
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()["confirmation"]
    return told


async def test_a_sign_that_says_what_it_was_told_is_confirmed(
    sign: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    before = await confirmation(admin)
    assert before == {
        **dict.fromkeys(["since", "acknowledged_at", "epoch", "seq", "shown"]),
        "state": "unknown",
        "faults": [],
    }
    assert (await sign.post(PATH, json=an_ack())).status_code == 204
    item = (await admin.get("/v1/displays/S1")).json()
    assert item["display"]["lines"] == ["STREET BC", "GESPERRT", "FOLGE U12"]
    assert item["decided_at"] < item["fresh_until"]
    told = item["confirmation"]
    assert (told["state"], told["epoch"], told["seq"], told["shown"]) == ("confirmed", 1, 1, "detour")
    assert told["since"] == told["acknowledged_at"] is not None


async def test_saying_the_same_again_is_noted_but_no_news(
    sign: httpx.AsyncClient, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    for _ in range(3):
        assert (await sign.post(PATH, json=an_ack())).status_code == 204
    told = await confirmation(admin)
    assert told["since"] < told["acknowledged_at"]
    assert len((await admin.get("/v1/signs/S1/acks")).json()["items"]) == 1
    hints: list[str] = []
    await connection.add_listener("sign_ack", lambda *what: hints.append(str(what[2])))
    await sign.post(PATH, json=an_ack())
    await connection.execute("select 1")
    assert hints == []
    await sign.post(PATH, json=an_ack(faults=["lamp-3"]))
    await connection.execute("select 1")
    assert hints == ["sign_ack"]


async def test_an_ack_that_is_stale_or_of_what_was_never_told_is_refused(
    sign: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await add_decision(connection, seq=2)
    assert (await sign.post(PATH, json=an_ack(seq=2))).status_code == 204
    for refused in (an_ack(seq=1), an_ack(seq=3), an_ack(epoch=2), an_ack(seq=2, plan="sha256:other")):
        answer = await sign.post(PATH, json=refused)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict"), refused
    assert (await sign.post(PATH, json=an_ack(seq=2, shown="fallback", source="stale"))).status_code == 204


async def test_what_a_sign_said_before_is_kept(
    sign: httpx.AsyncClient, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await sign.post(PATH, json=an_ack())
    await sign.post(PATH, json=an_ack(faults=["lamp-3"]))
    await add_decision(connection, seq=2)
    await sign.post(PATH, json=an_ack(seq=2))
    page = (await admin.get("/v1/signs/S1/acks?limit=2")).json()
    rest = (await admin.get(f"/v1/signs/S1/acks?limit=2&cursor={page['next_cursor']}")).json()
    said = [(item["seq"], item["faults"]) for item in page["items"] + rest["items"]]
    assert said == [(2, []), (1, ["lamp-3"]), (1, [])]
    assert rest["next_cursor"] is None
    assert (await admin.get("/v1/signs/S2/acks")).json()["items"] == []
    assert (await admin.get("/v1/signs/NOWHERE/acks")).status_code == 404


async def test_a_sign_speaks_for_itself_only(
    gateway: Gateway, sign: httpx.AsyncClient, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await add_decision(connection, sign_id="S2")
    assert (await sign.post("/v1/signs/S2/ack", json=an_ack())).status_code == 403
    for scope in (Scope.VIEWER, Scope.OPERATOR, Scope.PUBLISHER):
        async with gateway.client(await gateway.key(scope)) as client:
            assert (await client.post(PATH, json=an_ack())).status_code == 403, scope
    async with gateway.client(None) as client:
        assert (await client.post(PATH, json=an_ack())).status_code == 401
    assert (await sign.get("/v1/displays/S1")).status_code == 403
    assert (await admin.post("/v1/signs/NOWHERE/ack", json=an_ack())).status_code == 404
    await admin.delete("/v1/signs/S1")
    await gateway.refresh()
    assert (await sign.post(PATH, json=an_ack())).status_code == 410
    assert (await admin.get("/v1/displays/S1")).status_code == 410
    assert (await admin.get("/v1/displays/NOWHERE")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"shown": "lines"}, "body.shown"),
        ({"source": "somebody"}, "body.source"),
        ({"faults": "lamp"}, "body.faults"),
        ({"faults": [""]}, "body.faults.0"),
        ({"faults": ["x"] * 17}, "body.faults"),
        ({"seq": -1}, "body.seq"),
        ({"epoch": 2**31}, "body.epoch"),
        ({"more": 1}, "body.more"),
    ],
)
async def test_an_ack_that_breaks_a_rule_is_told_where(sign: httpx.AsyncClient, wrong: Json, field: str) -> None:
    answer = await sign.post(PATH, json=an_ack() | wrong)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def _age(connection: asyncpg.Connection, table: str, column: str, seconds: float) -> None:
    await connection.execute(f"update {table} set {column} = {column} - make_interval(secs => $1)", seconds)  # noqa: S608


async def test_a_new_display_has_three_polls_to_be_acknowledged(
    sign: httpx.AsyncClient, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await sign.post(PATH, json=an_ack())
    await add_decision(connection, seq=2)
    told = await confirmation(admin)
    assert (told["state"], told["seq"]) == ("confirmed", 1)
    await _age(connection, "decision", "decided_at", 3 * 30 + 1)
    assert (await confirmation(admin))["state"] == "unconfirmed"
    await add_decision(connection, seq=2)  # the same body with other figures is no newer display
    assert (await confirmation(admin))["state"] == "unconfirmed"
    await sign.post(PATH, json=an_ack(seq=2))
    assert (await confirmation(admin))["state"] == "confirmed"


async def test_a_sign_that_is_silent_for_longer_than_a_display_lives_is_unconfirmed(
    sign: httpx.AsyncClient, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await sign.post(PATH, json=an_ack())
    await _age(connection, "sign_ack", "acknowledged_at", 300 + 3 * 30 - 1)
    assert (await confirmation(admin))["state"] == "confirmed"
    await _age(connection, "sign_ack", "acknowledged_at", 2)
    assert (await confirmation(admin))["state"] == "unconfirmed"
    await sign.post(PATH, json=an_ack())
    assert (await confirmation(admin))["state"] == "confirmed"


async def test_a_sign_that_shows_something_else_is_unconfirmed_and_one_with_faults_is_faulty(
    sign: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    await sign.post(PATH, json=an_ack(shown="blank", source="local"))
    assert (await confirmation(admin))["state"] == "unconfirmed"
    await sign.post(PATH, json=an_ack(faults=["lamp-3"]))
    told = await confirmation(admin)
    assert (told["state"], told["faults"]) == ("faulty", ["lamp-3"])


async def test_displays_are_listed_by_what_is_confirmed(sign: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    await post_all(admin, "signs", [a_sign("S3")])
    await sign.post(PATH, json=an_ack())

    async def list_ids(query: str) -> list[str]:
        return [item["sign_id"] for item in (await admin.get(f"/v1/displays{query}")).json()["items"]]

    assert await list_ids("") == ["S1", "S2", "S3"]
    assert await list_ids("?confirmation=confirmed") == ["S1"]
    assert await list_ids("?confirmation=unknown") == ["S2", "S3"]
    page = (await admin.get("/v1/displays?confirmation=unknown&limit=1")).json()
    assert page["items"][0]["display"] is None
    assert await list_ids(f"?confirmation=unknown&limit=1&cursor={page['next_cursor']}") == ["S3"]
    assert (await admin.get("/v1/displays?confirmation=maybe")).status_code == 422


async def _alarms(admin: httpx.AsyncClient) -> set[tuple[str, str]]:
    return {(item["kind"], item["subject"]) for item in (await admin.get("/v1/alarms")).json()["items"]}


def _count(state: str) -> float | None:
    return REGISTRY.get_sample_value("lotse_gateway_signs", {"confirmation": state})


async def test_a_sign_that_stays_unconfirmed_is_an_alarm_until_it_confirms(
    gateway: Gateway, sign: httpx.AsyncClient, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await sign.post(PATH, json=an_ack())
    async with open_gateway(gateway.database, GatewaySettings(unconfirmed_after_s=0)) as watching:
        patient, watch = SignWatch(gateway.resources), SignWatch(watching.resources)
        await watch.look()
        assert (await _alarms(admin), _count("confirmed"), _count("unconfirmed")) == (set(), 1, 0)
        await _age(connection, "sign_ack", "acknowledged_at", 1_000)
        await patient.look()
        assert (await _alarms(admin), _count("unconfirmed")) == (set(), 1), "not as soon as it is seen"
        await watch.look()
        await watch.look()
        assert await _alarms(admin) == {("unconfirmed_sign", "S1")}
        await sign.post(PATH, json=an_ack(faults=["lamp-3"]))
        await watch.look()
        assert await _alarms(admin) == {("faulty_sign", "S1")}
        await sign.post(PATH, json=an_ack())
        await watch.look()
        assert (await _alarms(admin), _count("confirmed")) == (set(), 1)


async def test_many_silent_signs_are_one_alarm_and_one_gateway_tells_it(
    database: DatabaseSettings, gateway: Gateway, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    signs = [f"M{number:03}" for number in range(40)]
    await post_all(admin, "signs", [a_sign(name) for name in signs])
    await beat(connection)
    await gateway.refresh()
    for name in signs:
        await add_decision(connection, sign_id=name)
        assert (await admin.post(f"/v1/signs/{name}/ack", json=an_ack())).status_code == 204
    await _age(connection, "sign_ack", "acknowledged_at", 1_000)
    settings = GatewaySettings(unconfirmed_after_s=0)
    async with open_gateway(database, settings) as one, open_gateway(database, settings) as two:
        for watch in (SignWatch(one.resources), SignWatch(two.resources)):
            await watch.look()
    assert await _alarms(admin) == {("unconfirmed_signs", "")}
    assert await connection.fetchval("select count(*) from alarm") == 1
