from dataclasses import replace

import pytest
from factories_network import a_link, a_network, both_ways, place

from lotse_routing.network.geometry import distance_m, turn_angle_deg
from lotse_routing.network.model import BannedTurn, Condition, Junction, NetworkError, build_network
from lotse_shared.vehicle import ALL_VEHICLES, VehicleClass

PLACES = {"A": place(0, 0), "B": place(1, 0), "C": place(2, 0)}
STREET = [("A", "B"), ("B", "C")]
JUNCTIONS = [Junction(node, *at) for node, at in PLACES.items()]


def test_the_version_does_not_depend_on_order_or_name_but_on_every_value() -> None:
    links = both_ways(STREET, PLACES)
    network = a_network(PLACES, links, [("A-B-0", "B-C-0")])
    same = a_network(dict(reversed(PLACES.items())), reversed(links), [("A-B-0", "B-C-0")])
    assert same.version == network.version
    others = [
        a_network(PLACES, links),
        a_network(PLACES, links[1:], [("B-C-0", "C-B-0")]),
        a_network(PLACES, both_ways(STREET, PLACES, lanes=2), [("A-B-0", "B-C-0")]),
        a_network(PLACES | {"C": place(2, 0.001)}, links, [("A-B-0", "B-C-0")]),
    ]
    assert len({network.version, *(other.version for other in others)}) == 5


def test_whole_numbers_do_not_change_the_version() -> None:
    whole, decimal = (a_network(PLACES, [a_link("A", "B", PLACES, free_flow_kmh=kmh)]) for kmh in (30, 30.0))
    assert whole.version == decimal.version


def test_the_graph_is_plain_networkx() -> None:
    network = a_network(PLACES, both_ways(STREET, PLACES))
    assert network.graph.edges["A", "B", "A-B-0"]["link"].free_flow_time_s == pytest.approx(10.0)
    assert network.graph.nodes["C"]["junction"].lon == PLACES["C"][0]
    assert [link.link_id for link in network.links()] == ["A-B-0", "B-A-0", "B-C-0", "C-B-0"]


def test_contradictions_are_refused() -> None:
    street = a_link("A", "B", PLACES)
    with pytest.raises(NetworkError, match="A-B-0 stands twice"):
        a_network(PLACES, [street, street])
    with pytest.raises(NetworkError, match="ends at no junction"):
        a_network({"A": PLACES["A"]}, [street])
    with pytest.raises(NetworkError, match="ends where it begins"):
        a_network(PLACES, [a_link("A", "A", PLACES)])
    with pytest.raises(NetworkError, match="unknown link"):
        a_network(PLACES, [street], [("A-B-0", "B-C-0")])
    with pytest.raises(NetworkError, match="is no turn"):
        a_network(PLACES, both_ways(STREET, PLACES), [("A-B-0", "C-B-0")])


def test_rules_by_vehicle_and_hour_and_the_side_one_drives_on_are_part_of_the_version() -> None:
    links = both_ways(STREET, PLACES)
    condition = Condition("A-B-0", frozenset({VehicleClass.CAR}), "no", "Mo 07:00-09:00")
    networks = [
        a_network(PLACES, links),
        a_network(PLACES, links, drives_on="left"),
        a_network(PLACES, links, conditions=[condition]),
        a_network(PLACES, links, conditions=[replace(condition, vehicles=frozenset({VehicleClass.BUS}))]),
        a_network(PLACES, both_ways(STREET, PLACES, bus_access="no")),
        a_network(PLACES, both_ways(STREET, PLACES, max_height_m=3.2)),
    ]
    assert len({network.version for network in networks}) == 6


def test_rules_on_nothing_and_hours_that_nobody_understands_are_refused() -> None:
    links = both_ways(STREET, PLACES)
    condition = Condition("A-B-0", ALL_VEHICLES, "no", "Mo 07:00-09:00")
    with pytest.raises(NetworkError, match="unknown link X"):
        a_network(PLACES, links, conditions=[replace(condition, link_id="X")])
    with pytest.raises(NetworkError, match="hours 'PH' are not understood"):
        a_network(PLACES, links, conditions=[replace(condition, during="PH")])
    with pytest.raises(NetworkError, match="hours 'dawn' are not understood"):
        build_network("a", "b", JUNCTIONS, links, [BannedTurn(("A-B-0", "B-C-0"), ALL_VEHICLES, "dawn")])


def test_a_degree_of_latitude_is_111_km_long() -> None:
    assert distance_m((7.0, 49.0), (7.0, 50.0)) == pytest.approx(111_195, abs=1)
    assert distance_m((7.0, 60.0), (8.0, 60.0)) == pytest.approx(111_195 / 2, rel=1e-4)


@pytest.mark.parametrize(("end", "angle"), [((2, 0), 0), ((1, 1), 90), ((1, -1), 90), ((0, 0), 180), ((0, 1), 135)])
def test_turn_angles_are_those_on_the_ground(end: tuple[int, int], angle: float) -> None:
    into, out_of = (place(0, 0), place(1, 0)), (place(1, 0), place(*end))
    assert turn_angle_deg(into, out_of) == pytest.approx(angle, abs=1)
