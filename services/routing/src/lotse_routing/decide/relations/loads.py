"""What messages will do to the traffic: costs with the flow that they divert. policy.md, step 2.

Without this prediction every sign picks the same bypass, and the result is worse than no guidance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lotse_routing.core.topology import Seconds
from lotse_routing.decide.relations.streets import Floats

STEEPNESS = 1.5
"""How many times as long a link takes in addition when its flow reaches its capacity."""
POWER = 4
"""The form is that of the Bureau of Public Roads (Traffic Assignment Manual, 1964)."""
BOUND = 8.0
"""No more than so many times free flow: beyond capacity the formula knows nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Loads:
    """Travel times of now and as usual, and how flow changes them; shape (links,) each.

    `now_s` are finite: of a closed link, what it would take.
    """

    now_s: Seconds
    typical_s: Seconds
    usual_veh_h: Floats
    capacity_veh_h: Floats

    def costs_s(self, diverted_veh_h: Floats, links: Sequence[int] | slice = slice(None)) -> Seconds:
        """Give what links will take with so much more flow: what is measured, or what is usual, scaled; the greater."""
        usual, capacity = self.usual_veh_h[links], self.capacity_veh_h[links]
        slower = _factor((usual + diverted_veh_h) / capacity) / _factor(usual / capacity)
        costs_s: Seconds = np.maximum(self.now_s[links], self.typical_s[links] * slower)
        return costs_s


def _factor(saturation: Floats) -> Floats:
    factor: Floats = np.minimum(BOUND, 1 + STEEPNESS * saturation**POWER)
    return factor
