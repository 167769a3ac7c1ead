"""How much each of the detectors around a link says of it: the weights of simple kriging.

The ratios of two links are taken to vary together the more, the nearer they lie, on the same street and the same way;
so a detector says more the nearer it is, and two that stand side by side say little more than one. Source: simple
kriging, Chilès and Delfiner, Geostatistics (2012), 3.2; the constants are those of decision 0023.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lotse_routing.network.geometry import EARTH_RADIUS_M, bearing_deg
from lotse_routing.network.model import Link
from lotse_routing.state.nearest import Near

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]

LEAST = 0.001
"""What a detector weighs at least: one behind another says nothing more, but counts as a witness of what is extreme."""
NAMELESS = 0
CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street")
AT_ONCE = 2048
"""So many links are computed in one piece: bounds the memory."""


@dataclass(frozen=True, slots=True)
class Common:
    """What the ratios of two links have in common, in parts of the variance that each has alone.

    Attributes
    ----------
    everywhere, place, direction, street
        Of all links of the city; and, less with the distance, of those at a place, the same way, on the same street.
    reach_m
        The distance as the crow flies over which the latter fall to 1/e.
    other_class
        A factor on all of it, for every step between road classes.
    """

    everywhere: float = 0.4
    place: float = 0.9
    direction: float = 0.1
    street: float = 0.2
    reach_m: float = 1300.0
    other_class: float = 0.7


COMMON = Common()


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """What tells how alike links are. Shape (links, 2), metres; then (links,), radians and numbers."""

    middles_m: Floats
    headings: Floats
    streets: Indices
    ranks: Indices

    def covariance(self, some: Indices, others: Indices, common: Common) -> Floats:
        """Give the covariances of the ratios of links; the shapes are broadcast."""
        apart_m = np.sqrt(((self.middles_m[some] - self.middles_m[others]) ** 2).sum(axis=-1))
        is_same_street = (self.streets[some] == self.streets[others]) & (self.streets[some] != NAMELESS)
        headings = np.cos(self.headings[some] - self.headings[others])
        nearby = common.place + common.direction * headings + common.street * is_same_street
        steps = np.abs(self.ranks[some] - self.ranks[others])
        found: Floats = (common.everywhere + nearby * np.exp(-apart_m / common.reach_m)) * common.other_class**steps
        return found


def likeness(links: Sequence[Link]) -> Likeness:
    """Prepare the links of a network."""
    ends = np.array([(link.coordinates[0], link.coordinates[-1]) for link in links], dtype=np.float64).reshape(-1, 2, 2)
    middles = np.radians(ends.mean(axis=1))
    middles[:, 0] *= np.cos(middles[:, 1].mean()) if len(links) else 1.0
    headings = np.radians([bearing_deg(link.coordinates[0], link.coordinates[-1]) for link in links])
    ranks = np.array([_rank(link) for link in links], dtype=np.intp)
    return Likeness(EARTH_RADIUS_M * middles, headings, _numbered([link.name or link.ref for link in links]), ranks)


def kriging_weights(links: Sequence[Link], on_link: Indices, near: Near, common: Common = COMMON) -> Singles:
    """Give the weights of the detectors around every link, shape as `near`: none below 0, no link's above 1 together.

    Parameters
    ----------
    on_link
        Shape (detectors,): index of the link that each stands on.
    """
    alike = likeness(links)
    weights = np.zeros(near.distances_m.shape, np.float32)
    if len(on_link):
        for first in range(0, len(links), AT_ONCE):
            here = np.arange(first, min(first + AT_ONCE, len(links)))
            is_there = np.isfinite(near.distances_m[:, here]).T
            weights[:, here] = _solved(alike, here, on_link[near.detectors[:, here]].T, is_there, common).T
    return weights


def _solved(
    alike: Likeness, here: Indices, standing: Indices, is_there: npt.NDArray[np.bool_], common: Common
) -> Floats:
    """Solve for the weights of the detectors on the links `standing`, shape (here, NEAREST), where `is_there`."""
    both = is_there[:, :, None] & is_there[:, None, :]
    among = np.where(both, alike.covariance(standing[:, :, None], standing[:, None, :], common), 0.0)
    to_link = np.where(is_there, alike.covariance(here[:, None], standing, common), 0.0)
    solved = np.linalg.solve(among + np.eye(is_there.shape[1]), to_link[:, :, None])[:, :, 0]
    weights = np.where(is_there, np.maximum(solved, LEAST), 0.0)
    bounded: Floats = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1.0)
    return bounded


def _rank(link: Link) -> int:
    name = link.road_class.removesuffix("_link")
    return CLASSES.index(name) if name in CLASSES else CLASSES.index("unclassified")


def _numbered(streets: Iterable[str]) -> Indices:
    numbers = {"": NAMELESS}
    return np.array([numbers.setdefault(street, len(numbers)) for street in streets], dtype=np.intp)
