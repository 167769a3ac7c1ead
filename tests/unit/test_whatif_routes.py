"""Routes on demand, on a snapshot."""

from dataclasses import replace

import pytest
from factories_decide import PLACES, PRIMARY, TOPOLOGY, a_closure, a_snapshot
from factories_network import a_link, both_ways, place
from factories_whatif import a_snapshot_of, route, routes

from lotse_routing.core.access import Vehicle
from lotse_routing.places import Place, TooFarError, UnknownPlaceError
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.whatif.route import AvoidAreaError, NoRouteError
from lotse_shared.vehicle import VehicleClass

FREE = a_snapshot()
A, B, D = Place(node="A"), Place(node="B"), Place(node="D")
MIDDLE_OF_AB = ((PLACES["A"][0] + PLACES["B"][0]) / 2, PLACES["A"][1])
EARLY_ON_AB = (PLACES["A"][0] + 0.25 * (PLACES["B"][0] - PLACES["A"][0]), PLACES["A"][1])
TRUCK = Vehicle(VehicleClass.TRUCK)


def test_between_junctions_whole_links_are_driven() -> None:
    found = route(B, D)
    assert found.links == ("B-C-0", "C-D-0")
    assert found.streets == ("Lauterstraße 1.0 km",)
    assert (found.length_m, found.avoids) == (1000, ())
    assert (found.travel_time_s, found.free_flow_time_s, found.usual_time_s) == pytest.approx((72, 72, 72))
    assert found.coordinates == (PLACES["B"], PLACES["C"], PLACES["D"])


def test_from_a_point_only_the_rest_of_its_link_is_driven() -> None:
    found = route(Place(point=MIDDLE_OF_AB), Place(link="B-C-0"))
    assert found.links == ("A-B-0", "B-C-0")
    assert found.streets == ("Zufahrt 250 m", "Lauterstraße 500 m")
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
    closed = route(A, D, a_snapshot(roadworks=[a_closure("C-D-0")]))
    assert closed.links == ("A-B-0", "B-E-0", "E-F-0", "F-D-0")
    assert closed.avoids == ("Lauterstraße is closed (Kanalbau)",)
    jammed = route(A, D, a_snapshot({"B-C-0": 5.0}))
    assert jammed.avoids == ("Lauterstraße is jammed (5 of 50 km/h; detector at-B-C-0)",)
    assert jammed.travel_time_s == pytest.approx(jammed.free_flow_time_s)


def test_a_route_through_slow_traffic_takes_longer_than_usual() -> None:
    slow = route(A, D, a_snapshot({"A-B-0": 25.0}))
    assert (slow.travel_time_s, slow.usual_time_s) == pytest.approx((144, 108))


def test_links_to_avoid_are_avoided_and_no_others() -> None:
    found = route(A, D, avoid_links=("C-D-0",))
    assert found.links[1] == "B-E-0"
    assert found.avoids == ("Lauterstraße was to be avoided",)
    with pytest.raises(UnknownPlaceError, match="X-Y-0"):
        route(A, D, avoid_links=("X-Y-0",))


def test_what_was_to_be_avoided_is_told_where_only_the_way_of_now_leads_over_it() -> None:
    jammed = a_snapshot({"B-C-0": 5.0})
    assert "E-F-0" in route(A, D, jammed).links
    found = route(A, D, jammed, avoid_links=("E-F-0",))
    assert "E-F-0" not in found.links
    assert "Pariser Straße was to be avoided" in found.avoids
    closed = a_snapshot({"E-F-0": 5.0}, roadworks=[a_closure("C-D-0", "G-D-0")])
    with pytest.raises(
        NoRouteError, match=r"now: Lauterstraße is closed \(Kanalbau\); Pariser Straße was to be avoided$"
    ):
        route(A, D, closed, avoid_links=("E-F-0",))


def _square(column: float, row: float, size: float = 0.5) -> tuple[list[tuple[float, float]], ...]:
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    return ([place(column + size * dx, row + size * dy) for dx, dy in corners],)


