"""Towards a dynamic user equilibrium: nobody would be quicker on another way, by the times of the day before.

The method of successive averages: in round k a share 1/(k+1) of the drivers take the way that would have been quickest
in the round before (Peeta and Ziliaskopoulos, Foundations of Dynamic Traffic Assignment, 2001). Habitual ways are a few
rounds of usual mornings; perfect information is a few rounds of the disturbed one.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.demand.quickest import Barred, Figures, find_quickest
from evaluation.demand.trips import Trip
from evaluation.nouns import Route

Driven = Callable[[Sequence[Route]], Figures]
"""Drives a morning with these ways, and gives what the edges did."""
LEAST_GAIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Rounds:
    """How a search goes on: `first` counts the rounds that were made before."""

    drives: Sequence[Driven]
    seed: int
    first: int = 1


def settle(net_file: Path, trips: Sequence[Trip], ways: Sequence[Route], rounds: Rounds, barred: Barred) -> list[Route]:
    """Drive, and let some drivers change their way, as often as there are `drives`."""
    dice, ways = random.Random(rounds.seed), list(ways)
    for number, drive in enumerate(rounds.drives, rounds.first):
        figures = drive(ways)
        ways = _change(ways, find_quickest(net_file, trips, figures, barred), 1 / (number + 1), dice)
    return ways


def _change(
    ways: Sequence[Route], quickest: Sequence[tuple[Route, float]], share: float, dice: random.Random
) -> list[Route]:
    return [better if dice.random() < share else way for way, (better, _) in zip(ways, quickest, strict=True)]
