"""Builders of route graphs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from lotse_routing.core.access import Permits, Vehicle
from lotse_routing.core.routes import RouteGraph, route_graph
from lotse_routing.core.topology import Topology
from lotse_shared.vehicle import VehicleClass

MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def a_graph(
    topology: Topology,
    costs_s: Sequence[float] | Any = None,
    vehicle: VehicleClass = VehicleClass.CAR,
    local: datetime = MONDAY_NOON,
) -> RouteGraph:
    """A route graph under these costs (free flow without any), on which turns cost nothing."""
    costs = topology.base_travel_times_s if costs_s is None else np.asarray(costs_s, dtype=np.float64)
    turns = np.zeros(len(topology.states.tail), dtype=np.int32)
    return route_graph(topology, Permits(topology, Vehicle(vehicle)).at(local), costs, turns)


def costs_by_id(graph: RouteGraph) -> dict[str, int]:
    """The costs of the links that are not closed, as the oracle takes them."""
    costs = graph.link_costs.tolist()
    return {link.link_id: costs[i] for i, link in enumerate(graph.topology.links) if costs[i] < 2**30 - 1}


def ids_of(graph: RouteGraph, links: Sequence[int]) -> tuple[str, ...]:
    return tuple(graph.topology.links[i].link_id for i in links)
