"""Roadworks of others over the gateway: drafts that follow their feed until somebody decides; ours as a feed."""

import json
from typing import Any

import asyncpg
import httpx
import pytest
from factories_feeds import collection
from factories_gateway import Gateway, a_roadwork

from lotse_gateway.guards.keys import Scope
from lotse_routing.feeds.datex2 import read_datex2
from lotse_routing.feeds.wzdx import read_wzdx

A_TO_B = [[7.7005, 49.4], [7.7095, 49.4]]
B_TO_C = [[7.7105, 49.4], [7.7195, 49.4]]


def a_feature(source_id: str = "k1", line: list[list[float]] = A_TO_B, **properties: Any) -> dict[str, Any]:
    said = {"name": "Kanalbau", "art": "halbseitig", "richtung": "beidseitig", "beginn": "2026-03-02T06:00:00Z"}
    geometry = {"type": "LineString", "coordinates": line}
    return {"id": source_id, "type": "Feature", "geometry": geometry, "properties": said | properties}


async def import_(client: httpx.AsyncClient, *features: dict[str, Any], query: str = "") -> dict[str, Any]:
    answer = await client.post(f"/v1/roadworks/import?source=stadt{query}", content=collection(*features))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def outcomes(answer: dict[str, Any]) -> dict[str, str]:
    return {each["source_id"]: each["outcome"] for each in answer["roadworks"]}


