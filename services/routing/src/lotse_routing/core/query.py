"""Quickest paths on the turn-expanded graph: one backward search answers for every start.

networkx carries the search; the path is then read off the travel times, always to the successor that is quickest and,
among equals, has the lowest index. So ties do not depend on the order in which the search happened to run.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

import networkx as nx
import numpy as np

from lotse_routing.core.topology import Topology, TravelTimes


@dataclass(frozen=True, slots=True)
class Path:
    """Link indices in driving order, and the seconds that all of them take, the first included."""

    links: tuple[int, ...]
    travel_time_s: float


@dataclass(frozen=True, slots=True, eq=False)
class ReverseTree:
    """The quickest ways from every link to one end, under one set of travel times (not to be changed afterwards)."""

    topology: Topology
    travel_times_s: TravelTimes
    _onward_s: dict[int, float]
    """By node of the route graph: seconds of all links after it."""

    def travel_time_s(self, link: int) -> float:
        """Seconds from the beginning of this link to the end, itself included; inf if no way leads there."""
        onward = min(self._onward_s.get(node, inf) for node in self.topology.starts(link))
        return float(self.travel_times_s[link]) + onward

    def path_from(self, link: int) -> Path | None:
        """Give the quickest path that begins with this link, None if there is none."""
        if self.travel_time_s(link) == inf:
            return None
        node = min(self.topology.starts(link), key=lambda start: (self._onward_s.get(start, inf), start))
        nodes = [node]
        while self._onward_s[node] > 0:
            node = min(self.topology.route_graph.successors(node), key=self._rank)
            nodes.append(node)
        return _path(tuple(node % len(self.topology.links) for node in nodes), self.travel_times_s)

    def _rank(self, node: int) -> tuple[float, int]:
        time_s = float(self.travel_times_s[node % len(self.topology.links)])
        return time_s + self._onward_s.get(node, inf), node


def find_path(topology: Topology, travel_times_s: TravelTimes, from_link: int, to_link: int) -> Path | None:
    """Give the quickest path from one link to another, both included; None if there is none. inf = closed."""
    return link_tree(topology, travel_times_s, to_link).path_from(from_link)


def link_tree(topology: Topology, travel_times_s: TravelTimes, to_link: int) -> ReverseTree:
    """Search backward from a link: the quickest ways from every link to it, itself included."""
    return _tree_to(topology, travel_times_s, [to_link])


def reverse_tree(topology: Topology, travel_times_s: TravelTimes, to_node: str) -> ReverseTree:
    """Search backward from a junction: the quickest ways from every link to any link that ends there.

    Raises
    ------
    KeyError
        No link ends at this junction, or it is not in the network.
    """
    return _tree_to(topology, travel_times_s, topology.links_to[to_node])


def path_via(from_link: int, into: ReverseTree, via: Sequence[int], onward: ReverseTree) -> Path | None:
    """Give the path from a link over a corridor to the end of a tree.

    It is the quickest to the first link of `via`, then exactly the links of `via`, then the tree's. Each part is the
    best for itself: a corridor that leads away from the end may make the whole drive a link twice.

    Parameters
    ----------
    into
        The tree to the first link of `via`, on the same topology and times as `onward`.

    Returns
    -------
    Path or None
        None if a link is closed, a turn within `via` is not allowed, no way leads there or on, or a destination
        street would stand between.
    """
    before, after = into.path_from(from_link), onward.path_from(via[-1])
    if before is None or after is None:
        return None
    links = (*before.links, *via[1:], *after.links[1:])
    path = _path(links, onward.travel_times_s)
    return path if path.travel_time_s < inf and onward.topology.is_route(links) else None


def _tree_to(topology: Topology, travel_times_s: TravelTimes, ends: Iterable[int]) -> ReverseTree:
    count = len(topology.links)
    times = travel_times_s.tolist()

    def backward(after: int, _before: int, _attributes: object) -> float | None:
        time_s: float = times[after % count]
        return time_s if time_s < inf else None

    onward_s = nx.multi_source_dijkstra_path_length(
        topology.route_graph.reverse(copy=False), {topology.end(link) for link in ends}, weight=backward
    )
    return ReverseTree(topology, travel_times_s, onward_s)


def _path(links: tuple[int, ...], travel_times_s: TravelTimes) -> Path:
    return Path(links, float(np.sum(travel_times_s[list(links)])))
