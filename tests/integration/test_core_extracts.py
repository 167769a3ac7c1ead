"""On real street networks the compiled core equals networkx on the turn-expanded graph."""

from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from factories_core import MONDAY_NOON, a_graph, costs_by_id, ids_of
from factories_network import unwatched
from oracle import Oracle

from lotse_routing.core.routes import RouteGraph, find_path, is_route, tree_to_link
from lotse_routing.core.topology import Topology, build_topology
from lotse_routing.network.import_osm import import_osm
from lotse_routing.network.model import StreetNetwork
from lotse_shared.vehicle import VehicleClass

pytestmark = pytest.mark.data

KAISERSLAUTERN, MONACO = "osm-kaiserslautern/kaiserslautern.osm.pbf", "osm-monaco/monaco.osm.gz"
CITIES = pytest.mark.parametrize("file", [KAISERSLAUTERN, MONACO])


@cache
def compiled(path: Path) -> tuple[StreetNetwork, Topology]:
    network, _ = import_osm(path, path.name.partition(".")[0], unwatched)
    return network, build_topology(network)


def under_random_costs(topology: Topology, vehicle: VehicleClass, seed: int) -> RouteGraph:
    """Free flow times 1 to 5, a link in a hundred closed."""
    random = np.random.default_rng(seed)
    costs_s = topology.base_travel_times_s * random.uniform(1, 5, len(topology.links))
    costs_s[random.random(len(costs_s)) < 0.01] = np.inf
    return a_graph(topology, costs_s, vehicle)


@CITIES
@pytest.mark.parametrize("vehicle", VehicleClass)
def test_costs_and_paths_equal_the_oracle_from_everywhere(shared_data: Path, file: str, vehicle: VehicleClass) -> None:
    network, topology = compiled(shared_data / file)
    oracle = Oracle(network, vehicle, MONDAY_NOON)
    random = np.random.default_rng(4711)
    for seed in range(3):
        graph = under_random_costs(topology, vehicle, seed)
        costs = costs_by_id(graph)
        for start in random.integers(0, len(topology.links), 4).tolist():
            expected = oracle.costs_from(topology.links[start].link_id, costs)
            for end in random.integers(0, len(topology.links), 100).tolist():
                path = find_path(graph, start, end)
                assert expected.get(topology.links[end].link_id) == (round(path.cost_s * 1000) if path else None)
                if path is not None:
                    assert oracle.cost_of(ids_of(graph, path.links), costs) == round(path.cost_s * 1000)
                    assert is_route(graph, path.links)


@CITIES
def test_trees_and_single_paths_agree(shared_data: Path, file: str) -> None:
    _, topology = compiled(shared_data / file)
    graph = under_random_costs(topology, VehicleClass.CAR, 1)
    random = np.random.default_rng(815)
    for end in random.integers(0, len(topology.links), 10).tolist():
        tree = tree_to_link(graph, end)
        for start in random.integers(0, len(topology.links), 100).tolist():
            path = find_path(graph, start, end)
            assert tree.cost_s(start) == (path.cost_s if path else np.inf)


@CITIES
def test_no_path_takes_a_banned_turn_a_closed_link_or_turns_back_on_the_way(shared_data: Path, file: str) -> None:
    network, topology = compiled(shared_data / file)
    banned = {ban.links for ban in network.banned_turns if VehicleClass.CAR in ban.vehicles and not ban.during}
    graph = under_random_costs(topology, VehicleClass.CAR, 2)
    random = np.random.default_rng(4711)
    found = 0
    for start, end in random.integers(0, len(topology.links), (300, 2)).tolist():
        path = find_path(graph, start, end)
        links = [topology.links[i] for i in path.links] if path else []
        assert all(np.isfinite(graph.costs_s[i]) for i in (path.links if path else ()))
        for link, then in pairwise(links):
            assert link.to_node == then.from_node
            assert (link.link_id, then.link_id) not in banned
            if link.coordinates == then.coordinates[::-1]:
                assert network.graph.out_degree(link.to_node) == 1
        found += path is not None
    assert found >= 270


def test_the_banned_turns_of_kaiserslautern_change_routes(shared_data: Path) -> None:
    network, topology = compiled(shared_data / KAISERSLAUTERN)
    graph = a_graph(topology)
    turns = [ban.links for ban in network.banned_turns if VehicleClass.CAR in ban.vehicles and not ban.during]
    assert turns
    for links in turns:
        path = find_path(graph, topology.index[links[0]], topology.index[links[-1]])
        assert path is None or ids_of(graph, path.links) != links
