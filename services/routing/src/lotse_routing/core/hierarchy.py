"""The part of a customizable contraction hierarchy that does not depend on weights.

Nodes are contracted in the order of their ranks; contracting a node joins all its neighbours of higher rank by
shortcuts. What results is a chordal graph over the digraph: an *edge* for every arc or shortcut, in which each node
looks up to neighbours of higher rank only. Weights come later, in both directions of an edge (`metric.py`).
Source: Dibbelt, Strasser, Wagner, Customizable contraction hierarchies (ACM JEA 21, 2016), sections 4 and 6.

Everything here speaks of nodes by rank.
"""

from typing import NamedTuple

import numpy as np

from lotse_routing.core.jit import Flags, Indices, kernel


class Hierarchy(NamedTuple):
    """A digraph and its chordal graph, both by rank.

    Attributes
    ----------
    rank, node
        Rank of each node, node of each rank; shape (nodes,).
    arc_first, arc_head, arc_of
        The digraph: arcs out of rank r are `arc_first[r]` to `arc_first[r + 1]`; the head of each, and its index as it
        was handed in; shape (nodes + 1,), (arcs,), (arcs,). In the order in which trees break ties.
    arc_edge, arc_is_up
        Edge that carries each arc (as handed in), and whether it leads to the higher rank; shape (arcs,).
    up_first, up_head, up_tail
        Edges from rank r to higher ones, ascending: `up_first[r]` to `up_first[r + 1]`; shape (nodes + 1,), (edges,).
    down_first, down_edge
        Edges from lower ranks into r, by ascending lower rank; shape (nodes + 1,), (edges,).
    parent
        The lowest of the higher neighbours, or the number of nodes without one; shape (nodes,). All nodes that a search
        from r ever reaches upward are r, its parent, the parent's parent ... (the elimination tree).
    """

    rank: Indices
    node: Indices
    arc_first: Indices
    arc_head: Indices
    arc_of: Indices
    arc_edge: Indices
    arc_is_up: Flags
    up_first: Indices
    up_head: Indices
    up_tail: Indices
    down_first: Indices
    down_edge: Indices
    parent: Indices


def build_hierarchy(tails: Indices, heads: Indices, rank: Indices) -> Hierarchy:
    """Contract a digraph.

    Parameters
    ----------
    tails, heads
        Ends of the arcs, shape (arcs,), none from a node to itself. Among equally quick ways, a tree takes the one over
        the arc that comes first.
    rank
        Rank of each node, a permutation; shape (nodes,).
    """
    nodes = len(rank)
    node = np.empty(nodes, dtype=np.uint32)
    node[rank] = np.arange(nodes, dtype=np.uint32)
    low, high = np.minimum(rank[tails], rank[heads]), np.maximum(rank[tails], rank[heads])
    by_low = np.argsort(low, kind="stable")
    up_first, up_head, parent = _contract(_firsts(low, nodes), high[by_low])
    up_tail = np.repeat(np.arange(nodes, dtype=np.uint32), np.diff(up_first))
    by_tail = np.argsort(rank[tails], kind="stable").astype(np.uint32)
    return Hierarchy(
        rank=rank.astype(np.uint32),
        node=node,
        arc_first=_firsts(rank[tails], nodes),
        arc_head=rank[heads][by_tail].astype(np.uint32),
        arc_of=by_tail,
        arc_edge=_find_edges(up_first, up_head, low.astype(np.uint32), high.astype(np.uint32)),
        arc_is_up=rank[tails] < rank[heads],
        up_first=up_first,
        up_head=up_head,
        up_tail=up_tail,
        down_first=_firsts(up_head, nodes),
        down_edge=np.argsort(up_head, kind="stable").astype(np.uint32),
        parent=parent,
    )


def _firsts(of: Indices, nodes: int) -> Indices:
    """Index where the entries of each node begin, once they are sorted by node; shape (nodes + 1,)."""
    first = np.zeros(nodes + 1, dtype=np.uint32)
    np.cumsum(np.bincount(of, minlength=nodes), out=first[1:])
    return first


@kernel
def _contract(first: Indices, higher: Indices) -> tuple[Indices, Indices, Indices]:
    """Find the higher neighbours of each node once all lower ones are contracted.

    They are its own, and those of each node whose parent it is (George and Liu's elimination of sparse matrices): what
    was joined further below has come up through these.
    """
    nodes = len(first) - 1
    up_first = np.zeros(nodes + 1, np.uint32)
    up_head = np.empty(max(16, 4 * len(higher)), np.uint32)
    parent = np.full(nodes, nodes, np.uint32)
    child = np.full(nodes, nodes, np.uint32)
    sibling = np.full(nodes, nodes, np.uint32)
    seen = np.full(nodes, nodes, np.uint32)
    size = 0
    for v in range(nodes):
        begin = size
        seen[v] = v
        room = first[v + 1] - first[v]
        c = child[v]
        while c < nodes:
            room += up_first[c + 1] - up_first[c]
            c = sibling[c]
        if size + room > len(up_head):
            grown = np.empty(2 * (size + room), np.uint32)
            grown[:size] = up_head[:size]
            up_head = grown
        for i in range(first[v], first[v + 1]):
            if seen[higher[i]] != v:
                seen[higher[i]] = v
                up_head[size] = higher[i]
                size += 1
        c = child[v]
        while c < nodes:
            for i in range(up_first[c], up_first[c + 1]):
                if seen[up_head[i]] != v:
                    seen[up_head[i]] = v
                    up_head[size] = up_head[i]
                    size += 1
            c = sibling[c]
        up_head[begin:size] = np.sort(up_head[begin:size])
        up_first[v + 1] = size
        if size > begin:
            parent[v] = up_head[begin]
            sibling[v] = child[parent[v]]
            child[parent[v]] = v
    return up_first, up_head[:size].copy(), parent


@kernel
def _find_edges(up_first: Indices, up_head: Indices, low: Indices, high: Indices) -> Indices:
    """Find the edge between each pair of ranks."""
    edges = np.empty(len(low), np.uint32)
    for i in range(len(low)):
        begin, end = up_first[low[i]], up_first[low[i] + 1]
        edges[i] = begin + np.searchsorted(up_head[begin:end], high[i])
    return edges
