"""Trips of a usual morning, and where stations and signs stand."""

from dataclasses import replace

import pytest
from evaluation.cities.places import choose_signs, choose_stations
from evaluation.demand.trips import DemandSettings, distance_m, make_trips, middle, ways_in, ways_out
from evaluation.nouns import Edge
from factories_evaluation import FROM_EAST, USUAL, the_edges

SETTINGS = DemandSettings(
    vehicles=300,
    duration_s=3600,
    shares={"gateway to inner": 2, "inner to gateway": 1, "gateway to gateway": 1},
    centre=(7.03, 49.0),
    shortest_m=100.0,
)


def placed_edges() -> dict[str, Edge]:
    places = {"A": 0, "B": 1, "C": 2, "D": 4, "Z": 5, "N": 3, "S": 3, "G": 3, "E": 1, "Y": 5}
    spot = {name: (7 + east / 100, 49 + ord(name) / 10_000) for name, east in places.items()}
    return {
        name: replace(edge, shape=(spot[name[0]], spot[name[0]], spot[name[1]])) for name, edge in the_edges().items()
    }


def test_trips_are_as_many_as_asked_in_the_order_of_departure_and_the_same_for_a_seed() -> None:
    trips = make_trips(placed_edges(), SETTINGS)
    assert len(trips) == SETTINGS.vehicles
    assert [trip.depart_s for trip in trips] == sorted(trip.depart_s for trip in trips)
    assert trips == make_trips(placed_edges(), SETTINGS)
    assert trips != make_trips(placed_edges(), replace(SETTINGS, seed=2))


def test_trips_begin_and_end_at_the_rim_or_on_minor_streets_and_are_not_too_short() -> None:
    edges = placed_edges()
    rim = {edge.edge_id for edge in ways_in(edges) + ways_out(edges)}
    minor = {edge.edge_id for edge in edges.values() if not edge.is_signable}
    for trip in make_trips(edges, SETTINGS):
        assert {trip.origin, trip.goal} <= rim | minor
        assert distance_m(middle(edges[trip.origin]), middle(edges[trip.goal])) >= SETTINGS.shortest_m


def test_the_rim_is_where_nothing_leads_on_but_the_way_back() -> None:
    edges = placed_edges()
    assert {edge.edge_id for edge in ways_in(edges)} == {"AB", "EB", "ZD", "YD"}
    assert {edge.edge_id for edge in ways_out(edges)} == {"BA", "BE", "DZ", "DY"}


def test_a_degree_of_latitude_is_as_long_as_it_should_be() -> None:
    assert distance_m((7.0, 49.0), (7.0, 50.0)) == pytest.approx(111_320)
    assert distance_m((7.0, 60.0), (8.0, 60.0)) == pytest.approx(111_320 / 2)


def test_stations_stand_on_the_busiest_main_edges_but_not_on_two_in_a_row() -> None:
    vehicles = {"AB": 500, "BC": 400, "CD": 390, "BN": 100, "BG": 900}
    stations = choose_stations(the_edges(), vehicles, 3)
    assert [station.edge_id for station in stations] == ["AB", "BC", "BN"]  # BG is minor, CD goes on from BC


def test_signs_stand_where_most_drivers_have_most_of_their_way_ahead() -> None:
    signs = choose_signs(the_edges(), [USUAL] * 3 + [FROM_EAST] * 2, 3)
    assert [sign.edge_id for sign in signs][:2] == ["AB", "EB"]
    assert [sign.sign_id for sign in signs] == ["S01", "S02", "S03"]


def test_no_sign_stands_where_there_is_nothing_to_choose_or_on_a_minor_street() -> None:
    signs = choose_signs(the_edges(), [("AB", "BG", "GD", "DZ")], 9)
    assert {sign.edge_id for sign in signs} == {"AB"}
