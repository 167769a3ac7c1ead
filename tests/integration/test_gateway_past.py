"""What was known and shown at a past moment: decisions and link states of then, on a real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from factories_decide import NOON, a_snapshot, at, register_town
from factories_gateway import add_decision, beat, open_gateway

from lotse_gateway.guards.keys import Scope
from lotse_routing.http.app import Resources as RoutingResources
from lotse_routing.http.app import create_app as create_routing
from lotse_routing.records import Records
from lotse_routing.settings import RoutingSettings
from lotse_shared.database import create_pool
from lotse_shared.settings import DatabaseSettings


@pytest.fixture(params=["wall", "data"])
async def viewer(
    request: pytest.FixtureRequest, database: DatabaseSettings, connection: asyncpg.Connection
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway on the small town, whose routing is at noon; so is data time."""
    await register_town(connection)
    await beat(connection, covers_until=NOON)
    settings, snapshot = RoutingSettings(), a_snapshot()
    async with await create_pool(database, "test-past") as pool:
        records = Records(pool, settings.loop)
        routing = create_routing(RoutingResources(lambda: snapshot, dict, records, settings, lambda: None))
        async with (
            open_gateway(database, clock=request.param, routing=routing) as gateway,
            gateway.client(await gateway.key(Scope.VIEWER)) as client,
        ):
            yield client


async def decide(connection: asyncpg.Connection, decided_at: datetime, seq: int, sign_id: str = "KL-07") -> None:
    await add_decision(connection, sign_id, seq=seq)
    await connection.execute(
        "update decision set decided_at = $1 where sign_id = $2 and seq = $3", decided_at, sign_id, seq
    )


async def add_sign(connection: asyncpg.Connection, sign_id: str, retired_at: datetime | None = None) -> None:
    await connection.execute(
        "insert into sign (sign_id, link_id, destinations, retired_at) values ($1, 'A-B-0', '{CENTRUM}', $2)",
        sign_id,
        retired_at,
    )


async def shown(client: httpx.AsyncClient, moment: datetime | str) -> list[tuple[str, int]]:
    text = moment if isinstance(moment, str) else moment.isoformat()
    answer = await client.get("/v1/decisions", params={"at": text})
    assert answer.status_code == 200, answer.text
    return [(item["sign"], item["seq"]) for item in answer.json()["items"]]


async def refused(client: httpx.AsyncClient, path: str, moment: datetime | str) -> str:
    text = moment if isinstance(moment, str) else moment.isoformat()
    answer = await client.get(path, params={"at": text})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    (error,) = answer.json()["errors"]
    assert error["field"] == "query.at"
    reason: str = error["reason"]
    return reason


