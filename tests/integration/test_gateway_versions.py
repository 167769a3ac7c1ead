"""Versions of signs, destinations and corridors: counted with each change of content, and all there to be read."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_destination, a_detector, a_sign, post_all

from lotse_gateway.guards.keys import Scope

PUTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "/v1/destinations/MARKT": (a_destination("MARKT"), a_destination("MARKT", name="Markt")),
    "/v1/signs/S1": (a_sign(lon=7.7, lat=49.4, destinations=["CENTRUM"]), a_sign(priority=7)),
    "/v1/corridors/U12": (
        {"corridor_id": "U12", "via": [{"link": "A-B-0"}, {"point": [7.71, 49.4099]}, {"node": "C"}]},
        {"corridor_id": "U12", "links": ["A-B-0", "B-C-0"], "signs": ["S0"]},
    ),
}
"""Each noun that counts its versions, with two bodies."""
each_noun = pytest.mark.parametrize("path", PUTS)


@pytest.fixture(autouse=True)
async def mentioned(admin: httpx.AsyncClient) -> None:
    """What the bodies mention."""
    await post_all(admin, "destinations", [a_destination()])
    await post_all(admin, "signs", [a_sign("S0")])


async def _put(client: httpx.AsyncClient, path: str, body: dict[str, Any], **headers: str) -> int:
    """Write one, and give its version."""
    answer = await client.put(path, json=body, headers=headers)
    assert answer.status_code in {200, 201}, answer.text
    version: int = answer.json()["version"]
    return version


async def _versions(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    answer = await client.get(f"{path}/versions")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def _numbers(items: list[dict[str, Any]]) -> list[int]:
    return [item["version"] for item in items]


def _content(thing: dict[str, Any], of: dict[str, Any]) -> dict[str, Any]:
    """Give what the thing has of the fields of a version, without those that a version adds."""
    return {name: thing[name] for name in of if name not in {"version", "saved_at", "author"}}


async def _delete(connection: asyncpg.Connection, path: str) -> None:
    """By hand: no operation deletes."""
    noun, noun_id = path.split("/")[2].removesuffix("s"), path.split("/")[3]
    await connection.execute(f"delete from {noun} where {noun}_id = $1", noun_id)  # noqa: S608 - our own words


@each_noun
async def test_each_change_of_content_is_a_version_that_can_be_read(path: str, admin: httpx.AsyncClient) -> None:
    first, second = PUTS[path]
    made = []
    for body in (first, second, first):
        await _put(admin, path, body)
        made.append((await admin.get(path)).json())
    assert _numbers(made) == [1, 2, 3]
    versions = await _versions(admin, path)
    assert _numbers(versions) == [3, 2, 1]
    key_id = admin.headers["authorization"].split("_")[1]
    for version, then in zip(versions, reversed(made), strict=True):
        assert _content(version, version) == _content(then, version)
        assert (version["saved_at"], version["author"]) == (then["updated_at"], key_id)
    # In the list, too; and the fields of a version are those of the thing.
    (listed,) = [
        item
        for item in (await admin.get(path.rpartition("/")[0])).json()["items"]
        if item.items() >= _content(made[-1], versions[0]).items()
    ]
    assert listed["version"] == 3
    assert made[-1].keys() - versions[0].keys() <= {"updated_at", "status", "problem", "resolves_to"}


@each_noun
async def test_what_changes_nothing_makes_no_version_though_its_etag_is_another(
    path: str, admin: httpx.AsyncClient
) -> None:
    body, other = PUTS[path]
    await _put(admin, path, body)
    etag = (await admin.get(path)).headers["etag"]
    first = await _versions(admin, path)
    assert await _put(admin, path, body) == 1
    assert (await admin.get(path)).headers["etag"] != etag
    assert await _versions(admin, path) == first
    refused = await admin.put(path, json=other, headers={"If-Match": etag})
    assert refused.status_code == 412
    assert _numbers(await _versions(admin, path)) == [1]
    etag = (await admin.get(path)).headers["etag"]
    assert await _put(admin, path, other, **{"If-Match": etag}) == 2
    refused = await admin.put(path, json=body, headers={"If-None-Match": "*"})
    assert refused.status_code == 412
    assert _numbers(await _versions(admin, path)) == [2, 1]


@each_noun
async def test_one_that_was_deleted_can_be_read_and_goes_on_counting(
    path: str, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    first, second = PUTS[path]
    await _put(admin, path, first)
    await _put(admin, path, second)
    before = await _versions(admin, path)
    await _delete(connection, path)
    assert (await admin.get(path)).status_code == 404
    assert await _versions(admin, path) == before
    assert await _put(admin, path, second) == 3
    assert _numbers(await _versions(admin, path)) == [3, 2, 1]
    # Put back by hand, it is its first version again; what is made of it is a new one all the same.
    await _delete(connection, path)
    noun = path.split("/")[2].removesuffix("s")
    await connection.execute(
        f"insert into {noun} select (jsonb_populate_record(null::{noun}, after || '{{\"version\": 1}}')).*"  # noqa: S608 - our own words
        " from audit_event where noun = $1 order by audit_id desc limit 1",
        noun,
    )
    assert await _put(admin, path, first) == 4
    assert _numbers(await _versions(admin, path)) == [4, 3, 2, 1]


async def test_a_sign_that_retires_is_another_version_and_a_locked_one_is_not(admin: httpx.AsyncClient) -> None:
    await _put(admin, "/v1/signs/S1", a_sign())
    lock = {"state": "message", "lines": ["SPERRUNG"], "reason": "fire brigade", "for_min": 60}
    assert (await admin.put("/v1/signs/S1/lock", json=lock)).status_code in {200, 201}
    assert (await admin.delete("/v1/signs/S1/lock")).status_code in {200, 204}
    assert _numbers(await _versions(admin, "/v1/signs/S1")) == [1]
    for _ in range(2):  # the second does nothing
        assert (await admin.delete("/v1/signs/S1")).status_code == 204
    retired, before = await _versions(admin, "/v1/signs/S1")
    assert (retired["version"], before["version"]) == (2, 1)
    assert retired["retired_at"] is not None
    assert before["retired_at"] is None
    assert await _put(admin, "/v1/signs/S1", a_sign()) == 3


@each_noun
async def test_an_import_counts_as_well(path: str, admin: httpx.AsyncClient) -> None:
    first, second = PUTS[path]
    noun = path.split("/")[2]
    await post_all(admin, noun, [first])
    await post_all(admin, noun, [second])
    await post_all(admin, noun, [second])
    assert _numbers(await _versions(admin, path)) == [2, 1]
    for media in ("text/csv", "application/geo+json"):
        if noun == "destinations" and media != "text/csv":
            continue
        listed = await admin.get(f"/v1/{noun}", headers={"Accept": media})
        changed = listed.text.replace("Markt", "Dom").replace("S0", "S1") if noun != "signs" else listed.text
        changed = changed.replace(",7,", ",8,").replace('"priority":7', '"priority":8')
        before = (await admin.get(path)).json()["version"]
        for text, expected in ((listed.text, before), (changed, before + 1)):
            if noun == "corridors":
                await post_all(admin, "signs", [a_sign()])
            answer = await admin.post(f"/v1/{noun}/bulk", content=text, headers={"Content-Type": media})
            assert answer.status_code == 200, answer.text
            assert (await admin.get(path)).json()["version"] == expected
        await post_all(admin, noun, [second])


async def test_what_came_by_sql_is_the_first_version_of_which_the_trail_knows_no_key(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await connection.execute("insert into destination values ('MESSE', 'Messe', 'MESSE', 'C', '2026-11-23T07:00:00Z')")
    path, body = "/v1/destinations/MESSE", a_destination("MESSE", name="Messe", sign_text="MESSE")
    expected = body | {"version": 1, "saved_at": "2026-11-23T07:00:00Z", "author": None}
    assert await _versions(admin, path) == [expected]
    assert await _put(admin, path, body | {"name": "Halle 3"}) == 2
    second, first = await _versions(admin, path)
    assert (second["name"], first) == ("Halle 3", expected)


async def test_versions_come_in_pages_and_of_what_never_was_there_are_none(admin: httpx.AsyncClient) -> None:
    for priority in range(5):
        await _put(admin, "/v1/signs/S1", a_sign(priority=priority))
    seen: list[list[tuple[int, int]]] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        given: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await admin.get("/v1/signs/S1/versions", params=given)).json()
        seen.append([(item["version"], item["priority"]) for item in page["items"]])
        cursor = page["next_cursor"]
    assert seen == [[(5, 4), (4, 3)], [(3, 2), (2, 1)], [(1, 0)]]
    sparse = (await admin.get("/v1/signs/S1/versions?fields=version,priority&limit=1")).json()["items"]
    assert sparse == [{"version": 5, "priority": 4}]
    for path in ("/v1/signs/NOWHERE", "/v1/destinations/NOWHERE", "/v1/corridors/NOWHERE"):
        answer = await admin.get(f"{path}/versions")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    refused = await admin.get("/v1/signs/S1/versions?limit=0")
    assert refused.json()["errors"][0]["field"] == "query.limit"


async def test_many_who_write_at_once_make_a_version_each_and_none_twice(gateway: Gateway) -> None:
    """The first write of a thing has no row that could be held: without more, several would call theirs the first."""
    async with gateway.client(await gateway.key(Scope.ADMIN)) as client:
        for number in range(5):
            path = f"/v1/destinations/D{number}"
            same = a_destination(f"D{number}")
            bodies = [same, same, same, same | {"name": "Markt"}]
            await asyncio.gather(*(client.put(path, json=body) for body in bodies))
            numbers = _numbers(await _versions(client, path))
            assert numbers == list(range(len(numbers), 0, -1))
            assert numbers[0] == (await client.get(path)).json()["version"]


async def test_detectors_are_not_counted(admin: httpx.AsyncClient) -> None:
    await post_all(admin, "detectors", [a_detector()])
    assert "version" not in (await admin.get("/v1/detectors/D1")).json()
    assert (await admin.get("/v1/detectors/D1/versions")).status_code == 404
