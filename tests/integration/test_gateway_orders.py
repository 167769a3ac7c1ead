"""Locks and answers to proposals through the gateway: checked, audited, and over when they are over."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_sign, add_decision, open_gateway, post_all

from lotse_gateway.guards.keys import Scope
from lotse_shared.settings import DatabaseSettings

FIRE = {"state": "message", "lines": ["FEUERWEHR", "BITTE WARTEN"], "reason": "Brand", "for_min": 30}


async def _trace(connection: asyncpg.Connection, noun: str) -> list[tuple[str, str]]:
    rows = await connection.fetch("select action, noun_id from audit_event where noun = $1 order by audit_id", noun)
    return [(row["action"], row["noun_id"]) for row in rows]


async def test_a_sign_is_locked_released_and_both_leave_a_trace(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await post_all(admin, "signs", [a_sign("S1")])
    assert (await admin.get("/v1/signs/S1/lock")).status_code == 404
    locked = await admin.put("/v1/signs/S1/lock", json=FIRE)
    assert locked.status_code == 200, locked.text
    assert locked.json() == (await admin.get("/v1/signs/S1/lock")).json()
    lock = locked.json()
    assert (lock["state"], lock["lines"], lock["reason"], lock["status"]) == (
        "message",
        FIRE["lines"],
        "Brand",
        "in_force",
    )
    assert lock["author"] == admin.headers["authorization"].split("_")[1]
    assert datetime.fromisoformat(lock["expires_at"]) - datetime.fromisoformat(lock["locked_at"]) == timedelta(
        minutes=30
    )
    assert (await admin.delete("/v1/signs/S1/lock")).status_code == 204
    assert (await admin.delete("/v1/signs/S1/lock")).status_code == 204
    released = (await admin.get("/v1/signs/S1/lock")).json()
    assert (released["status"], released["released_by"]) == ("released", lock["author"])
    assert await _trace(connection, "sign") == [("create", "S1"), ("lock", "S1"), ("release", "S1")]


async def test_a_lock_takes_the_place_of_the_one_before_which_stays_as_a_record(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await post_all(admin, "signs", [a_sign("S1")])
    await admin.put("/v1/signs/S1/lock", json=FIRE)
    blank = await admin.put("/v1/signs/S1/lock", json={"state": "blank", "reason": "Wartung", "for_min": 5})
    assert (blank.json()["state"], blank.json()["lines"], blank.json()["reason"]) == ("blank", [], "Wartung")
    assert await connection.fetchval("select count(*) from sign_lock") == 2
    assert await connection.fetchval("select count(*) from sign_lock where released_at is null") == 1


async def test_a_lock_that_expired_is_over_without_anybody_releasing_it(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await post_all(admin, "signs", [a_sign("S1")])
    await admin.put("/v1/signs/S1/lock", json=FIRE)
    await connection.execute("update sign_lock set locked_at = now() - interval '2 h', expires_at = now()")
    assert (await admin.get("/v1/signs/S1/lock")).json()["status"] == "expired"
    assert (await admin.delete("/v1/signs/S1/lock")).status_code == 204
    over = (await admin.get("/v1/signs/S1/lock")).json()
    assert (over["status"], over["released_at"], over["released_by"]) == ("expired", None, None)
    assert ("release", "S1") not in await _trace(connection, "sign")


@pytest.mark.parametrize(
    ("lock", "field", "reason"),
    [
        ({"lines": ["BITTE NICHT UNGEDULDIG"]}, "body.lines.0", "22 characters; allowed: 16"),
        ({"lines": ["A", "B", "C", "D"]}, "body.lines", "4 lines; allowed: 3"),
        ({"lines": ["A, B, C"]}, "body.lines.0", "3 units of information; allowed: 2 a line"),
        ({"lines": ["A1, B1", "STAU X", "C1"]}, "body.lines", "5 units of information; allowed: 4 in all"),
        ({"lines": []}, "body", "with the state 'message'"),
        ({"state": "blank"}, "body", "with the state 'message'"),
        ({"for_min": None}, "body", "exactly one of expires_at, for_min"),
        ({"for_min": 7 * 24 * 60 + 1}, "body.for_min", "by 168 hours at most"),
        ({"for_min": 1e300}, "body.for_min", "by 168 hours at most"),
        ({"for_min": None, "expires_at": "2020-01-01T00:00:00Z"}, "body.expires_at", "allowed: after now"),
        ({"reason": ""}, "body.reason", "at least 1"),
    ],
)
async def test_a_lock_that_cannot_be_is_refused_with_what_is_allowed(
    lock: dict[str, Any], field: str, reason: str, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await post_all(admin, "signs", [a_sign("S1")])
    answer = await admin.put("/v1/signs/S1/lock", json=FIRE | lock)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert reason in answer.json()["errors"][0]["reason"]
    assert await connection.fetchval("select count(*) from sign_lock") == 0


async def test_a_sign_that_knows_ascii_alone_spells_umlauts_and_they_take_room(admin: httpx.AsyncClient) -> None:
    await post_all(admin, "signs", [a_sign("S1", charset="ascii")])
    spelled = await admin.put("/v1/signs/S1/lock", json=FIRE | {"lines": ["ÜBER RINGSTR", "MÜLLBRÄNDE"]})
    assert spelled.json()["lines"] == ["UEBER RINGSTR", "MUELLBRAENDE"]
    refused = await admin.put("/v1/signs/S1/lock", json=FIRE | {"lines": ["ÜBER RINGSTRASSE"]})
    assert "'UEBER RINGSTRASSE' has 17 characters" in refused.text
    assert (
        "cannot be written; allowed: ASCII"
        in (await admin.put("/v1/signs/S1/lock", json=FIRE | {"lines": ["日本"]})).text
    )


async def test_unknown_and_retired_signs_are_not_locked_nor_by_viewers(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    assert (await admin.put("/v1/signs/S1/lock", json=FIRE)).status_code == 404
    assert (await admin.delete("/v1/signs/S1/lock")).status_code == 404
    await post_all(admin, "signs", [a_sign("S1")])
    await admin.delete("/v1/signs/S1")
    assert (await admin.put("/v1/signs/S1/lock", json=FIRE)).status_code == 410
    async with gateway.client(await gateway.key(Scope.VIEWER)) as viewer:
        assert (await viewer.put("/v1/signs/S1/lock", json=FIRE)).status_code == 403


async def _propose(connection: asyncpg.Connection, sign: str, number: int = 1, **fields: Any) -> None:
    now = datetime.now(UTC)
    given: dict[str, Any] = {"expires_at": now + timedelta(minutes=5), "state": "waiting", "settled_at": None}
    given |= fields
    await connection.execute(
        "insert into proposal (proposal_id, sign_id, number, plan, lines, explanation, detours, made_at, expires_at,"
        " state, settled_at) values ($1, $2, $3, 'sha256:1', '{STAU}', 'jam', '[]', $4, $5, $6, $7)",
        f"{sign}-{number}",
        sign,
        number,
        now - timedelta(hours=1),
        given["expires_at"],
        given["state"],
        given["settled_at"],
    )


async def test_a_proposal_is_answered_once_and_the_answer_is_audited(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await _propose(connection, "S1")
    await _propose(connection, "S2")
    accepted = await admin.post("/v1/proposals/S1-1/accept", json={"reason": "seen"})
    assert accepted.status_code == 200, accepted.text
    assert (accepted.json()["state"], accepted.json()["reason"]) == ("waiting", "seen")
    assert accepted.json()["answered_by"] == admin.headers["authorization"].split("_")[1]
    assert (await admin.post("/v1/proposals/S1-1/refuse", json={})).status_code == 409
    assert (await admin.post("/v1/proposals/S2-1/refuse", json={})).status_code == 200
    rows = await connection.fetch("select proposal_id, is_accepted from proposal_answer order by 1")
    assert [tuple(row) for row in rows] == [("S1-1", True), ("S2-1", False)]
    assert await _trace(connection, "proposal") == [("accept", "S1-1"), ("refuse", "S2-1")]


async def test_what_does_not_wait_any_more_cannot_be_answered(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    now = datetime.now(UTC)
    await _propose(connection, "S1", expires_at=now - timedelta(seconds=1))
    await _propose(connection, "S2", state="withdrawn", settled_at=now)
    for proposal, became in (("S1-1", "lapsed"), ("S2-1", "withdrawn")):
        answer = await admin.post(f"/v1/proposals/{proposal}/accept", json={})
        assert (answer.status_code, became in answer.text) == (409, True)
    assert (await admin.post("/v1/proposals/S9-1/accept", json={})).status_code == 404
    assert (await admin.get("/v1/proposals/S9-1")).status_code == 404


async def test_proposals_are_listed_by_sign_and_number(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    for number in range(1, 4):
        await _propose(connection, "S1", number, state="lapsed", settled_at=datetime.now(UTC))
    await _propose(connection, "S2")
    first = (await admin.get("/v1/proposals?limit=3")).json()
    rest = (await admin.get("/v1/proposals", params={"cursor": first["next_cursor"]})).json()
    listed = [item["proposal_id"] for page in (first, rest) for item in page["items"]]
    assert (listed, rest["next_cursor"]) == (["S1-1", "S1-2", "S1-3", "S2-1"], None)
    waiting = (await admin.get("/v1/proposals?state=waiting")).json()["items"]
    assert [item["proposal_id"] for item in waiting] == ["S2-1"]


each_language = pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "", "en"),
        ("language=de", "en", "de"),
        ("language=en", "de", "en"),
        ("", "de-AT, en;q=0.8", "de"),
    ],
)
NOT_SHOWN = {
    "de": "Festgelegt von wall: Brand: nicht gezeigt, denn U12 ist gesperrt.",
    "en": "Locked by wall: Brand: not shown, for U12 is closed.",
}


async def _suspend(connection: asyncpg.Connection, words: dict[str, str]) -> None:
    """Write down, as routing does, that the lock of a sign is not shown."""
    await add_decision(connection)
    await connection.execute("update decision set suspended = $1, suspended_words = $2", NOT_SHOWN["en"], words)


@each_language
async def test_proposals_are_explained_in_the_language_that_is_asked_for(
    query: str, header: str, language: str, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    told = {"de": "Stau", "en": "jam"}
    for number in (1, 2, 3):
        await _propose(connection, f"S{number}")
    await connection.execute("update proposal set explanations = $1", told)
    headers = {"Accept-Language": header}
    answers = [
        await admin.get(f"/v1/proposals/S1-1?{query}", headers=headers),
        await admin.get(f"/v1/proposals?sign=S1&{query}", headers=headers),
        await admin.post(f"/v1/proposals/S2-1/accept?{query}", headers=headers),
        await admin.post(f"/v1/proposals/S3-1/refuse?{query}", headers=headers),
    ]
    for answer in answers:
        (item,) = answer.json().get("items", [answer.json()])
        assert (item["explanation"], answer.headers["content-language"]) == (told[language], language)


@each_language
async def test_why_a_lock_is_not_shown_is_told_in_the_language_that_is_asked_for(
    query: str, header: str, language: str, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await post_all(admin, "signs", [a_sign("S1")])
    await admin.put("/v1/signs/S1/lock", json=FIRE)
    await _suspend(connection, NOT_SHOWN)
    headers = {"Accept-Language": header}
    answers = [
        await admin.get(f"/v1/signs/S1/lock?{query}", headers=headers),
        await admin.get(f"/v1/signs/S1/decisions?{query}", headers=headers),
        await admin.get(f"/v1/decisions?{query}", headers=headers),
        await admin.put(f"/v1/signs/S1/lock?{query}", json=FIRE, headers=headers),
    ]
    for answer in answers:
        (item,) = answer.json().get("items", [answer.json()])
        assert (item["suspended"], answer.headers["content-language"]) == (NOT_SHOWN[language], language)


async def test_why_a_lock_was_not_shown_is_not_told_of_the_one_in_its_place(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await post_all(admin, "signs", [a_sign("S1")])
    await admin.put("/v1/signs/S1/lock", json=FIRE)
    await _suspend(connection, NOT_SHOWN)
    await connection.execute("update decision set decided_at = now() - interval '1 minute'")
    another = await admin.put("/v1/signs/S1/lock", json=FIRE | {"reason": "Glatteis"})
    assert (another.json()["reason"], another.json()["suspended"]) == ("Glatteis", None)


async def test_what_was_told_in_english_alone_before_is_told_as_it_is(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await post_all(admin, "signs", [a_sign("S1")])
    await admin.put("/v1/signs/S1/lock", json=FIRE)
    await _suspend(connection, {})
    await _propose(connection, "S1")
    assert (await admin.get("/v1/signs/S1/lock?language=de")).json()["suspended"] == NOT_SHOWN["en"]
    (decision,) = (await admin.get("/v1/decisions?language=de")).json()["items"]
    assert decision["suspended"] == NOT_SHOWN["en"]
    assert (await admin.get("/v1/proposals/S1-1?language=de")).json()["explanation"] == "jam"


@pytest.mark.parametrize("language", ["de", "en"])
async def test_who_read_a_lock_in_any_language_may_suppose_what_it_told(
    language: str, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await post_all(admin, "signs", [a_sign("S1")])
    await admin.put("/v1/signs/S1/lock", json=FIRE)
    await _suspend(connection, NOT_SHOWN)
    etag = (await admin.get(f"/v1/signs/S1/lock?language={language}")).headers["etag"]
    supposing = {"If-Match": etag}
    assert (await admin.put("/v1/signs/S1/lock", json=FIRE, headers=supposing)).status_code == 200
    assert (await admin.put("/v1/signs/S1/lock", json=FIRE, headers=supposing)).status_code == 412


async def test_the_mode_and_letters_of_a_sign_are_registered(admin: httpx.AsyncClient) -> None:
    await post_all(admin, "signs", [a_sign("S1"), a_sign("S2", mode="approval", charset="ascii")])
    signs = (await admin.get("/v1/signs")).json()["items"]
    assert [(sign["mode"], sign["charset"]) for sign in signs] == [("automatic", "utf8"), ("approval", "ascii")]
    assert (await admin.put("/v1/signs/S1", json=a_sign("S1", mode="manual"))).status_code == 422


async def test_without_routing_no_sign_is_locked(database: DatabaseSettings, gateway: Gateway) -> None:
    """Nobody else knows whether the text fits; and without routing no sign would hear of it."""
    del gateway
    async with open_gateway(database) as alone, alone.client(await alone.key(Scope.ADMIN)) as client:
        await post_all(client, "signs", [a_sign("S1")])
        assert (await client.put("/v1/signs/S1/lock", json=FIRE)).status_code == 503