async def test_each_sign_tells_what_it_showed_at_a_moment_and_why(
    viewer: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await add_sign(connection, "KL-08")
    await decide(connection, at(-300), 1)
    await decide(connection, at(-200), 2)
    await decide(connection, at(-100), 1, "KL-08")
    assert await shown(viewer, at(-300)) == [("KL-07", 1)]
    assert await shown(viewer, at(-200.001)) == [("KL-07", 1)]
    assert await shown(viewer, at(-200)) == [("KL-07", 2)]
    assert await shown(viewer, NOON) == await shown(viewer, "now") == [("KL-07", 2), ("KL-08", 1)]
    (first,) = (await viewer.get("/v1/decisions", params={"at": at(-300).isoformat()})).json()["items"]
    assert (first["state"], first["explanation"]) == ("detour", "Street BC is closed.")
    assert first["detours"][0]["gain_s"] == 219.5


async def test_what_was_shown_comes_in_pages(viewer: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    await decide(connection, at(-60), 1)
    for number in range(4):
        await add_sign(connection, f"S{number}")
        await decide(connection, at(-60), 1, f"S{number}")
    signs: list[str] = []
    query = {"at": NOON.isoformat(), "limit": "2"}
    while True:
        page = (await viewer.get("/v1/decisions", params=query)).json()
        signs += [item["sign"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert signs == ["KL-07", "S0", "S1", "S2", "S3"]


async def test_a_sign_retired_since_is_told_of_the_time_before(
    viewer: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await add_sign(connection, "OLD", retired_at=at(-60))
    await decide(connection, at(-120), 1, "OLD")
    assert await shown(viewer, at(-90)) == [("OLD", 1)]
    assert await shown(viewer, at(-30)) == []
    assert await shown(viewer, "now") == []


async def test_moments_of_which_no_decision_is_known_are_refused(
    viewer: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    assert await refused(viewer, "/v1/decisions", NOON) == "nothing was decided yet; allowed: 'now'"
    assert await shown(viewer, "now") == []
    await decide(connection, at(-60), 1)
    before = await refused(viewer, "/v1/decisions", at(-61))
    assert before.startswith("lies before the first decision; allowed: 'now', or from 2026-11-23T11:59:00+00:00 to ")
    ahead = await refused(viewer, "/v1/decisions", datetime.now(UTC) + timedelta(days=9000))
    assert ahead.startswith("lies in the future")
    await refused(viewer, "/v1/decisions", "yesterday")
    await refused(viewer, "/v1/decisions", "2026-11-23T12:00:00")  # in which time zone?


async def remember(connection: asyncpg.Connection, moment: datetime, link_id: str, speed_kmh: float) -> None:
    await connection.execute("select ensure_partition('link_state_history', $1)", moment.date())
    await connection.execute(
        "insert into link_state_history values ($1, $2, $3, 'jam', 0.9, 'measured')", link_id, moment, speed_kmh
    )


async def known(client: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    answer = await client.get("/v1/links", params=query)
    assert answer.status_code == 200, answer.text
    features = answer.json()["features"]
    return {each["id"]: each["properties"]["speed_kmh"] for each in features if each["properties"]["speed_kmh"]}


async def test_links_tell_what_was_known_of_them_at_a_moment(
    viewer: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await connection.execute("insert into link_state values ('B-C-0', now(), 50, 'free', 0.9, 'measured', '{D1}')")
    await remember(connection, at(-3600), "B-C-0", 12.0)
    await remember(connection, at(-600), "B-C-0", 8.0)
    await remember(connection, at(-600), "C-D-0", 9.0)
    assert await known(viewer) == await known(viewer, at="now") == {"B-C-0": 50.0}
    assert await known(viewer, at=at(-3000).isoformat()) == {"B-C-0": 12.0}
    assert await known(viewer, at=at(-1800).isoformat()) == {}
    assert await known(viewer, at=NOON.isoformat()) == {"B-C-0": 8.0, "C-D-0": 9.0}
    assert await known(viewer, at=NOON.isoformat(), level_of_service="jam", limit="1") == {"B-C-0": 8.0}
    answer = await viewer.get("/v1/links", params={"at": NOON.isoformat()})
    (then,) = [each["properties"] for each in answer.json()["features"] if each["id"] == "B-C-0"]
    assert (then["level_of_service"], then["source"], then["detectors"]) == ("jam", "measured", [])
    assert then["observed_at"] == "2026-11-23T11:50:00.000000Z"


async def test_moments_of_which_nothing_is_known_of_links_are_refused(
    viewer: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    assert await refused(viewer, "/v1/links", NOON) == "nothing is known of the past yet; allowed: 'now'"
    await remember(connection, at(-600), "B-C-0", 8.0)
    assert (await refused(viewer, "/v1/links", at(-601))).startswith("lies before the history begins")
    assert (await refused(viewer, "/v1/links", at(1))).startswith("lies in the future")


async def test_the_past_of_links_needs_routing_their_present_does_not(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with open_gateway(database) as gateway, gateway.client(await gateway.key(Scope.VIEWER)) as client:
        assert (await client.get("/v1/links")).status_code == 200
        answer = await client.get("/v1/links", params={"at": NOON.isoformat()})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
