"""What the detectors around a link say of it: a factor on its typical speed.

Each detector gives a ratio, measured to typical speed of its own link. A link takes the weighted median of the ratios
around it: nearer detectors weigh more, so do those of the same street, direction and road class. None weighs as much as
all others together, so whatever a single faulty one says, the factor stays within what the others say.
Source: the median's breakdown point, Huber, Robust Statistics (1981), 3.2; decision 0019.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lotse_routing.core.topology import Topology
from lotse_routing.network.geometry import bearing_deg
from lotse_routing.network.model import Link
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.estimate import DetectorPlace
from lotse_routing.state.nearest import nearest_detectors

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]

HALVES_IN_A = 4
"""The weight of a detector halves in this part of the distance at which it ends."""
OTHER_STREET = 0.5
OTHER_DIRECTION = 0.5
OTHER_CLASS = 0.7
"""Factors on a weight, the last one a step between road classes."""
LARGEST_SHARE = 0.99
"""No detector weighs more than this share of all others together."""
NAMELESS = 0
RATIOS = (0.05, 1.5)
"""What a ratio is bounded to: beyond, it tells of the detector, not of the traffic around it."""
CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street")


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhood:
    """Detectors around every link of a network.

    Attributes
    ----------
    detectors
        Their ids; what follows refers to positions in this list.
    on_link
        Shape (detectors,): index of the link that each stands on.
    near, weights
        Shape (NEAREST, links): the detectors around each link and how much they weigh, 0 where there is none.
    """

    detectors: tuple[str, ...]
    on_link: Indices
    near: Indices
    weights: Singles


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """What the detectors around say now, shape (links,): a factor, 1 where too few say anything, and their weight."""

    factor: Floats
    weight: Floats


def find_neighbours(topology: Topology, places: Iterable[DetectorPlace], settings: EstimateSettings) -> Neighbourhood:
    """Find the detectors around every link. Those on links that the network does not have are left out."""
    standing = sorted((p.detector_id, topology.index[p.link_id]) for p in places if p.link_id in topology.index)
    on_link = np.array([link for _, link in standing], dtype=np.intp)
    found = nearest_detectors(topology.links, on_link.tolist(), settings.neighbour_distance_m)
    weights = 0.5 ** (HALVES_IN_A * found.distances_m / settings.neighbour_distance_m)  # 0 where there is none
    if standing:
        weights *= _likeness(topology.links, on_link[found.detectors])
    return Neighbourhood(tuple(name for name, _ in standing), on_link, found.detectors, weights.astype(np.float32))


def _likeness(links: Sequence[Link], others: Indices) -> Floats:
    """Tell how alike the traffic of each link and the `others` is likely to be, 0..1, shape (any, links)."""
    ranks = np.array([_rank(link) for link in links])
    streets = _numbered([link.name or link.ref for link in links])
    headings = np.radians([bearing_deg(link.coordinates[0], link.coordinates[-1]) for link in links])
    value: Floats = OTHER_CLASS ** np.abs(ranks - ranks[others])
    is_same_street = (streets == streets[others]) & (streets != NAMELESS)
    is_same_direction = np.cos(headings - headings[others]) >= 0
    value[~is_same_street] *= OTHER_STREET
    value[~is_same_direction] *= OTHER_DIRECTION
    return value


def _rank(link: Link) -> int:
    name = link.road_class.removesuffix("_link")
    return CLASSES.index(name) if name in CLASSES else CLASSES.index("unclassified")


def _numbered(streets: Iterable[str]) -> Indices:
    numbers = {"": NAMELESS}
    return np.array([numbers.setdefault(street, len(numbers)) for street in streets], dtype=np.intp)


def factors(around: Neighbourhood, ratios: Floats, trusts: Floats, settings: EstimateSettings) -> Factors:
    """Take the weighted median of the ratios around every link.

    Parameters
    ----------
    ratios, trusts
        Shape (detectors,): measured to typical speed; freshness of what was measured, 0 where nothing is known.
    """
    count = around.near.shape[1]
    if not around.detectors:
        return Factors(np.ones(count), np.zeros(count))
    weights = _capped(around.weights * trusts.astype(np.float32)[around.near])
    by_rank = np.argsort(ratios, kind="stable")
    median = np.clip(ratios, *RATIOS)[by_rank[_median_ranks(weights, _ranks(by_rank)[around.near], len(by_rank))]]
    is_enough = np.count_nonzero(weights, axis=0) >= settings.neighbours_at_least
    return Factors(np.where(is_enough, median, 1.0), np.where(is_enough, weights.sum(axis=0), 0.0))


def _ranks(by_rank: Indices) -> npt.NDArray[np.int32]:
    ranks = np.empty(len(by_rank), np.int32)
    ranks[by_rank] = np.arange(len(by_rank))
    return ranks


def _median_ranks(weights: Singles, ranks: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.int32]:
    """Find the lowest rank up to which at least half of the weight lies, for each column: shape (any, links).

    The range in which it lies is halved for all links at once, which takes less time than to sort each one's ratios.
    """
    half = weights.sum(axis=0) / 2
    lowest = np.zeros(len(half), np.int32)
    highest = np.full(len(half), count - 1, np.int32)
    for _ in range(count.bit_length()):
        middle = (lowest + highest) // 2
        reaches_half = (weights * (ranks <= middle)).sum(axis=0) >= half
        highest = np.where(reaches_half, middle, highest)
        lowest = np.where(reaches_half, lowest, np.minimum(middle + 1, highest))
    return highest


def _capped(weights: Singles) -> Singles:
    """Bound the largest weight of each link to a little less than all others together; shape (NEAREST, links)."""
    largest = weights.max(axis=0)
    others = weights.sum(axis=0) - largest
    capped: Singles = np.minimum(weights, np.float32(LARGEST_SHARE) * others)
    return capped
