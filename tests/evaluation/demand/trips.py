"""A usual morning's trips by a gravity model. Pure; the same seed gives the same trips.

Trips begin and end at *gateways* (main edges at the rim of the network) and on *inner* edges (minor streets). An inner
edge makes trips by its length; it attracts them by its length, more so near the centre. What two ends exchange falls
exponentially with their distance (the gravity model with an exponential deterrence function; Ortuzar and Willumsen,
Modelling Transport, 4th ed., ch. 5).
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import cos, exp, hypot, radians
from typing import Literal

from evaluation.nouns import Edge

End = Literal["gateway", "inner"]
INNER_EDGE_M = 40.0
M_PER_DEGREE = 111_320.0
GATEWAY_WEIGHT = {"motorway": 5.0, "trunk": 5.0, "primary": 4.0, "secondary": 2.0, "tertiary": 1.0}


@dataclass(frozen=True, slots=True)
class DemandSettings:
    """How many drive when, from where to where. Shares need not sum up to 1."""

    vehicles: int
    duration_s: int
    shares: Mapping[str, float]
    centre: tuple[float, float] = (0.0, 0.0)
    centre_pull: float = 4.0
    centre_m: float = 900.0
    deterrence_m: float = 3000.0
    shortest_m: float = 800.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Trip:
    """Somebody who wants to get from one edge to another, seconds after the morning began."""

    depart_s: float
    origin: str
    goal: str


@dataclass(frozen=True, slots=True)
class _Ends:
    """Edges at which trips may begin or end, with weights that grow from one to the next, for drawing."""

    edges: Sequence[Edge]
    summed: Sequence[float]

    def draw(self, dice: random.Random) -> Edge:
        return dice.choices(self.edges, cum_weights=self.summed)[0]


def make_trips(edges: Mapping[str, Edge], settings: DemandSettings) -> tuple[Trip, ...]:
    """Draw the trips, in the order in which they depart."""
    dice = random.Random(settings.seed)
    origins, goals = _origins(edges), _goals(edges, settings)
    kinds = sorted(settings.shares)
    trips: list[Trip] = []
    while len(trips) < settings.vehicles:
        start, end = dice.choices(kinds, [settings.shares[kind] for kind in kinds])[0].split(" to ")
        origin, goal = origins[start].draw(dice), goals[end].draw(dice)
        if _is_made(origin, goal, settings, dice):
            trips.append(Trip(round(_depart_s(settings, dice), 1), origin.edge_id, goal.edge_id))
    return tuple(sorted(trips, key=lambda trip: (trip.depart_s, trip.origin, trip.goal)))


def _is_made(origin: Edge, goal: Edge, settings: DemandSettings, dice: random.Random) -> bool:
    apart_m = distance_m(middle(origin), middle(goal))
    return apart_m >= settings.shortest_m and dice.random() < exp(-apart_m / settings.deterrence_m)


def _depart_s(settings: DemandSettings, dice: random.Random) -> float:
    """Draw a moment: half of the trips evenly, half around the middle (a peak)."""
    if dice.random() < 0.5:
        return dice.uniform(0, settings.duration_s)
    return dice.triangular(0, settings.duration_s)


def _origins(edges: Mapping[str, Edge]) -> Mapping[str, _Ends]:
    rim = ways_in(edges)
    inner = [edge for edge in edges.values() if _is_inner(edge)]
    return {
        "gateway": _ends(rim, [_gateway_weight(edge) for edge in rim]),
        "inner": _ends(inner, [edge.length_m for edge in inner]),
    }


def _goals(edges: Mapping[str, Edge], settings: DemandSettings) -> Mapping[str, _Ends]:
    rim = ways_out(edges)
    inner = [edge for edge in edges.values() if _is_inner(edge)]
    return {
        "gateway": _ends(rim, [_gateway_weight(edge) for edge in rim]),
        "inner": _ends(inner, [edge.length_m * _pull(edge, settings) for edge in inner]),
    }


def _ends(edges: Sequence[Edge], weights: Sequence[float]) -> _Ends:
    return _Ends(edges, list(accumulate(weights)))


def _gateway_weight(edge: Edge) -> float:
    return edge.lanes * GATEWAY_WEIGHT.get(edge.road_class.removesuffix("_link"), 0.0)


def _neighbours(edges: Mapping[str, Edge], node: str) -> set[str]:
    """List the junctions at the other ends of a junction's edges, of main ones and minor ones."""
    to = {edge.to_node for edge in edges.values() if edge.from_node == node}
    return to | {edge.from_node for edge in edges.values() if edge.to_node == node}


def _is_inner(edge: Edge) -> bool:
    return not edge.is_signable and edge.length_m >= INNER_EDGE_M


def ways_in(edges: Mapping[str, Edge]) -> list[Edge]:
    """List the main edges that begin at the rim: nothing leads to their beginning, or only the way back does."""
    return [
        edge for edge in edges.values() if edge.is_signable and not _neighbours(edges, edge.from_node) - {edge.to_node}
    ]


def ways_out(edges: Mapping[str, Edge]) -> list[Edge]:
    """List the main edges that end at the rim."""
    return [
        edge for edge in edges.values() if edge.is_signable and not _neighbours(edges, edge.to_node) - {edge.from_node}
    ]


def _pull(edge: Edge, settings: DemandSettings) -> float:
    away = distance_m(middle(edge), settings.centre) / settings.centre_m
    return 1 + settings.centre_pull * exp(-away * away / 2)


def middle(edge: Edge) -> tuple[float, float]:
    """Give a point of an edge half-way along its shape: longitude, latitude."""
    return edge.shape[len(edge.shape) // 2]


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Distance of two points as the crow flies (equirectangular: right to a thousandth within a city)."""
    east = (other[0] - one[0]) * cos(radians((one[1] + other[1]) / 2))
    return hypot(east, other[1] - one[1]) * M_PER_DEGREE
