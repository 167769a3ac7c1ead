"""Ad-hoc routes on a snapshot, and the internal HTTP in front of them."""

from typing import Any

import httpx
import pytest
from factories_decide import PLACES, TOPOLOGY, a_closure, a_snapshot

from lotse_routing.answer import NoRouteError, Route, answer_route
from lotse_routing.app import Resources, create_app
from lotse_routing.places import Place, Places, TooFarError, UnknownPlaceError
from lotse_routing.settings import LoopSettings
from lotse_routing.state.snapshot import Snapshot

FREE = a_snapshot()
MIDDLE_OF_AB = ((PLACES["A"][0] + PLACES["B"][0]) / 2, PLACES["A"][1])
EARLY_ON_AB = (PLACES["A"][0] + 0.25 * (PLACES["B"][0] - PLACES["A"][0]), PLACES["A"][1])


def route(origin: Place, destination: Place, snapshot: Snapshot = FREE, **more: Any) -> Route:
    return answer_route(snapshot, Places(TOPOLOGY, 200), origin, destination, **more)


def test_between_junctions_whole_links_are_driven() -> None:
    found = route(Place(node="B"), Place(node="D"))
    assert found.links == ("B-C-0", "C-D-0")
    assert found.streets == ("Lauterstraße",)
    assert (found.length_m, found.avoids) == (1000, ())
    assert found.travel_time_s == pytest.approx(72)
    assert found.coordinates == (PLACES["B"], PLACES["C"], PLACES["D"])


def test_from_a_point_only_the_rest_of_its_link_is_driven() -> None:
    found = route(Place(point=MIDDLE_OF_AB), Place(link="B-C-0"))
    assert found.links == ("A-B-0", "B-C-0")
    assert found.length_m == pytest.approx(750, abs=0.1)
    assert found.travel_time_s == pytest.approx(18 + 36, abs=0.01)
    assert found.coordinates[0] == pytest.approx(MIDDLE_OF_AB)


def test_to_an_earlier_point_of_the_same_link_one_drives_around_the_block() -> None:
    forth = route(Place(point=EARLY_ON_AB), Place(point=MIDDLE_OF_AB))
    assert (forth.links, round(forth.length_m)) == (("A-B-0",), 125)
    back = route(Place(point=MIDDLE_OF_AB), Place(point=EARLY_ON_AB))
    assert back.links == ("A-B-0", "B-C-0", "C-D-0", "D-H-0", "H-A-0", "A-B-0")
    assert back.length_m == pytest.approx(250 + 1000 + 1600 + 125, abs=1)


def test_a_route_tells_what_it_avoids() -> None:
    closed = route(Place(node="A"), Place(node="D"), a_snapshot(roadworks=[a_closure("C-D-0")]))
    assert closed.links == ("A-B-0", "B-E-0", "E-F-0", "F-D-0")
    assert closed.avoids == ("Lauterstraße is closed (Kanalbau)",)
    jammed = route(Place(node="A"), Place(node="D"), a_snapshot({"B-C-0": 5.0}))
    assert jammed.avoids == ("Lauterstraße is jammed (5 of 50 km/h; detectors at-B-C-0)",)
    assert jammed.travel_time_s == pytest.approx(jammed.free_flow_time_s)


def test_links_to_avoid_are_avoided_and_no_others() -> None:
    assert route(Place(node="A"), Place(node="D"), avoid=["C-D-0"]).links[1] == "B-E-0"
    with pytest.raises(UnknownPlaceError, match="X-Y-0"):
        route(Place(node="A"), Place(node="D"), avoid=["X-Y-0"])


def test_no_route_names_the_closure() -> None:
    closed = a_snapshot(roadworks=[a_closure("C-D-0", "F-D-0", "G-D-0")])
    with pytest.raises(NoRouteError, match=r"Lauterstraße is closed \(Kanalbau\)"):
        route(Place(node="A"), Place(node="D"), closed)


@pytest.mark.parametrize("end", [Place(node="Z"), Place(link="Y-Z-0")])
def test_an_unknown_place_is_named(end: Place) -> None:
    with pytest.raises(UnknownPlaceError, match="Z"):
        route(Place(node="A"), end)
    with pytest.raises(UnknownPlaceError, match="Z"):
        route(end, Place(node="A"))


def test_a_point_in_the_fields_is_too_far() -> None:
    with pytest.raises(TooFarError, match="200 m"):
        route(Place(point=(8.5, 49.44)), Place(node="A"))


async def post(snapshot: Snapshot | None, origin: Any, destination: Any) -> httpx.Response:
    app = create_app(Resources(lambda: snapshot, lambda: {"database": True}, LoopSettings(), lambda: None))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://routing") as client:
        return await client.post("/internal/routes", json={"origin": origin, "destination": destination})


async def test_the_answer_is_a_feature_of_the_snapshot() -> None:
    answer = await post(FREE, {"node": "B"}, {"point": PLACES["C"]})
    assert answer.status_code == 200
    feature = answer.json()
    assert feature["type"] == "Feature"
    assert feature["geometry"] == {"type": "LineString", "coordinates": [list(PLACES["B"]), list(PLACES["C"])]}
    properties = feature["properties"]
    assert (properties["links"], properties["length_m"], properties["travel_time_s"]) == (["B-C-0"], 500, 36)
    assert properties["network_version"] == TOPOLOGY.network_version
    assert properties["computed_until"] == "2026-11-23T12:00:00Z"


@pytest.mark.parametrize(
    ("snapshot", "destination", "status", "slug"),
    [
        (None, {"node": "C"}, 503, "unavailable"),
        (FREE, {"node": "Z"}, 404, "not-found"),
        (FREE, {"point": [8.5, 49.44]}, 422, "invalid-input"),
        (FREE, {"node": "C", "link": "A-B-0"}, 422, "invalid-input"),
        (a_snapshot(roadworks=[a_closure("B-C-0")]), {"node": "C"}, 409, "conflict"),
    ],
)
async def test_what_cannot_be_answered_is_a_problem(
    snapshot: Snapshot | None, destination: dict[str, Any], status: int, slug: str
) -> None:
    answer = await post(snapshot, {"node": "A"}, destination)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{slug}"
