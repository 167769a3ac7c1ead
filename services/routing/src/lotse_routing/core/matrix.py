"""Costs from each of several places to each of several others, without the ways.

Every search is made once, not once a pair. Source: Knopp, Sanders, Schultes, Schulz, Wagner, Computing many-to-many
shortest paths using highway hierarchies (ALENEX 2007).
"""

from typing import NamedTuple

import numpy as np

from lotse_routing.core.jit import Costs, Indices, kernel
from lotse_routing.core.metric import UNREACHABLE, Metric
from lotse_routing.core.tree import Ends, climb


class Places(NamedTuple):
    """Several places: where the ends of each begin (shape (places + 1,)), and the ends of all."""

    first: Indices
    ends: Ends


def costs_between(metric: Metric, starts: Places, ends: Places) -> Costs:
    """Give the cost of the quickest way from any rank of each start to any rank of each end.

    Returns
    -------
    Costs
        `UNREACHABLE` where there is no way; shape (starts, ends).
    """
    return _costs_between(metric, starts, ends)


@kernel
def _costs_between(metric: Metric, starts: Places, ends: Places) -> Costs:
    h = metric.hierarchy
    nodes, count = len(h.parent), len(ends.first) - 1
    costs, unused = np.full(nodes, UNREACHABLE, np.int32), np.empty(nodes, np.uint32)
    chain = np.empty(nodes, np.uint32)
    first = np.zeros(count + 1, np.uint32)
    tops, top_costs = np.empty(256 * count, np.uint32), np.empty(256 * count, np.int32)
    size = 0
    for j in range(count):
        a, b = ends.first[j], ends.first[j + 1]
        there = Ends(ends.ends.ranks[a:b], ends.ends.costs[a:b])
        climbed = climb(h, metric.down, there, costs, unused, chain)
        if size + climbed > len(tops):
            tops = np.concatenate((tops, np.empty(size + climbed, np.uint32)))
            top_costs = np.concatenate((top_costs, np.empty(size + climbed, np.int32)))
        for v in chain[:climbed]:
            if costs[v] < UNREACHABLE:
                tops[size], top_costs[size] = v, costs[v]
                size += 1
            costs[v] = UNREACHABLE
        first[j + 1] = size
    found = np.full((len(starts.first) - 1, count), UNREACHABLE, np.int32)
    for i in range(len(starts.first) - 1):
        a, b = starts.first[i], starts.first[i + 1]
        here = Ends(starts.ends.ranks[a:b], starts.ends.costs[a:b])
        climbed = climb(h, metric.up, here, costs, unused, chain)
        for j in range(count):
            best = UNREACHABLE
            for k in range(first[j], first[j + 1]):
                best = min(best, costs[tops[k]] + top_costs[k])
            found[i, j] = best
        for v in chain[:climbed]:
            costs[v] = UNREACHABLE
    return found
