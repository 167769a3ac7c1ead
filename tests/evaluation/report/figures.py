"""Figures of a policy in a scenario: spread over seeds, share of the achievable gain, harm."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from statistics import fmean

from evaluation.nouns import RunResult
from evaluation.report.runs import BySeed, Runs
from evaluation.report.words import BOUND, NOTHING

MEANINGFUL_GAIN = 0.1
"""Where perfect information gains less than this share of the delay, there is nothing to have a share of."""
EVEN_SHARE = 0.03
EVEN_VEHICLE_H = 1.0
"""Two delays that differ by less than the larger of the two are called no different."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over seeds."""

    n: int
    mean: float
    least: float
    most: float


def spread(values: Collection[float]) -> Spread | None:
    """Give mean, least and most; None without values."""
    return Spread(len(values), fmean(values), min(values), max(values)) if values else None


def mean_of(runs: BySeed, figure: Callable[[RunResult], float]) -> float | None:
    """Give the mean of a figure over seeds; None without runs."""
    return fmean(map(figure, runs.values())) if runs else None


def delay_h(result: RunResult) -> float:
    """Give the delay of a run, vehicle hours."""
    return result.delay_vehicle_h


def harm_h(runs: Runs, scenario: str, policy: str, compliance: float, beside: str = NOTHING) -> Mapping[int, float]:
    """Give by seed how much more delay there was than with another policy, vehicle hours; only where both counted."""
    own, other = (runs.by_seed(scenario, name, compliance) for name in (policy, beside))
    return {seed: own[seed].delay_vehicle_h - other[seed].delay_vehicle_h for seed in sorted(own.keys() & other.keys())}


def share_of_gain(runs: Runs, scenario: str, policy: str, compliance: float) -> float | None:
    """Give (none - policy) / (none - perfect information), means over the seeds that all three have.

    None without such seeds, or where perfect information hardly gains (MEANINGFUL_GAIN).
    """
    names = (NOTHING, policy, BOUND)
    nothing, own, bound = (runs.by_seed(scenario, name, compliance) for name in names)
    seeds = nothing.keys() & own.keys() & bound.keys()
    if not seeds:
        return None
    without, with_it, at_best = (fmean(r[s].delay_vehicle_h for s in seeds) for r in (nothing, own, bound))
    achievable = without - at_best
    return (without - with_it) / achievable if achievable >= MEANINGFUL_GAIN * without and achievable > 0 else None


def compare(change_h: float, before_h: float) -> int:
    """Tell a delay that became less (-1) from one that is more (1); 0 if they are no different."""
    is_even = abs(change_h) < max(EVEN_VEHICLE_H, EVEN_SHARE * before_h)
    return 0 if is_even else -1 if change_h < 0 else 1


def effect(runs: Runs, scenario: str, policy: str, beside: str, compliance: float) -> int | None:
    """Tell whether a policy's delay was less (-1), no different (0) or more (1) than another's, over common seeds."""
    changes = harm_h(runs, scenario, policy, compliance, beside)
    if not changes:
        return None
    others = runs.by_seed(scenario, beside, compliance)
    return compare(fmean(changes.values()), fmean(others[seed].delay_vehicle_h for seed in changes))
