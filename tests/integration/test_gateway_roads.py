"""Links with their state, and roadworks, on a real database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import LINKS, VERSION, Gateway, a_roadwork, a_routing, add_network, open_gateway

from lotse_gateway.guards.keys import Scope
from lotse_shared.database import create_pool
from lotse_shared.settings import DatabaseSettings


async def _links(client: httpx.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/links{query}")
    assert answer.status_code == 200, answer.text
    features: list[dict[str, Any]] = answer.json()["features"]
    return features


async def test_links_are_geojson_with_their_state(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    await connection.execute(
        "insert into link_state values ('B-C-0', '2026-11-23T07:10:00Z', 12.5, 'jam', 0.9, 'measured', '{D1}')"
    )
    answer = await admin.get("/v1/links")
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.json()["network_version"] == VERSION
    features = {feature["id"]: feature for feature in answer.json()["features"]}
    assert sorted(features) == sorted(LINKS)
    jam = features["B-C-0"]
    assert jam["geometry"] == {"type": "LineString", "coordinates": [[7.71, 49.4], [7.72, 49.4]]}
    assert jam["properties"]["level_of_service"] == "jam"
    assert jam["properties"]["observed_at"] == "2026-11-23T07:10:00.000000Z"
    assert jam["properties"]["detectors"] == ["D1"]
    assert (jam["properties"]["from_node"], jam["properties"]["to_node"], jam["properties"]["ways"]) == ("B", "C", [17])


async def test_a_link_of_which_nothing_is_known_is_unknown_and_not_free(admin: httpx.AsyncClient) -> None:
    for feature in await _links(admin):
        assert feature["properties"]["level_of_service"] == "unknown"
        assert feature["properties"]["speed_kmh"] is None


async def test_an_estimated_speed_is_told_with_its_source_and_the_level_stays_unknown(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await connection.execute(
        "insert into link_state values ('B-C-0', '2026-11-23T07:10:00Z', 31.5, 'unknown', 0.2, 'neighbourhood')"
    )
    [link] = [each["properties"] for each in await _links(admin) if each["id"] == "B-C-0"]
    assert (link["speed_kmh"], link["confidence"], link["source"]) == (31.5, 0.2, "neighbourhood")
    assert (link["level_of_service"], link["detectors"]) == ("unknown", [])
    assert link["observed_at"] == "2026-11-23T07:10:00.000000Z"
    assert (await admin.get("/v1/system")).json()["links_with_state"] == 0


async def test_links_are_filtered_by_box_and_state(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    await connection.execute("insert into link_state values ('B-C-0', now(), 12.5, 'jam', 0.9, 'measured')")
    assert [link["id"] for link in await _links(admin, "?level_of_service=jam")] == ["B-C-0"]
    assert len(await _links(admin, "?level_of_service=unknown")) == len(LINKS) - 1
    assert [link["id"] for link in await _links(admin, "?bbox=7.6,49.3,7.705,49.5")] == ["A-B-0", "B-A-0"]
    assert await _links(admin, "?bbox=8,49,9,50") == []


async def test_a_box_with_latitude_first_is_refused_with_a_hint(admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/v1/links?bbox=49.3,7.6,49.5,7.705")
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "query.bbox"
    assert "longitude first" in error["reason"]


async def test_a_box_that_lies_in_the_network_is_never_taken_for_swapped(admin: httpx.AsyncClient) -> None:
    """It may be empty all the same: between the streets, or by another filter."""
    assert await _links(admin, "?bbox=7.701,49.404,7.702,49.405") == []
    assert await _links(admin, "?bbox=7.6,49.3,7.705,49.5&level_of_service=jam") == []
    assert await _links(admin, "?bbox=7.6,7.6,49.5,49.5&level_of_service=jam") == []


async def test_pages_of_links_join(admin: httpx.AsyncClient) -> None:
    first = (await admin.get("/v1/links?limit=3")).json()
    rest = (await admin.get("/v1/links", params={"cursor": first["next_cursor"]})).json()
    assert [link["id"] for link in first["features"] + rest["features"]] == sorted(LINKS)
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("query", ["bbox=1,2,3", "bbox=8,49,7,50", "bbox=a,b,c,d", "level_of_service=good"])
async def test_a_filter_that_is_none_is_named(query: str, admin: httpx.AsyncClient) -> None:
    answer = await admin.get(f"/v1/links?{query}")
    assert answer.status_code == 422
    field = answer.json()["errors"][0]["field"].removesuffix(".0")  # which one, of a filter that may be repeated
    assert field == f"query.{query.split('=', maxsplit=1)[0]}"


async def test_without_a_network_there_are_no_links(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    await connection.execute("delete from network")
    for path in ("/v1/links", "/v1/links?bbox=49.3,7.6,49.5,7.705"):
        assert (await admin.get(path)).json() == {
            "type": "FeatureCollection",
            "network_version": None,
            "next_cursor": None,
            "features": [],
        }


async def test_a_roadwork_begins_now_and_is_ended_once(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    created = await admin.post("/v1/roadworks", json=a_roadwork())
    assert created.status_code == 201, created.text
    path = created.headers["location"]
    assert (created.json()["status"], created.json()["ends_at"]) == ("active", None)
    assert (await admin.get(path)).json() == created.json()
    ended = await admin.post(f"{path}/end")
    assert (ended.status_code, ended.json()["status"]) == (200, "ended")
    assert (await admin.post(f"{path}/end")).json() == ended.json()
    actions = await connection.fetch("select action from audit_event where noun = 'roadwork' order by audit_id")
    assert [row["action"] for row in actions] == ["create", "approve", "end"]


async def test_a_roadwork_is_approved_then_active_then_ended(admin: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    spans = {"approved": (1, 2), "active": (-1, 1), "ended": (-2, -1)}
    for status, (begin, end) in spans.items():
        body = a_roadwork(
            roadwork_id=status,
            starts_at=(now + timedelta(hours=begin)).isoformat(),
            ends_at=(now + timedelta(hours=end)).isoformat(),
        )
        assert (await admin.post("/v1/roadworks", json=body)).json()["status"] == status
    listed = (await admin.get("/v1/roadworks")).json()["items"]
    assert {item["roadwork_id"]: item["status"] for item in listed} == {status: status for status in spans}
    for status in spans:
        only = (await admin.get(f"/v1/roadworks?status={status}")).json()["items"]
        assert [item["roadwork_id"] for item in only] == [status]


async def test_a_planned_roadwork_can_be_called_off(admin: httpx.AsyncClient) -> None:
    starts_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    await admin.post("/v1/roadworks", json=a_roadwork(roadwork_id="B1", starts_at=starts_at))
    assert (await admin.post("/v1/roadworks/B1/end")).json()["status"] == "ended"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"links": ["B-C-0", "X-Y-0"]}, "body.links.1"),
        ({"links": []}, "body.links"),
        ({"effect": "speed"}, "body"),
        ({"speed_kmh": 30}, "body"),
        ({"effect": "speed", "speed_kmh": 5e-324}, "body.speed_kmh"),
        ({"effect": "narrow"}, "body.effect"),
        ({"starts_at": "2026-11-23T08:00:00Z", "ends_at": "2026-11-23T08:00:00Z"}, "body.ends_at"),
        ({"ends_at": "2026-11-23T08:00:00"}, "body.ends_at"),
        ({"ends_at": "9999-12-31T23:59:59-14:00"}, "body.ends_at"),
    ],
)
async def test_a_roadwork_that_cannot_be_is_refused(
    fields: dict[str, Any], field: str, admin: httpx.AsyncClient
) -> None:
    answer = await admin.post("/v1/roadworks", json=a_roadwork(**fields))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_roadwork_is_not_created_twice(admin: httpx.AsyncClient) -> None:
    assert (await admin.post("/v1/roadworks", json=a_roadwork(roadwork_id="B1"))).status_code == 201
    assert (await admin.post("/v1/roadworks", json=a_roadwork(roadwork_id="B1"))).status_code == 409
    assert (await admin.post("/v1/roadworks/B2/end")).status_code == 404


async def test_operators_create_roadworks_and_viewers_do_not(gateway: Gateway) -> None:
    for scope, status in ((Scope.OPERATOR, 201), (Scope.VIEWER, 403)):
        async with gateway.client(await gateway.key(scope)) as client:
            assert (await client.post("/v1/roadworks", json=a_roadwork())).status_code == status


async def test_in_data_time_roadworks_begin_and_end_on_the_clock_of_the_data(
    gateway: Gateway, database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    assert gateway.resources.clock_name == "wall"
    begun = datetime(2014, 8, 26, 10, tzinfo=UTC)
    async with (
        await create_pool(database, "test-routing") as pool,
        open_gateway(database, clock="data", routing=a_routing(pool=pool, now=lambda: begun)) as replay,
        replay.client(await replay.key(Scope.OPERATOR)) as client,
    ):
        assert (await client.post("/v1/roadworks", json=a_roadwork())).status_code == 409
        await connection.execute("insert into watermark values ('2014-08-26T10:00:00Z', now())")
        await replay.refresh()
        body = a_roadwork(roadwork_id="B1", ends_at="2014-08-26T11:00:00Z")
        created = (await client.post("/v1/roadworks", json=body)).json()
        assert (created["starts_at"], created["status"]) == ("2014-08-26T10:00:00Z", "active")
        await connection.execute("insert into watermark values ('2014-08-26T11:00:00Z', now())")
        await replay.refresh()
        assert (await client.get("/v1/roadworks/B1")).json()["status"] == "ended"


async def test_the_lines_of_a_network_come_at_once_as_columns_and_packed(admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/v1/networks/active/links")
    lines = answer.json()
    assert answer.headers["content-encoding"] == "gzip"
    assert (lines["network_version"], lines["attribution"]) == (VERSION, "© OpenStreetMap")
    assert lines["link_id"] == sorted(LINKS)
    place = lines["link_id"].index("B-C-0")
    assert (lines["from_node"][place], lines["to_node"][place], lines["name"][place]) == ("B", "C", "Street BC")
    assert lines["coordinates"][place] == [7.71, 49.4, 7.72, 49.4]
    assert {len(column) for column in lines.values() if isinstance(column, list)} == {len(LINKS)}
    again = await admin.get("/v1/networks/active/links", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = await admin.get(f"/v1/networks/{VERSION}/links", headers={"Accept-Encoding": "br, gzip;q=0"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == lines
    assert (await admin.get(f"/v1/networks/{'b' * 64}/links")).status_code == 404


async def test_the_lines_are_those_of_the_network_that_is_in_force_now(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    before = (await admin.get("/v1/networks/active/links")).json()
    await connection.execute("update network set is_active = false")
    assert (await admin.get("/v1/networks/active/links")).status_code == 404
    await add_network(connection, "c" * 64)
    await connection.execute("update link set name = 'New' where network_version = $1", "c" * 64)
    after = (await admin.get("/v1/networks/active/links")).json()
    assert (before["network_version"], after["network_version"]) == (VERSION, "c" * 64)
    assert set(after["name"]) == {"New"}
    assert (await admin.get(f"/v1/networks/{VERSION}/links")).json() == before


async def test_states_of_links_come_at_once_as_columns(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    assert (await admin.get("/v1/link-states")).json()["link_id"] == []
    await connection.execute(
        "insert into link_state values ('B-C-0', now(), 12.53, 'jam', 0.871, 'measured', '{D1}'),"
        " ('A-B-0', now(), 31.5, 'unknown', 0.2, 'neighbourhood', '{}')"
    )
    assert (await admin.get("/v1/link-states")).json() == {
        "link_id": ["A-B-0", "B-C-0"],
        "level_of_service": ["unknown", "jam"],
        "speed_kmh": [31.5, 12.5],
        "confidence": [0.2, 0.87],
        "source": ["neighbourhood", "measured"],
    }


async def test_the_list_of_all_links_is_composed_anew_when_a_state_or_the_network_changes(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    async def levels() -> dict[str, str]:
        features = (await admin.get("/v1/links")).json()["features"]
        return {each["id"]: each["properties"]["level_of_service"] for each in features}

    assert set((await levels()).values()) == {"unknown"}
    state = "insert into link_state values ('B-C-0', now(), 12, 'jam', 0.9, 'measured', '{D1}')"
    for change, level in (
        (state, "jam"),
        ("update link_state set level_of_service = 'slow'", "slow"),
        ("delete from link_state", "unknown"),
        (state, "jam"),
        ("truncate link_state", "unknown"),
    ):
        await connection.execute(change)
        assert (await levels())["B-C-0"] == level
        assert (await levels())["B-C-0"] == level
    await connection.execute("update network set is_active = false")
    assert await levels() == {}
    await add_network(connection, "c" * 64)
    assert set(await levels()) == set(LINKS)


async def test_a_state_that_is_not_committed_is_not_kept_and_one_that_is_is_told_at_once(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    async def known() -> list[str]:
        ids: list[str] = (await admin.get("/v1/link-states")).json()["link_id"]
        return ids

    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("insert into link_state values ('B-C-0', now(), 12, 'jam', 0.9, 'measured', '{D1}')")
    assert await known() == []
    await transaction.commit()
    assert await known() == ["B-C-0"]


async def test_all_links_come_packed_to_whom_takes_that_and_not_again_while_nothing_changes(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    plain = await admin.get("/v1/links", headers={"Accept-Encoding": "identity"})
    packed = await admin.get("/v1/links", headers={"Accept-Encoding": "gzip"})
    assert ("content-encoding" in plain.headers, packed.headers["content-encoding"]) == (False, "gzip")
    assert packed.json() == plain.json()
    for answer in (plain, packed):
        asked = {"Accept-Encoding": answer.request.headers["accept-encoding"], "If-None-Match": answer.headers["etag"]}
        again = await admin.get("/v1/links", headers=asked)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
        assert again.headers["cache-control"] == "private, no-cache"
    ids = await admin.get("/v1/links?fields=name")
    assert {tuple(each["properties"]) for each in ids.json()["features"]} == {("name",)}
    assert ids.headers["etag"] not in {plain.headers["etag"], packed.headers["etag"]}
    await connection.execute("insert into link_state values ('B-C-0', now(), 12, 'jam', 0.9, 'measured', '{D1}')")
    changed = await admin.get("/v1/links", headers={"If-None-Match": packed.headers["etag"]})
    assert changed.status_code == 200
