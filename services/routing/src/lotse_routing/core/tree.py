"""Quickest ways from every node to some ends: upward from the ends, then one sweep down over all nodes.

Source: Dibbelt, Strasser, Wagner (2016), and for the sweep Delling, Goldberg, Nowatzyk, Werneck, PHAST (2011): once the
costs of all higher nodes are known, those of a node follow from its edges upward.
"""

import numpy as np

from lotse_routing.core.jit import Costs, Indices, kernel
from lotse_routing.core.metric import UNREACHABLE, Metric


def costs_to(metric: Metric, ends: Indices, end_costs: Costs) -> Costs:
    """Give the cost of the quickest way from each rank to any of the ends, plus that end's own cost.

    Parameters
    ----------
    ends, end_costs
        Ranks, and what is added to the ways that end there; shape (ends,).

    Returns
    -------
    Costs
        By rank, `UNREACHABLE` where no way leads to an end; shape (nodes,).
    """
    h = metric.hierarchy
    return _costs_to(h.parent, h.up_first, h.up_head, metric.up, metric.down, ends, end_costs)


def follow(metric: Metric, costs: Costs, ends: Indices, end_costs: Costs, start: int) -> Indices:
    """Give the ranks along the quickest way from a start, by what `costs_to` gave for the same ends.

    Always to the arc that comes first among those on a quickest way; empty if no way leads to an end.
    """
    h = metric.hierarchy
    return _follow(h.arc_first, h.arc_head, h.arc_of, metric.arc_costs, costs, ends, end_costs, start)


@kernel
def climb(
    parent: Indices,
    up_first: Indices,
    up_head: Indices,
    weights: Costs,
    seeds: Indices,
    seed_costs: Costs,
    costs: Costs,
    came_by: Indices,
    chain: Indices,
) -> int:
    """Search upward from seeds, each with a cost of its own.

    All that it reaches are ancestors of the seeds in the elimination tree; they are taken in ascending order of rank,
    written to `chain`, and counted. `costs` has to be `UNREACHABLE` before, wherever an ancestor stands; `came_by` gets
    the edge by which each one is reached, the number of edges where that is none.
    """
    nodes = len(parent)
    at = seeds.copy()
    for i in range(len(seeds)):
        if seed_costs[i] < costs[seeds[i]]:
            costs[seeds[i]] = seed_costs[i]
            came_by[seeds[i]] = len(up_head)
    count = 0
    while True:
        v = nodes
        for i in range(len(at)):
            v = min(v, at[i])
        if v == nodes:
            return count
        chain[count] = v
        count += 1
        for i in range(len(at)):
            if at[i] == v:
                at[i] = parent[v]
        cost = costs[v]
        if cost < UNREACHABLE:
            for e in range(up_first[v], up_first[v + 1]):
                onward = cost + weights[e]
                if onward < costs[up_head[e]]:
                    costs[up_head[e]] = onward
                    came_by[up_head[e]] = e


@kernel
def _costs_to(
    parent: Indices, up_first: Indices, up_head: Indices, up: Costs, down: Costs, ends: Indices, end_costs: Costs
) -> Costs:
    nodes = len(parent)
    costs = np.full(nodes, UNREACHABLE, np.int32)
    unused = np.empty(nodes, np.uint32)
    climb(parent, up_first, up_head, down, ends, end_costs, costs, unused, np.empty(nodes, np.uint32))
    for below in range(nodes):
        v = nodes - 1 - below
        cost = costs[v]
        for e in range(up_first[v], up_first[v + 1]):
            cost = min(cost, up[e] + costs[up_head[e]])
        costs[v] = cost
    return costs


@kernel
def _follow(
    arc_first: Indices,
    arc_head: Indices,
    arc_of: Indices,
    arc_costs: Costs,
    costs: Costs,
    ends: Indices,
    end_costs: Costs,
    start: int,
) -> Indices:
    path = np.empty(64, np.uint32)
    size, v = 0, start
    if costs[start] >= UNREACHABLE:
        return path[:0].copy()
    while True:
        if size == len(path):
            path = np.concatenate((path, np.empty(size, np.uint32)))
        path[size] = v
        size += 1
        for i in range(len(ends)):
            if ends[i] == v and end_costs[i] == costs[v]:
                return path[:size].copy()
        for a in range(arc_first[v], arc_first[v + 1]):
            if arc_costs[arc_of[a]] + costs[arc_head[a]] == costs[v]:
                v = arc_head[a]
                break
