"""How slow each link is beside what is usual, by the detectors on its street. policy.md, step 1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lotse_routing.core.jit import Indices
from lotse_routing.core.topology import Seconds
from lotse_routing.decide.relations.streets import Floats, Streets
from lotse_routing.network.model import KMH_PER_MS
from lotse_routing.state.estimate import LinkState

REACH_M = 600.0
"""A detector speaks for its street this far ahead and back, middle to middle."""
NEAREST_M = 50.0
"""Added to distances before detectors are weighed by them, so that none counts without bound."""


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """How far along its street a detector speaks for: the same name, the same direction, up to the next ones.

    `measured` are the links with detectors. The others listen, weighed by nearness: link `on` to that of number `to`
    in `measured`, with a `share` that sums up to 1 for each link; shape (pairs,).
    """

    measured: tuple[int, ...]
    on: Indices
    to: Indices
    share: Floats

    def slowness(self, streets: Streets, links: Mapping[int, LinkState], typical_s: Seconds) -> Floats:
        """Tell how many times as long as usual each link takes; 1 where nobody near measures; shape (links,).

        What a detector said counts in proportion to its freshness: one that is silent says nothing soon.
        """
        beyond = np.zeros(len(self.measured))
        for number, link in enumerate(self.measured):
            state = links.get(link)
            if state is not None and state.freshness > 0:
                now_s = streets.length_m[link] / max(state.speed_kmh, 1.0) * KMH_PER_MS
                beyond[number] = state.freshness * (now_s / typical_s[link] - 1)
        found = np.ones(len(streets.names))
        found += np.bincount(self.on, self.share * beyond[self.to], minlength=len(found))
        found[list(self.measured)] = 1 + beyond
        return found


def find_reach(streets: Streets, measured: Sequence[int]) -> Reach:
    """Find what the detectors on these links speak for."""
    measured = tuple(sorted(set(measured)))
    placed = frozenset(measured)
    weights: dict[tuple[int, int], float] = {}
    for number, home in enumerate(measured):
        for beside in (streets.street_onward, streets.street_behind) if streets.names[home] else ():
            for link, away_m in streets.within([home], beside, REACH_M, stops=placed):
                if link != home:
                    weights[link, number] = 1 / (away_m + NEAREST_M)
    on = np.array([link for link, _ in weights], dtype=np.uint32)
    share = np.array(list(weights.values()))
    sums = np.bincount(on, share, minlength=len(streets.names)) if len(on) else np.ones(1)
    return Reach(measured, on, np.array([to for _, to in weights], dtype=np.uint32), share / sums[on])
