"""Calls every kernel once, with the types that it is called with at work, so that it is compiled and kept."""

from datetime import datetime

import numpy as np

from lotse_routing.core.access import Permits, Vehicle
from lotse_routing.core.alternatives import Limits, list_alternatives
from lotse_routing.core.query import find_ways
from lotse_routing.core.reachability import find_reach
from lotse_routing.core.routes import Anchor, find_path, route_graph, tree_over, tree_to_link
from lotse_routing.core.topology import Topology, build_topology
from lotse_routing.network.model import Junction, Link, build_network

PLACES = {
    "W": (0.0, 0.0),
    "A": (0.001, 0.0),
    "B": (0.002, 0.001),
    "C": (0.002, -0.001),
    "D": (0.003, 0.0),
    "E": (0.004, 0.0),
}
WAYS = ("WA", "AB", "BD", "AC", "CD", "DE")
"""Two ways about as long, one over B and one over C: there is an alternative to find."""


def warm_up() -> None:
    """Compile what is not compiled yet: half a minute at the first time, a second when all is kept."""
    topology = two_ways()
    costs_s = topology.base_travel_times_s
    no_turn_costs = np.zeros(len(topology.states.tail), dtype=np.int32)
    permit = Permits(topology, Vehicle()).at(datetime(2026, 1, 1))  # noqa: DTZ001 - local time, whatever the place
    graph = route_graph(topology, permit, costs_s, no_turn_costs)
    start, end = topology.index["W-A-0"], topology.index["D-E-0"]
    find_path(graph, start, end)
    find_ways(graph.metric, topology.hierarchy.rank[:1], topology.hierarchy.rank[1:2])
    tree_over((start,), tree_to_link(graph, end)).path_from(start)
    find_reach(topology, permit, np.zeros(len(topology.links), np.bool_))
    list_alternatives(graph, Anchor(start, 0.0), [Anchor(end, 1.0)], Limits(), at_most=2)


def two_ways() -> Topology:
    """Give the smallest network in which there is something to decide."""
    links = [_link(start, end) for start, end in map(tuple, WAYS)]
    junctions = [Junction(node, *place) for node, place in PLACES.items()]
    return build_topology(build_network("two ways", "made here", junctions, links))


def _link(start: str, end: str) -> Link:
    return Link(
        link_id=f"{start}-{end}-0",
        from_node=start,
        to_node=end,
        name="",
        ref="",
        road_class="residential",
        length_m=100.0,
        free_flow_kmh=36.0,
        speed_source="given",
        lanes=1,
        access="yes",
        truck_access="yes",
        bus_access="yes",
        emergency_access="yes",
        max_height_m=None,
        max_weight_t=None,
        ways=(),
        coordinates=(PLACES[start], PLACES[end]),
    )
