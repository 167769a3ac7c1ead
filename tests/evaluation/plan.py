"""Which mornings are driven, and which of them nobody may tune to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from evaluation.nouns import RunKey

COMPLIANCE = 0.7
LOW_COMPLIANCES = (0.2, 0.3)
OPEN_SEEDS = (1, 2, 3)
SEEDS_SET_ASIDE = (4, 5, 6)
OPEN_SCENARIOS = ("undisturbed", "closure", "slow", "surge")
SCENARIOS_SET_ASIDE = ("tight-detour", "saturation", "silent-detectors", "crying-detector")
SCENARIOS = OPEN_SCENARIOS + SCENARIOS_SET_ASIDE

SIGNS = ("naive", "individual", "corridor", "corridor-main", "lotse")
CALM = ("none", *SIGNS)
BOUNDED = ("none", *SIGNS, "equilibrium")
EVERY = ("none", "static", *SIGNS, "device", "equilibrium")
POLICIES = {
    "undisturbed": CALM,
    "closure": EVERY,
    "slow": EVERY,
    "surge": ("none", *SIGNS, "device", "equilibrium"),
    "tight-detour": ("none", "static", *SIGNS, "equilibrium"),
    "saturation": BOUNDED,
    "silent-detectors": ("none", "static", *SIGNS),
    "crying-detector": CALM,
}
FRESH = ("none", "static", "corridor-main", "lotse", "equilibrium")
"""What is driven on fresh seeds of a scenario that was tuned to."""
REFERENCE = ("closure", "slow")
AT_LOW_COMPLIANCE = ("corridor-main", "lotse")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is driven. `quick` is one seed, few policies, and the mornings that people may tune to."""

    city: str
    quick: bool = False

    def runs(self) -> list[RunKey]:
        """List the runs, those that are needed most first."""
        return list(dict.fromkeys(self._quick() if self.quick else self._full()))

    def _quick(self) -> Iterator[RunKey]:
        for scenario in ("closure", "undisturbed"):
            for policy in ("none", "static", "naive", "corridor-main", "lotse", "equilibrium"):
                if policy in POLICIES[scenario]:
                    yield self._key(scenario, policy, OPEN_SEEDS[0])

    def _full(self) -> Iterator[RunKey]:
        for scenario in OPEN_SCENARIOS:
            yield from self._keys(scenario, POLICIES[scenario], OPEN_SEEDS)
        for scenario in SCENARIOS_SET_ASIDE:
            yield from self._keys(scenario, POLICIES[scenario], SEEDS_SET_ASIDE)
        for scenario in REFERENCE:
            yield from self._keys(scenario, FRESH, SEEDS_SET_ASIDE)
        for scenario, compliance in product(REFERENCE, LOW_COMPLIANCES):
            yield from self._keys(scenario, AT_LOW_COMPLIANCE, OPEN_SEEDS, compliance)

    def _keys(
        self, scenario: str, policies: Sequence[str], seeds: Sequence[int], compliance: float = COMPLIANCE
    ) -> Iterator[RunKey]:
        for seed, policy in product(seeds, policies):
            yield self._key(scenario, policy, seed, compliance)

    def _key(self, scenario: str, policy: str, seed: int, compliance: float = COMPLIANCE) -> RunKey:
        return RunKey(self.city, scenario, policy, seed, compliance)


def is_set_aside(key: RunKey) -> bool:
    """Tell whether a run is for reports only."""
    return key.scenario in SCENARIOS_SET_ASIDE or key.seed in SEEDS_SET_ASIDE
