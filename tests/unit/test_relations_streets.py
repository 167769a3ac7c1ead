"""Where a street goes on: across a junction that splits it, and not back on its other carriageway."""

import pytest
from factories_network import a_link, a_network, place

from lotse_routing.core.topology import Topology, build_topology
from lotse_routing.decide.relations.disturbance import closures
from lotse_routing.decide.relations.slowness import find_reach
from lotse_routing.decide.relations.streets import Streets, read_streets

PLACES = {
    "west": place(-3, 0),
    "before": place(0, 0),
    "after": place(0, -0.15),
    "east": place(3, -0.15),
    "back": place(-3, -0.15),
    "south": place(0, -3),
}
RING = {"name": "Ring", "length_m": 300.0}


def the_streets(junction_m: float = 15.0) -> tuple[Topology, Streets]:
    """Ring, from the west to the east, changes over at a junction that is part of Quergasse, and has a way back."""
    links = [
        a_link("west", "before", PLACES, **RING),
        a_link("before", "after", PLACES, name="Quergasse", length_m=junction_m),
        a_link("after", "east", PLACES, **RING),
        a_link("after", "back", PLACES, **RING),
        a_link("after", "south", PLACES, name="Quergasse", length_m=300.0),
    ]
    topology = build_topology(a_network(PLACES, links))
    return topology, read_streets(topology, frozenset())


def test_a_street_goes_on_across_a_junction_and_not_back() -> None:
    topology, streets = the_streets()
    inbound, onward = topology.index["west-before-0"], topology.index["after-east-0"]
    assert streets.street_onward[inbound] == (onward,)
    assert streets.street_behind[onward] == (inbound,)
    assert not streets.street_behind[topology.index["after-back-0"]]


def test_a_longer_way_by_another_street_is_no_junction() -> None:
    topology, streets = the_streets(junction_m=60.0)
    assert not streets.street_onward[topology.index["west-before-0"]]


def test_the_street_that_crosses_goes_on_by_itself() -> None:
    topology, streets = the_streets()
    crossing, south = topology.index["before-after-0"], topology.index["after-south-0"]
    assert streets.street_onward[crossing] == (south,)


def test_a_detector_speaks_for_its_street_on_both_sides_of_the_junction() -> None:
    topology, streets = the_streets()
    onward, inbound = topology.index["after-east-0"], topology.index["west-before-0"]
    reach = find_reach(streets, [onward])
    assert reach.on.tolist() == [inbound]
    assert reach.share.tolist() == pytest.approx([1.0])


def test_a_street_that_is_closed_on_both_sides_of_a_junction_is_one_closure() -> None:
    topology, streets = the_streets()
    closed = frozenset(topology.index[link] for link in ("west-before-0", "after-east-0"))
    (closure,) = closures(streets, closed)
    assert (closure.street, closure.links) == ("Ring", closed)
