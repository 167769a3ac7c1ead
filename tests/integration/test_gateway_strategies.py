"""Strategies through the gateway: versions, local times, texts that fit, phases by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_sign, post_all

from lotse_gateway.guards.keys import Scope

PARK = ["STADION", "PARKEN P3"]
SATURDAY: dict[str, Any] = {
    "name": "before",
    "starts_at": "2026-11-28T13:00:00",
    "ends_at": "2026-11-28T15:30:00",
    "messages": [{"sign": "S1", "lines": PARK}],
}
BY_HAND: dict[str, Any] = {"name": "storm", "messages": [{"sign": "S1", "lines": ["STURM"]}]}


def a_strategy(*phases: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": "Match day", "time_zone": "Europe/Berlin", "phases": list(phases or (SATURDAY, BY_HAND))} | fields


@pytest.fixture
async def operator(gateway: Gateway, admin: httpx.AsyncClient) -> Any:
    await post_all(admin, "signs", [a_sign("S1"), a_sign("S2")])
    async with gateway.client(await gateway.key(Scope.OPERATOR)) as client:
        yield client


async def test_every_saving_is_a_version_and_leaves_a_trace(
    operator: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    first = await operator.put("/v1/strategies/MATCH", json=a_strategy())
    assert (first.status_code, first.json()["version"]) == (201, 1), first.text
    second = await operator.put("/v1/strategies/MATCH", json=a_strategy(name="Derby"))
    assert (second.status_code, second.json()["version"], second.json()["name"]) == (200, 2, "Derby")
    assert (await operator.get("/v1/strategies/MATCH")).json() == second.json()
    versions = (await operator.get("/v1/strategies/MATCH/versions")).json()["items"]
    assert [(each["version"], each["name"]) for each in versions] == [(2, "Derby"), (1, "Match day")]
    assert (await operator.get("/v1/strategies")).json()["items"] == [second.json()]
    assert (await operator.delete("/v1/strategies/MATCH")).status_code == 204
    assert (await operator.delete("/v1/strategies/MATCH")).status_code == 204
    assert (await operator.get("/v1/strategies/MATCH")).json()["retired_at"]
    rows = await connection.fetch(
        "select action, before, after from audit_event where noun = 'strategy' order by audit_id"
    )
    assert [row["action"] for row in rows] == ["save", "save", "retire"]
    assert (rows[1]["before"]["name"], rows[1]["after"]["name"]) == ("Match day", "Derby")


async def test_local_times_are_kept_in_utc(operator: httpx.AsyncClient) -> None:
    saved = (await operator.put("/v1/strategies/MATCH", json=a_strategy())).json()["phases"]
    assert (saved[0]["starts_at"], saved[0]["ends_at"]) == ("2026-11-28T12:00:00Z", "2026-11-28T14:30:00Z")
    assert (saved[1]["starts_at"], saved[1]["ends_at"]) == (None, None)
    offset = SATURDAY | {"starts_at": "2026-11-28T13:00:00+03:00"}
    saved = (await operator.put("/v1/strategies/MATCH", json=a_strategy(offset))).json()["phases"]
    assert saved[0]["starts_at"] == "2026-11-28T10:00:00Z"


@pytest.mark.parametrize(
    ("strategy", "reason"),
    [
        (a_strategy(time_zone=None), "give its offset, or time_zone"),
        (a_strategy(time_zone="Europe/Kaiserslautern"), "time zone"),
        (a_strategy(SATURDAY | {"starts_at": "2026-10-25T02:30:00"}), "happens twice in Europe/Berlin"),
        (a_strategy(SATURDAY | {"starts_at": "2026-03-29T02:30:00"}), "does not happen in Europe/Berlin"),
        (a_strategy(SATURDAY | {"ends_at": "2026-11-28T13:00:00"}), "later than starts_at"),
        (a_strategy(SATURDAY | {"ends_at": None}), "both of starts_at, ends_at"),
        (a_strategy(SATURDAY, SATURDAY), "different names"),
        (a_strategy(BY_HAND | {"messages": BY_HAND["messages"] * 2}), "more than one message: S1"),
        (a_strategy(BY_HAND | {"messages": []}), "at least 1"),
        (a_strategy(phases=[]), "at least 1"),
    ],
)
async def test_a_strategy_that_is_not_clear_is_refused(
    strategy: dict[str, Any], reason: str, operator: httpx.AsyncClient
) -> None:
    answer = await operator.put("/v1/strategies/MATCH", json=strategy)
    assert answer.status_code == 422, answer.text
    assert reason in answer.text
    assert (await operator.get("/v1/strategies/MATCH")).status_code == 404


async def test_texts_have_to_fit_their_signs_and_signs_to_be_in_service(operator: httpx.AsyncClient) -> None:
    wide = {"sign": "S2", "lines": ["STADION", "PARKEN AUF DEM MESSEPLATZ"]}
    answer = await operator.put(
        "/v1/strategies/MATCH", json=a_strategy(SATURDAY | {"messages": [*SATURDAY["messages"], wide]})
    )
    (error,) = answer.json()["errors"]
    assert error["field"] == "body.phases.0.messages.1.lines.1"
    assert error["reason"] == "'PARKEN AUF DEM MESSEPLATZ' has 25 characters; allowed: 16"
    unknown = await operator.put(
        "/v1/strategies/MATCH", json=a_strategy(BY_HAND | {"messages": [wide | {"sign": "X"}]})
    )
    assert [error["field"] for error in unknown.json()["errors"]] == ["body.phases.0.messages.0.sign"]


async def test_a_phase_is_active_in_its_time(operator: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
    saved = await operator.put("/v1/strategies/MATCH", json=a_strategy(SATURDAY | times, BY_HAND))
    assert saved.json()["active"] == ["before"]
    await operator.put("/v1/strategies/MATCH", json=a_strategy())
    assert (await operator.get("/v1/strategies")).json()["items"][0]["active"] == []


async def test_a_phase_is_begun_and_ended_by_hand(operator: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    await operator.put("/v1/strategies/MATCH", json=a_strategy())
    path = "/v1/strategies/MATCH"
    begun = await operator.post(f"{path}/activate", json={"phase": "storm", "for_min": 30})
    assert (begun.status_code, begun.json()["active"]) == (200, ["storm"]), begun.text
    other = await operator.post(f"{path}/activate", json={"phase": "before", "for_min": 30})
    assert other.json()["active"] == ["before"]
    for _ in range(2):
        assert (await operator.post(f"{path}/deactivate")).json()["active"] == []
    rows = await connection.fetch("select action from audit_event where noun = 'strategy' order by audit_id")
    assert [row["action"] for row in rows] == ["save", "activate", "activate", "deactivate"]


async def test_what_cannot_be_begun_by_hand_is_refused(operator: httpx.AsyncClient) -> None:
    path, begin = "/v1/strategies/MATCH", {"phase": "storm", "for_min": 30}
    assert (await operator.post(f"{path}/activate", json=begin)).status_code == 404
    assert (await operator.post(f"{path}/deactivate")).status_code == 404
    await operator.put(path, json=a_strategy())
    unknown = await operator.post(f"{path}/activate", json=begin | {"phase": "after"})
    assert (unknown.status_code, "allowed: before, storm" in unknown.text) == (422, True)
    assert (await operator.post(f"{path}/activate", json=begin | {"for_min": 1e6})).status_code == 422
    await operator.delete(path)
    assert (await operator.post(f"{path}/activate", json=begin)).status_code == 409


async def test_viewers_read_strategies_and_do_not_save_them(gateway: Gateway, operator: httpx.AsyncClient) -> None:
    await operator.put("/v1/strategies/MATCH", json=a_strategy())
    async with gateway.client(await gateway.key(Scope.VIEWER)) as viewer:
        assert (await viewer.get("/v1/strategies/MATCH")).status_code == 200
        assert (await viewer.put("/v1/strategies/MATCH", json=a_strategy())).status_code == 403


async def test_pages_of_strategies_join(operator: httpx.AsyncClient) -> None:
    for name in ("A", "B", "C"):
        await operator.put(f"/v1/strategies/{name}", json=a_strategy(BY_HAND))
    first = (await operator.get("/v1/strategies?limit=2")).json()
    rest = (await operator.get("/v1/strategies", params={"cursor": first["next_cursor"]})).json()
    assert [item["strategy_id"] for page in (first, rest) for item in page["items"]] == ["A", "B", "C"]
