"""Plateaus: ways that the quickest ways from the origin and those to the destination have in common.

Whoever follows the first to a plateau, drives along it, and goes on by the second, drives every stretch no longer than
the plateau on a quickest way: so the longer it is, the more sensible the way over it. Sources: Cambridge Vehicle
Information Technology, Choice routing (2005); Abraham, Delling, Goldberg, Werneck, Alternative routes in road networks
(ACM JEA 18, 2013), section 5.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lotse_routing.core.forward import ForwardTree
from lotse_routing.core.jit import Costs, Indices, kernel
from lotse_routing.core.metric import UNREACHABLE, Metric
from lotse_routing.core.tree import Ends, costs_to, follow


class Plateau(NamedTuple):
    """The rank at its end, what it costs, and what the whole way over it costs."""

    rank: int
    cost: int
    way_cost: int


@dataclass(frozen=True, slots=True, eq=False)
class TwoTrees:
    """The quickest ways from the starts of a route, and those to its ends."""

    metric: Metric
    ahead: ForwardTree
    behind: Costs
    ends: Ends

    def plateaus(self, most: int) -> list[Plateau]:
        """List the plateaus with a way of at most this cost over them.

        The most promising first: those with the least cost beside the plateau (ties: the cheaper way, the lower rank).
        """
        ranks, costs = _find_plateaus(self.metric, self.ahead.costs, self.ahead.before, self.behind, self.ends, most)
        ways = (self.ahead.costs[ranks] + self.behind[ranks]).tolist()
        found = map(Plateau, ranks.tolist(), costs.tolist(), ways)
        return sorted(found, key=lambda plateau: (plateau.way_cost - plateau.cost, plateau.way_cost, plateau.rank))

    def ranks_over(self, plateau: Plateau) -> Indices:
        """Give the ranks along the way over a plateau."""
        onward = follow(self.metric, self.behind, self.ends, plateau.rank)
        return np.concatenate((self.ahead.ranks_to(plateau.rank), onward[1:]))


def two_trees(metric: Metric, ahead: ForwardTree, ends: Ends) -> TwoTrees:
    """Grow the tree to the ends beside the one from the starts."""
    return TwoTrees(metric, ahead, costs_to(metric, ends), ends)


@kernel
def _find_plateaus(
    metric: Metric, ahead: Costs, before: Indices, behind: Costs, ends: Ends, most: int
) -> tuple[Indices, Costs]:
    """Give the last rank of each plateau, and its cost: what its nodes cost but the last."""
    h, nodes = metric.hierarchy, len(ahead)
    after = np.full(nodes, nodes, np.uint32)
    for v in range(nodes):
        if behind[v] >= UNREACHABLE:
            continue
        is_end = False
        for i in range(len(ends.ranks)):
            is_end |= ends.ranks[i] == v and ends.costs[i] == behind[v]
        if is_end:
            continue
        for a in range(h.arc_first[v], h.arc_first[v + 1]):
            if metric.arc_costs[h.arc_of[a]] + behind[h.arc_head[a]] == behind[v]:
                after[v] = h.arc_head[a]
                break
    ranks, costs = np.empty(nodes, np.uint32), np.empty(nodes, np.int32)
    size = 0
    for v in range(nodes):
        if ahead[v] >= UNREACHABLE or behind[v] >= UNREACHABLE or ahead[v] + behind[v] > most:
            continue
        if after[v] < nodes and before[after[v]] == v:
            continue
        first = v
        while before[first] != first and after[before[first]] == first:
            first = before[first]
        if first != v:
            ranks[size], costs[size] = v, ahead[v] - ahead[first]
            size += 1
    return ranks[:size].copy(), costs[:size].copy()
