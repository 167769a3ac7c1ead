"""The internal HTTP of what-if questions, without a database."""

from typing import Any

import pytest
from factories_decide import PLACES, TOPOLOGY, a_closure, a_snapshot
from factories_whatif import routing_http

from lotse_routing.state.snapshot import Snapshot

FREE = a_snapshot()
AREA = {"type": "Polygon", "coordinates": [[[7.7, 49.4], [7.8, 49.4], [7.8, 49.5], [7.7, 49.4]]]}


async def ask(snapshot: Snapshot | None, **request: Any) -> tuple[int, Any]:
    given = {"origin": {"node": "A"}, "destination": {"node": "D"}}
    async with routing_http(snapshot) as client:
        answer = await client.post("/internal/routes", json=given | request)
        if answer.is_error:
            assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code, answer.json()


def _small_area(lon: float, lat: float) -> dict[str, Any]:
    size = 1e-4
    ring = [[lon - size, lat - size], [lon + size, lat - size], [lon, lat + size], [lon - size, lat - size]]
    return {"type": "Polygon", "coordinates": [ring]}


async def test_the_answer_is_a_feature_collection_of_the_snapshot() -> None:
    snapshot = a_snapshot({"A-B-0": 50.0})
    status, answer = await ask(snapshot, origin={"node": "B"}, destination={"point": PLACES["C"]})
    assert status == 200
    (feature,) = answer.pop("features")
    assert answer == {
        "type": "FeatureCollection",
        "network_version": TOPOLOGY.network_version,
        "computed_until": "2026-11-23T12:00:00Z",
        "links_with_state": 1,
    }
    assert feature["type"] == "Feature"
    assert feature["geometry"] == {"type": "LineString", "coordinates": [list(PLACES["B"]), list(PLACES["C"])]}
    assert feature["properties"] == {
        "links": ["B-C-0"],
        "streets": ["Lauterstraße 500 m"],
        "length_m": 500,
        "travel_time_s": 36,
        "free_flow_time_s": 36,
        "usual_time_s": 36,
        "avoids": [],
        "places": [
            {"link": "B-C-0", "point": list(PLACES["B"]), "distance_m": None, "heading_off_deg": None},
            {"link": "B-C-0", "point": list(PLACES["C"]), "distance_m": 0, "heading_off_deg": None},
        ],
    }


async def test_everything_that_may_be_asked_is_understood() -> None:
    status, answer = await ask(
        FREE,
        origin={"point": PLACES["A"], "heading_deg": 90},
        via=[{"node": "E"}],
        vehicle={"class": "truck", "height_m": 4, "weight_t": 40},
        departure="now",
        avoid_links=["C-D-0"],
        avoid_polygons=[_small_area(*PLACES["G"])],
    )
    assert status == 200, answer
    (feature,) = answer["features"]
    assert feature["properties"]["links"] == ["A-B-0", "B-E-0", "E-F-0", "F-D-0"]
    assert feature["properties"]["places"][0]["heading_off_deg"] == 0


@pytest.mark.parametrize(
    ("snapshot", "request_", "status", "slug"),
    [
        (None, {}, 503, "unavailable"),
        (FREE, {"destination": {"node": "Z"}}, 404, "not-found"),
        (FREE, {"avoid_links": ["Y-Z-0"]}, 404, "not-found"),
        (FREE, {"destination": {"point": [8.5, 49.44]}}, 422, "invalid-input"),
        (a_snapshot(roadworks=[a_closure("A-B-0")]), {}, 409, "conflict"),
        (FREE, {"avoid_polygons": [AREA]}, 409, "conflict"),
        (FREE, {"departure": "2026-11-22T12:00:00Z"}, 503, "unavailable"),  # the past stands in the database
    ],
)
async def test_what_cannot_be_answered_is_a_problem(
    snapshot: Snapshot | None, request_: dict[str, Any], status: int, slug: str
) -> None:
    got, problem = await ask(snapshot, **request_)
    assert (got, problem["type"]) == (status, f"/problems/{slug}")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"origin": {"point": [8.5, 49.44]}}, "body.origin.point"),
        ({"destination": {"point": [8.5, 49.44]}}, "body.destination.point"),
        ({"via": [{"node": "E"}, {"point": [8.5, 49.44]}]}, "body.via.1.point"),
    ],
)
async def test_a_point_too_far_off_is_named_by_its_field(request_: dict[str, Any], field: str) -> None:
    _, problem = await ask(FREE, **request_)
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize("place", [{"node": "B"}, {"link": "A-B-0"}, {"point": PLACES["B"]}])
async def test_a_route_to_where_it_begins_is_refused_but_for_a_round_trip(place: dict[str, Any]) -> None:
    status, problem = await ask(FREE, origin=place, destination=place)
    assert (status, problem["errors"]) == (
        422,
        [{"field": "body.destination", "reason": "origin and destination are the same place"}],
    )
    status, answer = await ask(FREE, origin=place, destination=place, via=[{"node": "D"}])
    assert status == 200, answer


