"""What hangs together, and drives over several places, against networkx on the graph of drives."""

from collections.abc import Iterator, Sequence
from math import cos, inf, pi, sin
from typing import NamedTuple

import networkx as nx
import numpy as np
import pytest
from factories_core import MONDAY_NOON, a_graph, costs_by_id
from factories_network import a_link, a_network, place
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Drive, Oracle

from lotse_routing.core.reachability import find_reach
from lotse_routing.core.routes import Anchor, RouteGraph, is_route
from lotse_routing.core.stops import find_way_over
from lotse_routing.core.topology import build_topology

NODES = "ABCDEF"
PLACES = {
    node: place(3 * cos(2 * pi * i / len(NODES)), 3 * sin(2 * pi * i / len(NODES))) for i, node in enumerate(NODES)
}
Found = tuple[frozenset[str], frozenset[str]]
"""Links with a way in, and links with a way out."""


class Town(NamedTuple):
    graph: RouteGraph
    oracle: Oracle

    @property
    def ids(self) -> list[str]:
        return [link.link_id for link in self.graph.topology.links]

    @property
    def costs(self) -> dict[str, int]:
        return costs_by_id(self.graph)


@st.composite
def towns(draw: st.DrawFn, longest_ban: int) -> Town:
    """Up to 20 links between 6 junctions, some private, some closed; sequences of two or three links are banned."""
    pair = st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).filter(lambda ends: ends[0] != ends[1])
    ends = draw(st.lists(pair, min_size=1, max_size=20, unique=True))
    access = st.sampled_from(["yes", "yes", "yes", "destination", "no"])
    links = [a_link(*pair, PLACES, access=draw(access)) for pair in ends]
    pairs = [(a.link_id, b.link_id) for a in links for b in links if a.to_node == b.from_node]
    triples = [(*p, q[1]) for p in pairs for q in pairs if p[1] == q[0]][:300]
    sequences = [s for s in [*pairs, *triples] if len(s) <= longest_ban]
    bans = draw(st.lists(st.sampled_from(sequences), max_size=6)) if sequences else []
    network = a_network(PLACES, links, bans)
    time_s = st.one_of(st.integers(1, 5).map(float), st.just(inf))
    costs_s = draw(st.lists(time_s, min_size=len(links), max_size=len(links)))
    return Town(a_graph(build_topology(network), costs_s), Oracle(network, local=MONDAY_NOON))


def reached_by_the_oracle(town: Town) -> Iterator[tuple[int, Found]]:
    """For each strongly connected component: how many links it has, and what hangs together with it."""
    graph = town.oracle.graph.subgraph([d for d in town.oracle.graph if d.last[-1] in town.costs])
    backward = graph.reverse()
    for component in nx.strongly_connected_components(graph):
        some = next(iter(component))
        arrives = {some, *nx.descendants(graph, some)}
        leaves = {some, *nx.descendants(backward, some)}
        way_out = {drive.last[-1] for drive in leaves if drive == town.oracle.start(drive.last[-1])}
        found = frozenset(drive.last[-1] for drive in arrives), frozenset(way_out)
        yield len({drive.last[-1] for drive in component}), found


@settings(max_examples=200, deadline=None)
@given(towns(longest_ban=2))
def test_what_hangs_together_with_the_largest_component_is_as_networkx_says(town: Town) -> None:
    """Without longer bans a drive of the oracle is a state of ours: both call the same component the largest."""
    closed = ~np.isfinite(town.graph.costs_s)
    reach = find_reach(town.graph.topology, town.graph.permit, closed)
    ours = tuple(frozenset(np.array(town.ids)[flags].tolist()) for flags in (reach.has_way_in, reach.has_way_out))
    theirs = list(reached_by_the_oracle(town))
    if not theirs:
        assert ours == (frozenset(), frozenset())
        return
    largest = max(size for size, _ in theirs)
    assert ours in [found for size, found in theirs if size == largest]


@settings(max_examples=100, deadline=None)
@given(towns(longest_ban=3), st.lists(st.sampled_from(NODES), min_size=1, max_size=4))
def test_a_drive_over_several_places_is_as_cheap_as_networkx_says(town: Town, nodes: Sequence[str]) -> None:
    topology = town.graph.topology
    stops = [[Anchor(link, 1.0) for link in topology.links_to.get(node, ())] for node in nodes]
    origins = [Anchor(link, 0.0) for link in range(len(topology.links))]
    way = find_way_over(town.graph, origins, stops)
    expected = cheapest_by_the_oracle(town, nodes)
    assert (way is None) == (expected is None)
    if way is not None:
        assert round(way.cost_s * 1000) == expected == sum(town.costs[town.ids[link]] for link in way.links)
        ends = [topology.links[leg.links[-1]].to_node for leg in way.legs]
        assert ends == list(nodes)
        assert all(is_route(town.graph, leg.links) for leg in way.legs)
        assert sum(piece.end - piece.start for piece in way.pieces) == pytest.approx(len(way.links))


def cheapest_by_the_oracle(town: Town, nodes: Sequence[str]) -> int | None:
    """Dijkstra on drives together with the number of places that were passed."""
    costs, oracle = town.costs, town.oracle
    graph: nx.DiGraph[object] = nx.DiGraph()
    ends = [(len(nodes), drive) for drive in oracle.graph]
    for passed, node in enumerate([*nodes, None]):
        for before, after in oracle.graph.edges:
            if before.last[-1] in costs and after.last[-1] in costs:
                graph.add_edge((passed, before), (passed, after), cost=costs[after.last[-1]])
        for drive in oracle.graph:
            graph.add_node((passed, drive))
            if oracle.links[drive.last[-1]].to_node == node and drive.last[-1] in costs:
                graph.add_edge((passed, drive), (passed + 1, _onward(oracle, drive)), cost=0)
    for link in town.ids:
        if link in costs and oracle.access[link] != "no":
            graph.add_edge("start", (0, oracle.start(link)), cost=costs[link])
    if "start" not in graph:
        return None
    found = nx.single_source_dijkstra_path_length(graph, "start", weight="cost")
    return min((int(found[end]) for end in ends if end in found), default=None)


def _onward(oracle: Oracle, drive: Drive) -> Drive:
    """In a street for destination traffic, the drive begins anew."""
    return oracle.start(drive.last[-1]) if drive.part == 2 else drive
