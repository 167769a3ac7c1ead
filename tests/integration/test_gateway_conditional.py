"""ETags and preconditions: who has it already is told so, and nobody overwrites what he has not seen."""

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_destination, a_detector, a_sign

from lotse_gateway.guards.keys import Scope

TEMPLATE = {"lines": [["{street}"], ["STAU"], ["FOLGE {corridor}"]]}
LOCK = {"state": "message", "lines": ["SPERRUNG"], "reason": "fire brigade", "for_min": 60}
PHASES = {"name": "Match day", "phases": [{"name": "before", "messages": [{"sign": "S1", "lines": ["STADION"]}]}]}
FIRST = {"detectors": a_detector(), "destinations": a_destination(), "signs": a_sign()}
PUTS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "/v1/detectors/D1": (a_detector(), a_detector(lanes=2)),
    "/v1/destinations/CENTRUM": (a_destination(), a_destination(name="Markt")),
    "/v1/signs/S1": (a_sign(), a_sign(priority=7)),
    "/v1/corridors/U12": (
        {"corridor_id": "U12", "links": ["A-B-0", "B-D-0", "D-C-0"]},
        {"corridor_id": "U12", "links": ["A-B-0", "B-C-0"]},
    ),
    "/v1/detectors/D1/failure": ({"reason": "pit open"}, {"reason": "loop cut"}),
    "/v1/signs/S1/lock": (LOCK, LOCK | {"reason": "still there"}),
    "/v1/strategies/MATCH": (PHASES, PHASES | {"name": "Match day, late"}),
    "/v1/text-templates/de/slow": (TEMPLATE, {"lines": [["STAU"]]}),
}
"""Every PUT, with two bodies."""
NEVER_DELETED = ("/v1/detectors/D1", "/v1/destinations/CENTRUM", "/v1/corridors/U12")
each_put = pytest.mark.parametrize("path", PUTS)


@pytest.fixture(autouse=True)
async def registered(admin: httpx.AsyncClient) -> None:
    for noun, row in FIRST.items():
        assert (await admin.post(f"/v1/{noun}", json=row)).status_code == 201


async def _etag(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.headers["etag"]


def test_every_put_is_among_these(gateway: Gateway) -> None:
    paths = gateway.app.openapi()["paths"]
    puts = {path.partition("{")[0] + path.rpartition("}")[2] for path, methods in paths.items() if "put" in methods}
    assert {path.partition("{")[0] for path in paths if "patch" in paths[path]} == set()
    assert len(puts) == len(PUTS)


@each_put
async def test_who_has_it_already_is_told_so(path: str, admin: httpx.AsyncClient) -> None:
    await admin.put(path, json=PUTS[path][0])
    etag = await _etag(admin, path)
    for header in (etag, f'"other", W/{etag}', "*"):
        same = await admin.get(path, headers={"If-None-Match": header})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
        assert "content-type" not in same.headers
        assert same.headers["cache-control"] == "private, no-cache"
    assert (await admin.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


@each_put
async def test_a_put_that_supposes_another_state_changes_nothing(path: str, admin: httpx.AsyncClient) -> None:
    first, second = PUTS[path]
    await admin.put(path, json=first)
    seen = await _etag(admin, path)
    assert (await admin.put(path, json=second, headers={"If-Match": seen})).status_code == 200
    now = await admin.get(path)
    for header in (seen, f"W/{now.headers['etag']}", '"nonsense"', "unquoted"):
        refused = await admin.put(path, json=first, headers={"If-Match": header})
        assert (refused.status_code, refused.json()["type"]) == (412, "/problems/precondition-failed"), path
        assert now.headers["etag"] in refused.json()["detail"]
    assert (await admin.get(path)).content == now.content
    for header in (f'"other", {now.headers["etag"]}', "*"):
        assert (await admin.put(path, json=first, headers={"If-Match": header})).status_code == 200


@each_put
async def test_a_put_may_ask_to_create_only(
    path: str, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await connection.execute("truncate detector, destination, sign")
    if path.count("/") > 3 and "templates" not in path:  # of a detector or sign, which must be there
        await admin.post("/v1/detectors", json=a_detector())
    if "lock" in path or "strategies" in path:
        await admin.post("/v1/signs", json=a_sign())
    supposed_there = await admin.put(path, json=PUTS[path][0], headers={"If-Match": "*"})
    assert (supposed_there.status_code, "does not exist" in supposed_there.json()["detail"]) == (412, True)
    created = await admin.put(path, json=PUTS[path][0], headers={"If-None-Match": "*"})
    assert created.status_code in (200, 201), created.text
    before = await admin.get(path)
    refused = await admin.put(path, json=PUTS[path][1], headers={"If-None-Match": "*"})
    assert (refused.status_code, refused.json()["type"]) == (412, "/problems/precondition-failed")
    assert (await admin.get(path)).content == before.content


@each_put
async def test_of_many_who_have_seen_the_same_one_writes(path: str, admin: httpx.AsyncClient) -> None:
    first, second = PUTS[path]
    await admin.put(path, json=first)
    seen = await _etag(admin, path)
    answers = await asyncio.gather(*(admin.put(path, json=second, headers={"If-Match": seen}) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + 7 * [412]


@pytest.mark.parametrize("path", ["/v1/detectors/D9", "/v1/destinations/D9", "/v1/signs/D9", "/v1/corridors/D9"])
async def test_of_many_who_create_only_one_does(path: str, admin: httpx.AsyncClient) -> None:
    bodies = {
        "detectors": a_detector("D9"),
        "destinations": a_destination("D9"),
        "signs": a_sign("D9"),
        "corridors": {"corridor_id": "D9", "links": ["A-B-0", "B-C-0"]},
    }
    body = bodies[path.split("/")[2]]
    answers = await asyncio.gather(*(admin.put(path, json=body, headers={"If-None-Match": "*"}) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + 7 * [412]


@pytest.mark.parametrize("path", [path for path in PUTS if path not in NEVER_DELETED])
async def test_a_delete_may_suppose_too(path: str, admin: httpx.AsyncClient) -> None:
    await admin.put(path, json=PUTS[path][0])
    seen = await _etag(admin, path)
    await admin.put(path, json=PUTS[path][1])
    refused = await admin.delete(path, headers={"If-Match": seen})
    assert (refused.status_code, refused.json()["type"]) == (412, "/problems/precondition-failed")
    assert (await admin.delete(path, headers={"If-Match": await _etag(admin, path)})).status_code in (200, 204)


async def test_without_a_precondition_the_last_write_wins(admin: httpx.AsyncClient) -> None:
    for path, (first, second) in PUTS.items():
        for body in (first, second):
            assert (await admin.put(path, json=body)).status_code in (200, 201), path


async def test_an_error_has_no_etag(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    assert "etag" not in (await admin.get("/v1/signs/NOWHERE")).headers
    async with gateway.client(await gateway.key(Scope.PUBLISHER)) as publisher:
        refused = await publisher.get("/v1/signs", headers={"If-None-Match": "*"})
    assert refused.status_code == 403