@pytest.mark.parametrize(
    ("ring", "reason"),
    [
        ([[49.4, 7.7], [49.4, 7.8], [49.5, 7.8], [49.4, 7.7]], "longitude first"),
        ([[7.7, 49.4], [7.8, 49.5], [7.8, 49.4], [7.7, 49.5], [7.7, 49.4]], "Self-intersection"),
    ],
    ids=["latitude first", "crosses itself"],
)
async def test_an_area_that_is_of_no_use_is_named_by_its_field(ring: list[list[float]], reason: str) -> None:
    polygons = [_small_area(*PLACES["G"]), {"type": "Polygon", "coordinates": [ring]}]
    status, problem = await ask(FREE, avoid_polygons=polygons)
    (error,) = problem["errors"]
    assert (status, error["field"]) == (422, "body.avoid_polygons.1")
    assert reason in error["reason"]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"destination": {"node": "C", "link": "A-B-0"}}, "exactly one of point, node, link"),
        ({"origin": {"node": "A", "heading_deg": 10}}, "heading_deg belongs to a point"),
        ({"origin": {"point": [7.7, 49.4], "heading_deg": 361}}, "heading_deg"),
        ({"via": [{"node": "E"}], "alternatives": 1}, "leave via out"),
        ({"alternatives": 4}, "alternatives"),
        ({"via": [{"node": "E"}] * 11}, "via"),
        ({"vehicle": {"class": "tank"}}, "vehicle.class"),
        ({"vehicle": {"class": "car", "height_m": 0}}, "vehicle.height_m"),
        ({"departure": "yesterday"}, "departure"),
        ({"departure": "2026-11-22T12:00:00"}, "departure"),
        ({"avoid_polygons": [AREA] * 21}, "avoid_polygons"),
        ({"avoid_polygons": [AREA | {"coordinates": [[[7.7, 49.4]] * 501]}]}, "avoid_polygons.0.coordinates"),
        ({"avoid_polygons": [AREA | {"coordinates": [AREA["coordinates"][0][:3]]}]}, "avoid_polygons.0.coordinates"),
        (
            {"avoid_polygons": [AREA | {"coordinates": [[[0, 0], [1, 0], [1, 1], [2, 2]]]}]},
            "a ring ends where it begins",
        ),
        ({"avoid_polygons": [AREA | {"coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}]}, "Self-intersection"),
        ({"avoid_links": ["A-B-0"] * 1001}, "avoid_links"),
        ({"speed": 3}, "speed"),
    ],
)
async def test_a_bad_field_is_named(request_: dict[str, Any], field: str) -> None:
    status, problem = await ask(FREE, **request_)
    assert (status, problem["type"]) == (422, "/problems/invalid-input")
    assert field in problem["detail"]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({}, "exactly one of links, roadwork_id"),
        ({"links": ["A-B-0"], "roadwork_id": "R1"}, "exactly one of links, roadwork_id"),
        ({"links": []}, "links"),
        ({"links": ["A-B-0", "Y-Z-0"]}, "body.links.1: there is no link 'Y-Z-0' in the active network"),
        ({"links": ["A-B-0"], "starts_at": "9999-12-31T23:30:00Z"}, "must lie between 1970 and 2200"),
        (
            {"links": ["A-B-0"], "ends_at": "2026-11-23T12:00:00Z"},
            "body.ends_at: must be later than the start and than",
        ),
        (
            {"links": ["A-B-0"], "starts_at": "2026-11-24T12:00:00Z", "ends_at": "2026-11-24T12:00:00Z"},
            "ends_at must be later than starts_at",
        ),
    ],
)
async def test_a_closure_that_cannot_be_checked_is_refused_with_its_field(
    request_: dict[str, Any], reason: str
) -> None:
    async with routing_http(FREE) as client:
        answer = await client.post("/internal/closure-checks", json=request_)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-input")
    assert reason in answer.json()["detail"]


async def test_a_closure_check_needs_the_database() -> None:
    async with routing_http(FREE) as client:
        answer = await client.post("/internal/closure-checks", json={"links": ["A-B-0"]})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
