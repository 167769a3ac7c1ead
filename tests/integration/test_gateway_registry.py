"""Registration on a real database: one, many, all or nothing, with a trace of each write."""

from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_destination, a_detector, a_sign, post_all

from lotse_gateway.guards.keys import Scope
from lotse_gateway.settings import GatewaySettings

A_CORRIDOR = {"corridor_id": "U12", "links": ["A-B-0", "B-D-0", "D-C-0"]}
NOUNS = {
    "detectors": a_detector(),
    "destinations": a_destination(),
    "signs": a_sign(),
    "corridors": A_CORRIDOR,
}


def _over(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"corridor_id": "U12", "via": list(parts)}


def _id_of(noun: str, body: dict[str, Any]) -> str:
    noun_id: str = body[f"{noun.removesuffix('s')}_id"]
    return noun_id


@pytest.mark.parametrize("noun", NOUNS)
async def test_what_is_registered_is_read_back(noun: str, admin: httpx.AsyncClient) -> None:
    body = NOUNS[noun]
    created = await admin.post(f"/v1/{noun}", json=body)
    assert created.status_code == 201, created.text
    assert created.headers["location"] == f"/v1/{noun}/{_id_of(noun, body)}"
    read = await admin.get(created.headers["location"])
    assert read.json() == created.json()
    assert body.items() <= read.json().items()
    assert read.json()["updated_at"].endswith("Z")
    assert (await admin.get(f"/v1/{noun}")).json() == {"items": [read.json()], "next_cursor": None}


