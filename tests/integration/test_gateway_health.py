"""How detectors are, failure by hand, and alarms, on a real database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_detector, post_all

from lotse_gateway.guards.keys import Scope

NOW = datetime.now(UTC).replace(microsecond=0)
PARAMETERS = {
    "fast_kmh": 130,
    "full_pct": 70,
    "locked_on_s": 300,
    "stuck_intervals": 20,
    "silent_intervals": 5,
    "future_tolerance_s": 5,
}


async def _heard(connection: asyncpg.Connection, detector_id: str, **columns: Any) -> None:
    await connection.execute(
        "insert into detector_health"
        " (detector_id, last_received_at, last_measured_at, skew_s, is_clock_off, silent_since)"
        " values ($1, $2, $2, $3, $4, $5)",
        detector_id,
        NOW,
        columns.get("skew_s", -0.2),
        columns.get("is_clock_off", False),
        columns.get("silent_since"),
    )


async def _raise(connection: asyncpg.Connection, count: int, *, is_cleared: bool = False, kind: str = "k") -> None:
    for number in range(count):
        await connection.execute(
            "insert into alarm (kind, subject, message, raised_at, cleared_at) values ($1, $2, 'why', $3, $4)",
            kind,
            f"D{number}-{is_cleared}",
            NOW,
            NOW if is_cleared else None,
        )


async def test_parameters_of_the_rules_are_registered_and_read_back(admin: httpx.AsyncClient) -> None:
    plain = (await admin.post("/v1/detectors", json=a_detector("D1"))).json()
    assert [plain[name] for name in PARAMETERS] == [None] * len(PARAMETERS)
    assert (plain["neighbours"], plain["failed_at"]) == ([], None)
    answer = await admin.put("/v1/detectors/D2", json=a_detector("D2", neighbours=["D1"], **PARAMETERS))
    assert answer.status_code == 201, answer.text
    assert (await admin.get("/v1/detectors/D2")).json() == answer.json()
    assert PARAMETERS.items() <= answer.json().items()
    assert answer.json()["neighbours"] == ["D1"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fast_kmh", 0),
        ("full_pct", 101),
        ("locked_on_s", 3_601),
        ("stuck_intervals", 2),
        ("silent_intervals", 0.5),
        ("future_tolerance_s", -1),
        ("neighbours", [f"N{number}" for number in range(9)]),
    ],
)
async def test_a_parameter_out_of_bounds_is_named(admin: httpx.AsyncClient, field: str, value: object) -> None:
    answer = await admin.post("/v1/detectors", json=a_detector() | {field: value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, f"body.{field}")


async def test_neighbours_must_exist_and_be_others(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/v1/detectors", json=a_detector("D1", neighbours=["D1", "D9"]))
    assert [error["field"] for error in answer.json()["errors"]] == ["body.neighbours.1", "body.neighbours.0"]
    both = [a_detector("D1", neighbours=["D2"]), a_detector("D2", neighbours=["D1"])]
    assert (await admin.post("/v1/detectors/bulk", json=both)).json() == {"created": 2, "replaced": 0}


async def test_health_tells_what_is_wrong_with_each_detector(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await post_all(admin, "detectors", [a_detector(name) for name in ("ahead", "broken", "never", "quiet", "well")])
    await _heard(connection, "well")
    await _heard(connection, "quiet", silent_since=NOW - timedelta(hours=1), is_clock_off=True)
    await _heard(connection, "ahead", skew_s=7_200, is_clock_off=True)
    await admin.put("/v1/detectors/broken/failure", json={"reason": "pit open"})
    items = (await admin.get("/v1/detectors/health")).json()["items"]
    assert {item["detector_id"]: item["status"] for item in items} == {
        "ahead": "clock",
        "broken": "failed",
        "never": "never_heard",
        "quiet": "silent",
        "well": "ok",
    }
    for item in items:
        assert (await admin.get(f"/v1/detectors/{item['detector_id']}/health")).json() == item
    ahead, broken, never, quiet, _ = items
    assert (ahead["skew_s"], broken["failed_reason"], never["last_received_at"]) == (7_200, "pit open", None)
    assert datetime.fromisoformat(quiet["silent_since"]) == NOW - timedelta(hours=1)
    silent = (await admin.get("/v1/detectors/health", params={"status": "silent"})).json()["items"]
    assert silent == [quiet]
    assert (await admin.get("/v1/detectors/nobody/health")).status_code == 404


async def test_pages_of_health_join(admin: httpx.AsyncClient) -> None:
    await post_all(admin, "detectors", [a_detector(f"D{number}") for number in range(5)])
    page = (await admin.get("/v1/detectors/health?limit=3")).json()
    rest = (await admin.get("/v1/detectors/health", params={"cursor": page["next_cursor"]})).json()
    assert [item["detector_id"] for item in page["items"] + rest["items"]] == [f"D{number}" for number in range(5)]
    assert rest["next_cursor"] is None


async def test_an_operator_fails_and_mends_a_detector_and_each_leaves_a_trace(
    gateway: Gateway, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await admin.post("/v1/detectors", json=a_detector("D1"))
    path = "/v1/detectors/D1/failure"
    async with gateway.client(await gateway.key(Scope.OPERATOR)) as operator:
        failed = (await operator.put(path, json={"reason": "pit open"})).json()
        assert (failed["status"], failed["failed_reason"]) == ("failed", "pit open")
        assert (await operator.put(path, json={"reason": "pit open"})).json() == failed
        again = (await operator.put(path, json={"reason": "loop cut"})).json()
        assert (again["failed_reason"], again["failed_at"]) == ("loop cut", failed["failed_at"])
        await admin.put("/v1/detectors/D1", json=a_detector("D1", lanes=2))
        assert (await admin.get("/v1/detectors/D1")).json()["failed_reason"] == "loop cut"
        for _ in range(2):
            assert (await operator.delete(path)).json()["status"] == "never_heard"
        assert (await operator.put("/v1/detectors/D9/failure", json={"reason": "x"})).status_code == 404
        assert (await operator.delete("/v1/detectors/D9/failure")).status_code == 404
        assert (await operator.put(path, json={"reason": ""})).json()["errors"][0]["field"] == "body.reason"
    async with gateway.client(await gateway.key(Scope.VIEWER)) as viewer:
        assert (await viewer.put(path, json={"reason": "x"})).status_code == 403
    events = await connection.fetch("select action from audit_event where noun = 'detector' order by audit_id")
    assert [event["action"] for event in events] == ["create", "fail", "fail", "update", "mend"]


async def test_alarms_are_listed_newest_first_open_ones_unless_told(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await _raise(connection, 3)
    await _raise(connection, 2, is_cleared=True, kind="silent_detector")

    async def ids(**params: str | int) -> list[int]:
        return [item["alarm_id"] for item in (await admin.get("/v1/alarms", params=params)).json()["items"]]

    assert await ids() == [3, 2, 1]
    assert await ids(state="cleared") == [5, 4]
    assert await ids(state="all") == [5, 4, 3, 2, 1]
    assert await ids(state="all", kind="silent_detector") == [5, 4]
    page = (await admin.get("/v1/alarms", params={"state": "all", "limit": 2})).json()
    assert await ids(state="all", cursor=page["next_cursor"]) == [3, 2, 1]
    assert (await admin.get("/v1/alarms?state=loud")).json()["errors"][0]["field"] == "query.state"


async def test_an_alarm_is_acknowledged_once_by_an_operator(
    gateway: Gateway, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await _raise(connection, 1)
    async with gateway.client(await gateway.key(Scope.OPERATOR)) as operator:
        first = (await operator.post("/v1/alarms/1/ack")).json()
    assert first["acknowledged_at"] is not None
    assert first["cleared_at"] is None
    assert (await admin.post("/v1/alarms/1/ack")).json() == first
    assert (await admin.post("/v1/alarms/2/ack")).status_code == 404
    async with gateway.client(await gateway.key(Scope.VIEWER)) as viewer:
        assert (await viewer.post("/v1/alarms/1/ack")).status_code == 403
    [event] = await connection.fetch("select * from audit_event where noun = 'alarm'")
    assert (event["action"], event["noun_id"], event["key_id"]) == ("acknowledge", "1", first["acknowledged_by"])
