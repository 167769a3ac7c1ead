"""What the detectors around a link say of it: a factor on its typical speed.

Each detector gives a ratio, measured to typical speed of its own link. A link takes the mean of the ratios around it,
weighted by how much each says of it (`kriging`); the less they say together, the nearer it stays to 1. The extreme
ratios, a fifth on either side and one at least, count as the ones beside them: so whatever a single faulty detector
says, the factor stays within what the others say. Source: the winsorised mean, Tukey, The future of data analysis,
Annals of Mathematical Statistics 33 (1962); decision 0023.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lotse_routing.core.topology import Topology
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.estimate import DetectorPlace
from lotse_routing.state.kriging import Floats, Indices, Singles, kriging_weights
from lotse_routing.state.nearest import nearest_detectors

EXTREME_PART = 5
"""One detector in so many around a link may say anything on either side, one at least."""
RATIOS = (0.05, 1.5)
"""What a ratio is bounded to: beyond, it tells of the detector, not of the traffic around it."""
ABSENT = np.float32(9.0)


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
        Shape (NEAREST, links): the detectors around each link and how much they weigh, 0 where there is none; those
        of a link weigh 1 together at most.
    """

    detectors: tuple[str, ...]
    on_link: Indices
    near: Indices
    weights: Singles


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """What the detectors around say now, shape (links,): a factor, and the weight (0..1) behind it.

    Where too few say anything, the factor is 1 and the weight 0.
    """

    factor: Floats
    weight: Floats


def find_neighbours(topology: Topology, places: Iterable[DetectorPlace], settings: EstimateSettings) -> Neighbourhood:
    """Find the detectors around every link. Those on links that the network does not have are left out."""
    standing = sorted((p.detector_id, topology.index[p.link_id]) for p in places if p.link_id in topology.index)
    on_link = np.array([link for _, link in standing], dtype=np.intp)
    near = nearest_detectors(topology.links, on_link.tolist(), settings.neighbour_distance_m)
    weights = kriging_weights(topology.links, on_link, near)
    return Neighbourhood(tuple(name for name, _ in standing), on_link, near.detectors, weights)


def factors(around: Neighbourhood, ratios: Floats, trusts: Floats, settings: EstimateSettings) -> Factors:
    """Take the weighted mean of the ratios around every link, without the extremes.

    Parameters
    ----------
    ratios, trusts
        Shape (detectors,): measured to typical speed; freshness of what was measured, 0 where nothing is known.
    """
    count = around.near.shape[1]
    if not around.detectors:
        return Factors(np.ones(count), np.zeros(count))
    weights = around.weights * trusts.astype(np.float32)[around.near]
    said = np.clip(ratios, *RATIOS).astype(np.float32)[around.near]
    difference = (weights * (_without_extremes(said, weights > 0) - 1)).sum(axis=0)
    is_enough = np.count_nonzero(weights, axis=0) >= settings.neighbours_at_least
    return Factors(np.where(is_enough, 1.0 + difference, 1.0), np.where(is_enough, weights.sum(axis=0), 0.0))


def _without_extremes(said: Singles, is_said: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]") -> Singles:
    """Bound each link's ratios to those beside its extremes; shape (NEAREST, links)."""
    ordered = np.sort(np.where(is_said, said, ABSENT), axis=0)
    count = np.count_nonzero(is_said, axis=0)
    extremes = np.maximum(count // EXTREME_PART, 1)
    lowest = np.take_along_axis(ordered, np.minimum(extremes, len(said) - 1)[None], axis=0)
    highest = np.take_along_axis(ordered, np.maximum(count - 1 - extremes, 0)[None], axis=0)
    bounded: Singles = np.clip(np.where(is_said, said, 1.0), lowest, np.maximum(highest, lowest))
    return bounded
