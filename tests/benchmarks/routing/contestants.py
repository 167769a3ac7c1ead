"""Who takes part. Each is used in its quickest form that answers with a path; none gets more than one thread.

A contestant's package is imported when it is made: the others do without, in time and in memory.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np

from benchmarks.routing.city import Ints
from benchmarks.routing.task import Pairs, RoadGraph, Route


class Contestant(Protocol):
    """A router. It is made with its libraries imported.

    `prepare` takes the graph, which stays. `apply` takes the milliseconds of all links. `answer` gives a route with its
    path in the contestant's own form, which `read` turns into ours when the clock stands.
    """

    def prepare(self, graph: RoadGraph) -> None: ...
    def apply(self, link_costs: Ints) -> None: ...
    def answer(self, origin: int, destination: int) -> Any: ...
    def read(self, answer: Any) -> Route: ...


@runtime_checkable
class ManyAtOnce(Contestant, Protocol):
    """A router that answers many questions at once, and goes on answering while costs are applied."""

    def answer_all(self, pairs: Pairs) -> list[Any]: ...
    def refreshing(self, link_costs: Ints) -> AbstractContextManager[None]: ...


class Networkx:
    """`bidirectional_dijkstra`: the quickest of networkx without a heuristic. Costs go into its dicts of attributes."""

    def __init__(self) -> None:
        self._networkx = import_module("networkx")

    def prepare(self, graph: RoadGraph) -> None:
        self._arc_links = graph.arc_links
        ends = list(zip(graph.tails.tolist(), graph.heads.tolist(), strict=True))
        self._graph = self._networkx.DiGraph()
        self._graph.add_nodes_from(range(graph.nodes))
        self._graph.add_edges_from(ends)
        self._attributes = [self._graph.edges[tail, head] for tail, head in ends]

    def apply(self, link_costs: Ints) -> None:
        for attributes, cost in zip(self._attributes, link_costs[self._arc_links].tolist(), strict=True):
            attributes["weight"] = cost

    def answer(self, origin: int, destination: int) -> Any:
        return self._networkx.bidirectional_dijkstra(self._graph, origin, destination)

    def read(self, answer: Any) -> Route:
        return Route(*answer)


class Scipy:
    """`csgraph.dijkstra`: it knows no destination, so it always searches the whole graph."""

    def __init__(self) -> None:
        self._make_matrix = import_module("scipy.sparse").csr_array
        self._search = import_module("scipy.sparse.csgraph").dijkstra

    def prepare(self, graph: RoadGraph) -> None:
        order = np.lexsort((graph.heads, graph.tails))
        self._arc_links = graph.arc_links[order]
        firsts = np.append(0, np.cumsum(np.bincount(graph.tails, minlength=graph.nodes))).astype(np.int32)
        costs = np.ones(len(order))
        self._matrix = self._make_matrix((costs, graph.heads[order], firsts), shape=(graph.nodes, graph.nodes))

    def apply(self, link_costs: Ints) -> None:
        self._matrix.data[:] = link_costs[self._arc_links]

    def answer(self, origin: int, destination: int) -> Any:
        costs, before = self._search(self._matrix, indices=origin, return_predecessors=True)
        nodes = [destination]
        while nodes[-1] != origin:
            nodes.append(int(before[nodes[-1]]))
        return costs[destination], nodes[::-1]

    def read(self, answer: Any) -> Route:
        return Route(int(answer[0]), answer[1])


class Networkit:
    """`BidirectionalDijkstra`: its `MultiTargetDijkstra` takes half as long again on a city, and gives no path.

    It is made anew for every question: one that is handed the next ends (`setSource`, `setTarget`) answered wrongly.
    """

    def __init__(self) -> None:
        self._networkit = import_module("networkit")
        self._networkit.setNumberOfThreads(1)

    def prepare(self, graph: RoadGraph) -> None:
        self._ends = (graph.tails.tolist(), graph.heads.tolist())
        self._arc_links = graph.arc_links
        self._graph = self._networkit.GraphFromCoo(
            (np.ones(len(graph.tails)), (graph.tails, graph.heads)), n=graph.nodes, weighted=True, directed=True
        )

    def apply(self, link_costs: Ints) -> None:
        set_weight = self._graph.setWeight
        for tail, head, cost in zip(*self._ends, link_costs[self._arc_links].tolist(), strict=True):
            set_weight(tail, head, cost)

    def answer(self, origin: int, destination: int) -> Any:
        search = self._networkit.distance.BidirectionalDijkstra(self._graph, origin, destination, True)
        search.run()
        return search.getDistance(), [origin, *search.getPath(), destination]

    def read(self, answer: Any) -> Route:
        return Route(int(answer[0]), answer[1])


class RoutingkitCch:
    """RoutingKit's customizable contraction hierarchies, in C++; their own order, by inertial flow over the map.

    A panic in it is a BaseException that `except Exception` misses: here it ends the contestant's process, and so the
    bench. `reset` needs that no query lives.
    """

    def __init__(self) -> None:
        self._routingkit = import_module("routingkit_cch")

    def prepare(self, graph: RoadGraph) -> None:
        tails, heads = graph.tails.tolist(), graph.heads.tolist()
        east, north = graph.places.T.tolist()
        order = self._routingkit.compute_order_inertial(graph.nodes, tails, heads, north, east)
        hierarchy = self._routingkit.CCH(order, tails, heads, False)
        self._arc_links = graph.arc_links
        self._metric = self._routingkit.CCHMetric(hierarchy, [1] * len(tails))
        self._query: Any = None

    def apply(self, link_costs: Ints) -> None:
        self._query = None
        self._metric.reset(link_costs[self._arc_links].tolist())
        self._query = self._routingkit.CCHQuery(self._metric)

    def answer(self, origin: int, destination: int) -> Any:
        found = self._query.run(origin, destination)
        return found.distance, found.node_path

    def read(self, answer: Any) -> Route:
        return Route(*answer)


def _make_ours() -> Contestant:
    return cast("Contestant", import_module("benchmarks.routing.ours").Ours())


OURS = "ours"
CONTESTANTS: Mapping[str, Callable[[], Contestant]] = {
    "networkx": Networkx,
    "scipy": Scipy,
    "networkit": Networkit,
    "routingkit-cch": RoutingkitCch,
    OURS: _make_ours,
}
SLOW = frozenset({"networkx", "scipy", "networkit"})
"""Those that search anew for every question: on large networks they answer a sample."""
PACKAGES = ("networkx", "scipy", "networkit", "routingkit-cch", "numba", "numpy", "lotse-routing")
"""Whose versions are told."""
