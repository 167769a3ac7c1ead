"""The normal route of a sign and destination, and the detours that it may show."""

from collections.abc import Iterable
from functools import lru_cache, partial

import numpy as np

from lotse_routing.core.along import Places, total
from lotse_routing.core.routes import Path, ReverseTree, RouteGraph, is_route, tree_over, tree_to_junction
from lotse_routing.core.topology import Seconds
from lotse_routing.decide.advice import Route
from lotse_routing.decide.registry import Corridor, Destination, Sign

ROUTES_KNOWN = 20_000
"""Detours in force are few; this bounds what is remembered of those that were."""


class Trees:
    """Reverse trees on one route graph, made when first asked for: one serves all signs of its end.

    `path` and `is_route` answer from memory what they were asked before.
    """

    def __init__(self, graph: RouteGraph) -> None:
        self.graph = graph
        self.topology = graph.topology
        self.costs_s = graph.costs_s
        self._trees: dict[str, ReverseTree] = {}
        self._over: dict[tuple[tuple[int, ...], str], ReverseTree] = {}
        self.is_route = lru_cache(ROUTES_KNOWN)(partial(is_route, graph))
        self._paths: dict[tuple[int, str], Path | None] = {}
        self._places: dict[tuple[int, str], Places] = {}

    def to(self, node_id: str) -> ReverseTree | None:
        """Give the tree to a junction; None if no link of the network ends there."""
        if node_id not in self.topology.links_to:
            return None
        if node_id not in self._trees:
            self._trees[node_id] = tree_to_junction(self.graph, node_id)
        return self._trees[node_id]

    def over(self, via: tuple[int, ...], node_id: str) -> ReverseTree | None:
        """Give the tree over the links of a corridor to a junction; None if no link of the network ends there."""
        onward = self.to(node_id)
        if onward is None:
            return None
        if (via, node_id) not in self._over:
            self._over[via, node_id] = tree_over(via, onward)
        return self._over[via, node_id]

    def path(self, link: int, node_id: str) -> Path | None:
        """Give the cheapest way from a link to a junction, found once; None if there is none."""
        if (link, node_id) not in self._paths:
            tree = self.to(node_id)
            self._paths[link, node_id] = tree.path_from(link) if tree else None
        return self._paths[link, node_id]

    def places(self, link: int, node_id: str) -> Places:
        """Give the links of that way as an array; empty if there is none."""
        if (link, node_id) not in self._places:
            path = self.path(link, node_id)
            self._places[link, node_id] = np.array(path.links if path else (), np.intp)
        return self._places[link, node_id]


def trees_of(graph: RouteGraph, held: Trees | None) -> Trees:
    """Give the trees of a graph: those held, if they are of the same one."""
    return held if held is not None and held.graph is graph else Trees(graph)


def path_to(trees: Trees, sign: Sign, destination: Destination) -> Path | None:
    """Give the cheapest way from a sign to a destination; None without one, or if either is not in the network."""
    link = trees.topology.index.get(sign.link_id)
    return None if link is None else trees.path(link, destination.node_id)


def timed(links: tuple[int, ...], travel_times_s: Seconds, via: str | None = None) -> Route:
    """Tell how long the links of a route take; infinite if one is closed."""
    return Route(links, total(travel_times_s[np.array(links)]), via)


def cost_s(route: Route, costs_s: Seconds) -> float:
    """Sum the cost of a route, by which routes are chosen."""
    return total(costs_s[np.array(route.links)])


def along_corridors(
    current: Trees, travel_times_s: Seconds, sign: Sign, destination: Destination, corridors: Iterable[Corridor]
) -> list[Route]:
    """List the routes from a sign over each of these corridors to a destination, cheapest first (ties: by corridor).

    Left out are those that lead over a closed link, that would drive a link twice, and that the network does not allow.
    """
    topology = current.topology
    if sign.link_id not in topology.index:
        return []
    routes: list[Route] = []
    for corridor in corridors:
        if all(link in topology.index for link in corridor.links):
            tree = current.over(tuple(topology.index[link] for link in corridor.links), destination.node_id)
            path = tree.path_from(topology.index[sign.link_id]) if tree else None
            if path and len(set(path.links)) == len(path.links):
                routes.append(timed(path.links, travel_times_s, corridor.corridor_id))
    return sorted(routes, key=lambda route: (cost_s(route, current.costs_s), route.via or ""))


def best_route(current: Trees, travel_times_s: Seconds, sign: Sign, destination: Destination) -> list[Route]:
    """Give the cheapest route of all as the only candidate; nothing if there is none."""
    path = path_to(current, sign, destination)
    return [timed(path.links, travel_times_s)] if path else []
