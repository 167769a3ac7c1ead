"""The quickest way between two places: upward from both, as far as their ancestors go, and then unpacked.

Source: Dibbelt, Strasser, Wagner (2016), section 8 (queries on the elimination tree; no priority queue is needed). A
shortcut is unpacked over the highest-ranked triangle that explains its cost, which for a long one is found soonest; and
so equal input gives the same of equal ways.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lotse_routing.core.jit import Costs, Indices, kernel
from lotse_routing.core.metric import UNREACHABLE, Metric
from lotse_routing.core.tree import UNEXPLAINED, Ends, append, climb

Steps = npt.NDArray[np.int64]
"""Edges, times two, plus one if they are driven upward."""


class Ways(NamedTuple):
    """Answers to several questions.

    `costs` by question, `UNREACHABLE` where no way is; the ranks along the way of question q are
    `ranks[first[q]:first[q + 1]]`.
    """

    costs: Costs
    first: Indices
    ranks: Indices


def find_way(metric: Metric, starts: Ends, ends: Ends) -> tuple[int, Indices]:
    """Give the quickest way from any start to any end: its cost, and the ranks along it.

    Without a way the cost is `UNREACHABLE` and there are no ranks.
    """
    one_start, one_end = np.array([0, len(starts.ranks)], np.uint32), np.array([0, len(ends.ranks)], np.uint32)
    costs, _, ranks = _find_ways(metric, one_start, starts, one_end, ends)
    return int(costs[0]), ranks


def find_ways(metric: Metric, starts: Indices, ends: Indices) -> Ways:
    """Give the quickest way from each start to the end at the same place; shape (questions,) each, ranks."""
    each, nothing = np.arange(len(starts) + 1, dtype=np.uint32), np.zeros(len(starts), np.int32)
    return Ways(*_find_ways(metric, each, Ends(starts, nothing), each, Ends(ends, nothing)))


class _Search(NamedTuple):
    """Room for a search in one direction, by rank; `chain` lists the ranks it came through."""

    costs: Costs
    came_by: Indices
    chain: Indices


@kernel
def _room(nodes: int) -> _Search:
    return _Search(np.full(nodes, UNREACHABLE, np.int32), np.empty(nodes, np.uint32), np.empty(nodes, np.uint32))


@kernel
def _find_ways(
    metric: Metric, start_first: Indices, starts: Ends, end_first: Indices, ends: Ends
) -> tuple[Costs, Indices, Indices]:
    h, questions = metric.hierarchy, len(start_first) - 1
    ahead, behind = _room(len(h.parent)), _room(len(h.parent))
    costs, first = np.empty(questions, np.int32), np.zeros(questions + 1, np.uint32)
    ranks, stack = np.empty(64 * questions, np.uint32), np.empty(3 * len(h.parent), np.int64)
    size = 0
    for q in range(questions):
        a, b = start_first[q], start_first[q + 1]
        here = Ends(starts.ranks[a:b], starts.costs[a:b])
        climbed = climb(h, metric.up, here, ahead.costs, ahead.came_by, ahead.chain)
        a, b = end_first[q], end_first[q + 1]
        there = Ends(ends.ranks[a:b], ends.costs[a:b])
        others = climb(h, metric.down, there, behind.costs, behind.came_by, behind.chain)
        costs[q], top = _meet(ahead, behind, behind.chain[:others])
        if costs[q] < UNREACHABLE:
            steps, start = _stack_way(h.up_tail, top, ahead.came_by, behind.came_by, stack)
            ranks, size = _unpack(metric, stack, steps, ranks, size, start)
        first[q + 1] = size
        for v in ahead.chain[:climbed]:
            ahead.costs[v] = UNREACHABLE
        for v in behind.chain[:others]:
            behind.costs[v] = UNREACHABLE
    return costs, first, ranks[:size].copy()


@kernel
def _meet(ahead: _Search, behind: _Search, chain: Indices) -> tuple[int, int]:
    """Find the rank at which both searches together cost least; give that cost and the rank."""
    best, top = UNREACHABLE, 0
    for v in chain:
        if ahead.costs[v] < UNREACHABLE and ahead.costs[v] + behind.costs[v] < best:
            best, top = ahead.costs[v] + behind.costs[v], v
    return best, top


@kernel
def _unpack(metric: Metric, stack: Steps, size: int, ranks: Indices, written: int, start: int) -> tuple[Indices, int]:
    """Write the ranks along the steps on a stack; give the array, maybe a longer one, and how much of it is written.

    Of three places on the stack for every node none is ever missing: a step goes for two, and steps lead downward.
    """
    h, up, down = metric.hierarchy, metric.up, metric.down
    ranks, written = append(ranks, written, start)
    while size > 0:
        size -= 1
        edge, is_up = stack[size] >> 1, stack[size] & 1
        low, high = h.up_tail[edge], h.up_head[edge]
        tail, head, cost = (low, high, up[edge]) if is_up else (high, low, down[edge])
        is_arc = False
        for a in range(h.arc_first[tail], h.arc_first[tail + 1]):
            is_arc |= h.arc_head[a] == head and metric.arc_costs[h.arc_of[a]] == cost
        if is_arc:
            if written == len(ranks):
                ranks = np.concatenate((ranks, np.empty(written, np.uint32)))
            ranks[written] = head
            written += 1
            continue
        left = size
        for below in range(h.down_first[low + 1] - h.down_first[low]):
            low_edge = np.int64(h.down_edge[h.down_first[low + 1] - 1 - below])
            part = down[low_edge] if is_up else up[low_edge]
            if part >= cost:
                continue
            v = h.up_tail[low_edge]
            high_edge = _find(h.up_head, np.int64(h.up_first[v]), np.int64(h.up_first[v + 1]), high)
            if high_edge >= 0 and part + (up[high_edge] if is_up else down[high_edge]) == cost:
                stack[size] = 2 * (high_edge if is_up else low_edge) + 1
                stack[size + 1] = 2 * (low_edge if is_up else high_edge)
                size += 2
                break
        if size == left:
            raise ValueError(UNEXPLAINED)
    return ranks, written


@kernel
def _stack_way(up_tail: Indices, top: int, ahead_by: Indices, behind_by: Indices, stack: Steps) -> tuple[int, int]:
    """Stack the edges of a way, the first on top: up to its highest rank and down. Give how many, and the start."""
    v, size = top, 0
    while behind_by[v] < len(up_tail):
        stack[size] = 2 * behind_by[v]
        size += 1
        v = up_tail[behind_by[v]]
    stack[:size] = stack[:size][::-1].copy()
    v = top
    while ahead_by[v] < len(up_tail):
        stack[size] = 2 * ahead_by[v] + 1
        size += 1
        v = up_tail[ahead_by[v]]
    return size, v


@kernel
def _find(up_head: Indices, begin: np.int64, end: np.int64, head: int) -> np.int64:
    """Find a head among ascending ones from `begin` to `end`; -1 if it is not there."""
    least, most = begin, end
    while least < most:
        middle = (least + most) // 2
        if up_head[middle] < head:
            least = middle + 1
        else:
            most = middle
    return least if least < end and up_head[least] == head else np.int64(-1)
