"""Any digraph, contracted in any order, answers as networkx does."""

from itertools import pairwise
from random import Random
from typing import NamedTuple

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lotse_routing.core.hierarchy import build_hierarchy
from lotse_routing.core.metric import UNREACHABLE, Metric, customize
from lotse_routing.core.order import dissect, rank_arcs, rank_nodes
from lotse_routing.core.query import find_way, find_ways
from lotse_routing.core.tree import Ends, costs_to, follow


class Digraph(NamedTuple):
    nodes: int
    arcs: list[tuple[int, int]]
    costs: list[int]
    graph: "nx.MultiDiGraph[int]"

    @property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        both = np.array(self.arcs, dtype=np.int32).reshape(-1, 2)
        return np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])

    def metric(self, rank: np.ndarray) -> Metric:
        tails, heads = self.ends
        return customize(build_hierarchy(tails, heads, rank), np.array(self.costs, dtype=np.int32))


@st.composite
def digraphs(draw: st.DrawFn) -> Digraph:
    """Up to 12 nodes and 30 arcs, parallel ones among them, many of equal cost, some closed."""
    nodes = draw(st.integers(1, 12))
    node = st.integers(0, nodes - 1)
    arcs = draw(st.lists(st.tuples(node, node).filter(lambda arc: arc[0] != arc[1]), max_size=30)) if nodes > 1 else []
    cost = st.one_of(st.integers(1, 4), st.integers(1, 10**8), st.just(UNREACHABLE))
    costs = draw(st.lists(cost, min_size=len(arcs), max_size=len(arcs)))
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    graph.add_nodes_from(range(nodes))
    open_arcs = [(arc, cost) for arc, cost in zip(arcs, costs, strict=True) if cost < UNREACHABLE]
    graph.add_edges_from((tail, head, {"cost": cost}) for (tail, head), cost in open_arcs)
    return Digraph(nodes, arcs, costs, graph)


def expected(digraph: Digraph, start: int) -> list[int]:
    found = nx.single_source_dijkstra_path_length(digraph.graph, start, weight="cost")
    return [min(int(found.get(node, UNREACHABLE)), UNREACHABLE) for node in range(digraph.nodes)]


def cost_along(digraph: Digraph, path: list[int]) -> int:
    return sum(min(arc["cost"] for arc in digraph.graph[a][b].values()) for a, b in pairwise(path))


@settings(max_examples=200, deadline=None)
@given(digraphs(), st.randoms(use_true_random=False))
def test_ways_and_trees_equal_networkx_whatever_the_order(digraph: Digraph, random: Random) -> None:
    metric = digraph.metric(np.array(random.sample(range(digraph.nodes), digraph.nodes), dtype=np.int32))
    h, nothing = metric.hierarchy, np.zeros(1, np.int32)
    for start in range(digraph.nodes):
        costs = expected(digraph, start)
        ways = find_ways(metric, h.rank[np.full(digraph.nodes, start)], h.rank)
        assert ways.costs.tolist() == costs
        for end in range(digraph.nodes):
            ends = Ends(h.rank[end : end + 1], nothing)
            tree = costs_to(metric, ends)
            assert tree[h.rank[start]] == costs[end]
            for ranks in (ways.ranks[ways.first[end] : ways.first[end + 1]], follow(metric, tree, ends, h.rank[start])):
                path = h.node[ranks].tolist()
                assert bool(path) == (costs[end] < UNREACHABLE)
                if path:
                    assert (path[0], path[-1]) == (start, end)
                    assert cost_along(digraph, path) == costs[end]


@settings(max_examples=100, deadline=None)
@given(digraphs(), st.data())
def test_of_several_starts_and_ends_the_best_pair_is_found(digraph: Digraph, data: st.DataObject) -> None:
    some = st.lists(st.tuples(st.integers(0, digraph.nodes - 1), st.integers(0, 1000)), min_size=1, max_size=4)
    starts, ends = data.draw(some), data.draw(some)
    metric = digraph.metric(np.arange(digraph.nodes, dtype=np.int32))

    def by_rank(places: list[tuple[int, int]]) -> Ends:
        return Ends(metric.hierarchy.rank[[n for n, _ in places]], np.array([cost for _, cost in places], np.int32))

    cost, ranks = find_way(metric, by_rank(starts), by_rank(ends))
    pairs = (extra + expected(digraph, start)[end] + more for start, extra in starts for end, more in ends)
    assert cost == min((total for total in pairs if total < UNREACHABLE), default=UNREACHABLE)
    assert bool(len(ranks)) == (cost < UNREACHABLE)


@settings(max_examples=100, deadline=None)
@given(digraphs(), st.randoms(use_true_random=False))
def test_a_dissection_ranks_every_node_and_every_arc_once(digraph: Digraph, random: Random) -> None:
    places = np.array([(random.random(), random.random()) for _ in range(digraph.nodes)])
    tails, heads = digraph.ends
    cuts = dissect(digraph.nodes, tails, heads, places)
    assert sorted(rank_arcs(cuts).tolist()) == list(range(len(digraph.arcs)))
    assert sorted(rank_nodes(digraph.nodes, tails, heads, cuts).tolist()) == list(range(digraph.nodes))
    assert (cuts.cut >= 0).all()


def test_a_grid_is_cut_where_it_is_narrow() -> None:
    """Two blocks of 5 x 5 junctions, joined by one street: that street is cut first and ranks above all others."""
    arcs = []
    for block in (0, 25):
        for i in range(25):
            arcs += [(block + i, block + i + 1)] if i % 5 < 4 else []
            arcs += [(block + i, block + i + 5)] if i < 20 else []
    arcs.append((14, 35))
    both = np.array(arcs + [(b, a) for a, b in arcs], dtype=np.int32)
    places = np.array([(i % 5 + 8.0 * (i // 25), i % 25 // 5) for i in range(50)])
    tails, heads = np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])
    cuts = dissect(50, tails, heads, places)
    bridge = {len(arcs) - 1, 2 * len(arcs) - 1}
    assert set(cuts.order[:2].tolist()) == bridge
    assert {int(arc) for arc in np.argsort(rank_arcs(cuts))[-2:]} == bridge
    assert int(np.argmax(rank_nodes(50, tails, heads, cuts))) in {14, 35}
