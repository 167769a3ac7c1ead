"""The figures that issue 5 is to reach: B1 to B6 of the project's targets."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.nouns import RunResult
from evaluation.report.figures import harm_h, share_of_gain
from evaluation.report.material import Study
from evaluation.report.runs import Runs
from evaluation.report.words import COMPLIANCE, OURS, number

Figures = Mapping[str, float | None]

MEASURED_BY = ("closure", "slow")
"""The scenarios of B1."""
LOW_COMPLIANCE = 0.3


@dataclass(frozen=True, slots=True)
class Target:
    """A figure and what it has to reach: at least, or at most."""

    name: str
    what: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def bound(self) -> str:
        """Write what is to be reached."""
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"

    def verdict(self, figure: float | None) -> str:
        """Say whether a figure reaches it."""
        if figure is None:
            return "**not measured**"
        is_met = figure >= self.at_least if self.at_least is not None else figure <= (self.at_most or 0.0)
        return "met" if is_met else "**missed**"


TARGETS = (
    Target(
        "B1_share_070", "share of the achievable gain at compliance 0.7, the less of closure and slow", at_least=0.55
    ),
    Target("B1_share_030", "the same at compliance 0.3", at_least=0.35),
    Target("B1_over_static_vehh", "worst closure seed: delay more than that of a fixed detour, veh h", at_most=0.0),
    Target("B2_worst_vehh", "worst run: delay more than without guidance, veh h", at_most=3.0),
    Target("B2_undisturbed_vehh", "worst ordinary morning: delay more than without guidance, veh h", at_most=0.0),
    Target("B3_changes_per_sign_hour", "most changes per sign and hour in a disturbed morning", at_most=4.0),
    Target("B3_changes_undisturbed", "most changes per sign and hour when nothing happens", at_most=0.0),
    Target("B4_minor_vs_naive", "minor-street km added, times what naive advice adds", at_most=0.5),
    Target("B5_mae_gain_pct", "error of estimated speeds below last value and weekday profile, %", at_least=25.0),
    Target("B6_changes_faulty_detector", "changes of signs where nothing but a detector is at fault", at_most=0.0),
)


def measure(study: Study, estimation: Figures) -> dict[str, float | None]:
    """Give the figures of a city by the names under which they are kept; None where runs are missing."""
    runs, disturbed = study.runs, study.disturbed
    held_out = runs.where(study.held_out)
    return {
        "B1_share_070": _lesser_share(runs, COMPLIANCE),
        "B1_share_030": _lesser_share(runs, LOW_COMPLIANCE),
        **{f"B1_share_070_{name}": share_of_gain(runs, name, OURS, COMPLIANCE) for name in disturbed},
        "B1_share_070_held_out": _lesser_share(held_out, COMPLIANCE),
        "B1_over_static_vehh": _most(harm_h(runs, "closure", OURS, COMPLIANCE, "static").values()),
        "B2_worst_vehh": _most(each.vehicle_h for each in every_harm(study)),
        "B2_undisturbed_vehh": _most(each.vehicle_h for each in every_harm(study) if each.scenario == "undisturbed"),
        "B2_rejected": float(len([result for result in runs.rejected if result.key.policy == OURS])),
        "B3_changes_per_sign_hour": _most(r.changes_per_sign_hour for r in _ours(runs, disturbed)),
        "B3_changes_undisturbed": _most(r.changes_per_sign_hour for r in _ours(runs, ["undisturbed"])),
        "B4_minor_vs_naive": _minor_vs_naive(runs, disturbed),
        "B6_changes_faulty_detector": _most(r.sign_changes for r in _ours(runs, _faulty(study))),
        **estimation,
    }


def target_rows(figures: Figures) -> list[list[str]]:
    """Set each figure beside what it has to reach."""
    return [
        [each.name, each.what, each.bound, number(figures.get(each.name), 2), each.verdict(figures.get(each.name))]
        for each in TARGETS
    ]


@dataclass(frozen=True, slots=True)
class Harm:
    """How much more delay a run of ours had than that of the same seed without guidance."""

    vehicle_h: float
    scenario: str
    seed: int
    compliance: float


def every_harm(study: Study) -> list[Harm]:
    """List it for all runs of ours, the worst first."""
    found = [
        Harm(vehicle_h, name, seed, compliance)
        for name in study.scenarios
        for compliance in study.runs.compliances
        for seed, vehicle_h in harm_h(study.runs, name, OURS, compliance).items()
    ]
    return sorted(found, key=lambda each: -each.vehicle_h)


def _lesser_share(runs: Runs, compliance: float) -> float | None:
    shares = [share_of_gain(runs, name, OURS, compliance) for name in MEASURED_BY]
    known = [share for share in shares if share is not None]
    return min(known) if len(known) == len(shares) else None


def _minor_vs_naive(runs: Runs, scenarios: list[str]) -> float | None:
    """Give what ours adds over what naive advice adds, over the seeds that both and no guidance have."""
    ours = naive = 0.0
    for name in scenarios:
        nothing, own, other = (runs.by_seed(name, policy, COMPLIANCE) for policy in ("none", OURS, "naive"))
        for seed in nothing.keys() & own.keys() & other.keys():
            ours += own[seed].minor_km - nothing[seed].minor_km
            naive += other[seed].minor_km - nothing[seed].minor_km
    return ours / naive if naive > 0 else None


def _ours(runs: Runs, scenarios: list[str]) -> list[RunResult]:
    return [result for key, result in runs.good.items() if key.policy == OURS and key.scenario in scenarios]


def _faulty(study: Study) -> list[str]:
    return [name for name in study.calm if study.scenarios[name].faults]


def _most(values: object) -> float | None:
    return max(values, default=None)  # type: ignore[call-overload, no-any-return]
