"""What changes from one network to a newer one, and what of that people should look at."""

from typing import Any

import pytest
from factories_network import a_link, a_network, both_ways, place

from lotse_routing.network.compare.affected import Affected, Kind, Registered
from lotse_routing.network.compare.difference import Difference, compare_networks
from lotse_routing.network.model import BannedTurn, StreetNetwork, build_network
from lotse_shared.vehicle import ALL_VEHICLES, VehicleClass

PLACES = {"A": place(0, 0), "B": place(2, 0), "C": place(2, 2), "M": place(1, 0)}
STREETS = [("A", "B"), ("B", "C"), ("C", "A")]
KINDS: tuple[Kind, Kind] = ("detector", "corridor")
OLDER = a_network(PLACES, both_ways(STREETS, PLACES))
SPLIT = a_network(PLACES, both_ways([("A", "M"), ("M", "B"), ("B", "C"), ("C", "A")], PLACES))
"""A side street at M parts the street from A to B."""


def difference(newer: StreetNetwork, *registered: Registered, older: StreetNetwork = OLDER) -> Difference:
    return compare_networks(older, newer, registered)


def affected(newer: StreetNetwork, *registered: Registered, **more: Any) -> tuple[Affected, ...]:
    found = difference(newer, *registered, **more).affected
    assert found is not None
    return found


def with_ban(*vehicles: VehicleClass, during: str = "") -> StreetNetwork:
    ban = BannedTurn(("A-B-0", "B-C-0"), frozenset(vehicles or ALL_VEHICLES), during)
    return build_network("a", "b", OLDER.junctions(), OLDER.links(), [ban])


def test_links_are_gone_new_or_changed() -> None:
    links = [link for link in both_ways(STREETS, PLACES, name="Neue Straße") if link.link_id != "B-A-0"]
    found = difference(a_network(PLACES, [*links, a_link("B", "M", PLACES)]))
    assert (found.gone, found.new) == (("B-A-0",), ("B-M-0",))
    assert set(found.changed) == {"A-B-0", "B-C-0", "C-B-0", "C-A-0", "A-C-0"}
    assert set(found.changed.values()) == {("name",)}


def test_other_ways_for_the_same_road_are_no_change() -> None:
    found = difference(a_network(PLACES, both_ways(STREETS, PLACES, ways=(4711,))))
    assert (found.gone, found.new, found.changed) == ((), (), {})


def test_the_same_network_changes_nothing() -> None:
    assert difference(OLDER).lines() == [
        f"compared  both are version {OLDER.version[:12]}: nothing changes",
        "look at   nothing: all that is registered fits",
    ]


@pytest.mark.parametrize("kind", ["detector", "sign", "roadwork", "corridor"])
def test_what_stands_on_a_link_that_is_gone_needs_a_look_and_gets_the_nearest_proposed(kind: Kind) -> None:
    [found] = affected(SPLIT, Registered(kind, "X1", ("A-B-0",)), Registered(kind, "X2", ("B-C-0",)))
    assert (found.kind, found.noun_id, found.reason) == (kind, "X1", "its link A-B-0 is gone")
    assert found.proposal in {"A-M-0 (Hauptstraße)", "M-B-0 (Hauptstraße)"}


def test_the_place_of_a_detector_decides_between_the_halves_of_a_link() -> None:
    for place_of, proposed in ((place(0.3, 0.05), "A-M-0"), (place(1.7, -0.05), "M-B-0")):
        [found] = affected(SPLIT, Registered("detector", "D1", ("A-B-0",), place=place_of))
        assert found.proposal.startswith(proposed)


def test_a_link_that_leads_the_other_way_or_lies_elsewhere_is_not_proposed() -> None:
    backwards = a_network(PLACES, [a_link("M", "A", PLACES), a_link("B", "M", PLACES), a_link("B", "C", PLACES)])
    [found] = affected(backwards, Registered("sign", "S1", ("A-B-0",)))
    assert found.proposal == ""


