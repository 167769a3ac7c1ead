"""Quickest ways from some starts to every node: `tree.py` mirrored.

Upward from the starts, then one sweep down over all nodes; ways are followed back over the arcs that explain a cost.
Source: Delling, Goldberg, Nowatzyk, Werneck, PHAST (2011).
"""

from dataclasses import dataclass

import numpy as np

from lotse_routing.core.jit import Costs, Indices, kernel
from lotse_routing.core.metric import UNREACHABLE, Metric
from lotse_routing.core.tree import climb


@dataclass(frozen=True, slots=True, eq=False)
class ForwardTree:
    """The quickest ways from some starts, by rank; both of shape (nodes,).

    `costs` are those until a node begins, `UNREACHABLE` where no way leads. `before` is the node that the quickest way
    comes from: of several the lowest; the node itself where a way begins or none leads.
    """

    costs: Costs
    before: Indices

    def ranks_to(self, rank: int) -> Indices:
        """Give the ranks along the quickest way to one that is reached, itself included."""
        return _follow_back(self.before, rank)


def tree_from(metric: Metric, starts: Indices, start_costs: Costs) -> ForwardTree:
    """Give the quickest ways from any of the starts, plus that start's own cost (0 or more); shape (starts,)."""
    h = metric.hierarchy
    costs = _costs_from(h.parent, h.up_first, h.up_head, metric.up, metric.down, starts, start_costs)
    before = _find_before(h.arc_first, h.arc_head, h.arc_of, metric.arc_costs, costs, starts, start_costs)
    return ForwardTree(costs, before)


@kernel
def _costs_from(
    parent: Indices, up_first: Indices, up_head: Indices, up: Costs, down: Costs, starts: Indices, start_costs: Costs
) -> Costs:
    nodes = len(parent)
    costs = np.full(nodes, UNREACHABLE, np.int32)
    unused = np.empty(nodes, np.uint32)
    climb(parent, up_first, up_head, up, starts, start_costs, costs, unused, np.empty(nodes, np.uint32))
    for below in range(nodes):
        v = nodes - 1 - below
        cost = costs[v]
        for e in range(up_first[v], up_first[v + 1]):
            cost = min(cost, costs[up_head[e]] + down[e])
        costs[v] = cost
    return costs


@kernel
def _find_before(
    arc_first: Indices,
    arc_head: Indices,
    arc_of: Indices,
    arc_costs: Costs,
    costs: Costs,
    starts: Indices,
    start_costs: Costs,
) -> Indices:
    nodes = len(costs)
    before = np.full(nodes, nodes, np.uint32)
    for i in range(len(starts)):
        if costs[starts[i]] == start_costs[i]:
            before[starts[i]] = starts[i]
    for v in range(nodes):
        if costs[v] >= UNREACHABLE:
            before[v] = v
            continue
        for a in range(arc_first[v], arc_first[v + 1]):
            head = arc_head[a]
            if before[head] == nodes and costs[v] + arc_costs[arc_of[a]] == costs[head]:
                before[head] = v
    return before


@kernel
def _follow_back(before: Indices, rank: int) -> Indices:
    size, v = 1, rank
    while before[v] != v:
        v = before[v]
        size += 1
    ranks = np.empty(size, np.uint32)
    v = rank
    for i in range(size):
        ranks[size - 1 - i] = v
        v = before[v]
    return ranks
