"""What is usual, by slots of the morning."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.nouns import SLOT_S, Knowledge
from evaluation.streets import Seconds, Streets

LEAST_S = 0.1
"""No edge takes less: the search wants costs above 0."""


class UsualTimes:
    """The usual travel time of every edge; free flow where nothing is known."""

    def __init__(self, knowledge: Knowledge, streets: Streets) -> None:
        known = knowledge.usual_time_s
        count = max((len(slots) for slots in known.values()), default=1)
        times_s: NDArray[np.float64] = np.tile(streets.free_flow_s, (count, 1))
        for edge_id, slots in known.items():
            times_s[:, streets.number[edge_id]] = [at_slot(slots, slot) for slot in range(count)]
        self._times_s = np.maximum(times_s, LEAST_S)

    def at(self, now_s: int) -> Seconds:
        """Give the times of the slot that ends with, or holds, a second."""
        times_s: Seconds = self._times_s[min(slot_of(now_s), len(self._times_s) - 1)]
        return times_s


def slot_of(now_s: int) -> int:
    """Give the slot of the minute that ends at a second."""
    return max(0, now_s - 1) // SLOT_S


def at_slot(slots: Sequence[float], slot: int) -> float:
    """Give what holds in a slot; after the last one known, that one."""
    return slots[min(slot, len(slots) - 1)]
