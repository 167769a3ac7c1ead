"""In which order nodes are contracted: nested dissection of a street graph by inertial flow.

A street graph falls apart where few streets are cut: at a river, a railway, the edge of a quarter. Cut it there, then
cut its halves, and so on; what was cut first is contracted last. Source: Schild and Sommer, On balanced separators in
road networks (SEA 2015): sort junctions along a direction, let the first quarter be the source of a flow and the last
one its sink, and cut where the flow is narrowest; the best of several directions counts.

The same cuts serve two graphs. Links that cross a cut separate the turn graph, whose nodes they are (Buchhold, Wagner,
Zeitz, Zündorf, Customizable contraction hierarchies with turn costs, ATMOS 2020); their ends on one side separate the
graph of junctions.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lotse_routing.core.jit import Flags, Ints, kernel

END_SHARE = 0.25
"""Share of the junctions at either end that a cut does not run through: no half is smaller."""
DIRECTIONS = np.array([(1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, -1.0)])
"""East and north."""

NOWHERE, SOURCE, SINK = -1, -2, -3
"""How a node was reached, unless over an entry of the graph."""

Places = npt.NDArray[np.float64]
"""Shape (nodes, 2): east and north, in any unit."""


class Cuts(NamedTuple):
    """A dissection, part by part from the whole to the smallest; shape (arcs,) each.

    `order` are the arcs in the order of being cut: each part's cut, then all of its one half, then of the other. `cut`
    numbers the cut at which an arc was cut, -1 for an arc from a node to itself; `from_far` tells whether its tail lies
    on the far half.
    """

    order: Ints
    cut: Ints
    from_far: Flags


class _Streets(NamedTuple):
    """Every arc at both of its ends: entries `first[v]` to `first[v + 1]` are those of node v.

    `other` is the node at the other end, `arc` the arc, `mate` the entry there; shape (2 x arcs,).
    """

    first: Ints
    other: Ints
    arc: Ints
    mate: Ints


class _Flow(NamedTuple):
    """What is known while a part is cut: flow over each entry (1: full); by node, its part and how it was reached.

    `queue` is room to search in; shape (nodes,).
    """

    flow: npt.NDArray[np.int8]
    part: Ints
    reached: Ints
    queue: Ints


def dissect(nodes: int, tails: Ints, heads: Ints, places: Places) -> Cuts:
    """Cut a graph until every part is one node.

    Parameters
    ----------
    tails, heads
        Ends of the arcs; shape (arcs,).
    """
    streets = _both_ways(nodes, tails, heads)
    empty = np.zeros(nodes, dtype=np.int32)
    flow = _Flow(np.zeros(2 * len(tails), dtype=np.int8), empty, empty.copy(), empty.copy())
    return Cuts(*_dissect(streets, flow, tails, np.ascontiguousarray(places), DIRECTIONS))


def rank_arcs(cuts: Cuts) -> Ints:
    """Give the rank of each arc as a node of the turn graph: what was cut first ranks highest."""
    ranks = np.empty(len(cuts.order), dtype=np.int32)
    ranks[cuts.order[::-1]] = np.arange(len(ranks), dtype=np.int32)
    return ranks


def rank_nodes(nodes: int, tails: Ints, heads: Ints, cuts: Cuts) -> Ints:
    """Give the rank of each node: of every cut, the ends on the side that has fewer of them rank above both halves."""
    ranks = np.empty(nodes, dtype=np.int32)
    ranks[_separators(nodes, tails, heads, cuts)[::-1]] = np.arange(nodes, dtype=np.int32)
    return ranks


def _both_ways(nodes: int, tails: Ints, heads: Ints) -> _Streets:
    count = len(tails)
    starts, others = np.concatenate((tails, heads)), np.concatenate((heads, tails))
    order = np.argsort(starts, kind="stable").astype(np.int32)
    place = np.empty(2 * count, dtype=np.int32)
    place[order] = np.arange(2 * count, dtype=np.int32)
    first = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(starts, minlength=nodes), out=first[1:])
    mates = place[(order + count) % max(2 * count, 1)]
    return _Streets(first, others[order].astype(np.int32), (order % max(count, 1)).astype(np.int32), mates)


@kernel
def _dissect(
    streets: _Streets, flow: _Flow, tails: Ints, places: Places, directions: Places
) -> tuple[Ints, Ints, Flags]:
    nodes, arcs = len(streets.first) - 1, len(tails)
    members = np.arange(nodes).astype(np.int32)
    order, cut, from_far = np.empty(arcs, np.int32), np.full(arcs, -1, np.int32), np.zeros(arcs, np.bool_)
    is_far = np.zeros(nodes, np.bool_)
    done, cuts, parts = 0, 0, 1
    stack = [(0, nodes, 0)]
    while len(stack) > 0:
        begin, end, part = stack.pop()
        if end - begin == 1 or end == 0:
            continue
        _halve(streets, flow, members[begin:end], part, places, directions, is_far)
        middle = begin + _sort_by_half(members[begin:end], is_far)
        for node in members[middle:end]:
            for i in range(streets.first[node], streets.first[node + 1]):
                if flow.part[streets.other[i]] == part and not is_far[streets.other[i]]:
                    arc = streets.arc[i]
                    order[done], cut[arc], from_far[arc] = arc, cuts, tails[arc] == node
                    done += 1
        for node in members[middle:end]:
            flow.part[node] = parts
        stack.append((begin, middle, part))
        stack.append((middle, end, parts))
        parts += 1
        cuts += 1
    for arc in range(arcs):
        if cut[arc] < 0:
            order[done] = arc
            done += 1
    return order, cut, from_far


@kernel
def _sort_by_half(members: Ints, is_far: Flags) -> int:
    """Move the near half to the front, and count it."""
    near = 0
    far = np.empty(len(members), np.int32)
    for i in range(len(members)):
        if is_far[members[i]]:
            far[i - near] = members[i]
        else:
            members[near] = members[i]
            near += 1
    members[near:] = far[: len(members) - near]
    return near


@kernel
def _halve(
    streets: _Streets,
    flow: _Flow,
    members: Ints,
    part: int,
    places: Places,
    directions: Places,
    is_far: Flags,
) -> None:
    """Set `is_far` of the members of a part by the narrowest cut of all directions; of several, the most even one."""
    size = len(members)
    ends = max(1, int(size * END_SHARE))
    best_width, best_smaller = len(streets.other), 0
    best = np.zeros(size, np.bool_)
    along = np.empty(size, np.float64)
    for direction in directions:
        for i in range(size):
            along[i] = places[members[i], 0] * direction[0] + places[members[i], 1] * direction[1]
        line = members[np.argsort(along, kind="mergesort")]
        width = _push(streets, flow, line, ends, part, best_width)
        if width > best_width:
            continue
        for from_source in (True, False):
            if not from_source:
                _reach_sink(streets, flow, line, ends, part)
            near = 0
            for node in members:
                near += (flow.reached[node] != NOWHERE) == from_source
            if width < best_width or min(near, size - near) > best_smaller:
                best_width, best_smaller = width, min(near, size - near)
                for i in range(size):
                    best[i] = (flow.reached[members[i]] != NOWHERE) != from_source
    for i in range(size):
        is_far[members[i]] = best[i]


@kernel
def _push(streets: _Streets, flow: _Flow, line: Ints, ends: int, part: int, enough: int) -> int:
    """Push units, one over each arc, from the first nodes of a line to the last, and count them; stop beyond `enough`.

    Afterwards, those nodes are reached that the source still reaches: the near half of the narrowest cut.
    """
    for node in line:
        for i in range(streets.first[node], streets.first[node + 1]):
            flow.flow[i] = 0
    width = 0
    while width <= enough:
        i = _find_room(streets, flow, line, ends, part)
        if i < 0:
            break
        width += 1
        while i >= 0:
            flow.flow[i] += 1
            flow.flow[streets.mate[i]] -= 1
            i = flow.reached[streets.other[streets.mate[i]]]
    for node in line[len(line) - ends :]:
        flow.reached[node] = NOWHERE
    return width


@kernel
def _find_room(streets: _Streets, flow: _Flow, line: Ints, ends: int, part: int) -> int:
    """Search from the source; give the entry over which it reaches the sink, below 0 if it does not."""
    for node in line:
        flow.reached[node] = NOWHERE
    for node in line[len(line) - ends :]:
        flow.reached[node] = SINK
    for i in range(ends):
        flow.reached[line[i]] = SOURCE
        flow.queue[i] = line[i]
    read, write = 0, ends
    while read < write:
        node = flow.queue[read]
        read += 1
        for i in range(streets.first[node], streets.first[node + 1]):
            other = streets.other[i]
            if flow.part[other] == part and flow.flow[i] < 1:
                if flow.reached[other] == SINK:
                    return i
                if flow.reached[other] == NOWHERE:
                    flow.reached[other] = i
                    flow.queue[write] = other
                    write += 1
    return NOWHERE


@kernel
def _reach_sink(streets: _Streets, flow: _Flow, line: Ints, ends: int, part: int) -> None:
    """Reach all nodes that still reach the sink: the far half of the other narrowest cut."""
    for node in line:
        flow.reached[node] = NOWHERE
    write = 0
    for node in line[len(line) - ends :]:
        flow.reached[node] = SINK
        flow.queue[write] = node
        write += 1
    read = 0
    while read < write:
        node = flow.queue[read]
        read += 1
        for i in range(streets.first[node], streets.first[node + 1]):
            other = streets.other[i]
            has_room = flow.part[other] == part and flow.flow[streets.mate[i]] < 1
            if has_room and flow.reached[other] == NOWHERE:
                flow.reached[other] = i
                flow.queue[write] = other
                write += 1


@kernel
def _separators(nodes: int, tails: Ints, heads: Ints, cuts: Cuts) -> Ints:
    """List the nodes, the highest rank first."""
    order, is_taken = np.empty(nodes, np.int32), np.zeros(nodes, np.bool_)
    seen = np.full(nodes, -1, np.int32)
    done, begin = 0, 0
    while begin < len(cuts.order) and cuts.cut[cuts.order[begin]] >= 0:
        end, near, far = begin, 0, 0
        while end < len(cuts.order) and cuts.cut[cuts.order[end]] == cuts.cut[cuts.order[begin]]:
            arc = cuts.order[end]
            for node in (tails[arc], heads[arc]):
                if not is_taken[tails[arc]] and not is_taken[heads[arc]] and seen[node] != begin:
                    seen[node] = begin
                    is_far = cuts.from_far[arc] == (node == tails[arc])
                    far += is_far
                    near += not is_far
            end += 1
        for arc in cuts.order[begin:end]:
            if not is_taken[tails[arc]] and not is_taken[heads[arc]]:
                node = tails[arc] if cuts.from_far[arc] == (far < near) else heads[arc]
                is_taken[node] = True
                order[done] = node
                done += 1
        begin = end
    for node in range(nodes):
        if not is_taken[node]:
            order[done] = node
            done += 1
    return order
