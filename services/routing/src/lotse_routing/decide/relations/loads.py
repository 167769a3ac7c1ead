"""What messages will do to the traffic: costs with the flow that they divert. policy.md, step 2.

Without this prediction every sign picks the same bypass, and the result is worse than no guidance.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lotse_routing.core.along import Places
from lotse_routing.core.topology import Seconds
from lotse_routing.decide.relations.streets import Floats

STEEPNESS = 1.5
"""How many times as long a link takes in addition when its flow reaches its capacity."""
POWER = 4
"""The form is that of the Bureau of Public Roads (Traffic Assignment Manual, 1964)."""
BOUND = 8.0
"""No more than so many times free flow: beyond capacity the formula knows nothing."""


@dataclass(frozen=True, eq=False)  # without slots: it keeps what is asked of it several times
class Loads:
    """Travel times of now and as usual, and how flow changes them; shape (links,) each.

    `now_s` are finite: of a closed link, what it would take.
    """

    now_s: Seconds
    typical_s: Seconds
    usual_veh_h: Floats
    capacity_veh_h: Floats

    def costs_s(self, diverted_veh_h: Floats, links: Places | None = None) -> Seconds:
        """Give what links will take with so much more flow: what is measured, or what is usual, scaled; the greater.

        Parameters
        ----------
        links
            No two are equal; None: all.
        """
        costs_s: Seconds = (self._undiverted_s if links is None else self._undiverted_s[links]).copy()
        where = np.flatnonzero(diverted_veh_h)  # the others take what they take
        on = where if links is None else links[where]
        saturation = (self.usual_veh_h[on] + diverted_veh_h[where]) / self.capacity_veh_h[on]
        slower = _factor(saturation) / _factor(self.usual_veh_h[on] / self.capacity_veh_h[on])
        costs_s[where] = np.maximum(self.now_s[on], self.typical_s[on] * slower)
        return costs_s

    @cached_property
    def _undiverted_s(self) -> Seconds:
        undiverted_s: Seconds = np.maximum(self.now_s, self.typical_s)
        return undiverted_s


def _factor(saturation: Floats) -> Floats:
    factor: Floats = np.minimum(BOUND, 1 + STEEPNESS * saturation**POWER)
    return factor
