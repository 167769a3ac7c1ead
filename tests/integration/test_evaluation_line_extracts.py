"""Kaiserslautern as SUMO drives it and as Lotse imports it: how far one is mapped to the other."""

import math
import random
from collections import Counter
from pathlib import Path

import pytest
from evaluation.line.ends import read_ends
from evaluation.line.link_map import Coverage, LinkMap, cover, first_gap
from evaluation.line.mapping import Link, base, map_edges
from evaluation.nouns import Edge
from factories_core import a_graph
from factories_network import unwatched

from lotse_routing.core.routes import RouteGraph, find_path
from lotse_routing.core.topology import build_topology
from lotse_routing.network import model
from lotse_routing.network.import_osm import import_osm
from lotse_routing.network.model import StreetNetwork

pytest.importorskip("sumolib", reason="ABSENT: SUMO: `make evaluate` installs it")
pytestmark = pytest.mark.data

KAISERSLAUTERN = "osm-kaiserslautern/kaiserslautern.osm.gz"
ROUTES = 1_000
TURNS_BACK_DEG = 135.0


@pytest.fixture(scope="module")
def network(shared_data: Path) -> StreetNetwork:
    found, _ = import_osm(shared_data / KAISERSLAUTERN, "kaiserslautern", unwatched)
    return found


@pytest.fixture(scope="module")
def net_file(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from evaluation.cities.netconvert import build_from_osm  # noqa: PLC0415 - needs SUMO

    path = tmp_path_factory.mktemp("sumo") / "kaiserslautern.net.xml"
    build_from_osm(shared_data / KAISERSLAUTERN, path)
    return path


@pytest.fixture(scope="module")
def edges(net_file: Path) -> dict[str, Edge]:
    from evaluation.cities.streets import read_edges  # noqa: PLC0415 - needs SUMO

    return dict(read_edges(net_file))


@pytest.fixture(scope="module")
def link_map(network: StreetNetwork, net_file: Path, edges: dict[str, Edge]) -> LinkMap:
    links = [_link(link) for link in network.links() if link.access != "no"]
    return LinkMap(map_edges(edges, read_ends(net_file), links), {link.link_id: link for link in links})


@pytest.fixture(scope="module")
def coverage(link_map: LinkMap, edges: dict[str, Edge]) -> Coverage:
    return cover(link_map, edges)


def _link(link: model.Link) -> Link:
    ways = tuple(map(str, link.ways))
    return Link(link.link_id, link.from_node, link.to_node, link.length_m, link.name or link.ref, ways)


def test_nearly_all_of_the_city_is_mapped(coverage: Coverage) -> None:
    assert coverage.edges > 3_900
    assert coverage.edge_share > 0.99
    assert coverage.link_share > 0.985


def test_a_main_street_without_links_comes_from_where_nobody_gets_or_leads_to_where_nobody_returns(
    coverage: Coverage, edges: dict[str, Edge], net_file: Path, network: StreetNetwork
) -> None:
    """The import drops what does not hang together both ways, SUMO keeps it: halves of roads at the extract's rim."""
    ends = read_ends(net_file)
    nodes = {base(junction.node_id) for junction in network.junctions()}
    main = [edge_id for edge_id in coverage.edges_without_links if edges[edge_id].is_signable]
    assert len(main) == 6
    assert [edge_id for edge_id in main if nodes.issuperset(ends[edge_id])] == []


def test_hardly_a_link_is_claimed_by_edges_that_do_not_follow_each_other(
    coverage: Coverage, link_map: LinkMap, network: StreetNetwork
) -> None:
    classes = {link.link_id: link.road_class for link in network.links()}
    assert {classes[link] for link in coverage.doubled} <= {"living_street", "residential"}
    assert len(coverage.doubled) / len(link_map.links) < 0.002


def test_routes_of_lotse_that_do_not_turn_back_can_be_driven_in_sumo(
    network: StreetNetwork, link_map: LinkMap, edges: dict[str, Edge]
) -> None:
    graph = a_graph(build_topology(network))
    dice = random.Random(5)
    main = [edge for edge in edges.values() if edge.is_signable and edge.edge_id in link_map.chains]
    routes = [_route(graph, link_map, *dice.sample(main, 2)) for _ in range(ROUTES)]
    gaps = Counter(gap for route in routes if (gap := first_gap(route, edges)))
    elsewhere = {gap: times for gap, times in gaps.items() if _turn_deg(*map(edges.__getitem__, gap)) < TURNS_BACK_DEG}
    assert sum(elsewhere.values()) / ROUTES < 0.01, elsewhere
    assert gaps.total() / ROUTES < 0.15, gaps.most_common(5)


def _turn_deg(edge: Edge, onward: Edge) -> float:
    """By how much one turns between two edges, 0 straight on, 180 back."""
    headings = [_heading_deg(*edge.shape[-2:]), _heading_deg(*onward.shape[:2])]
    return abs((headings[1] - headings[0] + 180) % 360 - 180)


def _heading_deg(begin: tuple[float, float], end: tuple[float, float]) -> float:
    east = (end[0] - begin[0]) * math.cos(math.radians(begin[1]))
    return math.degrees(math.atan2(east, end[1] - begin[1]))


def _route(graph: RouteGraph, link_map: LinkMap, start: Edge, end: Edge) -> list[str]:
    index = graph.topology.index
    first, last = (index[link_map.link_at(edge.edge_id, 1.0)] for edge in (start, end))
    path = find_path(graph, first, last)
    if path is None:
        return []
    route = link_map.edges_along(graph.topology.links[link].link_id for link in path.links)
    return route[route.index(start.edge_id) :]
