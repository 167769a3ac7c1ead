"""The part of a customizable contraction hierarchy that depends on weights: every change computes all of it anew.

Costs are whole milliseconds, so that a sum does not depend on the order of adding and equal ways are equal. Source of
the phases: Dibbelt, Strasser, Wagner, Customizable contraction hierarchies (ACM JEA 21, 2016), section 7.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lotse_routing.core.hierarchy import Hierarchy
from lotse_routing.core.jit import Costs, kernel

UNREACHABLE = 2**30 - 1
"""Cost of a closed arc, and of a way that does not exist: two of them still fit into 32 bits."""
MOST = 10**8
"""A cost that is not infinite is at most this: 28 hours, so that no link is closed by being slow."""


class Metric(NamedTuple):
    """A hierarchy under one set of costs; never changed, so that whoever holds it reads it undisturbed.

    `arc_costs` are by arc as handed in; `up` and `down` are by edge: the cost from its lower to its higher rank, and
    back, over lower ranks only.
    """

    hierarchy: Hierarchy
    arc_costs: Costs
    up: Costs
    down: Costs


def customize(hierarchy: Hierarchy, arc_costs: Costs) -> Metric:
    """Find the cost of every edge in both directions.

    The arrays are new ones: nobody waits for a reader of the ones before, and they go when their last reader goes.

    Parameters
    ----------
    arc_costs
        Milliseconds by arc as handed in, at least 1, `UNREACHABLE` where closed; shape (arcs,).
    """
    up, down = _carry_arcs(hierarchy, arc_costs)
    _relax_triangles(hierarchy, up, down)
    return Metric(hierarchy, arc_costs, up, down)


def milliseconds(seconds: npt.NDArray[np.float64]) -> Costs:
    """Turn seconds into costs: at least 1, infinite ones into `UNREACHABLE`.

    Raises
    ------
    ValueError
        One is not a number: as an integer it would be less than 0, and a search might never end.
    """
    if np.isnan(seconds).any():
        message = "the seconds of a link are not a number"
        raise ValueError(message)
    rounded = np.clip(np.rint(seconds * 1000), 1, MOST)
    return np.where(np.isinf(seconds), UNREACHABLE, rounded).astype(np.int32)


@kernel
def _carry_arcs(h: Hierarchy, arc_costs: Costs) -> tuple[Costs, Costs]:
    """Give each edge the cost of the arcs on it: of several, the least."""
    up = np.full(len(h.up_head), UNREACHABLE, np.int32)
    down = np.full(len(h.up_head), UNREACHABLE, np.int32)
    for arc in range(len(arc_costs)):
        costs = up if h.arc_is_up[arc] else down
        costs[h.arc_edge[arc]] = min(costs[h.arc_edge[arc]], arc_costs[arc])
    return up, down


@kernel
def _relax_triangles(h: Hierarchy, up: Costs, down: Costs) -> None:
    """Let every edge x-y be no dearer than the way over a lower node v that sees both (a lower triangle).

    Nodes x ascend, so that the edges v-x, of lower nodes, are final when they are used.
    """
    nodes = len(h.parent)
    edge_to = np.zeros(nodes, np.uint32)
    for x in range(nodes):
        for e in range(h.up_first[x], h.up_first[x + 1]):
            edge_to[h.up_head[e]] = e
        for i in range(h.down_first[x], h.down_first[x + 1]):
            v_x = h.down_edge[i]
            to_x, from_x = up[v_x], down[v_x]
            for v_y in range(v_x + 1, h.up_first[h.up_tail[v_x] + 1]):
                x_y = edge_to[h.up_head[v_y]]
                up[x_y] = min(up[x_y], from_x + up[v_y])
                down[x_y] = min(down[x_y], to_x + down[v_y])
