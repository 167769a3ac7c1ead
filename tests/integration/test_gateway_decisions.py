"""Decisions and detours read back, and the system as a whole, on a real database."""

from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest
from factories_gateway import (
    DETOURS,
    LINKS,
    VERSION,
    WHY,
    Gateway,
    a_destination,
    a_detector,
    a_sign,
    add_decision,
    beat,
    post_all,
)


@pytest.fixture
async def signs(admin: httpx.AsyncClient) -> httpx.AsyncClient:
    await post_all(admin, "signs", [a_sign("S1"), a_sign("S2"), a_sign("S3")])
    return admin


async def test_decisions_come_newest_first_page_by_page(
    signs: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    for seq in range(1, 6):
        await add_decision(connection, seq=seq)
    await add_decision(connection, sign_id="S2", seq=77)
    first = (await signs.get("/v1/signs/S1/decisions?limit=3")).json()
    rest = (await signs.get("/v1/signs/S1/decisions", params={"cursor": first["next_cursor"]})).json()
    assert [decision["seq"] for decision in first["items"] + rest["items"]] == [5, 4, 3, 2, 1]
    assert rest["next_cursor"] is None
    decision = first["items"][0]
    assert (decision["sign"], decision["state"], decision["explanation"]) == ("S1", "detour", "Street BC is closed.")
    assert decision["detours"] == [DETOURS[0] | {"relation": None, "why": WHY | {"words": "Street BC is closed."}}]
    assert decision["decided_at"].endswith("Z")


async def test_a_sign_without_decisions_has_none_and_an_unknown_one_is_not_found(signs: httpx.AsyncClient) -> None:
    assert (await signs.get("/v1/signs/S1/decisions")).json() == {"items": [], "next_cursor": None}
    assert (await signs.get("/v1/signs/NOWHERE/decisions")).status_code == 404


async def test_detours_list_what_each_sign_in_service_says_now(
    gateway: Gateway, signs: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    covers_until = datetime(2026, 11, 23, 7, 10, tzinfo=UTC)
    await beat(connection, covers_until=covers_until)
    for sign_id in ("S1", "S2", "S3"):
        await add_decision(connection, sign_id=sign_id)
    (of_s1,) = (await signs.get("/v1/signs/S1/decisions")).json()["items"]
    await signs.delete("/v1/signs/S3")
    await gateway.refresh()
    answer = await signs.get("/v1/detours")
    assert [item["sign"] for item in answer.json()["items"]] == ["S1", "S2"]
    assert answer.json()["items"][0] == DETOURS[0] | {
        "relation": None,
        "why": WHY | {"words": "Street BC is closed."},
        "sign": "S1",
        "decision_id": of_s1["decision_id"],
        "explanation": "Street BC is closed.",
        "decided_at": of_s1["decided_at"],
        "covers_until": "2026-11-23T07:10:00Z",
        "source": "automatic",
        "shows_detours": True,
    }
    assert [item["sign"] for item in (await signs.get("/v1/detours?sign=S2")).json()["items"]] == ["S2"]
    assert len((await signs.get("/v1/detours?destination=CENTRUM")).json()["items"]) == 2
    assert (await signs.get("/v1/detours?destination=ELSEWHERE")).json()["items"] == []
    first = (await signs.get("/v1/detours?limit=1")).json()
    rest = (await signs.get("/v1/detours", params={"cursor": first["next_cursor"]})).json()
    assert [item["sign"] for item in first["items"] + rest["items"]] == ["S1", "S2"]


@pytest.mark.parametrize(
    ("query", "header", "language", "told"),
    [
        ("", "", "en", "Street BC is closed."),
        ("?language=de", "en", "de", "Street BC ist gesperrt."),
        ("?language=en", "de", "en", "Street BC is closed."),
        ("", "de-AT, en;q=0.8", "de", "Street BC ist gesperrt."),
        ("", "fr", "en", "Street BC is closed."),
    ],
)
@pytest.mark.parametrize("path", ["/v1/detours", "/v1/signs/S1/decisions"])
async def test_explanations_are_in_the_language_that_is_asked_for(  # noqa: PLR0913, PLR0917 - cases
    gateway: Gateway,
    signs: httpx.AsyncClient,
    connection: asyncpg.Connection,
    path: str,
    query: str,
    header: str,
    language: str,
    told: str,
) -> None:
    await add_decision(connection)
    await gateway.refresh()
    answer = await signs.get(f"{path}{query}", headers={"Accept-Language": header})
    (item,) = answer.json()["items"]
    (detour,) = item.get("detours", [item])
    assert (item["explanation"], detour["why"]["words"]) == (told, told)
    assert (answer.headers["content-language"], answer.headers["vary"]) == (language, "Accept-Language")


async def test_a_language_that_there_is_not_is_refused_with_those_there_are(signs: httpx.AsyncClient) -> None:
    answer = await signs.get("/v1/detours?language=fr")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-input")
    assert "'de' or 'en'" in answer.json()["detail"]


async def test_a_decision_of_before_is_explained_in_english_and_without_its_reason_as_data(
    gateway: Gateway, signs: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await add_decision(connection)
    old = [{key: DETOURS[0][key] for key in DETOURS[0] if key not in {"why", "vehicles"}}]
    await connection.execute("update decision set explanations = default, detours = $1", old)
    await gateway.refresh()
    (item,) = (await signs.get("/v1/detours?language=de")).json()["items"]
    assert (item["explanation"], item["why"], item["vehicles"]) == ("Street BC is closed.", None, None)


async def test_a_route_that_no_longer_exists_has_no_travel_time(
    gateway: Gateway, signs: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await add_decision(connection)
    closed = [DETOURS[0] | {"shown": None, "normal": {"links": ["A-B-0"], "travel_time_s": None}, "gain_s": None}]
    await connection.execute("update decision set detours = $1", closed)
    await gateway.refresh()
    (detour,) = (await signs.get("/v1/detours")).json()["items"]
    assert detour["shown"] is None
    assert detour["normal"]["travel_time_s"] is None


async def test_the_system_tells_what_there_is(
    gateway: Gateway, signs: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    empty = (await signs.get("/v1/system")).json()
    assert (empty["planner"], empty["covers_until"]) == (None, None)
    await post_all(signs, "destinations", [a_destination()])
    await post_all(signs, "detectors", [a_detector("D1"), a_detector("D2")])
    await signs.delete("/v1/signs/S3")
    await connection.execute("insert into link_state values ('A-B-0', now(), 40, 'free', 1, 'measured')")
    await connection.execute("insert into link_state values ('OF-ANOTHER-NETWORK', now(), 40, 'free', 1, 'measured')")
    await connection.execute(
        "insert into ingest_ledger values (now(), 'D1', 10, 6, 2, 1, 1), (now(), null, 1, 0, 0, 0, 1),"
        " (now() - interval '25 hours', 'D1', 5, 5, 0, 0, 0)"
    )
    await beat(connection, covers_until=datetime(2026, 11, 23, 7, 10, tzinfo=UTC))
    await gateway.refresh()
    system = (await signs.get("/v1/system")).json()
    assert system["network"] == {"version": VERSION, "name": "four", "junctions": 4, "links": len(LINKS)}
    assert system["storage"]["backend"] == "postgresql"
    assert system["readings_24h"] == {"received": 11, "stored": 6, "duplicate": 2, "quarantined": 1, "rejected": 2}
    assert (system["detectors"], system["signs"], system["links_with_state"]) == (2, 2, 1)
    assert (system["clock"], system["covers_until"]) == ("wall", "2026-11-23T07:10:00Z")
    assert system["planner"]["fresh"]
    assert system["away"] == []
    beaten_at = datetime.now(UTC) - timedelta(minutes=10)
    await beat(connection, beaten_at)
    await gateway.refresh()
    answer = await signs.get("/v1/system")
    assert not answer.json()["planner"]["fresh"]
    (away,) = answer.json()["away"]
    assert (away["part"], datetime.fromisoformat(away["since"])) == ("routing", beaten_at)
    for path in ("/v1/system", "/v1/detours", "/v1/displays", "/v1/displays/S1", "/v1/links"):
        assert (await signs.get(path)).headers["lotse-degraded"] == "routing", path
    await beat(connection)
    await gateway.refresh()
    for path in ("/v1/system", "/v1/detours", "/v1/displays", "/v1/displays/S1", "/v1/links"):
        assert "lotse-degraded" not in (await signs.get(path)).headers, path
