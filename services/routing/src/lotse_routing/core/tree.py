"""Quickest ways from every node to some ends: upward from the ends, then one sweep down over all nodes.

Source: Dibbelt, Strasser, Wagner (2016), and for the sweep Delling, Goldberg, Nowatzyk, Werneck, PHAST (2011): once the
costs of all higher nodes are known, those of a node follow from its edges upward.
"""

from typing import NamedTuple

import numpy as np

from lotse_routing.core.hierarchy import Hierarchy
from lotse_routing.core.jit import Costs, Indices, kernel
from lotse_routing.core.metric import UNREACHABLE, Metric

UNEXPLAINED = "no arc explains a cost: it belongs to other ends, or to another metric"


class Ends(NamedTuple):
    """Where ways begin or end: ranks, and what is added to a way there, 0 or more; shape (ends,) each."""

    ranks: Indices
    costs: Costs


class Arcs(NamedTuple):
    """The arcs out of each rank: where they begin, the rank at the head of each, its number and, by that, its cost."""

    first: Indices
    head: Indices
    of: Indices
    costs: Costs


def costs_to(metric: Metric, ends: Ends) -> Costs:
    """Give the cost of the quickest way from each rank to any of the ends, plus that end's own cost.

    Returns
    -------
    Costs
        By rank, `UNREACHABLE` where no way leads to an end; shape (nodes,).
    """
    return spread(metric.hierarchy, metric.down, metric.up, ends)


def follow(metric: Metric, costs: Costs, ends: Ends, start: int) -> Indices:
    """Give the ranks along the quickest way from a start, by what `costs_to` gave for the same ends.

    Always over the arc that comes first among those on a quickest way; empty if no way leads to an end.

    Raises
    ------
    ValueError
        The costs are not those to these ends. Unnoticed, the walk would never end.
    """
    return _follow(metric, costs, ends, start)


@kernel
def climb(h: Hierarchy, up: Costs, seeds: Ends, costs: Costs, came_by: Indices, chain: Indices) -> int:
    """Search upward from seeds, each with a cost of its own.

    All that this reaches are ancestors of the seeds in the elimination tree: they are taken by ascending rank, written
    to `chain`, and counted. `costs` has to be `UNREACHABLE` before, wherever an ancestor stands; `came_by` gets the
    edge by which each one is reached, the number of edges for a seed.

    Parameters
    ----------
    up
        Costs by edge, in the direction of the search.
    """
    nodes, edges = len(h.parent), len(h.up_head)
    at = seeds.ranks.copy()
    for i in range(len(at)):
        if seeds.costs[i] < costs[at[i]]:
            costs[at[i]] = seeds.costs[i]
            came_by[at[i]] = edges
    count = 0
    while True:
        v = nodes
        for rank in at:
            v = min(v, rank)
        if v == nodes:
            return count
        chain[count] = v
        count += 1
        for i in range(len(at)):
            if at[i] == v:
                at[i] = h.parent[v]
        cost = costs[v]
        if cost < UNREACHABLE:
            for e in range(h.up_first[v], h.up_first[v + 1]):
                if cost + up[e] < costs[h.up_head[e]]:
                    costs[h.up_head[e]] = cost + up[e]
                    came_by[h.up_head[e]] = e


@kernel
def spread(h: Hierarchy, upward: Costs, downward: Costs, seeds: Ends) -> Costs:
    """Give the cost between each rank and the seeds: climb from these, then sweep down over all ranks.

    Parameters
    ----------
    upward, downward
        Costs by edge, as they are added on a climb and on the sweep: from the seeds on, or backward to them.
    """
    nodes = len(h.parent)
    costs = np.full(nodes, UNREACHABLE, np.int32)
    climb(h, upward, seeds, costs, np.empty(nodes, np.uint32), np.empty(nodes, np.uint32))
    for below in range(nodes):
        v = nodes - 1 - below
        cost = costs[v]
        for e in range(h.up_first[v], h.up_first[v + 1]):
            cost = min(cost, downward[e] + costs[h.up_head[e]])
        costs[v] = cost
    return costs


@kernel
def arcs_of(metric: Metric) -> Arcs:
    """Give what it takes to step from rank to rank: handing over a metric with all of its arrays takes longer."""
    h = metric.hierarchy
    return Arcs(h.arc_first, h.arc_head, h.arc_of, metric.arc_costs)


@kernel
def step_on(arcs: Arcs, costs: Costs, ends: Ends, v: int) -> int:
    """Give the rank after `v` on the quickest way to the ends, `v` itself where that ends; there has to be a way."""
    for i in range(len(ends.ranks)):
        if ends.ranks[i] == v and ends.costs[i] == costs[v]:
            return v
    for a in range(arcs.first[v], arcs.first[v + 1]):
        if arcs.costs[arcs.of[a]] + costs[arcs.head[a]] == costs[v]:
            return int(arcs.head[a])
    raise ValueError(UNEXPLAINED)


@kernel
def _follow(metric: Metric, costs: Costs, ends: Ends, start: int) -> Indices:
    ranks = np.empty(64, np.uint32)
    size, v = 0, start
    arcs = arcs_of(metric)
    if costs[start] >= UNREACHABLE:
        return ranks[:0].copy()
    while True:
        ranks, size = append(ranks, size, v)
        onward = step_on(arcs, costs, ends, v)
        if onward == v:
            return ranks[:size].copy()
        v = onward


@kernel
def append(ranks: Indices, size: int, rank: int) -> tuple[Indices, int]:
    """Write a rank at the end, into a longer array if this one is full; give the array and its size."""
    if size == len(ranks):
        ranks = np.concatenate((ranks, np.empty(size + 64, np.uint32)))
    ranks[size] = rank
    return ranks, size + 1
