"""Routes in links: a topology under the costs of a moment for one vehicle, and what is asked of it.

The steps below speak of states by rank; this module translates from links and back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import NamedTuple

import numpy as np

from lotse_routing.core.access import NO, Permit
from lotse_routing.core.along import Quickest
from lotse_routing.core.forward import tree_from
from lotse_routing.core.jit import Costs, Indices
from lotse_routing.core.metric import UNREACHABLE, Metric, customize, milliseconds
from lotse_routing.core.query import find_way
from lotse_routing.core.topology import Seconds, Topology
from lotse_routing.core.tree import Ends, costs_to, follow

Ranks = Mapping[int, int]
"""Milliseconds by rank."""


class Path(NamedTuple):
    """Links (by index) in driving order, and what all of them cost, the turns between them included."""

    links: tuple[int, ...]
    cost_s: float


class Anchor(NamedTuple):
    """Where a route begins or ends: on a link, `fraction` (0..1) of its length from its beginning."""

    link: int
    fraction: float


@dataclass(frozen=True, slots=True, eq=False)
class RouteGraph:
    """A topology under the costs of a moment, for one vehicle; never changed.

    `costs_s` are by link, infinite where closed; in the search they are whole milliseconds (`link_costs`).
    """

    topology: Topology
    permit: Permit
    costs_s: Seconds
    link_costs: Costs = field(repr=False)
    metric: Metric = field(repr=False)

    def ranks_of(self, link: int) -> Sequence[int]:
        """Give the ranks of the states of a link, first the one in which a route begins."""
        rank = self.topology.hierarchy.rank
        return [int(rank[state]) for state in self.topology.states_of[link]]

    def links_of(self, ranks: Indices) -> tuple[int, ...]:
        """Give the links of states by rank."""
        return tuple(self.topology.states.link[self.topology.hierarchy.node[ranks]].tolist())

    def passed(self, origin: Anchor) -> int:
        """Give what the part of a link costs that lies before the point where a route begins."""
        return round(float(self.link_costs[origin.link]) * origin.fraction)

    def onward(self, rank: int) -> Iterator[tuple[int, int, int]]:
        """Give the arcs out of a state that are open: rank and link at the head, cost of the arc."""
        hierarchy = self.topology.hierarchy
        for arc in range(hierarchy.arc_first[rank], hierarchy.arc_first[rank + 1]):
            cost = int(self.metric.arc_costs[hierarchy.arc_of[arc]])
            if cost < UNREACHABLE:
                head = int(hierarchy.arc_head[arc])
                yield head, int(self.topology.states.link[hierarchy.node[head]]), cost


def route_graph(topology: Topology, permit: Permit, costs_s: Seconds, turn_costs: Costs) -> RouteGraph:
    """Customize a topology.

    Parameters
    ----------
    costs_s
        Seconds by link, infinite where closed; shape (links,).
    turn_costs
        Milliseconds by arc that a turn costs on top; shape (arcs,).
    """
    link_costs, states = milliseconds(costs_s), topology.states
    arc_costs = np.minimum(link_costs[states.link[states.tail]] + turn_costs, UNREACHABLE)
    arc_costs[~permit.open_arcs] = UNREACHABLE
    open_links = np.where(permit.access == NO, UNREACHABLE, link_costs)
    return RouteGraph(topology, permit, costs_s, open_links, customize(topology.hierarchy, arc_costs))


@dataclass(frozen=True, slots=True, eq=False)
class ReverseTree:
    """The quickest ways from every link to some ends, maybe over a corridor."""

    graph: RouteGraph
    _costs: Costs
    _ends: Ends
    _corridor: "tuple[Ranks, ...]" = ()
    _onward: "ReverseTree | None" = None

    def cost_s(self, link: int) -> float:
        """Seconds of cost from the beginning of this link to the end, itself included; inf if no way leads there."""
        cost = int(self._costs[self.graph.ranks_of(link)[0]])
        return cost / 1000 if cost < UNREACHABLE else inf

    def path_from(self, link: int) -> Path | None:
        """Give the quickest path that begins with this link, None if there is none."""
        ranks = self._ranks_from(self.graph.ranks_of(link)[0])
        return Path(self.graph.links_of(ranks), self.cost_s(link)) if len(ranks) else None

    def cost_at(self, rank: int) -> int:
        """Give the milliseconds from a state to the end, `UNREACHABLE` if no way leads there."""
        return int(self._costs[rank])

    @property
    def quickest(self) -> Quickest:
        """Give its ways to be summed up; of a tree over a corridor, those into the corridor."""
        topology = self.graph.topology
        link_of = topology.states.link[topology.hierarchy.node].astype(np.intp)
        return Quickest(self.graph.metric, self._costs, self._ends, link_of)

    def _ranks_from(self, rank: int) -> Indices:
        ranks = follow(self.graph.metric, self._costs, self._ends, rank)
        if self._onward is None or not len(ranks):
            return ranks
        along = list(_walk(self.graph, self._corridor, int(ranks[-1])))
        return np.concatenate((ranks[:-1], np.array(along[:-1], np.uint32), self._onward._ranks_from(along[-1])))  # noqa: SLF001


def find_path(graph: RouteGraph, from_link: int, to_link: int) -> Path | None:
    """Give the quickest path from one link to another, both included; None if there is none."""
    start = Ends(np.array([graph.ranks_of(from_link)[0]], np.uint32), np.zeros(1, np.int32))
    cost, ranks = find_way(graph.metric, start, arrivals(graph, [Anchor(to_link, 1.0)]))
    return Path(graph.links_of(ranks), cost / 1000) if cost < UNREACHABLE else None


def paths_from(graph: RouteGraph, from_link: int, to_links: Iterable[int]) -> list[tuple[int, ...]]:
    """Give the links of the quickest path from one link to each of several, as far as a way leads there."""
    start = Ends(np.array([graph.ranks_of(from_link)[0]], np.uint32), np.zeros(1, np.int32))
    tree = tree_from(graph.metric, start)
    paths: list[tuple[int, ...]] = []
    for link in to_links:
        rank = min(graph.ranks_of(link), key=lambda rank: int(tree.costs[rank]))
        if tree.costs[rank] < UNREACHABLE and graph.link_costs[link] < UNREACHABLE:
            paths.append(graph.links_of(tree.ranks_to(rank)))
    return paths


def find_path_between(graph: RouteGraph, origin: Anchor, destinations: Sequence[Anchor]) -> Path | None:
    """Give the quickest path from a point on a link to one of several; None if there is none.

    Only what is driven of the first and the last link counts. To an earlier point of its own link, a path leads around
    the block: that link stands at both ends of it.
    """
    ahead = [anchor for anchor in destinations if anchor.link == origin.link and anchor.fraction >= origin.fraction]
    link_cost = graph.link_costs[origin.link]
    if ahead and link_cost < UNREACHABLE:
        nearest = min(anchor.fraction for anchor in ahead)
        return Path((origin.link,), float(link_cost * (nearest - origin.fraction)) / 1000)
    starts = departures(graph, origin)
    if not len(starts.ranks):
        return None
    cost, ranks = find_way(graph.metric, starts, arrivals(graph, destinations))
    return Path((origin.link, *graph.links_of(ranks)), cost / 1000) if cost < UNREACHABLE else None


def tree_to_link(graph: RouteGraph, link: int) -> ReverseTree:
    """Give the quickest ways from every link to this one, itself included."""
    return _tree(graph, arrivals(graph, [Anchor(link, 1.0)]))


def tree_to_junction(graph: RouteGraph, node: str) -> ReverseTree:
    """Give the quickest ways from every link to any link that ends at a junction.

    Raises
    ------
    KeyError
        No link ends at this junction, or it is not in the network.
    """
    return _tree(graph, arrivals(graph, [Anchor(link, 1.0) for link in graph.topology.links_to[node]]))


def tree_over(via: Sequence[int], onward: ReverseTree) -> ReverseTree:
    """Give the quickest ways from every link into a corridor, along exactly its links, and on as `onward` leads.

    A corridor that leads away from the end may make the whole drive a link twice. One that cannot be driven (a link is
    closed, a turn is not allowed, a destination street stands between) is reached from nowhere.
    """
    graph = onward.graph
    corridor = _along(graph, via, onward)
    into = {rank: cost for rank, cost in corridor[0].items() if cost < UNREACHABLE}
    ends = Ends(np.array(list(into), np.uint32), np.array(list(into.values()), np.int32))
    return ReverseTree(graph, costs_to(graph.metric, ends), ends, corridor, onward)


def is_route(graph: RouteGraph, links: Sequence[int]) -> bool:
    """Tell whether links may be driven one after the other, from the first on."""
    ranks = {graph.ranks_of(links[0])[0]}
    for then in links[1:]:
        ranks = {head for rank in ranks for head, link, _ in graph.onward(rank) if link == then}
    return bool(ranks)


def departures(graph: RouteGraph, origin: Anchor) -> Ends:
    """Give the states after the link on which a route begins, and what it costs until they begin."""
    onward = list(graph.onward(graph.ranks_of(origin.link)[0]))
    passed = graph.passed(origin)
    costs = [cost - passed for _, _, cost in onward]
    return Ends(np.array([head for head, _, _ in onward], np.uint32), np.array(costs, np.int32))


def _tree(graph: RouteGraph, ends: Ends) -> ReverseTree:
    return ReverseTree(graph, costs_to(graph.metric, ends), ends)


def arrivals(graph: RouteGraph, anchors: Iterable[Anchor]) -> Ends:
    """Give the states in which a route may end, and what their own links cost until there."""
    ends = [(rank, anchor) for anchor in anchors for rank in graph.ranks_of(anchor.link)]
    costs = [
        round(graph.link_costs[anchor.link] * anchor.fraction)
        if graph.link_costs[anchor.link] < UNREACHABLE
        else UNREACHABLE
        for _, anchor in ends
    ]
    return Ends(np.array([rank for rank, _ in ends], np.uint32), np.array(costs, np.int32))


def _along(graph: RouteGraph, via: Sequence[int], onward: ReverseTree) -> tuple[Ranks, ...]:
    """Give, link by link of a corridor, what it costs from each state of the link along the corridor to the end."""
    layers = [graph.ranks_of(via[0])]
    for then in via[1:]:
        heads = {head for rank in layers[-1] for head, link, _ in graph.onward(rank) if link == then}
        layers.append(sorted(heads))
    costs: dict[int, int] = {rank: onward.cost_at(rank) for rank in layers[-1]}
    found: list[Ranks] = [costs]
    for layer in layers[-2::-1]:
        costs = {rank: _least(graph, rank, costs) for rank in layer}
        found.append(costs)
    return tuple(found[::-1])


def _least(graph: RouteGraph, rank: int, onward: Ranks) -> int:
    return min((cost + onward[head] for head, _, cost in graph.onward(rank) if head in onward), default=UNREACHABLE)


def _walk(graph: RouteGraph, corridor: Sequence[Ranks], rank: int) -> Iterator[int]:
    """Give the ranks along a corridor from a state of its first link, on the quickest of its states."""
    yield rank
    for here, onward in pairwise(corridor):
        rank = next(
            head for head, _, cost in graph.onward(rank) if head in onward and cost + onward[head] == here[rank]
        )
        yield rank