def test_whatever_touches_an_area_to_avoid_is_avoided() -> None:
    assert route(A, D, avoid_areas=(_square(12, 0),)).links[1] == "B-E-0"
    assert route(A, D, avoid_areas=(_square(10, 5),)).links[1] == "B-C-0"
    assert route(A, D, avoid_areas=(_square(12, 0), _square(10, 5))).links[1] == "B-G-0"


def test_a_hole_in_an_area_may_be_driven_in() -> None:
    ring = _square(13, 0, 4) + _square(13, 0, 3.9)
    assert route(Place(link="C-D-0"), D, avoid_areas=(ring,)).links == ("C-D-0",)
    with pytest.raises(NoRouteError, match="Heimweg was to be avoided"):
        route(Place(link="C-D-0"), Place(node="H"), avoid_areas=(ring,))


def test_an_area_that_crosses_itself_is_refused() -> None:
    bow = ([place(0, 0), place(1, 1), place(1, 0), place(0, 1), place(0, 0)],)
    with pytest.raises(AvoidAreaError, match="Self-intersection") as error:
        route(A, D, avoid_areas=(_square(12, 0), bow))
    assert error.value.position == 1


def test_an_area_that_touches_no_street_is_refused() -> None:
    with pytest.raises(AvoidAreaError, match=r"touches no street: .*longitude first") as error:
        route(A, D, avoid_areas=(_square(12, 0), ([(49.4, 7.7), (49.5, 7.7), (49.5, 7.8), (49.4, 7.7)],)))
    assert error.value.position == 1


def test_no_route_names_the_closure() -> None:
    closed = a_snapshot(roadworks=[a_closure("C-D-0", "F-D-0", "G-D-0")])
    with pytest.raises(NoRouteError, match=r"Lauterstraße is closed \(Kanalbau\)"):
        route(A, D, closed)


def test_no_route_names_what_bars_the_way_and_no_jam() -> None:
    closed = a_snapshot({"A-B-0": 5.0}, roadworks=[a_closure("C-D-0", "F-D-0", "G-D-0")])
    assert route(A, B, closed).links == ("A-B-0",)
    with pytest.raises(NoRouteError, match=r"^no route leads there now: Lauterstraße is closed \(Kanalbau\)$"):
        route(A, D, closed)


@pytest.mark.parametrize("is_origin", [False, True])
def test_where_the_own_street_of_a_place_is_not_open_to_the_vehicle_that_is_told(*, is_origin: bool) -> None:
    places = {name: place(i, 0) for i, name in enumerate("ABC")}
    links = [
        *both_ways([("A", "B")], places),
        *both_ways([("B", "C")], places, name="Epplergasse", access="no"),
    ]
    snapshot = a_snapshot_of(places, links)
    inside, outside = Place(link="C-B-0" if is_origin else "B-C-0"), Place(link="B-A-0" if is_origin else "A-B-0")
    ends = (inside, outside) if is_origin else (outside, inside)
    for vehicle, vehicles in ((Vehicle(), "cars"), (TRUCK, "trucks")):
        with pytest.raises(NoRouteError, match=rf"^no route leads there now: Epplergasse is closed to {vehicles}$"):
            route(*ends, snapshot, vehicle=vehicle)
    with pytest.raises(NoRouteError, match="Epplergasse is closed to cars"):
        route(*((Place(link="C-B-0"), A) if is_origin else (A, Place(node="C"))), snapshot)


def test_what_no_way_ever_led_to_is_told_apart_from_what_is_closed() -> None:
    places = {name: place(i, 0) for i, name in enumerate("ABC")}
    links = [a_link("A", "B", places), a_link("C", "B", places)]
    with pytest.raises(NoRouteError, match="not even while nothing is closed"):
        route(A, Place(link="C-B-0"), a_snapshot_of(places, links))


@pytest.mark.parametrize("end", [Place(node="Z"), Place(link="Y-Z-0")])
def test_an_unknown_place_is_named(end: Place) -> None:
    with pytest.raises(UnknownPlaceError, match="Z"):
        route(A, end)
    with pytest.raises(UnknownPlaceError, match="Z"):
        route(end, A)


