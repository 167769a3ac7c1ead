"""The part of a customizable contraction hierarchy that depends on weights: every change computes all of it anew.

Costs are whole milliseconds, so that a sum does not depend on the order of adding and equal ways are equal. Source of
the phases: Dibbelt, Strasser, Wagner, Customizable contraction hierarchies (ACM JEA 21, 2016), section 7.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lotse_routing.core.hierarchy import Hierarchy
from lotse_routing.core.jit import Costs, Flags, Indices, kernel

UNREACHABLE = 2**30 - 1
"""Cost of a closed arc, and of a way that does not exist: two of them still fit into 32 bits."""
MOST = 10**8
"""A cost that is not infinite is at most this: 28 hours, so that no link is closed by being slow."""


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
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
    up, down = _carry_arcs(arc_costs, hierarchy.arc_edge, hierarchy.arc_is_up, len(hierarchy.up_head))
    _relax_triangles(
        hierarchy.up_first, hierarchy.up_head, hierarchy.down_first, hierarchy.down_edge, hierarchy.up_tail, up, down
    )
    return Metric(hierarchy, arc_costs, up, down)


def milliseconds(seconds: npt.NDArray[np.float64]) -> Costs:
    """Turn seconds into costs: at least 1, infinite ones into `UNREACHABLE`."""
    with np.errstate(invalid="ignore"):
        rounded = np.clip(np.rint(seconds * 1000), 1, MOST)
    return np.where(np.isinf(seconds), UNREACHABLE, rounded).astype(np.int32)


@kernel
def _carry_arcs(arc_costs: Costs, arc_edge: Indices, arc_is_up: Flags, edges: int) -> tuple[Costs, Costs]:
    """Give each edge the cost of the arcs on it: of several, the least."""
    up = np.full(edges, UNREACHABLE, np.int32)
    down = np.full(edges, UNREACHABLE, np.int32)
    for arc in range(len(arc_costs)):
        weights = up if arc_is_up[arc] else down
        weights[arc_edge[arc]] = min(weights[arc_edge[arc]], arc_costs[arc])
    return up, down


@kernel
def _relax_triangles(
    up_first: Indices,
    up_head: Indices,
    down_first: Indices,
    down_edge: Indices,
    up_tail: Indices,
    up: Costs,
    down: Costs,
) -> None:
    """Let every edge x-y be no dearer than the way over a lower node v that sees both (a lower triangle).

    Nodes x ascend, so that the edges v-x, of lower nodes, are final when they are used.
    """
    edge_to = np.zeros(len(up_first) - 1, np.uint32)
    for x in range(len(up_first) - 1):
        for e in range(up_first[x], up_first[x + 1]):
            edge_to[up_head[e]] = e
        for i in range(down_first[x], down_first[x + 1]):
            v_x = down_edge[i]
            to_x, from_x = up[v_x], down[v_x]
            for v_y in range(v_x + 1, up_first[up_tail[v_x] + 1]):
                x_y = edge_to[up_head[v_y]]
                up[x_y] = min(up[x_y], from_x + up[v_y])
                down[x_y] = min(down[x_y], to_x + down[v_y])
