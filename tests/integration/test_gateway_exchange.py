"""Registries in other forms, on a real database: what goes out comes in again; filters, boxes and sparse fields."""

import csv
import io
import json
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import LINKS, VERSION, Gateway, a_destination, a_detector, a_roadwork, a_sign, post_all

from lotse_gateway.guards.keys import Scope

GEOJSON = {"Accept": "application/geo+json"}
CSV = {"Accept": "text/csv"}
INTO = {"application/geo+json": GEOJSON, "text/csv": CSV}
VIA = [{"link": "A-B-0"}, {"point": [7.715, 49.405]}, {"link": "D-C-0"}]
TOWN: dict[str, list[dict[str, Any]]] = {
    "destinations": [a_destination(), a_destination("MESSE", name='Messe, "Halle 3"')],
    "detectors": [
        a_detector(lon=7.705, lat=49.4, name="Nord; rechts", neighbours=["D2"], full_pct=85.5),
        a_detector("D2", link_id=None),
        a_detector("D3", link_id="D-C-0"),
    ],
    "signs": [a_sign(lon=7.701, lat=49.4, destinations=["CENTRUM", "MESSE"]), a_sign("S2", link_id="B-D-0")],
    "corridors": [
        {"corridor_id": "U1", "links": ["A-B-0", "B-C-0"], "signs": ["S1"], "destinations": ["CENTRUM"]},
        {"corridor_id": "U2", "via": VIA, "name": "über D"},
    ],
}

BAD_FEATURES: list[dict[str, Any]] = [
    {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [7.7, 49.4]},
        "properties": {"detector_id": "GOOD"},
    },
    {"type": "Feature", "geometry": None, "properties": {"detector_id": "D8", "lanes": "none"}},
    {"type": "Feature", "geometry": None, "id": "D9", "properties": {"link_id": "X-Y-0"}},
    {"type": "Feature", "geometry": None, "id": "GOOD", "properties": {}},
    {"type": "Feature", "geometry": {"type": "Point", "coordinates": []}, "properties": {"detector_id": "D7"}},
]
"""The first is good; the others are not."""


@pytest.fixture(autouse=True)
async def town(admin: httpx.AsyncClient) -> None:
    for noun, rows in TOWN.items():
        await post_all(admin, noun, rows)
    assert (await admin.delete("/v1/signs/S2")).status_code == 204