def test_a_point_in_the_fields_is_too_far_and_the_nearest_street_is_told() -> None:
    with pytest.raises(TooFarError, match=r"within 200 m .*; the nearest, Zufahrt, is 300 m away"):
        route(Place(point=place(1.5, 3)), A)
    with pytest.raises(TooFarError, match="nor is there one within 5000 m"):
        route(Place(point=(8.5, 49.44)), A)


def test_via_places_are_passed_in_their_order() -> None:
    found = route(A, D, via=(Place(node="F"),))
    assert found.links == ("A-B-0", "B-E-0", "E-F-0", "F-D-0")
    assert [used.link for used in found.places] == ["A-B-0", "E-F-0", "F-D-0"]
    twice = route(A, D, via=(Place(node="F"), Place(node="G")))
    assert twice.links == ("A-B-0", "B-E-0", "E-F-0", "F-D-0", "D-H-0", "H-A-0", "A-B-0", "B-G-0", "G-D-0")
    assert twice.length_m == pytest.approx(500 + 1800 + 1600 + 500 + 1000)


def test_nobody_turns_on_the_spot_at_a_via_place() -> None:
    """The quickest way to B and back to A would be a U-turn in B, where one may go on to C and turn at the dead end."""
    places = {name: place(i, 0) for i, name in enumerate("ABC")}
    snapshot = a_snapshot_of(places, both_ways([("A", "B"), ("B", "C")], places))
    found = route(Place(link="A-B-0"), Place(link="B-A-0"), snapshot, via=(B,))
    assert found.links == ("A-B-0", "B-C-0", "C-B-0", "B-A-0")
    point = Place(point=place(0.5, 0))
    assert route(Place(link="A-B-0"), Place(link="C-B-0"), snapshot, via=(point,)).links == ("A-B-0", "B-C-0", "C-B-0")


def test_a_banned_sequence_stays_banned_over_a_via_place() -> None:
    places = {
        "A": place(0, 0),
        "B": place(1, 0),
        "C": place(2, 0),
        "D": place(3, 0),
        "E": place(2, 1),
        "F": place(3, 1),
    }
    ends = [("A", "B"), ("B", "C"), ("C", "D"), ("C", "E"), ("E", "F"), ("F", "D")]
    snapshot = a_snapshot_of(places, [a_link(*pair, places) for pair in ends], ("A-B-0", "B-C-0", "C-D-0"))
    free = route(Place(link="A-B-0"), D, snapshot)
    over_c = route(Place(link="A-B-0"), D, snapshot, via=(Place(node="C"),))
    assert free.links == over_c.links == ("A-B-0", "B-C-0", "C-E-0", "E-F-0", "F-D-0")


def test_a_destination_street_may_be_a_via_place_but_lies_on_no_way_else() -> None:
    places = {"A": place(0, 0), "B": place(1, 0), "C": place(2, 0), "E": place(1, 2)}
    links = [
        *both_ways([("A", "B")], places),
        *both_ways([("B", "C")], places, access="destination"),
        a_link("B", "E", places, length_m=900.0),
        a_link("E", "C", places, length_m=900.0),
        *both_ways([("C", "D")], places | {"D": place(3, 0)}),
    ]
    snapshot = a_snapshot_of(places | {"D": place(3, 0)}, links)
    assert route(A, D, snapshot).links == ("A-B-0", "B-E-0", "E-C-0", "C-D-0")
    assert route(A, D, snapshot, via=(Place(link="B-C-0"),)).links == ("A-B-0", "B-C-0", "C-D-0")


def test_a_heading_chooses_the_direction_of_a_two_way_street() -> None:
    places = {name: place(4 * i, 0) for i, name in enumerate("ABC")}
    snapshot = a_snapshot_of(places, both_ways([("A", "B"), ("B", "C")], places))
    point = place(6, 0.1)
    end = Place(node="C")
    east = route(Place(point=point, heading_deg=80), end, snapshot)
    west = route(Place(point=point, heading_deg=280), end, snapshot)
    assert (east.links, west.links) == (("B-C-0",), ("C-B-0", "B-A-0", "A-B-0", "B-C-0"))
    assert (east.places[0].heading_off_deg, west.places[0].heading_off_deg) == pytest.approx((10, 10), abs=0.1)
    assert east.places[0].distance_m == pytest.approx(10, abs=0.1)


