"""How far along its street a station speaks for: the same name, the same direction, up to the next stations."""

from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from evaluation.nouns import Station
from evaluation.streets import Streets

REACH_M = 600.0
"""A station speaks for its street this far ahead and back, middle to middle."""
NEAREST_M = 50.0
"""Added to distances before stations are weighed by them, so that none counts without bound."""

Neighbours = Callable[[int], Sequence[int]]


def spread_stations(stations: Sequence[Station], streets: Streets) -> NDArray[np.float64]:
    """Weigh stations for each edge, edges by stations: by nearness, rows sum up to 1, or are 0 out of reach.

    Between two stations the nearer one weighs more; an edge with a station listens to that one alone.
    """
    weights = np.zeros((len(streets.edges), len(stations)))
    placed = {streets.number[station.edge_id] for station in stations}
    for place, station in enumerate(stations):
        home = streets.number[station.edge_id]
        weights[home, place] = 1.0
        for neighbours in (streets.next_of, _behind(streets)):
            for edge, away_m in _along(home, placed, streets, neighbours):
                weights[edge, place] = 1 / (away_m + NEAREST_M)
    sums = weights.sum(axis=1, keepdims=True)
    found: NDArray[np.float64] = np.divide(weights, sums, out=weights, where=sums > 0)
    return found


def _behind(streets: Streets) -> Neighbours:
    behind: dict[int, list[int]] = {}
    for edge in range(len(streets.edges)):
        for ahead in streets.next_of(edge):
            behind.setdefault(ahead, []).append(edge)
    return lambda edge: behind.get(edge, [])


def _along(home: int, placed: set[int], streets: Streets, neighbours: Neighbours) -> Iterator[tuple[int, float]]:
    """Follow a street from an edge until the next station; gives edges and how far away they are."""
    name = streets.edges[home].name
    waiting, seen = [(0.0, home)], {home}
    while waiting and name:
        away_m, edge = heappop(waiting)
        if edge != home:
            yield edge, away_m
        for other in neighbours(edge):
            next_m = away_m + (streets.edges[edge].length_m + streets.edges[other].length_m) / 2
            if _goes_on(other, name, streets) and other not in seen | placed and next_m <= REACH_M:
                seen.add(other)
                heappush(waiting, (next_m, other))


def _goes_on(edge: int, name: str, streets: Streets) -> bool:
    return streets.edges[edge].name == name
