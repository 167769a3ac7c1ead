"""How drivers find a way who are sent off theirs: by the speed limits, each of them a little differently."""

import zlib
from collections.abc import Collection, Mapping

import numpy as np

from evaluation.nouns import Edge, Route
from evaluation.streets import build_streets, grow_tree

DISAGREEMENT = 0.5
"""Standard deviation of the logarithm of a driver's idea of an edge's time: so not all take the same side street."""


class Bearings:
    """What drivers know of a city's streets: what they take at free flow."""

    def __init__(self, edges: Mapping[str, Edge]) -> None:
        self._streets = build_streets(edges)

    def find_way(self, vehicle_id: str, edge_id: str, goal: str, closed: Collection[str]) -> Route | None:
        """Give a driver's way from their edge past what is closed, turning back allowed; None if there is none."""
        streets = self._streets
        dice = np.random.default_rng(zlib.crc32(vehicle_id.encode()))
        thought_s = streets.free_flow_s * np.exp(DISAGREEMENT * dice.standard_normal(len(streets.free_flow_s)))
        barred = streets.mask(streets.numbers(closed))
        way = grow_tree(streets.turning, streets.number[edge_id], thought_s, barred).find_way(streets.number[goal])
        return None if way is None else streets.route(way)
