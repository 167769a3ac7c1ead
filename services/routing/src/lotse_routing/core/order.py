"""In which order nodes are contracted: nested dissection of a street graph by inertial flow.

A street graph falls apart where few streets are cut: at a river, a railway, the edge of a quarter. Cut it there, then
cut its halves, and so on; what was cut first is contracted last. Source: Schild and Sommer, On balanced separators in
road networks (SEA 2015): sort junctions along a direction, take the first and the last quarter as source and sink of a
flow, and cut where the flow is narrowest; the best of several directions counts.

The same cuts serve two graphs. Links that cross a cut separate the turn graph, whose nodes they are (Buchhold, Wagner,
Zeitz, Zündorf, Customizable contraction hierarchies with turn costs, ATMOS 2020); their ends on one side separate the
graph of junctions.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lotse_routing.core.jit import Flags, Ints, kernel

SOURCE_SHARE = 0.25
"""Share of the junctions at either end that the cut must not run through: the halves are never smaller."""
DIRECTIONS = np.array([(1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, -1.0)])

Places = npt.NDArray[np.float64]
"""Shape (nodes, 2): east and north, in any unit."""


class Cuts(NamedTuple):
    """A dissection, part by part from the whole to the smallest.

    `depth_first` are the arcs in the order of being cut: each part's cut, then all of its one half, then of the other.
    `cut` numbers the cut at which each arc (by its index) was cut, `is_far` tells on which half its tail lies.
    """

    depth_first: Ints
    cut: Ints
    is_far: Flags


def dissect(nodes: int, tails: Ints, heads: Ints, places: Places) -> Cuts:
    """Cut a graph until every part is one node.

    Parameters
    ----------
    tails, heads
        Ends of the arcs, shape (arcs,). An arc from a node to itself is never cut.
    """
    first, neighbours, arcs, mates = _both_ways(nodes, tails, heads)
    return Cuts(*_dissect(first, neighbours, arcs, mates, tails, np.ascontiguousarray(places), DIRECTIONS))


def rank_arcs(cuts: Cuts) -> Ints:
    """Give the rank of each arc as a node of the turn graph: what was cut first ranks highest."""
    ranks = np.empty(len(cuts.cut), dtype=np.int32)
    ranks[cuts.depth_first[::-1]] = np.arange(len(ranks), dtype=np.int32)
    return ranks


def rank_nodes(nodes: int, tails: Ints, heads: Ints, cuts: Cuts) -> Ints:
    """Give the rank of each node: of every cut, the ends on the side that has fewer of them rank above both halves."""
    order = _separator_nodes(nodes, tails, heads, cuts.depth_first, cuts.cut, cuts.is_far)
    ranks = np.empty(nodes, dtype=np.int32)
    ranks[order[::-1]] = np.arange(nodes, dtype=np.int32)
    return ranks


def _both_ways(nodes: int, tails: Ints, heads: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """List every arc at both of its ends: first index by node, neighbour, arc, index of the entry at the other end."""
    count = len(tails)
    starts = np.concatenate((tails, heads))
    order = np.argsort(starts, kind="stable").astype(np.int32)
    place = np.empty(2 * count, dtype=np.int32)
    place[order] = np.arange(2 * count, dtype=np.int32)
    first = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(starts, minlength=nodes), out=first[1:])
    ends = np.concatenate((heads, tails))
    mates = place[(order + count) % (2 * count)] if count else place
    return first, ends[order], (order % max(count, 1)).astype(np.int32), mates


@kernel
def _dissect(
    first: Ints, neighbours: Ints, arcs: Ints, mates: Ints, tails: Ints, places: Places, directions: Places
) -> tuple[Ints, Ints, Flags]:
    nodes, count = len(first) - 1, len(tails)
    part = np.arange(nodes).astype(np.int32)
    part_of = np.zeros(nodes, np.int32)
    depth_first = np.empty(count, np.int32)
    cut_of = np.full(count, -1, np.int32)
    is_far = np.zeros(count, np.bool_)
    side = np.zeros(nodes, np.bool_)
    flow = np.zeros(len(neighbours), np.int8)
    came_by = np.empty(nodes, np.int32)
    queue = np.empty(nodes, np.int32)
    done, parts, cuts = 0, 1, 0
    stack = [(0, nodes, 0)]
    while len(stack) > 0:
        begin, end, number = stack.pop()
        if end - begin < 2:  # noqa: PLR2004 - a part of one node is not cut
            continue
        members = part[begin:end]
        _halve(first, neighbours, mates, places, directions, members, part_of, number, side, flow, came_by, queue)
        near = 0
        half = members.copy()
        for node in half:
            if not side[node]:
                members[near] = node
                near += 1
        far = near
        for node in half:
            if side[node]:
                members[far] = node
                far += 1
                for i in range(first[node], first[node + 1]):
                    other = neighbours[i]
                    if part_of[other] == number and not side[other]:
                        depth_first[done] = arcs[i]
                        cut_of[arcs[i]] = cuts
                        is_far[arcs[i]] = tails[arcs[i]] == node
                        done += 1
        cuts += 1
        for node in members[near:]:
            part_of[node] = parts
        stack.append((begin, begin + near, number))
        stack.append((begin + near, end, parts))
        parts += 1
    for arc in range(count):
        if cut_of[arc] < 0:  # from a node to itself
            depth_first[done] = arc
            done += 1
    return depth_first, cut_of, is_far


@kernel
def _halve(
    first: Ints,
    neighbours: Ints,
    mates: Ints,
    places: Places,
    directions: Places,
    members: Ints,
    part_of: Ints,
    number: int,
    side: Flags,
    flow: npt.NDArray[np.int8],
    came_by: Ints,
    queue: Ints,
) -> None:
    """Set `side` of each member: the half in which it lies, by the best cut of all directions."""
    size = len(members)
    ends = max(1, int(size * SOURCE_SHARE))
    best_width, best_smaller = 2**30, 0
    best = np.zeros(size, np.bool_)
    for direction in directions:
        along = np.empty(size, np.float64)
        for i in range(size):
            along[i] = places[members[i], 0] * direction[0] + places[members[i], 1] * direction[1]
        order = np.argsort(along, kind="mergesort")
        width = _narrowest(
            first, neighbours, mates, members[order], ends, part_of, number, flow, came_by, queue, best_width
        )
        if width > best_width:
            continue
        for from_source in (True, False):
            if not from_source:
                _reach_back(first, neighbours, mates, members[order], ends, part_of, number, flow, came_by, queue)
            near = 0
            for node in members:
                near += (came_by[node] != -1) == from_source
            smaller = min(near, size - near)
            if width < best_width or smaller > best_smaller:
                best_width, best_smaller = width, smaller
                for i in range(size):
                    best[i] = (came_by[members[i]] != -1) != from_source
    for i in range(size):
        side[members[i]] = best[i]


@kernel
def _narrowest(
    first: Ints,
    neighbours: Ints,
    mates: Ints,
    along: Ints,
    ends: int,
    part_of: Ints,
    number: int,
    flow: npt.NDArray[np.int8],
    came_by: Ints,
    queue: Ints,
    give_up: int,
) -> int:
    """Push as many units as possible from the first to the last nodes, one an arc, and count them.

    Afterwards `came_by` is not -1 for the nodes that are still reached from the source: the near half of the cut.
    Stops when the flow exceeds `give_up`: another direction is better.
    """
    size = len(along)
    for node in along:
        for i in range(first[node], first[node + 1]):
            flow[i] = 0
    width = 0
    while True:
        for node in along:
            came_by[node] = -1
        for i in range(ends):
            came_by[along[i]] = -2
            queue[i] = along[i]
        for i in range(size - ends, size):
            came_by[along[i]] = -3
        read, write, reached = 0, ends, -1
        while read < write and reached < 0:
            node = queue[read]
            read += 1
            for i in range(first[node], first[node + 1]):
                other = neighbours[i]
                if part_of[other] == number and flow[i] < 1:
                    if came_by[other] == -3:
                        reached = i
                        break
                    if came_by[other] == -1:
                        came_by[other] = i
                        queue[write] = other
                        write += 1
        if reached < 0:
            break
        width += 1
        if width > give_up:
            break
        i = reached
        while True:
            flow[i] += 1
            flow[mates[i]] -= 1
            node = neighbours[mates[i]]
            if came_by[node] < 0:
                break
            i = came_by[node]
    for i in range(size - ends, size):
        came_by[along[i]] = -1
    return width


@kernel
def _reach_back(
    first: Ints,
    neighbours: Ints,
    mates: Ints,
    along: Ints,
    ends: int,
    part_of: Ints,
    number: int,
    flow: npt.NDArray[np.int8],
    came_by: Ints,
    queue: Ints,
) -> None:
    """Set `came_by` to other than -1 for all nodes that still reach a sink: the far half of the other narrowest cut."""
    write = 0
    for node in along:
        came_by[node] = -1
    for node in along[len(along) - ends :]:
        came_by[node] = -2
        queue[write] = node
        write += 1
    read = 0
    while read < write:
        node = queue[read]
        read += 1
        for i in range(first[node], first[node + 1]):
            other = neighbours[i]
            if part_of[other] == number and flow[mates[i]] < 1 and came_by[other] == -1:
                came_by[other] = i
                queue[write] = other
                write += 1


@kernel
def _separator_nodes(nodes: int, tails: Ints, heads: Ints, depth_first: Ints, cut_of: Ints, is_far: Flags) -> Ints:
    """List the nodes, highest rank first."""
    order = np.empty(nodes, np.int32)
    taken = np.zeros(nodes, np.bool_)
    seen = np.full(nodes, -1, np.int32)
    done, begin = 0, 0
    while begin < len(depth_first):
        end = begin
        while end < len(depth_first) and cut_of[depth_first[end]] == cut_of[depth_first[begin]]:
            end += 1
        counts = np.zeros(2, np.int32)
        for arc in depth_first[begin:end]:
            if cut_of[arc] >= 0 and not taken[tails[arc]] and not taken[heads[arc]]:
                far, near = (tails[arc], heads[arc]) if is_far[arc] else (heads[arc], tails[arc])
                counts[0] += seen[near] != begin
                counts[1] += seen[far] != begin
                seen[near], seen[far] = begin, begin
        takes_far = counts[1] < counts[0]
        for arc in depth_first[begin:end]:
            if cut_of[arc] >= 0 and not taken[tails[arc]] and not taken[heads[arc]]:
                node = tails[arc] if is_far[arc] == takes_far else heads[arc]
                taken[node] = True
                order[done] = node
                done += 1
        begin = end
    for node in range(nodes):
        if not taken[node]:
            order[done] = node
            done += 1
    return order
