"""Corridors over the gateway: resolved by routing before they are stored, and shown with what routing finds of them."""

from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest
from factories_gateway import LINKS as ALL_LINKS
from factories_gateway import NODES, VERSION, Gateway, a_routing, a_sign, add_network, open_gateway, post_all
from factories_network import a_link, a_network

from lotse_gateway.guards.keys import Scope
from lotse_routing.core.topology import build_topology
from lotse_routing.settings import WeightSettings
from lotse_routing.town import Town, build_town
from lotse_shared.settings import DatabaseSettings

VIA = [{"link": "A-B-0"}, {"point": [7.71, 49.4099]}, {"node": "C"}]
OVER_D = {"corridor_id": "U12", "via": VIA}
LINKS = ["A-B-0", "B-D-0", "D-C-0"]


async def add_check(connection: asyncpg.Connection, links: list[str], version: str = VERSION) -> None:
    """As routing writes it."""
    await connection.execute(
        "insert into corridor_check (corridor_id, links, network_version, status, problem, resolves_to)"
        " values ('U12', $1, $2, 'broken', 'no turn', $3)",
        links,
        version,
        ["A-B-0", "B-C-0"],
    )


def parts(corridor: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: value for key, value in part.items() if value is not None} for part in corridor["via"]]


async def test_parts_become_links_and_both_are_kept(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    created = await admin.post("/v1/corridors", json=OVER_D)
    assert created.status_code == 201, created.text
    assert created.json()["links"] == LINKS
    assert parts(created.json()) == VIA
    assert (created.json()["status"], created.json()["problem"]) == ("unchecked", None)
    read = (await admin.get("/v1/corridors/U12")).json()
    assert read == created.json()
    trace = await connection.fetchval("select after from audit_event where noun = 'corridor'")
    assert trace["links"] == LINKS


async def test_links_that_are_given_have_no_parts_and_replace_those(admin: httpx.AsyncClient) -> None:
    await admin.put("/v1/corridors/U12", json=OVER_D)
    answer = await admin.put("/v1/corridors/U12", json={"corridor_id": "U12", "links": ["A-B-0", "B-C-0"]})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["links"], answer.json()["via"]) == (["A-B-0", "B-C-0"], None)


