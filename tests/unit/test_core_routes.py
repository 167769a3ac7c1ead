from math import inf

import pytest
from factories_core import a_graph
from factories_network import a_link, a_network, both_ways, place

from lotse_routing.core.routes import find_path, tree_over, tree_to_junction
from lotse_routing.core.topology import Topology, build_topology

# A - B - C - D, with E beside B - C; drivers come from A and want to D
PLACES = {"A": place(0, 0), "B": place(1, 0), "C": place(2, 0), "D": place(3, 0), "E": place(1.5, 1)}
MAIN = both_ways([("A", "B"), ("B", "C"), ("C", "D")], PLACES)
SIDE = both_ways([("B", "E"), ("E", "C")], PLACES)
PRIVATE_SIDE = both_ways([("B", "E"), ("E", "C")], PLACES, access="destination")


def names(topology: Topology, links: tuple[int, ...]) -> str:
    return "".join(topology.links[i].from_node for i in links) + topology.links[links[-1]].to_node


def test_the_first_and_the_last_link_count() -> None:
    topology = build_topology(a_network(PLACES, MAIN + SIDE))
    path = find_path(a_graph(topology), topology.index["A-B-0"], topology.index["C-D-0"])
    assert path is not None
    assert names(topology, path.links) == "ABCD"
    assert path.cost_s == pytest.approx(30.0)


def test_a_closed_link_is_gone_round_and_without_another_way_there_is_none() -> None:
    topology = build_topology(a_network(PLACES, MAIN + SIDE))
    times = topology.base_travel_times_s.copy()
    times[topology.index["B-C-0"]] = inf
    tree = tree_to_junction(a_graph(topology, times), "D")
    path = tree.path_from(topology.index["A-B-0"])
    assert path is not None
    assert names(topology, path.links) == "ABECD"
    assert tree.path_from(topology.index["B-C-0"]) is None
    times[topology.index["E-C-0"]] = inf
    assert tree_to_junction(a_graph(topology, times), "D").path_from(topology.index["A-B-0"]) is None
    assert tree_to_junction(a_graph(topology, times), "D").cost_s(topology.index["A-B-0"]) == inf


def test_a_destination_street_is_no_way_through_but_a_way_there_and_away() -> None:
    topology = build_topology(a_network(PLACES, MAIN + PRIVATE_SIDE))
    times = topology.base_travel_times_s.copy()
    times[topology.index["B-C-0"]] = inf
    assert tree_to_junction(a_graph(topology, times), "D").path_from(topology.index["A-B-0"]) is None
    there = tree_to_junction(a_graph(topology, times), "E").path_from(topology.index["A-B-0"])
    away = tree_to_junction(a_graph(topology, times), "D").path_from(topology.index["E-C-0"])
    assert there is not None
    assert away is not None
    assert names(topology, there.links) == "ABE"
    assert names(topology, away.links) == "ECD"


def test_a_corridor_is_driven_though_it_is_slower() -> None:
    topology = build_topology(a_network(PLACES, MAIN + SIDE))
    times = None
    tree = tree_to_junction(a_graph(topology, times), "D")
    via = (topology.index["B-E-0"], topology.index["E-C-0"])
    path = tree_over(via, tree).path_from(topology.index["A-B-0"])
    assert path is not None
    assert names(topology, path.links) == "ABECD"
    assert path.cost_s == pytest.approx(40.0)


@pytest.mark.parametrize("why", ["a link is closed", "a turn is banned", "links do not touch", "destination street"])
def test_a_corridor_that_cannot_be_driven_gives_none(why: str) -> None:
    banned = [("B-E-0", "E-C-0")] if why == "a turn is banned" else []
    side = PRIVATE_SIDE if why == "destination street" else SIDE
    topology = build_topology(a_network(PLACES, MAIN + side, banned))
    times = topology.base_travel_times_s.copy()
    if why == "a link is closed":
        times[topology.index["E-C-0"]] = inf
    via = ["B-E-0", "C-D-0"] if why == "links do not touch" else ["B-E-0", "E-C-0"]
    tree = tree_to_junction(a_graph(topology, times), "D")
    corridor = [topology.index[link] for link in via]
    assert tree_over(corridor, tree).path_from(topology.index["A-B-0"]) is None


def test_equal_ways_give_the_one_whose_link_comes_first() -> None:
    places = {"A": place(0, 0), "B": place(1, 0), "X": place(2, 1), "Y": place(2, -1), "Z": place(3, 0)}
    links = [a_link(*pair, places) for pair in (("A", "B"), ("B", "Y"), ("B", "X"), ("Y", "Z"), ("X", "Z"))]
    topology = build_topology(a_network(places, links))
    path = tree_to_junction(a_graph(topology), "Z").path_from(topology.index["A-B-0"])
    assert path is not None
    assert names(topology, path.links) == "ABXZ"


def test_a_junction_that_no_link_leads_to_is_an_error() -> None:
    topology = build_topology(a_network(PLACES, MAIN))
    with pytest.raises(KeyError):
        tree_to_junction(a_graph(topology), "E")
