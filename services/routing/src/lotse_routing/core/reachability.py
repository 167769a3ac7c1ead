"""Which links hang together: what can be driven to from the rest of the town, and left again.

The main component is the largest strongly connected one of the states and their open arcs; a link is reached if a route
from there may end on it, and left if a route that begins with it gets there. So a street for destination traffic, which
is no part of any through route, counts like any other.
"""

from dataclasses import dataclass

import numpy as np

from lotse_routing.core.access import NO, Permit
from lotse_routing.core.jit import Flags, Indices, Ints, kernel
from lotse_routing.core.topology import Topology


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """By link, shape (links,): is there a way to it from the main component, and one from it to there."""

    has_way_in: Flags
    has_way_out: Flags

    @property
    def is_connected(self) -> Flags:
        """Which links have both."""
        return self.has_way_in & self.has_way_out


def find_reach(topology: Topology, permit: Permit, closed: Flags) -> Reach:
    """Find what a vehicle reaches while some links are closed; a closed link is neither reached nor left.

    Parameters
    ----------
    closed
        By link, shape (links,).
    """
    states = topology.states
    shut = closed | (permit.access == NO)
    is_open = permit.open_arcs & ~shut[states.link[states.tail]] & ~shut[states.link[states.head]]
    tails, heads = states.tail[is_open], states.head[is_open]
    count = len(states.link)
    onward, backward = _adjacent(count, tails, heads), _adjacent(count, heads, tails)
    main = _largest(_components(*onward), shut[states.link])
    arrives, leaves = _sweep(*onward, main), _sweep(*backward, main)
    has_way_in = np.zeros(len(topology.links), np.bool_)
    has_way_in[states.link[arrives]] = True
    return Reach(has_way_in & ~shut, leaves[: len(topology.links)] & ~shut)  # a route from link i begins in state i


def _adjacent(count: int, tails: Indices, heads: Indices) -> tuple[Indices, Indices]:
    """Give heads sorted by their tails, and where those of each tail begin."""
    order = np.argsort(tails, kind="stable")
    first = np.zeros(count + 1, np.uint32)
    np.cumsum(np.bincount(tails, minlength=count), out=first[1:])
    return first, heads[order]


def _largest(components: Ints, shut: Flags) -> Flags:
    """Tell which states are in the largest component, of equal ones the first; those of closed links count for none."""
    if shut.all():
        return np.zeros(len(shut), np.bool_)
    sizes = np.bincount(components[~shut])
    is_main: Flags = (components == int(sizes.argmax())) & ~shut
    return is_main


@kernel
def _components(first: Indices, head: Indices) -> Ints:
    """Give each node the number of its strongly connected component, shape (nodes,).

    Source: Tarjan, Depth-first search and linear graph algorithms (1972), with a stack instead of recursion.
    """
    nodes = len(first) - 1
    seen, low = np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
    component = np.full(nodes, -1, np.int32)
    path, waiting = np.empty(nodes, np.uint32), np.empty(nodes, np.uint32)
    arc = first[:nodes].copy()
    count, components = 0, 0
    for start in range(nodes):
        if seen[start] > 0:
            continue
        path[0] = start
        depth, pending = 1, 0
        while depth > 0:
            v = path[depth - 1]
            if seen[v] == 0:
                count += 1
                seen[v] = low[v] = count
                waiting[pending] = v
                pending += 1
            if arc[v] < first[v + 1]:
                w = head[arc[v]]
                arc[v] += 1
                if seen[w] == 0:
                    path[depth] = w
                    depth += 1
                elif component[w] < 0:
                    low[v] = min(low[v], seen[w])
                continue
            depth -= 1
            if depth > 0:
                low[path[depth - 1]] = min(low[path[depth - 1]], low[v])
            if low[v] == seen[v]:
                while True:
                    pending -= 1
                    component[waiting[pending]] = components
                    if waiting[pending] == v:
                        break
                components += 1
    return component


@kernel
def _sweep(first: Indices, head: Indices, starts: Flags) -> Flags:
    """Tell what can be reached from any start, the starts included, shape (nodes,)."""
    reached = starts.copy()
    pending = np.empty(len(starts), np.uint32)
    count = 0
    for v in range(len(starts)):
        if starts[v]:
            pending[count] = v
            count += 1
    while count > 0:
        count -= 1
        v = pending[count]
        for a in range(first[v], first[v + 1]):
            w = head[a]
            if not reached[w]:
                reached[w] = True
                pending[count] = w
                count += 1
    return reached