@pytest.mark.parametrize("noun", NOUNS)
async def test_creating_twice_is_a_conflict_and_replacing_is_not(noun: str, admin: httpx.AsyncClient) -> None:
    body = NOUNS[noun]
    path = f"/v1/{noun}/{_id_of(noun, body)}"
    assert (await admin.put(path, json=body)).status_code == 201
    refused = await admin.post(f"/v1/{noun}", json=body | {"name": "another"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    assert (await admin.get(path)).json()["name"] != "another"
    assert (await admin.put(path, json=body | {"name": "another"})).status_code == 200
    assert (await admin.get(path)).json()["name"] == "another"


@pytest.mark.parametrize("noun", NOUNS)
async def test_what_is_not_registered_is_not_found(noun: str, admin: httpx.AsyncClient) -> None:
    answer = await admin.get(f"/v1/{noun}/NOWHERE")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert "'NOWHERE'" in answer.json()["detail"]


async def test_pages_join_without_gap_or_repetition(admin: httpx.AsyncClient) -> None:
    await post_all(admin, "detectors", [a_detector(f"D{number:02}") for number in range(25)])
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params: dict[str, str | int] = {"limit": 10} | ({"cursor": cursor} if cursor else {})
        page = (await admin.get("/v1/detectors", params=params)).json()
        seen += [item["detector_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"D{number:02}" for number in range(25)]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "cursor=nonsense", "cursor=WzFd"])
async def test_a_page_is_bounded_and_a_cursor_checked(query: str, admin: httpx.AsyncClient) -> None:
    answer = await admin.get(f"/v1/detectors?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"query.{query.split('=', maxsplit=1)[0]}"


async def test_a_bulk_creates_and_replaces(admin: httpx.AsyncClient) -> None:
    await post_all(admin, "detectors", [a_detector("D1")])
    answer = await admin.post("/v1/detectors/bulk", json=[a_detector("D1", lanes=2), a_detector("D2")])
    assert answer.json() == {"created": 1, "replaced": 1}
    assert (await admin.get("/v1/detectors/D1")).json()["lanes"] == 2


async def test_a_bulk_is_all_or_nothing_and_names_every_bad_row(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    rows = [
        a_detector("GOOD"),
        a_detector("D2", lanes=0),
        a_detector("D3", link_id="X-Y-0"),
        a_detector("GOOD"),
        a_detector("D5", unheard_of=1),
    ]
    answer = await admin.post("/v1/detectors/bulk", json=rows)
    assert answer.status_code == 422
    faults = {(error["index"], error["field"]) for error in answer.json()["errors"]}
    assert faults == {(1, "lanes"), (2, "link_id"), (3, "detector_id"), (4, "unheard_of")}
    assert all(error["reason"] for error in answer.json()["errors"])
    assert await connection.fetchval("select count(*) from detector") == 0
    assert await connection.fetchval("select count(*) from audit_event where noun = 'detector'") == 0


async def test_ten_thousand_rows_are_taken_and_one_more_is_not(admin: httpx.AsyncClient) -> None:
    rows = [a_detector(f"D{number}") for number in range(10_001)]
    assert (await admin.post("/v1/detectors/bulk", json=rows)).status_code == 422
    answer = await admin.post("/v1/detectors/bulk", json=rows[:-1])
    assert answer.json() == {"created": 10_000, "replaced": 0}


async def test_a_body_without_end_is_refused(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    most = gateway.resources.settings.max_body_bytes

    async def chunks() -> Any:
        for _ in range(most // 65536 + 1):
            yield b" " * 65536

    declared = await admin.post("/v1/detectors", content=b" " * (most + 1))
    streamed = await admin.post("/v1/detectors", content=chunks(), headers={"content-type": "application/json"})
    for answer in (declared, streamed):
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
        assert answer.headers["content-type"] == "application/problem+json"


async def test_what_a_row_mentions_must_exist(admin: httpx.AsyncClient) -> None:
    refused = [
        ("detectors", a_detector(link_id="X"), "body.link_id"),
        ("destinations", a_destination(node_id="X"), "body.node_id"),
        ("signs", a_sign(link_id="X"), "body.link_id"),
        ("signs", a_sign(destinations=["X"]), "body.destinations.0"),
        ("corridors", A_CORRIDOR | {"links": ["A-B-0", "X"]}, "body.links.1"),
        ("corridors", A_CORRIDOR | {"links": ["A-B-0", "D-C-0"]}, "body.links.1"),
        ("corridors", A_CORRIDOR | {"links": ["A-B-0", "B-A-0"]}, "body.links.1"),
        ("corridors", _over({"link": "A-B-0"}, {"link": "X"}), "body.via.1"),
        ("corridors", _over({"link": "B-C-0"}, {"link": "B-D-0"}), "body.via.1"),
        ("corridors", _over({"point": [0, 0]}, {"link": "B-D-0"}), "body.via.0"),
        ("corridors", A_CORRIDOR | {"signs": ["X"]}, "body.signs.0"),
        ("corridors", A_CORRIDOR | {"destinations": ["X"]}, "body.destinations.0"),
    ]
    for noun, body, field in refused:
        answer = await admin.post(f"/v1/{noun}", json=body)
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_only_the_active_network_counts(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    await connection.execute("update network set is_active = false")
    assert (await admin.post("/v1/signs", json=a_sign())).status_code == 422


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "a\u0000b"}, "body.name"),
        ({"name": "a\nb"}, "body.name"),
        ({"lon": 181}, "body.lon"),
        ({"interval_s": 0}, "body.interval_s"),
        ({"detector_id": "a/b"}, "body.detector_id"),
    ],
)
async def test_a_bad_field_is_named(fields: dict[str, Any], field: str, admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/v1/detectors", json=a_detector(**fields))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("content", [b"", b"{", b'{"lon":NaN}', b"\xff\xfe", b"[]", b'"\\ud800"'])
async def test_a_body_that_is_no_such_object_is_a_problem_of_the_client(
    content: bytes, admin: httpx.AsyncClient
) -> None:
    for path in ("/v1/detectors", "/v1/detectors/bulk"):
        if (path, content) == ("/v1/detectors/bulk", b"[]"):
            continue
        answer = await admin.post(path, content=content, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_path_and_the_body_name_the_same(admin: httpx.AsyncClient) -> None:
    answer = await admin.put("/v1/detectors/D2", json=a_detector("D1"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.detector_id"


async def test_every_write_leaves_a_trace(
    gateway: Gateway, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await post_all(admin, "detectors", [a_detector("D1"), a_detector("D2")])
    await admin.put("/v1/detectors/D1", json=a_detector("D1", lanes=2))
    await admin.post("/v1/signs", json=a_sign())
    await admin.delete("/v1/signs/S1")
    await admin.delete("/v1/signs/S1")
    rows = await connection.fetch(
        "select key_id, action, noun, noun_id, before, after from audit_event where noun <> 'api_key' order by audit_id"
    )
    assert [(row["action"], row["noun"], row["noun_id"]) for row in rows] == [
        ("create", "detector", "D1"),
        ("create", "detector", "D2"),
        ("update", "detector", "D1"),
        ("create", "sign", "S1"),
        ("retire", "sign", "S1"),
    ]
    assert (rows[2]["before"]["lanes"], rows[2]["after"]["lanes"]) == (1, 2)
    key_id = admin.headers["authorization"].split("_")[1]
    assert {row["key_id"] for row in rows} == {key_id}
    assert gateway.resources.keys.is_loaded


async def test_viewers_and_operators_read_the_registry_but_do_not_write_it(gateway: Gateway) -> None:
    for scope in (Scope.VIEWER, Scope.OPERATOR):
        async with gateway.client(await gateway.key(scope)) as client:
            assert (await client.get("/v1/detectors")).status_code == 200
            answer = await client.post("/v1/detectors", json=a_detector())
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-allowed")


def test_the_bounds_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTSE_GATEWAY_MAX_BULK_ROWS", "5")
    assert GatewaySettings().max_bulk_rows == 5
