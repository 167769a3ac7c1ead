"""Which detectors are nearest to each link by road, found once for a network and the places of its detectors.

Every detector spreads along the streets at the same time, and a junction takes in the first `NEAREST` that reach it:
so the work grows with the size of the city, not with that times the number of detectors.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
import numpy.typing as npt

from lotse_routing.network.model import Link

NEAREST = 12
"""Detectors that one link goes by at most: more add little (decision 0023)."""
LANES = 4
"""So many detectors on one link may be reached beside the nearest others."""


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """The nearest detectors of every link, nearest first, shape (NEAREST, links).

    `detectors` are positions in the list of detectors, `distances_m` metres by road between the middles of the links,
    infinite where there is no detector.
    """

    detectors: npt.NDArray[np.intp]
    distances_m: npt.NDArray[np.float64]


def nearest_detectors(links: Sequence[Link], detector_links: Sequence[int], max_distance_m: float) -> Near:
    """Find the nearest detectors of each link; those on the link itself do not count.

    Parameters
    ----------
    detector_links
        The index of the link on which each detector stands.
    max_distance_m
        By road, in whichever direction: a queue grows against the traffic.
    """
    reached = _reached_junctions(links, detector_links, max_distance_m)
    near = Near(np.zeros((NEAREST, len(links)), np.intp), np.full((NEAREST, len(links)), np.inf))
    for index, link in enumerate(links):
        farthest_m = max_distance_m - link.length_m / 2
        nearest = dict(reached.get(link.from_node, {}))
        for detector, distance_m in reached.get(link.to_node, {}).items():
            nearest[detector] = min(distance_m, nearest.get(detector, distance_m))
        ordered = sorted(
            (distance_m, detector)
            for detector, distance_m in nearest.items()
            if distance_m <= farthest_m and detector_links[detector] != index
        )[:NEAREST]
        for slot, (distance_m, detector) in enumerate(ordered):
            near.detectors[slot, index] = detector
            near.distances_m[slot, index] = distance_m + link.length_m / 2
    return near


def _reached_junctions(
    links: Sequence[Link], detector_links: Sequence[int], max_distance_m: float
) -> Mapping[str, Mapping[int, float]]:
    """By junction, the metres to the middle of the nearest detectors' links: Dijkstra with several labels a junction.

    A junction takes a few more than `NEAREST`, since those on a link itself are not counted for it.
    """
    roads = _roads(links)
    waiting = [
        (links[link].length_m / 2, detector, end)
        for detector, link in enumerate(detector_links)
        for end in (links[link].from_node, links[link].to_node)
    ]
    heapify(waiting)
    reached: dict[str, dict[int, float]] = defaultdict(dict)
    while waiting:
        distance_m, detector, node = heappop(waiting)
        taken = reached[node]
        if detector in taken or len(taken) >= NEAREST + LANES:
            continue
        taken[detector] = distance_m
        for other, length_m in roads[node]:
            further_m = distance_m + length_m
            if further_m <= max_distance_m and detector not in reached[other]:
                heappush(waiting, (further_m, detector, other))
    return reached


def _roads(links: Sequence[Link]) -> Mapping[str, Sequence[tuple[str, float]]]:
    """By junction, its neighbours and the metres to them, whichever way the street may be driven."""
    roads: dict[str, dict[str, float]] = defaultdict(dict)
    for link in links:
        for start, end in ((link.from_node, link.to_node), (link.to_node, link.from_node)):
            roads[start][end] = min(link.length_m, roads[start].get(end, link.length_m))
    return {node: tuple(others.items()) for node, others in roads.items()}
