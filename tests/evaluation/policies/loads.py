"""What messages will do to the traffic: costs with the flow that they divert. policy.md, step 2.

Without this prediction every sign picks the same bypass, and the result is worse than no guidance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.nouns import Edge, Knowledge
from evaluation.streets import Seconds, Streets

STEEPNESS = 1.5
"""How many times as long an edge takes in addition when its flow reaches its capacity."""
POWER = 4
"""The form is that of the Bureau of Public Roads (Traffic Assignment Manual, 1964)."""
BOUND = 8.0
"""No more than so many times free flow: beyond capacity the formula knows nothing."""
CAPACITY_VEH_H: Mapping[str, float] = {
    "motorway": 1800,
    "trunk": 1400,
    "primary": 900,
    "secondary": 800,
    "tertiary": 700,
}
"""Of a lane, by road class: a street of a town has its green for about half of the time."""
MINOR_CAPACITY_VEH_H = 400.0

Flow = NDArray[np.float64]
"""Vehicles an hour on each edge."""


def capacity_veh_h(edge: Edge) -> float:
    """Give how many vehicles an hour an edge lets pass."""
    road_class = edge.road_class.removesuffix("_link")
    return edge.lanes * CAPACITY_VEH_H.get(road_class, MINOR_CAPACITY_VEH_H)


@dataclass(frozen=True, slots=True)
class Loads:
    """The usual flow of each edge, and what it can bear."""

    usual_veh_h: Flow
    capacity_veh_h: Flow

    def none(self) -> Flow:
        """Give no flow beyond the usual."""
        return np.zeros_like(self.usual_veh_h)

    def at(self, edges: Sequence[int]) -> "Loads":
        """Give those of some edges only."""
        return Loads(self.usual_veh_h[edges], self.capacity_veh_h[edges])

    def costs_s(self, measured_s: Seconds, usual_s: Seconds, diverted_veh_h: Flow) -> Seconds:
        """Give what edges will take with so much more flow: what is measured, or what is usual, scaled; the greater."""
        slower = self._factor(self.usual_veh_h + diverted_veh_h) / self._factor(self.usual_veh_h)
        costs_s: Seconds = np.maximum(measured_s, usual_s * slower)
        return costs_s

    def _factor(self, flow_veh_h: Flow) -> NDArray[np.float64]:
        factor: NDArray[np.float64] = np.minimum(BOUND, 1 + STEEPNESS * (flow_veh_h / self.capacity_veh_h) ** POWER)
        return factor


def read_loads(knowledge: Knowledge, streets: Streets) -> Loads:
    """Take the usual flows of a city; edges without traffic have none."""
    usual = knowledge.usual_vehicles_per_h
    return Loads(
        usual_veh_h=np.array([usual.get(edge.edge_id, 0.0) for edge in streets.edges]),
        capacity_veh_h=np.array([capacity_veh_h(edge) for edge in streets.edges]),
    )
