"""Every operation that writes leaves an audit event with before and after; a new one without an entry fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_destination, a_detector, a_roadwork, a_sign, post_all

from lotse_gateway.guards.keys import Scope

OTHER_KEY = "0123456789ab"
TEXTS = "/v1/text-templates/de/slow"
LINES = {"lines": [["{street}", "STAU"], ["STAU"]]}
LOCK = {"state": "blank", "reason": "Wartung", "for_min": 5}
STRATEGY = {"name": "Match day", "phases": [{"name": "before", "messages": [{"sign": "S1", "lines": ["STADION"]}]}]}
CORRIDOR = {"corridor_id": "U1", "links": ["A-B-0", "B-D-0", "D-C-0"]}
ASKS_ONLY = {"check_closure", "find_routes", "preview_sign"}
"""They change nothing."""
ELSEWHERE = {
    "publish_readings": "each reading is accounted for in the ledger",
    "acknowledge_display": "what signs say of themselves has its own history (test_gateway_acks)",
    "import_roadworks": "a draft each, tested with the feeds (test_gateway_roadwork_feeds)",
    "replay_dead_letters": "the event tells what was asked of ingest (test_gateway_dead_letters)",
}


@dataclass(frozen=True)
class Write:
    """A request that writes, its action, noun and id in the log (no id: it is drawn), and what there was and is.

    `first` are requests that have to come before it.
    """

    call: tuple[str, str] | tuple[str, str, Any]
    event: tuple[str, str, str]
    before: bool = True
    after: bool = True
    first: Sequence[tuple[str, str, Any]] = ()


WRITES: dict[str, Write] = {
    "create_detector": Write(("POST", "/v1/detectors", a_detector("D9")), ("create", "detector", "D9"), before=False),
    "put_detector": Write(("PUT", "/v1/detectors/D1", a_detector(lanes=2)), ("update", "detector", "D1")),
    "put_detectors": Write(("POST", "/v1/detectors/bulk", [a_detector(lanes=2)]), ("update", "detector", "D1")),
    "create_destination": Write(
        ("POST", "/v1/destinations", a_destination("X")), ("create", "destination", "X"), before=False
    ),
    "put_destination": Write(
        ("PUT", "/v1/destinations/CENTRUM", a_destination(name="x")), ("update", "destination", "CENTRUM")
    ),
    "put_destinations": Write(
        ("POST", "/v1/destinations/bulk", [a_destination(name="x")]), ("update", "destination", "CENTRUM")
    ),
    "create_sign": Write(("POST", "/v1/signs", a_sign("S9")), ("create", "sign", "S9"), before=False),
    "put_sign": Write(("PUT", "/v1/signs/S1", a_sign(priority=7)), ("update", "sign", "S1")),
    "put_signs": Write(("POST", "/v1/signs/bulk", [a_sign(priority=7)]), ("update", "sign", "S1")),
    "retire_sign": Write(("DELETE", "/v1/signs/S1"), ("retire", "sign", "S1")),
    "retire_corridor": Write(("DELETE", "/v1/corridors/U1"), ("retire", "corridor", "U1")),
    "lock_sign": Write(("PUT", "/v1/signs/S1/lock", LOCK), ("lock", "sign", "S1")),
    "release_sign": Write(
        ("DELETE", "/v1/signs/S1/lock"), ("release", "sign", "S1"), first=[("PUT", "/v1/signs/S1/lock", LOCK)]
    ),
    "create_corridor": Write(
        ("POST", "/v1/corridors", CORRIDOR | {"corridor_id": "U9"}), ("create", "corridor", "U9"), before=False
    ),
    "put_corridor": Write(("PUT", "/v1/corridors/U1", CORRIDOR | {"name": "x"}), ("update", "corridor", "U1")),
    "put_corridors": Write(("POST", "/v1/corridors/bulk", [CORRIDOR | {"name": "x"}]), ("update", "corridor", "U1")),
    "create_roadwork": Write(
        ("POST", "/v1/roadworks", a_roadwork(roadwork_id="B9", approve=False)),
        ("create", "roadwork", "B9"),
        before=False,
    ),
    "check_roadwork": Write(("POST", "/v1/roadworks/B1/check"), ("check", "roadwork", "B1")),
    "approve_roadwork": Write(
        ("POST", "/v1/roadworks/B1/approve", {"override_reason": "burst"}), ("approve", "roadwork", "B1")
    ),
    "refuse_roadwork": Write(("POST", "/v1/roadworks/B1/refuse"), ("refuse", "roadwork", "B1")),
    "end_roadwork": Write(("POST", "/v1/roadworks/B1/end"), ("end", "roadwork", "B1")),
    "fail_detector": Write(("PUT", "/v1/detectors/D1/failure", {"reason": "pit"}), ("fail", "detector", "D1")),
    "mend_detector": Write(
        ("DELETE", "/v1/detectors/D1/failure"),
        ("mend", "detector", "D1"),
        first=[("PUT", "/v1/detectors/D1/failure", {"reason": "pit"})],
    ),
    "acknowledge_alarm": Write(("POST", "/v1/alarms/1/ack"), ("acknowledge", "alarm", "1")),
    "accept_proposal": Write(("POST", "/v1/proposals/S1-1/accept"), ("accept", "proposal", "S1-1")),
    "refuse_proposal": Write(("POST", "/v1/proposals/S1-1/refuse"), ("refuse", "proposal", "S1-1")),
    "put_strategy": Write(("PUT", "/v1/strategies/MATCH", STRATEGY), ("save", "strategy", "MATCH")),
    "retire_strategy": Write(("DELETE", "/v1/strategies/MATCH"), ("retire", "strategy", "MATCH")),
    "activate_strategy": Write(
        ("POST", "/v1/strategies/MATCH/activate", {"phase": "before", "for_min": 5}), ("activate", "strategy", "MATCH")
    ),
    "deactivate_strategy": Write(
        ("POST", "/v1/strategies/MATCH/deactivate"),
        ("deactivate", "strategy", "MATCH"),
        first=[("POST", "/v1/strategies/MATCH/activate", {"phase": "before", "for_min": 5})],
    ),
    "put_text_template": Write(("PUT", TEXTS, LINES), ("save", "text_template", "de/slow"), before=False),
    "delete_text_template": Write(
        ("DELETE", TEXTS), ("delete", "text_template", "de/slow"), after=False, first=[("PUT", TEXTS, LINES)]
    ),
    "create_key": Write(
        ("POST", "/v1/keys", {"name": "x", "scopes": ["viewer"]}), ("create", "api_key", ""), before=False
    ),
    "rotate_key": Write(("POST", f"/v1/keys/{OTHER_KEY}/rotate"), ("rotate", "api_key", OTHER_KEY)),
    "revoke_key": Write(("DELETE", f"/v1/keys/{OTHER_KEY}"), ("revoke", "api_key", OTHER_KEY)),
}


async def _prepare(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    """Fill a database with one thing of each kind."""
    await post_all(admin, "detectors", [a_detector()])
    await post_all(admin, "destinations", [a_destination()])
    await post_all(admin, "signs", [a_sign()])
    await post_all(admin, "corridors", [CORRIDOR])
    for method, path, body in (
        ("POST", "/v1/roadworks", a_roadwork(roadwork_id="B1", approve=False)),
        ("PUT", "/v1/strategies/MATCH", STRATEGY),
    ):
        answer = await admin.request(method, path, json=body)
        assert answer.is_success, answer.text
    await connection.execute("insert into alarm (kind, message, raised_at) values ('example', 'one', now())")
    await connection.execute(
        "insert into api_key (key_id, name, secret_sha256, scopes) values ($1, 'other', '\\x00', '{viewer}')", OTHER_KEY
    )
    await connection.execute(
        "insert into proposal"
        " (proposal_id, sign_id, number, plan, lines, explanation, detours, made_at, expires_at, state)"
        " values ('S1-1', 'S1', 1, '', '{STAU}', 'a jam', '[]', now(), $1, 'waiting')",
        datetime.now(UTC) + timedelta(hours=1),
    )


async def _send(client: httpx.AsyncClient, call: Sequence[Any], request_id: str) -> httpx.Response:
    method, path, *body = call
    answer = await client.request(method, path, json=body[0] if body else None, headers={"X-Request-ID": request_id})
    assert answer.is_success, answer.text
    return answer


def test_every_operation_that_writes_has_its_entry(gateway: Gateway) -> None:
    writing = {
        operation["operationId"]
        for methods in gateway.app.openapi()["paths"].values()
        for method, operation in methods.items()
        if method != "get"
    }
    assert writing == set(WRITES) | ASKS_ONLY | set(ELSEWHERE)


@pytest.mark.parametrize("operation_id", WRITES)
async def test_a_write_tells_who_did_what_and_what_was_before_and_after(
    operation_id: str, admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    write = WRITES[operation_id]
    await _prepare(admin, connection)
    for call in write.first:
        await _send(admin, call, "first")
    await _send(admin, write.call, "the-write")
    events = (await admin.get("/v1/audit")).json()["items"]
    (event,) = [each for each in events if each["request_id"] == "the-write" and each["action"] == write.event[0]]
    _, noun, noun_id = write.event
    assert (event["noun"], noun_id or event["noun_id"]) == (noun, event["noun_id"])
    assert event["key_id"] == admin.headers["authorization"].split("_")[1]
    assert (event["before"] is not None, event["after"] is not None) == (write.before, write.after)
    assert event["before"] != event["after"]
    assert "secret_sha256" not in str(event)


async def test_what_was_refused_leaves_no_trace(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await post_all(admin, "signs", [a_sign()])
    before = (await admin.get("/v1/audit")).json()["items"]
    assert (await admin.post("/v1/signs", json=a_sign())).status_code == 409
    assert (await admin.post("/v1/signs", json=a_sign("S2", link_id="NO"))).status_code == 422
    async with gateway.client(await gateway.key(Scope.VIEWER)) as viewer:
        assert (await viewer.delete("/v1/signs/S1")).status_code == 403
    after = (await admin.get("/v1/audit")).json()["items"]
    assert [each for each in after if each["noun"] != "api_key"] == [e for e in before if e["noun"] != "api_key"]


async def test_the_log_is_filtered_and_paged(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await post_all(admin, "signs", [a_sign(f"S{number}") for number in range(5)])
    await post_all(admin, "detectors", [a_detector()])
    begun = datetime.now(UTC)
    await admin.put("/v1/signs/S1", json=a_sign(priority=9))
    async with gateway.client(await gateway.key(Scope.OPERATOR)) as operator:

        async def ask(**filters: Any) -> list[tuple[str, str]]:
            items, cursor = [], None
            while True:
                given = filters | {"limit": 2} | ({"cursor": cursor} if cursor else {})
                page = (await operator.get("/v1/audit", params=given)).json()
                items += [(each["action"], each["noun_id"]) for each in page["items"]]
                cursor = page["next_cursor"]
                if cursor is None:
                    return items

        assert await ask(noun="sign") == [("update", "S1"), *(("create", f"S{n}") for n in range(4, -1, -1))]
        assert await ask(noun="sign", noun_id="S1") == [("update", "S1"), ("create", "S1")]
        assert await ask(noun="sign", **{"from": begun.isoformat()}) == [("update", "S1")]
        assert len(await ask(noun="sign", to=begun.isoformat())) == 5
        assert await ask(key_id=operator.headers["authorization"].split("_")[1]) == []
        own = admin.headers["authorization"].split("_")[1]
        assert len(await ask(key_id=own)) == 7
        (made,) = (await operator.get("/v1/audit", params={"noun": "api_key", "noun_id": own})).json()["items"]
        assert (made["key_id"], made["key_name"], made["request_id"]) == ("command-line", None, None)
