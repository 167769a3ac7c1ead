"""Lotse's own core, the only module of the bench that knows it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.routing.city import Ints
from benchmarks.routing.task import Pairs, RoadGraph, Route
from lotse_routing.core.hierarchy import build_hierarchy
from lotse_routing.core.jit import Indices
from lotse_routing.core.metric import Metric, customize
from lotse_routing.core.order import dissect, rank_arcs, rank_nodes
from lotse_routing.core.query import find_way, find_ways
from lotse_routing.core.tree import Ends

FREE = np.zeros(1, np.int32)
"""No cost of a start or an end itself."""


class Ours:
    """`lotse_routing.core`: hierarchy, metric and query, which speak of nodes by rank.

    Kernels are compiled, or taken from numba's cache, when it is made: no service waits for a compiler either.
    """

    def __init__(self) -> None:
        self._metric: Metric
        square = np.array([0, 1, 2, 3, 0], np.int32)
        corners = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
        tails, heads = square[:-1], square[1:]
        for kind in ("node", "turn"):
            self.prepare(RoadGraph(kind, tails, heads, tails, corners, (tails, heads), corners))
            self.apply(np.ones(4, np.int32))
            self.read(self.answer(0, 2))

    def prepare(self, graph: RoadGraph) -> None:
        tails, heads = graph.streets
        cuts = dissect(len(graph.junctions), tails, heads, graph.junctions)
        rank = rank_arcs(cuts) if graph.kind == "turn" else rank_nodes(graph.nodes, tails, heads, cuts)
        self._hierarchy = build_hierarchy(
            graph.tails.astype(np.uint32), graph.heads.astype(np.uint32), rank.astype(np.uint32)
        )
        self._arc_links = graph.arc_links

    def apply(self, link_costs: Ints) -> None:
        self._metric = customize(self._hierarchy, link_costs[self._arc_links])

    def answer(self, origin: int, destination: int) -> Any:
        rank = self._hierarchy.rank
        starts, ends = Ends(rank[origin : origin + 1], FREE), Ends(rank[destination : destination + 1], FREE)
        cost_ms, ranks = find_way(self._metric, starts, ends)
        return cost_ms, self._hierarchy.node[ranks]

    def answer_all(self, pairs: Pairs) -> list[Any]:
        origins, destinations = self._hierarchy.rank[np.array(pairs).T]
        ways = find_ways(self._metric, origins, destinations)
        nodes = self._hierarchy.node[ways.ranks]
        return list(zip(ways.costs.tolist(), _parts(nodes, ways.first), strict=True))

    def read(self, answer: Any) -> Route:
        cost_ms, nodes = answer
        return Route(cost_ms, nodes.tolist())

    @contextmanager
    def refreshing(self, link_costs: Ints) -> Iterator[None]:
        """Apply costs again and again in another thread, as long as the context lasts."""
        ended = threading.Event()

        def refresh() -> None:
            while not ended.is_set():
                self.apply(link_costs)

        thread = threading.Thread(target=refresh)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _parts(nodes: Indices, first: Indices) -> list[Indices]:
    return [nodes[begin:end] for begin, end in pairwise(first.tolist())]