def test_a_heading_is_no_reason_for_a_street_far_off() -> None:
    places = {"A": place(0, 0), "B": place(4, 0), "C": place(4, 4)}
    snapshot = a_snapshot_of(places, both_ways([("A", "B"), ("B", "C")], places))
    near_the_corner = route(Place(point=place(3.8, 0.1), heading_deg=0), Place(node="C"), snapshot)
    assert near_the_corner.places[0].link == "B-C-0"
    far_from_it = route(Place(point=place(2, 0.1), heading_deg=0), Place(node="C"), snapshot)
    assert far_from_it.places[0].link == "A-B-0"
    assert far_from_it.places[0].heading_off_deg == pytest.approx(90, abs=0.1)


def _town_with_a_bridge(**bridge: object) -> Snapshot:
    """The usual way from B to D leads over a bridge C; all others are open to everybody."""
    links = [link for link in TOPOLOGY.links if link.link_id != "C-D-0"]
    return a_snapshot_of(PLACES, [*links, a_link("C", "D", PLACES, name="Brücke", **(PRIMARY | bridge))])


@pytest.mark.parametrize(
    ("bridge", "vehicle", "why"),
    [
        ({"truck_access": "no"}, TRUCK, "Brücke is closed to trucks"),
        (
            {"truck_access": "destination"},
            TRUCK,
            "Brücke is open to trucks with a destination there only",
        ),
        (
            {"max_height_m": 3.5},
            replace(TRUCK, height_m=4.0),
            "Brücke lets through what is up to 3.5 m high, and the vehicle is 4 m",
        ),
        (
            {"max_weight_t": 7.5},
            Vehicle(VehicleClass.BUS, weight_t=18.0),
            "Brücke bears up to 7.5 t, and the vehicle weighs 18 t",
        ),
    ],
)
def test_a_vehicle_keeps_off_what_it_may_not_use_and_says_so(
    bridge: dict[str, object], vehicle: Vehicle, why: str
) -> None:
    snapshot = _town_with_a_bridge(**bridge)
    end = Place(node="H")
    assert route(A, end, snapshot).links == ("A-B-0", "B-C-0", "C-D-0", "D-H-0")
    found = route(A, end, snapshot, vehicle=vehicle)
    assert found.links == ("A-B-0", "B-E-0", "E-F-0", "F-D-0", "D-H-0")
    assert found.avoids == (why,)


def test_a_truck_may_drive_to_a_destination_in_a_street_that_is_open_for_that() -> None:
    assert route(A, D, _town_with_a_bridge(truck_access="destination"), vehicle=TRUCK).links[-1] == "C-D-0"


def test_a_point_lies_on_streets_that_the_vehicle_may_use() -> None:
    snapshot = _town_with_a_bridge(truck_access="no")
    point = Place(point=place(12.5, 0))
    assert route(A, point, snapshot).places[-1].link == "C-D-0"
    assert route(A, point, snapshot, vehicle=TRUCK).places[-1].link == "G-D-0"


def test_alternatives_follow_the_best_route() -> None:
    snapshot = a_snapshot({"B-C-0": 25.0, "C-D-0": 25.0})
    best, *others = routes(A, D, snapshot, alternatives=3)
    assert best.links == route(A, D, snapshot).links
    assert others
    assert all(other.travel_time_s >= 0 and other.links != best.links for other in others)


def test_equal_questions_have_equal_answers_and_no_more_routes_than_asked_for() -> None:
    asked = [routes(A, D, a_snapshot(), alternatives=3) for _ in range(2)]
    assert asked[0] == asked[1]
    assert 1 <= len(asked[0]) <= 4
    assert len({found.links for found in asked[0]}) == len(asked[0])
