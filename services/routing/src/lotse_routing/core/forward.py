"""Quickest ways from some starts to every node: `tree.py` mirrored.

Upward from the starts, then one sweep down over all nodes; ways are followed back over the arcs that explain a cost.
Source: Delling, Goldberg, Nowatzyk, Werneck, PHAST (2011).
"""

from dataclasses import dataclass

import numpy as np

from lotse_routing.core.jit import Costs, Indices, kernel
from lotse_routing.core.metric import UNREACHABLE, Metric
from lotse_routing.core.tree import Ends, spread


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


def tree_from(metric: Metric, starts: Ends) -> ForwardTree:
    """Give the quickest ways from any of the starts, plus that start's own cost (0 or more)."""
    costs = spread(metric.hierarchy, metric.up, metric.down, starts)
    return ForwardTree(costs, _find_before(metric, costs, starts))


@kernel
def _find_before(metric: Metric, costs: Costs, starts: Ends) -> Indices:
    h = metric.hierarchy
    nodes = len(costs)
    before = np.full(nodes, nodes, np.uint32)
    for i in range(len(starts.ranks)):
        if costs[starts.ranks[i]] == starts.costs[i]:
            before[starts.ranks[i]] = starts.ranks[i]
    for v in range(nodes):
        if costs[v] >= UNREACHABLE:
            before[v] = v
            continue
        for a in range(h.arc_first[v], h.arc_first[v + 1]):
            head = h.arc_head[a]
            if before[head] == nodes and costs[v] + metric.arc_costs[h.arc_of[a]] == costs[head]:
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
