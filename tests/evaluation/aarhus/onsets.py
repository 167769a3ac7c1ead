"""Congestion onsets: what really began, as one knows it later, and what was told when.

A link *gets congested* when its speed falls below half of free flow (where the level of service is slow or worse) for
two intervals in a row, after it was at 70 % of free flow or above (free). Its speed is the median of three intervals,
the one before, this one, and the next: it is known only afterwards. It is *told* when the level of service becomes
slow or worse after it was free. What is told counts for an onset of the same link from one interval before to three
after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CONGESTED, FREE = 0.5, 0.7
"""Ratios of speed to free flow: those of the level of service (EstimateSettings)."""
LASTING = 2
EARLY, LATE = 1, 3
"""Intervals by which something may be told before and after an onset."""
MEASURED_OF_THREE = 2


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """Something that begins on a link in a step, both counted from 0."""

    link: int
    step: int


@dataclass(frozen=True, slots=True)
class Score:
    """How what was told compares with what began; `delays` in intervals, of those onsets that were told."""

    onsets: int
    told: int
    delays: tuple[int, ...]

    @property
    def precision(self) -> float:
        """Share of what was told that is an onset."""
        return len(self.delays) / self.told if self.told else float("nan")

    @property
    def recall(self) -> float:
        """Share of the onsets that were told."""
        return len(self.delays) / self.onsets if self.onsets else float("nan")

    @property
    def median_delay(self) -> float:
        """In intervals."""
        return median(self.delays) if self.delays else float("nan")


def known_later(ratios: Floats) -> Floats:
    """Take the median of three steps around each, shape (steps, links); nan where two of them are missing."""
    edge = np.full((1, ratios.shape[1]), np.nan)
    three = np.stack([np.vstack([edge, ratios[:-1]]), ratios, np.vstack([ratios[1:], edge])])
    is_enough = np.isfinite(three).sum(axis=0) >= MEASURED_OF_THREE
    found = np.full(ratios.shape, np.nan)
    found[is_enough] = np.nanmedian(three[:, is_enough], axis=0)
    return found


def begins(is_congested: Flags, is_free: Flags, lasting: int = 1) -> Sequence[Event]:
    """List where links get congested for so many steps after having been free, shape (steps, links) each."""
    steps, links = is_congested.shape
    was_free, found = np.zeros(links, np.bool_), []
    for step in range(steps - lasting + 1):
        begun = was_free & is_congested[step : step + lasting].all(axis=0)
        found += [Event(int(link), step) for link in np.flatnonzero(begun)]
        was_free = (was_free & ~begun) | is_free[step]
    return sorted(found)


def onsets(ratios: Floats) -> Sequence[Event]:
    """List the onsets of measured ratios, shape (steps, links), nan where nothing was measured."""
    later = known_later(ratios)
    return begins(later < CONGESTED, later >= FREE, LASTING)


def score(began: Sequence[Event], told: Sequence[Event]) -> Score:
    """Match each onset with the first that was told of it, each once."""
    left, delays = sorted(told), []
    for onset in sorted(began):
        fitting = [e for e in left if e.link == onset.link and -EARLY <= e.step - onset.step <= LATE]
        if fitting:
            left.remove(fitting[0])
            delays.append(fitting[0].step - onset.step)
    return Score(len(began), len(told), tuple(delays))


def without_news(told: Sequence[Event], is_news: Flags, within: int) -> Sequence[Event]:
    """List what was told of links that had no news in the last steps, this one among them."""
    return [e for e in told if not is_news[max(0, e.step - within + 1) : e.step + 1, e.link].any()]