async def test_a_feed_becomes_drafts_with_their_source_confidence_and_complaints(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    told = await import_(admin, a_feature(), a_feature("k2", [[8.0, 50.0], [8.1, 50.0]]), a_feature("k3", art=""))
    assert told["format"] == "geojson"
    assert outcomes(told) == {"k1": "created", "k2": "no_link", "k3": "no_effect"}
    roadwork_id = told["roadworks"][0]["roadwork_id"]
    stored = (await admin.get(f"/v1/roadworks/{roadwork_id}")).json()
    assert (stored["status"], stored["source"], stored["source_id"]) == ("draft", "stadt", "k1")
    assert (stored["effect"], stored["lanes_closed"], stored["links"]) == ("lanes", 1, ["A-B-0", "B-A-0"])
    assert stored["confidence"] > 0.9
    assert [said["code"] for said in stored["complaints"]] == ["F2"]
    assert await connection.fetchval("select count(*) from effective_roadwork") == 0
    (event,) = await connection.fetch("select noun_id, action from audit_event where noun = 'roadwork'")
    assert tuple(event) == (roadwork_id, "import")


async def test_a_draft_follows_its_feed_and_what_was_decided_on_does_not(admin: httpx.AsyncClient) -> None:
    first = await import_(admin, a_feature(art="gesperrt"), a_feature("k2", B_TO_C))
    ids = {each["source_id"]: each["roadwork_id"] for each in first["roadworks"]}
    await admin.post(f"/v1/roadworks/{ids['k1']}/check")
    assert set(outcomes(await import_(admin, a_feature(art="gesperrt"), a_feature("k2", B_TO_C))).values()) == {
        "unchanged"
    }
    assert (await admin.get(f"/v1/roadworks/{ids['k1']}")).json()["status"] == "checked"
    assert (await admin.post(f"/v1/roadworks/{ids['k2']}/approve", json={})).status_code == 200
    changed = await import_(admin, a_feature("k1", B_TO_C), a_feature("k2", A_TO_B))
    assert outcomes(changed) == {"k1": "updated", "k2": "kept"}
    follows, stays = [(await admin.get(f"/v1/roadworks/{ids[name]}")).json() for name in ("k1", "k2")]
    assert (follows["status"], follows["links"]) == ("draft", ["B-C-0"])
    assert (stays["status"], stays["links"]) == ("active", ["B-C-0"])
    assert (await import_(admin, a_feature()))["gone"] == [ids["k2"]]
    await admin.post(f"/v1/roadworks/{ids['k2']}/end")
    assert (await import_(admin, a_feature()))["gone"] == []
    await admin.post(f"/v1/roadworks/{ids['k1']}/refuse")
    assert outcomes(await import_(admin, a_feature(name="Gasleitung"))) == {"k1": "kept"}
    assert (await admin.get(f"/v1/roadworks/{ids['k1']}")).json()["status"] == "refused"


async def test_one_that_is_unsure_is_approved_only_when_somebody_says_to_have_looked(admin: httpx.AsyncClient) -> None:
    told = await import_(admin, a_feature(strasse="Elsewhere", richtung=""))
    (each,) = told["roadworks"]
    assert each["doubts"]
    path = f"/v1/roadworks/{each['roadwork_id']}/approve"
    refused = await admin.post(path, json={})
    assert (refused.status_code, [e["reason"] for e in refused.json()["errors"]]) == (409, each["doubts"])
    assert (await admin.post(path, json={"confirm": True})).json()["status"] == "active"


async def test_local_times_of_a_feed_take_the_zone_that_is_given(admin: httpx.AsyncClient) -> None:
    local = a_feature(beginn="2026-10-25T02:30:00", ende="2099-03-01")
    assert [said["code"] for said in (await import_(admin, local))["complaints"]] == ["F5"]
    (each,) = (await import_(admin, local, query="&time_zone=Europe/Berlin"))["roadworks"]
    stored = (await admin.get(f"/v1/roadworks/{each['roadwork_id']}")).json()
    assert (stored["starts_at"], stored["ends_at"]) == ("2026-10-25T00:30:00Z", "2099-03-01T23:00:00Z")
    over = a_feature(ende="2026-03-03T06:00:00Z")
    assert outcomes(await import_(admin, over | {"id": "k9"})) == {"k9": "over"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"type": "FeatureCollection"}'])
async def test_what_is_no_feed_is_refused_whole(admin: httpx.AsyncClient, body: bytes) -> None:
    answer = await admin.post("/v1/roadworks/import?source=stadt", content=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")


async def test_viewers_export_and_do_not_import(gateway: Gateway) -> None:
    async with gateway.client(await gateway.key(Scope.VIEWER)) as client:
        assert (await client.post("/v1/roadworks/import?source=stadt", content=b"{}")).status_code == 403
        assert (await client.get("/v1/roadworks/export")).status_code == 200
        assert (await client.get("/v1/roadworks/export?format=geojson")).status_code == 422


@pytest.mark.parametrize(("feed_format", "read"), [("wzdx", read_wzdx), ("datex2", read_datex2)])
async def test_our_roadworks_are_exported_and_can_be_read_back(
    admin: httpx.AsyncClient, feed_format: str, read: Any
) -> None:
    ends = {"starts_at": "2026-11-23T06:00:00Z", "ends_at": "2099-11-23T06:00:00Z"}
    for fields in (
        {"roadwork_id": "B1", "links": ["A-B-0", "B-A-0"], "override_reason": "so that there is one"},
        {"roadwork_id": "B2", "effect": "lanes", "lanes_closed": 1, "links": ["B-D-0", "D-C-0"], **ends},
        {"roadwork_id": "B3", "links": ["B-C-0"], "vehicles": ["truck"]},
        {"roadwork_id": "B4", "approve": False},
    ):
        created = await admin.post("/v1/roadworks", json=a_roadwork(**fields))
        assert created.status_code == 201, created.text
    feed = (await admin.get(f"/v1/roadworks/export?format={feed_format}")).json()
    content = read(json.dumps(feed).encode())
    assert {each.source_id: each.effect for each in content.found} | {"B3-1": ""} == {
        "B1-1": "closed",
        "B1-2": "closed",
        "B2-1": "lanes",
        "B3-1": "",
    }
    assert "B3-1" in {each.source_id for each in content.found}
    assert all(said.code == "F2" for said in content.complaints)


async def test_a_recurring_one_is_exported_once_for_each_time(admin: httpx.AsyncClient) -> None:
    hours = {"recurrence": "Mo-Fr 22:00-05:00", "time_zone": "Europe/Berlin"}
    assert (await admin.post("/v1/roadworks", json=a_roadwork(roadwork_id="B1", **hours))).status_code == 201
    nights = (await admin.get("/v1/roadworks/export?format=wzdx")).json()["features"]
    assert len(nights) in {10, 11}  # two weeks, and the night that goes on
    assert len({night["id"] for night in nights}) == len(nights)
    assert all(night["properties"]["end_date"] > night["properties"]["start_date"] for night in nights)