def test_a_link_of_the_same_name_goes_before_a_nearer_one() -> None:
    shifted = {"P": place(0, 0.2), "Q": place(2, 0.2), "R": place(0, 0.1), "S": place(2, 0.1)}
    newer = a_network(PLACES | shifted, [a_link("P", "Q", shifted), a_link("R", "S", shifted, name="Parallelweg")])
    [found] = affected(newer, Registered("sign", "S1", ("A-B-0",)))
    assert found.proposal == "P-Q-0 (Hauptstraße)"


def test_a_destination_whose_junction_is_gone_gets_one_near_by_proposed() -> None:
    moved = {"A2": place(0.2, 0), "B": PLACES["B"], "C": PLACES["C"]}
    newer = a_network(moved, both_ways([("A2", "B"), ("B", "C")], moved))
    assert [str(found) for found in affected(newer, Registered("destination", "CENTRUM", node_id="A"))] == [
        "destination CENTRUM: its junction A is gone; perhaps A2, 20 m away"
    ]


@pytest.mark.parametrize(
    ("newer", "told"),
    [
        (with_ban(), "A-B-0 to B-C-0 is banned for cars now"),
        (with_ban(VehicleClass.CAR, during="Mo 07:00-09:00"), "A-B-0 to B-C-0 is banned for cars now (Mo 07:00-09:00)"),
        (with_ban(VehicleClass.TRUCK), None),
    ],
)
def test_a_corridor_with_a_turn_that_is_banned_now_needs_a_look(newer: StreetNetwork, told: str | None) -> None:
    corridor = Registered("corridor", "U12", ("C-A-0", "A-B-0", "B-C-0"))
    assert [found.reason for found in affected(newer, corridor)] == ([told] if told else [])
    assert affected(newer, corridor, older=newer) == ()


def test_a_corridor_is_looked_at_for_all_it_is_approved_for() -> None:
    for_both = Registered("corridor", "U12", ("A-B-0", "B-C-0"), vehicles=(VehicleClass.CAR, VehicleClass.TRUCK))
    [found] = affected(with_ban(VehicleClass.TRUCK, VehicleClass.BUS), for_both)
    assert found.reason == "A-B-0 to B-C-0 is banned for trucks now"
    [found] = affected(with_ban(), for_both)
    assert found.reason == "A-B-0 to B-C-0 is banned for cars and trucks now"
    assert [found.reason for found in affected(with_ban(), for_both, older=with_ban(VehicleClass.CAR))] == [
        "A-B-0 to B-C-0 is banned for trucks now"
    ]
    no_trucks = a_network(PLACES, [*both_ways(STREETS[1:], PLACES), a_link("A", "B", PLACES, truck_access="no")])
    [found] = affected(no_trucks, for_both)
    assert found.reason == "its link A-B-0 is closed to trucks now"
    for_cars = Registered("corridor", "U12", ("A-B-0", "B-C-0"))
    assert affected(no_trucks, for_cars) == affected(with_ban(VehicleClass.TRUCK), for_cars) == ()


def test_a_link_that_is_closed_to_cars_now_needs_a_look() -> None:
    newer = a_network(PLACES, [*both_ways(STREETS[1:], PLACES), a_link("A", "B", PLACES, access="no")])
    [found] = affected(newer, Registered("detector", "D1", ("A-B-0",)))
    assert found.reason == "its link A-B-0 is closed to cars now"


def test_a_corridor_over_a_street_that_is_for_destination_traffic_now_needs_a_look() -> None:
    newer = a_network(PLACES, [*both_ways(STREETS[1:], PLACES), a_link("A", "B", PLACES, access="destination")])
    detector, corridor = (Registered(kind, "X", ("A-B-0",)) for kind in KINDS)
    assert affected(newer, detector) == ()
    assert [found.reason for found in affected(newer, corridor)] == [
        "its link A-B-0 is for the ends of routes of cars only now"
    ]


def test_what_stood_on_nothing_before_is_told_as_such() -> None:
    things = Registered("detector", "D1", ("X-Y-0",)), Registered("destination", "Z", node_id="Z")
    assert [found.reason for found in affected(SPLIT, *things)] == [
        "its link X-Y-0 is not there, nor was it before",
        "its junction Z is not there, nor was it before",
    ]


def test_without_a_registry_the_lines_say_so() -> None:
    assert compare_networks(OLDER, SPLIT).lines()[-1] == "look at   what is registered is not known here"
