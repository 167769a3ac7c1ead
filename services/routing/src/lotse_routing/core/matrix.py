"""Costs from each of several places to each of several others, without the ways.

Every search is made once, not once a pair. Source: Knopp, Sanders, Schultes, Schulz, Wagner, Computing many-to-many
shortest paths using highway hierarchies (ALENEX 2007).
"""

import numpy as np

from lotse_routing.core.jit import Costs, Indices, kernel
from lotse_routing.core.metric import UNREACHABLE, Metric
from lotse_routing.core.tree import climb

Places = tuple[Indices, Indices, Costs]
"""Where the ranks of each place begin (shape (places + 1,)), ranks, and what each of them costs on top."""


def costs_between(metric: Metric, starts: Places, ends: Places) -> Costs:
    """Give the cost of the quickest way from any rank of each start to any rank of each end.

    Returns
    -------
    Costs
        `UNREACHABLE` where there is no way; shape (starts, ends).
    """
    h = metric.hierarchy
    return _costs_between(h.parent, h.up_first, h.up_head, metric.up, metric.down, *starts, *ends)


@kernel
def _costs_between(
    parent: Indices,
    up_first: Indices,
    up_head: Indices,
    up: Costs,
    down: Costs,
    start_first: Indices,
    starts: Indices,
    start_costs: Costs,
    end_first: Indices,
    ends: Indices,
    end_costs: Costs,
) -> Costs:
    nodes, count = len(parent), len(end_first) - 1
    costs, unused = np.full(nodes, UNREACHABLE, np.int32), np.empty(nodes, np.uint32)
    chain = np.empty(nodes, np.uint32)
    first = np.zeros(count + 1, np.uint32)
    tops, top_costs = np.empty(256 * count, np.uint32), np.empty(256 * count, np.int32)
    size = 0
    for j in range(count):
        to = slice(end_first[j], end_first[j + 1])
        climbed = climb(parent, up_first, up_head, down, ends[to], end_costs[to], costs, unused, chain)
        if size + climbed > len(tops):
            tops = np.concatenate((tops, np.empty(size + climbed, np.uint32)))
            top_costs = np.concatenate((top_costs, np.empty(size + climbed, np.int32)))
        for v in chain[:climbed]:
            if costs[v] < UNREACHABLE:
                tops[size], top_costs[size] = v, costs[v]
                size += 1
            costs[v] = UNREACHABLE
        first[j + 1] = size
    found = np.full((len(start_first) - 1, count), UNREACHABLE, np.int32)
    for i in range(len(start_first) - 1):
        from_ = slice(start_first[i], start_first[i + 1])
        climbed = climb(parent, up_first, up_head, up, starts[from_], start_costs[from_], costs, unused, chain)
        for j in range(count):
            best = UNREACHABLE
            for k in range(first[j], first[j + 1]):
                best = min(best, costs[tops[k]] + top_costs[k])
            found[i, j] = best
        for v in chain[:climbed]:
            costs[v] = UNREACHABLE
    return found
