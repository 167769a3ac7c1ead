"""The quickest way between two places: upward from both, as far as their ancestors go, and then unpacked.

Source: Dibbelt, Strasser, Wagner (2016), section 8 (elimination tree queries; no priority queue is needed). A shortcut
is unpacked over the lowest-ranked triangle that explains its cost, so equal input gives the same one of equal ways.
"""

from typing import NamedTuple

import numpy as np

from lotse_routing.core.jit import Costs, Indices, kernel
from lotse_routing.core.metric import UNREACHABLE, Metric
from lotse_routing.core.tree import climb

Step = tuple[np.int64, bool]
"""An edge, and whether it is driven upward."""


class Ways(NamedTuple):
    """Answers to several questions.

    `costs` by question, `UNREACHABLE` where no way is; the ranks along the way of question q are
    `ranks[first[q]:first[q + 1]]`.
    """

    costs: Costs
    first: Indices
    ranks: Indices


def find_way(
    metric: Metric, starts: Indices, start_costs: Costs, ends: Indices, end_costs: Costs
) -> tuple[int, Indices]:
    """Give the quickest way from any start to any end: its cost, and the ranks along it.

    Each start and end has a cost of its own that is added (one of a start may be negative). Without a way the cost is
    `UNREACHABLE` and there are no ranks.
    """
    one_start, one_end = np.array([0, len(starts)], np.uint32), np.array([0, len(ends)], np.uint32)
    ways = find_ways(metric, (one_start, starts, start_costs), (one_end, ends, end_costs))
    return int(ways.costs[0]), ways.ranks


def find_ways(metric: Metric, starts: tuple[Indices, Indices, Costs], ends: tuple[Indices, Indices, Costs]) -> Ways:
    """Answer several questions at once.

    Parameters
    ----------
    starts, ends
        For each, where those of question q begin (shape (questions + 1,)), their ranks, and their costs.
    """
    h = metric.hierarchy
    return Ways(
        *_find_ways(
            h.parent,
            h.up_first,
            h.up_head,
            h.up_tail,
            h.down_first,
            h.down_edge,
            h.arc_first,
            h.arc_head,
            h.arc_of,
            metric.arc_costs,
            metric.up,
            metric.down,
            *starts,
            *ends,
        )
    )


@kernel
def _find_ways(
    parent: Indices,
    up_first: Indices,
    up_head: Indices,
    up_tail: Indices,
    down_first: Indices,
    down_edge: Indices,
    arc_first: Indices,
    arc_head: Indices,
    arc_of: Indices,
    arc_costs: Costs,
    up: Costs,
    down: Costs,
    start_first: Indices,
    starts: Indices,
    start_costs: Costs,
    end_first: Indices,
    ends: Indices,
    end_costs: Costs,
) -> tuple[Costs, Indices, Indices]:
    nodes, questions = len(parent), len(start_first) - 1
    ahead, behind = np.full(nodes, UNREACHABLE, np.int32), np.full(nodes, UNREACHABLE, np.int32)
    ahead_by, behind_by = np.empty(nodes, np.uint32), np.empty(nodes, np.uint32)
    chain, other_chain = np.empty(nodes, np.uint32), np.empty(nodes, np.uint32)
    costs = np.empty(questions, np.int32)
    first = np.zeros(questions + 1, np.uint32)
    ranks = np.empty(64 * questions, np.uint32)
    size = 0
    for q in range(questions):
        from_, to = slice(start_first[q], start_first[q + 1]), slice(end_first[q], end_first[q + 1])
        climbed = climb(parent, up_first, up_head, up, starts[from_], start_costs[from_], ahead, ahead_by, chain)
        others = climb(parent, up_first, up_head, down, ends[to], end_costs[to], behind, behind_by, other_chain)
        best, top = UNREACHABLE, nodes
        for v in other_chain[:others]:
            if ahead[v] < UNREACHABLE and behind[v] < UNREACHABLE and ahead[v] + behind[v] < best:
                best, top = ahead[v] + behind[v], v
        costs[q] = best
        if top < nodes:
            stack = _edges_over(top, up_tail, ahead_by, behind_by)
            ranks, size = _unpack(
                stack, _start_of(top, up_tail, ahead_by), ranks, size,
                up_first, up_head, up_tail, down_first, down_edge, arc_first, arc_head, arc_of, arc_costs, up, down,
            )  # fmt: skip
        first[q + 1] = size
        for v in chain[:climbed]:
            ahead[v] = UNREACHABLE
        for v in other_chain[:others]:
            behind[v] = UNREACHABLE
    return costs, first, ranks[:size].copy()


