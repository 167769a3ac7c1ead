"""Runs, sorted: those that count, those that are no result, those that are missing."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from evaluation.nouns import RunKey, RunResult
from evaluation.report.words import BOUND, NOTHING, POLICIES, counted

TELEPORTS_AT_MOST = 0.005
"""SUMO lifts vehicles out of a deadlock. Where more than this share of them was, traffic was not what was driven."""
ANY_COMPLIANCE = (NOTHING, "device", BOUND)
"""Nobody reads a sign there: a run at one compliance stands for all."""

BySeed = Mapping[int, RunResult]


def fault_of(result: RunResult) -> str:
    """Say why a run is no result; nothing if it is one."""
    if result.unfinished:
        return f"{counted(result.unfinished, 'vehicle')} had not arrived at the end"
    if result.teleports > TELEPORTS_AT_MOST * result.vehicles:
        return f"{result.teleports:,} of {result.vehicles:,} vehicles were lifted out of a deadlock"
    return ""


@dataclass(frozen=True, slots=True)
class Runs:
    """What came of the runs that were planned. `unplanned` are results that nobody asked for: they count nowhere."""

    planned: frozenset[RunKey]
    good: Mapping[RunKey, RunResult]
    rejected: tuple[RunResult, ...]
    missing: tuple[RunKey, ...]
    unplanned: tuple[RunKey, ...]

    def where(self, fits: Callable[[RunKey], bool]) -> "Runs":
        """Keep the runs whose key fits."""
        return replace(
            self,
            planned=frozenset(key for key in self.planned if fits(key)),
            good={key: result for key, result in self.good.items() if fits(key)},
            rejected=tuple(result for result in self.rejected if fits(result.key)),
            missing=tuple(key for key in self.missing if fits(key)),
            unplanned=tuple(key for key in self.unplanned if fits(key)),
        )

    def by_seed(self, scenario: str, policy: str, compliance: float) -> BySeed:
        """Give the good runs of a policy by seed."""
        return {key.seed: self.good[key] for key in _those_of(self.good, scenario, policy, compliance)}

    def planned_seeds(self, scenario: str, policy: str, compliance: float) -> int:
        """Count the runs of a policy that were planned."""
        return len(_those_of(self.planned, scenario, policy, compliance))

    @property
    def compliances(self) -> list[float]:
        """List the settings of compliance at which drivers read signs."""
        return sorted({key.compliance for key in self.planned if key.policy not in ANY_COMPLIANCE})

    @property
    def policies(self) -> list[str]:
        """List the policies that were planned, in the order of the tables."""
        planned = {key.policy for key in self.planned}
        return [policy for policy in POLICIES if policy in planned] + sorted(planned - POLICIES.keys())


def _those_of(keys: Iterable[RunKey], scenario: str, policy: str, compliance: float) -> list[RunKey]:
    found = sorted(key for key in keys if (key.scenario, key.policy) == (scenario, policy))
    exact = [key for key in found if key.compliance == compliance]
    if exact or policy not in ANY_COMPLIANCE:
        return exact
    return list({key.seed: key for key in found}.values())


def sort_out(results: Iterable[RunResult], planned: Collection[RunKey]) -> Runs:
    """Tell runs that count from those that do not."""
    wanted = frozenset(planned)
    found = {result.key: result for result in sorted(results, key=lambda result: result.key)}
    return Runs(
        planned=wanted,
        good={key: result for key, result in found.items() if key in wanted and not fault_of(result)},
        rejected=tuple(result for key, result in found.items() if key in wanted and fault_of(result)),
        missing=tuple(sorted(wanted - found.keys())),
        unplanned=tuple(sorted(found.keys() - wanted)),
    )
