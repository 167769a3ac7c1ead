"""The edges of a city as arrays, and quickest ways through them.

A node of the graph is an edge of SUMO, an arc is a turn from one into another: so no way has a turn that is not
allowed, and none turns back unless it may.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from evaluation.nouns import Edge, Route

Seconds = NDArray[np.float64]
"""A travel time for each edge, all above 0."""
Mask = NDArray[np.bool_]
Way = tuple[int, ...]
"""A route by the numbers of its edges."""


@dataclass(frozen=True, slots=True)
class Arcs:
    """Turns: those out of edge `i` lead into `heads[starts[i]:starts[i + 1]]`."""

    starts: NDArray[np.int32]
    heads: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Streets:
    """A city's edges, numbered in the order of their mapping.

    Parameters
    ----------
    onward
        Turns without turning back, not even at dead ends: no sign leads there.
    turning
        The same, and turning back where there is an edge back: what a driver before a barrier does.
    """

    edges: tuple[Edge, ...]
    number: Mapping[str, int]
    onward: Arcs
    turning: Arcs
    is_signable: Mask
    free_flow_s: Seconds

    def numbers(self, edge_ids: Iterable[str]) -> Way:
        """Give the numbers of edges."""
        return tuple(self.number[edge_id] for edge_id in edge_ids)

    def route(self, way: Iterable[int]) -> Route:
        """Give the ids of edges."""
        return tuple(self.edges[edge].edge_id for edge in way)

    def mask(self, edges: Iterable[int]) -> Mask:
        """Mark edges among all of them."""
        marked = np.zeros(len(self.edges), dtype=np.bool_)
        marked[list(edges)] = True
        return marked

    def next_of(self, edge: int) -> Sequence[int]:
        """List where one may go on to, turning back left out."""
        found: list[int] = self.onward.heads[self.onward.starts[edge] : self.onward.starts[edge + 1]].tolist()
        return found


def build_streets(edges: Mapping[str, Edge]) -> Streets:
    """Number a city's edges."""
    listed = tuple(edges.values())
    number = {edge.edge_id: place for place, edge in enumerate(listed)}
    backward = [[number[other] for other in edge.back] for edge in listed]
    ahead = [[number[other] for other in edge.onward] for edge in listed]
    onward = [[edge for edge in edges if edge not in back] for edges, back in zip(ahead, backward, strict=True)]
    return Streets(
        edges=listed,
        number=number,
        onward=_arcs(onward),
        turning=_arcs([sorted({*edges, *back}) for edges, back in zip(onward, backward, strict=True)]),
        is_signable=np.array([edge.is_signable for edge in listed]),
        free_flow_s=np.array([edge.free_flow_s for edge in listed]),
    )


def _arcs(ahead: Sequence[Sequence[int]]) -> Arcs:
    starts = np.cumsum([0, *map(len, ahead)], dtype=np.int32)
    return Arcs(starts, np.array([head for heads in ahead for head in heads], dtype=np.int32))


@dataclass(frozen=True, slots=True)
class Tree:
    """The quickest ways from one edge to all others; `costs_s` begins after the first edge, infinite: no way."""

    origin: int
    costs_s: Seconds
    before: NDArray[np.int32]

    def find_way(self, goal: int) -> Way | None:
        """Give the way to an edge, from the first one on; None if there is none."""
        if not np.isfinite(self.costs_s[goal]):
            return None
        way = [goal]
        while way[-1] != self.origin:
            way.append(int(self.before[way[-1]]))
        return tuple(reversed(way))


def grow_tree(arcs: Arcs, origin: int, costs_s: Seconds, barred: Mask) -> Tree:
    """Find the quickest ways from an edge that lead over no barred one (Dijkstra's algorithm); about 1.5 ms a city."""
    weights = np.where(barred, np.inf, costs_s)[arcs.heads]
    size = len(arcs.starts) - 1
    graph = csr_matrix((weights, arcs.heads, arcs.starts), shape=(size, size))
    times_s, before = dijkstra(graph, indices=origin, return_predecessors=True)
    return Tree(origin, times_s, before)


def cost_s(way: Sequence[int], costs_s: Seconds) -> float:
    """Give what a way costs after its first edge, which the driver is on already."""
    return float(costs_s[list(way[1:])].sum())