async def _items(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return [{name: value for name, value in item.items() if name != "updated_at"} for item in items]


@pytest.mark.parametrize("media", INTO)
@pytest.mark.parametrize("noun", TOWN)
async def test_what_a_list_gives_can_be_registered_again(
    noun: str, media: str, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    if noun == "destinations" and media == "application/geo+json":
        return  # have no geometry of their own
    before = await _items(admin, f"/v1/{noun}")
    out = await admin.get(f"/v1/{noun}", headers=INTO[media])
    assert out.headers["content-type"].startswith(media)
    assert out.headers["vary"] == "Accept"
    rows = len(TOWN[noun])
    again = await admin.post(f"/v1/{noun}/bulk", content=out.content, headers={"Content-Type": media})
    assert (again.status_code, again.json()) == (200, {"created": 0, "replaced": rows})
    assert await _items(admin, f"/v1/{noun}") == before
    await connection.execute(f"delete from {noun.removesuffix('s')}")  # noqa: S608 - our own words
    anew = await admin.post(f"/v1/{noun}/bulk", content=out.content, headers={"Content-Type": media})
    assert (anew.status_code, anew.json()) == (200, {"created": rows, "replaced": 0}), anew.text
    assert await _items(admin, f"/v1/{noun}") == [_next_version(item) for item in before]


def _next_version(item: dict[str, Any]) -> dict[str, Any]:
    """What was made anew goes on counting, where versions are counted."""
    return item | {"version": item["version"] + 1} if "version" in item else item


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("text/csv", "detector_id,link_id,lanes\nGOOD,A-B-0,1\nD8,A-B-0,none\nD9,X-Y-0,1\nGOOD,A-B-0,1\nD7\n"),
        (
            "application/geo+json",
            json.dumps({"type": "FeatureCollection", "features": BAD_FEATURES}),
        ),
    ],
)
async def test_all_or_nothing_and_every_bad_row_is_named(
    media: str, body: str, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    refused = await admin.post("/v1/detectors/bulk", content=body, headers={"Content-Type": media})
    assert refused.status_code == 422
    assert [error["index"] for error in refused.json()["errors"]] == [1, 2, 3, 4]
    assert await connection.fetchval("select count(*) from detector where detector_id = 'GOOD'") == 0


@pytest.mark.parametrize("body", [b"\xff", b"[", b"{}", b"null"])
async def test_what_is_no_array_is_refused(body: bytes, admin: httpx.AsyncClient) -> None:
    refused = await admin.post("/v1/detectors/bulk", content=body, headers={"Content-Type": "application/json"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body")


async def test_other_forms_are_refused_with_those_that_are_taken(admin: httpx.AsyncClient) -> None:
    refused = await admin.post("/v1/detectors/bulk", content=b"x", headers={"Content-Type": "application/xml"})
    assert (refused.status_code, refused.json()["type"]) == (415, "/problems/unsupported-media-type")
    assert "application/geo+json or text/csv" in refused.json()["detail"]


async def test_a_long_table_comes_whole_and_a_limit_counts(admin: httpx.AsyncClient) -> None:
    await post_all(admin, "detectors", [a_detector(f"E{number:04}") for number in range(2_100)])
    table = list(csv.DictReader(io.StringIO((await admin.get("/v1/detectors", headers=CSV)).text)))
    assert [row["detector_id"] for row in table] == ["D1", "D2", "D3", *(f"E{number:04}" for number in range(2_100))]
    short = (await admin.get("/v1/detectors?limit=2&fields=name,detector_id", headers=CSV)).text
    assert short == "detector_id,name\nD1,Nord; rechts\nD2,\n"


async def test_features_lie_where_they_are(admin: httpx.AsyncClient) -> None:
    await admin.post("/v1/roadworks", json=a_roadwork(roadwork_id="B1"))
    found: dict[str, Any] = {}
    for noun in ("detectors", "signs", "corridors", "roadworks"):
        answer = await admin.get(f"/v1/{noun}", headers=GEOJSON)
        assert answer.headers["content-type"] == "application/geo+json"
        assert answer.json()["next_cursor"] is None
        found |= {each["id"]: each["geometry"] for each in answer.json()["features"]}
    assert found["D1"] == {"type": "Point", "coordinates": [7.705, 49.4]}
    assert found["D2"] is None
    assert found["U1"]["coordinates"] == [[[7.7, 49.4], [7.71, 49.4]], [[7.71, 49.4], [7.72, 49.4]]]
    assert found["B1"] == {"type": "MultiLineString", "coordinates": [[[7.71, 49.4], [7.72, 49.4]]]}


@pytest.mark.parametrize(
    ("noun", "west", "north_east"),
    [
        ("detectors", ["D1"], ["D3"]),
        ("signs", ["S1"], ["S2"]),
        ("corridors", ["U1", "U2"], ["U2"]),
        ("roadworks", [], ["B2"]),
    ],
)
async def test_a_box_finds_what_lies_in_it(
    noun: str, west: list[str], north_east: list[str], admin: httpx.AsyncClient
) -> None:
    for roadwork_id, link in (("B1", "B-C-0"), ("B2", "D-C-0")):
        await admin.post("/v1/roadworks", json=a_roadwork(roadwork_id=roadwork_id, links=[link], approve=False))
    for box, expected in (("7.69,49.39,7.706,49.42", west), ("7.705,49.405,7.73,49.42", north_east)):
        found = await _items(admin, f"/v1/{noun}?bbox={box}")
        assert [item[f"{noun.removesuffix('s')}_id"] for item in found] == expected
    assert await _items(admin, f"/v1/{noun}?bbox=8,50,9,51") == []
    swapped = await admin.get(f"/v1/{noun}?bbox=49.39,7.69,49.42,7.73")
    assert (swapped.status_code, "longitude first" in swapped.text) == (422, True)


async def test_roadworks_are_found_by_their_time(admin: httpx.AsyncClient) -> None:
    for roadwork_id, start, end in (("B1", "01", "05"), ("B2", "04", "09"), ("B3", "08", None)):
        times = {"starts_at": f"2027-01-{start}T00:00:00Z", "ends_at": end and f"2027-01-{end}T00:00:00Z"}
        posted = await admin.post("/v1/roadworks", json=a_roadwork(roadwork_id=roadwork_id, approve=False, **times))
        assert posted.status_code == 201, posted.text
    for query, expected in (
        ("from=2027-01-05T00:00:00Z", ["B2", "B3"]),
        ("to=2027-01-04T00:00:00Z", ["B1"]),
        ("from=2027-01-04T12:00:00Z&to=2027-01-06T00:00:00Z", ["B1", "B2"]),
        ("from=2028-01-01T00:00:00Z", ["B3"]),
    ):
        assert [item["roadwork_id"] for item in await _items(admin, f"/v1/roadworks?{query}")] == expected


async def test_links_in_several_states_are_found(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    await connection.execute(
        "insert into link_state values ('B-C-0', now(), 5, 'jam', 0.9, 'measured'), ('A-B-0', now(), 20, 'slow', 0.9,"
        " 'measured'), ('B-D-0', now(), 50, 'free', 0.9, 'measured')"
    )
    answer = await admin.get("/v1/links?level_of_service=jam&level_of_service=slow")
    assert [each["id"] for each in answer.json()["features"]] == ["A-B-0", "B-C-0"]


async def test_proposals_are_found_by_their_sign(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    for sign_id in ("S1", "S2"):
        await connection.execute(
            "insert into proposal"
            " (proposal_id, sign_id, number, plan, lines, explanation, detours, made_at, expires_at, state)"
            " values ($1 || '-1', $1, 1, '', '{STAU}', 'a jam', '[]', now(), now() + interval '1 h', 'waiting')",
            sign_id,
        )
    found = await _items(admin, "/v1/proposals?sign=S2&state=waiting")
    assert [item["proposal_id"] for item in found] == ["S2-1"]


async def test_a_list_gives_the_fields_that_are_asked_for(admin: httpx.AsyncClient) -> None:
    page = await admin.get("/v1/detectors?fields=name,detector_id&limit=1")
    assert page.json() == {"items": [{"detector_id": "D1", "name": "Nord; rechts"}], "next_cursor": "WyJEMSJd"}
    assert (await admin.get(page.request.url, headers={"If-None-Match": page.headers["etag"]})).status_code == 304
    whole = (await admin.get("/v1/detectors?limit=1")).headers["etag"]
    assert whole != page.headers["etag"]
    link = (await admin.get("/v1/links?fields=link_id,lanes")).json()["features"][0]
    assert (link["properties"], link["id"], link["geometry"]["type"]) == (
        {"link_id": "A-B-0", "lanes": 1},
        "A-B-0",
        "LineString",
    )
    sign = (await admin.get("/v1/signs?fields=mode", headers=GEOJSON)).json()["features"][0]
    assert (sign["id"], sign["properties"]) == ("S1", {"mode": "automatic"})


@pytest.mark.parametrize("path", ["/v1/detectors", "/v1/links", "/v1/roadworks", "/v1/alarms", "/v1/strategies"])
async def test_a_field_that_is_none_is_refused_with_those_there_are(path: str, admin: httpx.AsyncClient) -> None:
    for query in ("fields=unheard_of", "fields=", "fields=name,,"):
        refused = await admin.get(f"{path}?{query}")
        assert refused.status_code == 422
        (error,) = refused.json()["errors"]
        assert (error["field"], "allowed: " in error["reason"]) == ("query.fields", True)
    assert (await admin.get("/v1/detectors/D1?fields=name")).status_code == 422


async def test_networks_tell_which_is_in_force(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    await connection.execute(
        "insert into network (network_version, name, source, imported_at) values ($1, 'old', 'test', '2020-01-01Z')",
        "b" * 64,
    )
    newest, oldest = await _items(admin, "/v1/networks")
    assert (newest["network_version"], newest["is_active"]) == (VERSION, True)
    assert (newest["junctions"], newest["links"], newest["bbox"]) == (4, len(LINKS), [7.7, 49.4, 7.72, 49.41])
    assert (oldest["is_active"], oldest["links"], oldest["bbox"]) == (False, 0, None)
    first = (await admin.get("/v1/networks?limit=1")).json()
    assert [item["name"] for item in await _items(admin, f"/v1/networks?cursor={first['next_cursor']}")] == ["old"]
    assert (await admin.get("/v1/networks/active")).json() == first["items"][0]
    assert (await admin.get(f"/v1/networks/{'b' * 64}")).json()["name"] == "old"
    assert (await admin.get(f"/v1/networks/{'c' * 64}")).status_code == 404


async def test_only_an_administrator_registers_in_any_form(gateway: Gateway) -> None:
    async with gateway.client(await gateway.key(Scope.OPERATOR)) as operator:
        refused = await operator.post("/v1/signs/bulk", content="x", headers={"Content-Type": "text/csv"})
    assert refused.status_code == 403
