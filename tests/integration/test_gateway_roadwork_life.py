"""The life of a roadwork over the gateway, with the checks of a routing in this process."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_destination, a_roadwork, a_routing, open_gateway, post_all

from lotse_gateway.guards.keys import Scope
from lotse_shared.database import create_pool
from lotse_shared.settings import DatabaseSettings

NIGHT = {"recurrence": "Mo-Fr 22:00-05:00", "time_zone": "Europe/Berlin"}
WHY = "burst main, police are there"


def a_draft(**fields: Any) -> dict[str, Any]:
    return a_roadwork(roadwork_id="B1", approve=False, **fields)


async def create(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post("/v1/roadworks", json=a_roadwork(**fields))
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def act(client: httpx.AsyncClient, what: str, roadwork_id: str = "B1", **body: Any) -> httpx.Response:
    return await client.post(f"/v1/roadworks/{roadwork_id}/{what}", json=body if what == "approve" else None)


async def test_a_draft_is_checked_then_approved_then_active_then_ended(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    assert (await create(admin, **a_draft()))["status"] == "draft"
    assert await connection.fetchval("select count(*) from effective_roadwork") == 0
    checked = (await act(admin, "check")).json()
    assert (checked["status"], checked["check"]["isolates"]) == ("checked", False)
    approved = await act(admin, "approve")
    assert (approved.status_code, approved.json()["status"]) == (200, "active")
    assert approved.json()["approved_at"] is not None
    assert await connection.fetchval("select count(*) from effective_roadwork") == 1
    assert (await act(admin, "approve")).json() == approved.json()
    assert (await act(admin, "refuse")).status_code == 409
    assert (await act(admin, "end")).json()["status"] == "ended"
    assert (await act(admin, "approve")).status_code == 409
    actions = await connection.fetch("select action from audit_event where noun = 'roadwork' order by audit_id")
    assert [row["action"] for row in actions] == ["create", "check", "approve", "end"]


async def test_a_refused_draft_stays_refused(admin: httpx.AsyncClient) -> None:
    await create(admin, **a_draft())
    assert (await act(admin, "refuse")).json()["status"] == "refused"
    assert (await act(admin, "refuse")).status_code == 200
    assert (await act(admin, "approve")).status_code == 409
    assert (await act(admin, "end")).json()["status"] == "refused"
    assert (await act(admin, "check")).status_code == 404


async def test_drafts_and_checked_ones_are_listed_by_their_status(admin: httpx.AsyncClient) -> None:
    for roadwork_id in ("B1", "B2", "B3"):
        await create(admin, roadwork_id=roadwork_id, approve=False)
    await act(admin, "check", "B2")
    for status, ids in {"draft": ["B1", "B3"], "checked": ["B2"], "active": []}.items():
        items = (await admin.get(f"/v1/roadworks?status={status}")).json()["items"]
        assert [item["roadwork_id"] for item in items] == ids


async def test_a_second_closure_that_isolates_an_area_is_refused_with_what_cannot_be_reached(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    """field.md 9, no. 12: C lies at the end of B-C and of D-C."""
    await post_all(admin, "destinations", [a_destination()])
    await create(admin, roadwork_id="B0", links=["B-C-0"])
    await create(admin, **a_draft(links=["D-C-0"]))
    refused = await act(admin, "approve")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    reasons = [error["reason"] for error in refused.json()["errors"]]
    assert "Stadtmitte cannot be reached any more." in reasons
    assert (await admin.get("/v1/roadworks/B1")).json()["status"] == "draft"
    at_once = await admin.post("/v1/roadworks", json=a_roadwork(roadwork_id="B2", links=["D-C-0"]))
    assert (at_once.status_code, at_once.json()["errors"]) == (409, refused.json()["errors"])
    assert (await admin.get("/v1/roadworks/B2")).status_code == 404
    overridden = await act(admin, "approve", override_reason=WHY)
    assert overridden.json()["status"] == "active"
    assert overridden.json()["check"]["isolates"]
    event = await connection.fetchrow("select * from audit_event where noun_id = 'B1' and action = 'approve'")
    assert event
    assert (event["detail"]["override_reason"], event["detail"]["isolated"]) == (WHY, reasons)
    assert event["key_id"]


async def test_two_approvals_at_once_that_isolate_only_together_do_not_both_pass(admin: httpx.AsyncClient) -> None:
    await post_all(admin, "destinations", [a_destination()])
    await create(admin, **a_draft(links=["B-C-0"]))
    await create(admin, roadwork_id="B2", approve=False, links=["D-C-0"])
    answers = await asyncio.gather(act(admin, "approve", "B1"), act(admin, "approve", "B2"))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_closures_at_other_hours_or_of_other_vehicles_isolate_nothing_together(admin: httpx.AsyncClient) -> None:
    await post_all(admin, "destinations", [a_destination()])
    await create(admin, roadwork_id="B4", links=["B-C-0"], vehicles=["bus"])
    await create(admin, roadwork_id="B0", links=["B-C-0"], **NIGHT)
    by_day = NIGHT | {"recurrence": "Mo-Fr 09:00-15:00"}
    assert (await create(admin, roadwork_id="B1", links=["D-C-0"], **by_day))["status"] in {"approved", "active"}
    later = NIGHT | {"recurrence": "Mo-Fr 16:00-18:00"}
    to_buses = a_roadwork(roadwork_id="B2", links=["D-C-0"], vehicles=["bus"], **later)
    assert (await admin.post("/v1/roadworks", json=to_buses)).status_code == 409
    also_by_night = a_roadwork(roadwork_id="B3", links=["D-C-0"], **(NIGHT | {"recurrence": "Sa 04:00-06:00"}))
    assert (await admin.post("/v1/roadworks", json=also_by_night)).status_code == 409


async def test_while_routing_is_away_nothing_is_approved(
    gateway: Gateway, database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    assert gateway.resources.clock_name == "wall"
    async with open_gateway(database) as alone, alone.client(await alone.key(Scope.OPERATOR)) as client:
        assert (await client.post("/v1/roadworks", json=a_roadwork())).status_code == 503
        assert await connection.fetchval("select count(*) from roadwork") == 0
        await create(client, **a_draft())
        assert (await act(client, "approve")).status_code == 503
        assert (await client.get("/v1/roadworks/B1")).json()["status"] == "draft"
        slow = await create(client, roadwork_id="B2", effect="speed", speed_kmh=30)  # closes nothing: nothing to ask
        assert slow["status"] == "active"


async def test_one_that_closes_nothing_is_approved_and_not_checked(admin: httpx.AsyncClient) -> None:
    await create(admin, **a_draft(effect="lanes", lanes_closed=1, speed_kmh=30))
    assert (await act(admin, "check")).status_code == 409
    assert (await act(admin, "approve")).json()["status"] == "active"


async def test_a_recurring_one_is_active_at_its_hours_only_and_listed_so(
    gateway: Gateway, database: DatabaseSettings
) -> None:
    assert gateway.resources.clock_name == "wall"
    thursday = datetime(2026, 11, 26, 21, 30, tzinfo=UTC)  # 22:30 in Berlin
    async with await create_pool(database, "test-routing") as pool:
        routing = a_routing(pool=pool, now=lambda: thursday)
        async with open_gateway(database, clock="data", routing=routing) as replay:
            clock: Any = replay.resources.clock
            clock.advance(thursday)
            async with replay.client(await replay.key(Scope.OPERATOR)) as client:
                await create(client, roadwork_id="B1", **NIGHT)
                await create(client, roadwork_id="B2", **(NIGHT | {"recurrence": "Mo-Fr 09:00-15:00"}))
                listed = {}
                for status in ("active", "approved"):
                    items = (await client.get(f"/v1/roadworks?status={status}&limit=1")).json()["items"]
                    listed[status] = [item["roadwork_id"] for item in items]
                assert listed == {"active": ["B1"], "approved": ["B2"]}
                clock.advance(thursday + timedelta(hours=7))
                assert (await client.get("/v1/roadworks/B1")).json()["status"] == "approved"


@pytest.mark.parametrize(
    ("said", "starts_at", "ends_at"),
    [
        (("2026-10-25T01:00:00", "2026-10-25T06:00:00"), "2026-10-24T23:00:00Z", "2026-10-25T05:00:00Z"),
        (("2026-10-25T02:30:00", "2026-10-25T02:45:00"), "2026-10-25T00:30:00Z", "2026-10-25T01:45:00Z"),
        (("2027-03-28T01:30:00", "2027-03-28T03:30:00"), "2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z"),
        (("2027-03-28T01:30:00+01:00", "2027-03-28T03:30:00"), "2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z"),
    ],
    ids=[
        "over the extra hour",
        "within it: the longer reading",
        "over the hour that is left out",
        "one with an offset",
    ],
)
async def test_local_times_with_their_zone_become_moments(
    admin: httpx.AsyncClient, said: tuple[str, str], starts_at: str, ends_at: str
) -> None:
    made = await create(admin, approve=False, time_zone="Europe/Berlin", starts_at=said[0], ends_at=said[1])
    assert (made["starts_at"], made["ends_at"]) == (starts_at, ends_at)


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"starts_at": "2026-10-25T06:00:00"}, "body.starts_at", "or its time_zone"),
        ({"starts_at": "2027-03-28T02:30:00", "time_zone": "Europe/Berlin"}, "body.starts_at", "put forward over it"),
        ({"starts_at": "9999-03-28T02:30:00", "time_zone": "Europe/Berlin"}, "body.starts_at", "between 1970 and 2200"),
        ({"time_zone": "Europe/Lautern"}, "body.time_zone", "one is called Europe/Berlin"),
        ({"recurrence": "every night"}, "body.recurrence", "are not understood"),
        ({"recurrence": "off"}, "body.recurrence", "leave it out for all hours"),
        ({"recurrence": "24/7"}, "body.recurrence", "leave it out for all hours"),
        ({"effect": "lanes"}, "body", "lanes_closed is given with the effect"),
        ({"lanes_closed": 1}, "body", "lanes_closed is given with the effect"),
        ({"effect": "lanes", "lanes_closed": 0}, "body.lanes_closed", "greater than or equal to 1"),
        ({"vehicles": ["tank"]}, "body.vehicles.0", "car"),
        ({"override_reason": "x"}, "body.override_reason", "at least 3"),
    ],
)
async def test_what_cannot_be_is_named(
    admin: httpx.AsyncClient, fields: dict[str, Any], field: str, reason: str
) -> None:
    answer = await admin.post("/v1/roadworks", json=a_roadwork(**fields))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert reason in answer.json()["errors"][0]["reason"]


async def test_viewers_check_links_but_change_nothing(gateway: Gateway) -> None:
    async with gateway.client(await gateway.key(Scope.VIEWER)) as client:
        for what in ("check", "approve", "refuse", "end"):
            assert (await act(client, what)).status_code == 403
        assert (await client.post("/v1/roadworks/check", json={"links": ["B-C-0"]})).status_code == 200