@kernel
def _start_of(top: int, up_tail: Indices, ahead_by: Indices) -> int:
    """Go back to the start from which the highest rank of a way was reached."""
    v = top
    while ahead_by[v] < len(up_tail):
        v = up_tail[ahead_by[v]]
    return v


@kernel
def _edges_over(top: int, up_tail: Indices, ahead_by: Indices, behind_by: Indices) -> list[Step]:
    """List the edges up to the highest rank of a way and down from it, the last one first; True: upward."""
    stack = [(np.int64(0), True) for _ in range(0)]
    v = top
    while behind_by[v] < len(up_tail):
        stack.append((np.int64(behind_by[v]), False))
        v = up_tail[behind_by[v]]
    stack.reverse()
    v = top
    while ahead_by[v] < len(up_tail):
        stack.append((np.int64(ahead_by[v]), True))
        v = up_tail[ahead_by[v]]
    return stack


@kernel
def _unpack(
    stack: list[Step],
    start: int,
    ranks: Indices,
    size: int,
    up_first: Indices,
    up_head: Indices,
    up_tail: Indices,
    down_first: Indices,
    down_edge: Indices,
    arc_first: Indices,
    arc_head: Indices,
    arc_of: Indices,
    arc_costs: Costs,
    up: Costs,
    down: Costs,
) -> tuple[Indices, int]:
    """Write the ranks along edges, the last edge first on the stack; give the array, maybe a new one, and its size."""
    ranks, size = _append(ranks, size, start)
    while len(stack) > 0:
        edge, is_up = stack.pop()
        low, high = up_tail[edge], up_head[edge]
        tail, head = (low, high) if is_up else (high, low)
        cost = up[edge] if is_up else down[edge]
        is_arc = False
        for a in range(arc_first[tail], arc_first[tail + 1]):
            is_arc |= arc_head[a] == head and arc_costs[arc_of[a]] == cost
        if is_arc:
            ranks, size = _append(ranks, size, head)
            continue
        for i in range(down_first[low], down_first[low + 1]):
            v_low = np.int64(down_edge[i])
            v = up_tail[v_low]
            v_high = _find_edge(up_first[v], up_first[v + 1], up_head, high)
            if v_high == len(up_head):
                continue
            if is_up and down[v_low] + up[v_high] == cost:
                stack.append((v_high, True))
                stack.append((v_low, False))
                break
            if not is_up and down[v_high] + up[v_low] == cost:
                stack.append((v_low, True))
                stack.append((v_high, False))
                break
    return ranks, size


@kernel
def _find_edge(begin: int, end: int, up_head: Indices, head: int) -> np.int64:
    """Find the edge to a head among a node's edges upward; the number of edges if there is none."""
    least, most = np.int64(begin), np.int64(end)
    while least < most:
        middle = (least + most) // 2
        if up_head[middle] < head:
            least = middle + 1
        else:
            most = middle
    return least if least < end and up_head[least] == head else np.int64(len(up_head))


@kernel
def _append(ranks: Indices, size: int, rank: int) -> tuple[Indices, int]:
    if size == len(ranks):
        ranks = np.concatenate((ranks, np.empty(size + 64, np.uint32)))
    ranks[size] = rank
    return ranks, size + 1