async def test_a_corridor_goes_out_of_service_and_comes_back(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await admin.put("/v1/corridors/U12", json=OVER_D)
    for _ in range(2):  # the second does nothing
        assert (await admin.delete("/v1/corridors/U12")).status_code == 204
    retired = (await admin.get("/v1/corridors/U12")).json()
    assert (retired["version"], retired["links"]) == (2, LINKS)
    assert retired["retired_at"] is not None
    back = (await admin.put("/v1/corridors/U12", json=OVER_D)).json()
    assert (back["version"], back["retired_at"]) == (3, None)
    told = (await admin.get("/v1/corridors/U12/versions")).json()["items"]
    assert [version["retired_at"] is None for version in told] == [True, False, True]
    actions = await connection.fetch("select action from audit_event where noun = 'corridor' order by audit_id")
    assert [row["action"] for row in actions] == ["create", "retire", "update"]
    assert (await admin.delete("/v1/corridors/U99")).status_code == 404


async def test_many_are_resolved_at_once_and_every_bad_one_is_named(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    good: list[dict[str, Any]] = [OVER_D, {"corridor_id": "U13", "links": ["A-B-0", "B-C-0"]}]
    bad: list[dict[str, Any]] = [
        {"corridor_id": "U14", "links": ["A-B-0"], "via": VIA},
        {"corridor_id": "U15"},
        {"corridor_id": "U16", "via": [{"link": "D-C-0"}, {"link": "A-B-0"}]},
        {"corridor_id": "U17", "links": ["A-B-0", "B-A-0"]},
    ]
    answer = await admin.post("/v1/corridors/bulk", json=good + bad)
    assert answer.status_code == 422
    faults = {(error["index"], error["field"]): error["reason"] for error in answer.json()["errors"]}
    assert faults.keys() == {(2, "row"), (3, "row"), (4, "via.1"), (5, "links.1")}
    assert "from link 'D-C-0' to link 'A-B-0'" in faults[4, "via.1"]
    assert faults[5, "links.1"] == "cars may not turn from 'A-B-0' into 'B-A-0'"
    assert await connection.fetchval("select count(*) from corridor") == 0
    await post_all(admin, "corridors", good)
    items = (await admin.get("/v1/corridors")).json()["items"]
    assert [item["links"] for item in items] == [LINKS, ["A-B-0", "B-C-0"]]


async def test_what_routing_finds_is_shown_for_the_links_and_the_network_that_it_looked_at(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await admin.put("/v1/corridors/U12", json=OVER_D)
    await add_check(connection, LINKS)
    found = {"status": "broken", "problem": "no turn", "resolves_to": ["A-B-0", "B-C-0"]}
    for read in (
        (await admin.get("/v1/corridors/U12")).json(),
        (await admin.get("/v1/corridors")).json()["items"][0],
        (await admin.put("/v1/corridors/U12", json=OVER_D)).json(),
    ):
        assert found.items() <= read.items()
    replaced = await admin.put("/v1/corridors/U12", json={"corridor_id": "U12", "links": ["A-B-0", "B-C-0"]})
    assert (replaced.json()["status"], replaced.json()["problem"]) == ("unchecked", None)
    await admin.put("/v1/corridors/U12", json=OVER_D)
    await connection.execute("update network set is_active = false")
    await add_network(connection, "b" * 64)
    assert (await admin.get("/v1/corridors/U12")).json()["status"] == "unchecked"


@pytest.mark.parametrize("body", [OVER_D, {"corridor_id": "U12", "links": LINKS}])
async def test_without_routing_no_corridor_is_registered_and_everything_else_is(
    database: DatabaseSettings, connection: asyncpg.Connection, body: dict[str, Any]
) -> None:
    await add_network(connection)
    async with open_gateway(database) as gateway, gateway.client(await _admin_key(gateway)) as client:
        answer = await client.post("/v1/corridors", json=body)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
        assert (await client.post("/v1/signs", json=a_sign())).status_code == 201
    assert await connection.fetchval("select count(*) from corridor") == 0


# Vehicle classes: B - C carries 7.5 t, so trucks go by D

STRAIGHT = ["A-B-0", "B-C-0"]
ENDS = [{"link": "A-B-0"}, {"node": "C"}]
TOO_HEAVY = "link 'B-C-0' is closed to trucks of 40 t (allowed: 7.5)"


def a_town_with_a_light_street(*, is_way_round_open: bool = True) -> Town:
    fields: dict[str, dict[str, Any]] = {"B-C-0": {"max_weight_t": 7.5}}
    if not is_way_round_open:
        fields["B-D-0"] = {"truck_access": "no"}
    links = [a_link(link[0], link[2], NODES, road_class="primary", **fields.get(link, {})) for link in ALL_LINKS]
    return build_town(build_topology(a_network(NODES, links)), WeightSettings(), ZoneInfo("UTC"))


async def test_a_corridor_is_for_cars_unless_it_is_approved_for_others(admin: httpx.AsyncClient) -> None:
    created = await admin.post("/v1/corridors", json=OVER_D)
    assert created.json()["vehicles"] == ["car"]
    for_both = OVER_D | {"vehicles": ["truck", "car", "truck"]}
    replaced = await admin.put("/v1/corridors/U12", json=for_both)
    assert (replaced.status_code, replaced.json()["vehicles"]) == (200, ["car", "truck"])
    assert (await admin.get("/v1/corridors")).json()["items"][0]["vehicles"] == ["car", "truck"]
    for vehicles, reason in (([], "at least 1 item"), (["tram"], "'car', 'truck', 'bus' or 'emergency'")):
        answer = await admin.put("/v1/corridors/U12", json=OVER_D | {"vehicles": vehicles})
        assert answer.status_code == 422
        assert reason in answer.json()["errors"][0]["reason"]


async def test_links_have_to_be_legal_for_every_class_and_the_refusal_says_for_which_they_are_not(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await add_network(connection)
    routing = a_routing(a_town_with_a_light_street())
    async with open_gateway(database, routing=routing) as gateway, gateway.client(await _admin_key(gateway)) as client:
        straight: dict[str, Any] = {"corridor_id": "U12", "links": STRAIGHT}
        assert (await client.post("/v1/corridors", json=straight)).status_code == 201
        for vehicles in (["truck"], ["car", "truck"]):
            answer = await client.put("/v1/corridors/U12", json=straight | {"vehicles": vehicles})
            assert answer.status_code == 422
            assert answer.json()["errors"] == [{"field": "body.links.1", "reason": TOO_HEAVY}]
        assert (await client.get("/v1/corridors/U12")).json()["vehicles"] == ["car"]
        round_d = straight | {"links": LINKS, "vehicles": ["car", "truck"]}
        assert (await client.put("/v1/corridors/U12", json=round_d)).status_code == 200


async def test_parts_are_resolved_to_what_every_class_may_drive_or_the_refusal_says_who_may_not(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await add_network(connection)
    asked = [{"corridor_id": f"U{i}", "via": ENDS, "vehicles": v} for i, v in enumerate((["car"], ["car", "truck"]))]
    routing = a_routing(a_town_with_a_light_street())
    async with open_gateway(database, routing=routing) as gateway, gateway.client(await _admin_key(gateway)) as client:
        await post_all(client, "corridors", asked)
        assert [row["links"] for row in (await client.get("/v1/corridors")).json()["items"]] == [STRAIGHT, LINKS]
    routing = a_routing(a_town_with_a_light_street(is_way_round_open=False))
    async with open_gateway(database, routing=routing) as gateway, gateway.client(await _admin_key(gateway)) as client:
        answer = await client.put("/v1/corridors/U1", json=asked[1])
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert error["field"] == "body.via.1"
        assert error["reason"].startswith("no way that is open to trucks at all hours leads from link 'A-B-0' to")
        assert error["reason"].endswith(f"; on the way of cars, {TOO_HEAVY}")


async def test_what_routing_found_for_other_classes_is_not_shown(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await admin.put("/v1/corridors/U12", json=OVER_D)
    await add_check(connection, LINKS)
    assert (await admin.get("/v1/corridors/U12")).json()["status"] == "broken"
    for_both = await admin.put("/v1/corridors/U12", json=OVER_D | {"vehicles": ["car", "truck"]})
    assert for_both.json()["status"] == "unchecked"


async def _admin_key(gateway: Gateway) -> str:
    return await gateway.key(Scope.ADMIN)
