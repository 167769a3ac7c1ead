"""The tables of a city's study."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from evaluation.nouns import RunKey, RunResult
from evaluation.report.figures import delay_h, harm_h, mean_of, share_of_gain, spread
from evaluation.report.material import Study
from evaluation.report.runs import ANY_COMPLIANCE, BySeed, Runs, fault_of
from evaluation.report.words import COMPLIANCE, NOTHING, OURS, POLICIES, counted, number, percent, signed, table

HEAD = [
    "policy",
    "n",
    "delay, veh h",
    "min..max",
    "share of gain",
    "mean, s",
    "p95, s",
    "changes per sign and hour",
    "minor streets, km",
    "diverted",
    "harm per seed, veh h",
    "worst",
]


def write_scenarios(study: Study) -> str:
    """Write a table a scenario, at the compliance that is told without saying."""
    return "\n\n".join(
        f"### {scenario.title} (`{name}`)\n\n{table(HEAD, _policy_rows(study, name))}"
        for name, scenario in study.scenarios.items()
    )


def _policy_rows(study: Study, scenario: str) -> list[list[str]]:
    return [_policy_row(study.runs, scenario, p) for p in study.runs.policies if _is_planned(study.runs, scenario, p)]


def _is_planned(runs: Runs, scenario: str, policy: str) -> bool:
    return runs.planned_seeds(scenario, policy, COMPLIANCE) > 0


def _policy_row(runs: Runs, scenario: str, policy: str) -> list[str]:
    own = runs.by_seed(scenario, policy, COMPLIANCE)
    delay = spread([delay_h(result) for result in own.values()])
    harm = {} if policy == NOTHING else harm_h(runs, scenario, policy, COMPLIANCE)
    figures: Mapping[Callable[[RunResult], float], int] = {
        lambda r: r.mean_travel_time_s: 0,
        lambda r: r.p95_travel_time_s: 0,
        lambda r: r.changes_per_sign_hour: 1,
        lambda r: r.minor_km: 0,
        lambda r: r.diverted: 0,
    }
    return [
        named(policy),
        _runs_told(own, runs.planned_seeds(scenario, policy, COMPLIANCE)),
        number(delay.mean if delay else None, 1),
        f"{number(delay.least, 1)}..{number(delay.most, 1)}" if delay else "-",
        percent(share_of_gain(runs, scenario, policy, COMPLIANCE)),
        *(number(mean_of(own, figure), digits) for figure, digits in figures.items()),
        ", ".join(signed(value, 1) for value in harm.values()) or "-",
        signed(max(harm.values(), default=None), 1),
    ]


def named(policy: str) -> str:
    """Write a policy's name; ours stands out."""
    return f"**{policy}**" if policy == OURS else policy


def _runs_told(runs: BySeed, planned: int) -> str:
    return str(planned) if len(runs) == planned else f"**{len(runs)} of {planned}**"


def write_policies(study: Study) -> str:
    """Say what each policy is."""
    return table(["policy", ""], [[named(p), POLICIES.get(p, "")] for p in study.runs.policies])


def write_compliances(study: Study) -> str:
    """Write delay and share of the gain by compliance, of the policies that were tried at several."""
    settings = study.runs.compliances
    rows = [
        [name, named(policy), *(_delay_and_share(study.runs, name, policy, compliance) for compliance in settings)]
        for name in study.scenarios
        for policy in study.runs.policies
        if policy not in ANY_COMPLIANCE and _settings_of(study.runs, name, policy) > 1
    ]
    if not rows:
        return "**No policy was tried at several settings.**"
    return table(["scenario", "policy", *(f"{compliance:g}" for compliance in settings)], rows)


def _settings_of(runs: Runs, scenario: str, policy: str) -> int:
    return sum(runs.planned_seeds(scenario, policy, compliance) > 0 for compliance in runs.compliances)


def _delay_and_share(runs: Runs, scenario: str, policy: str, compliance: float) -> str:
    planned = runs.planned_seeds(scenario, policy, compliance)
    if not planned:
        return ""
    own = runs.by_seed(scenario, policy, compliance)
    told = f"{number(mean_of(own, delay_h), 1)} ({percent(share_of_gain(runs, scenario, policy, compliance))})"
    return told if len(own) == planned else f"{told}, n {_runs_told(own, planned)}"


def write_held_out(study: Study) -> str:
    """Set the runs that may be tuned to beside those that may not."""
    parts = [study.runs.where(lambda key: not study.held_out(key)), study.runs.where(study.held_out)]
    rows = [
        [name, named(policy), *(cell for runs in parts for cell in _delay_share_n(runs, name, policy))]
        for name in study.scenarios
        for policy in study.runs.policies
        if any(_is_planned(runs, name, policy) for runs in parts)
    ]
    side = ["delay, veh h", "share of gain", "n"]
    return table(
        ["scenario", "policy", *(f"open: {word}" for word in side), *(f"set aside: {word}" for word in side)], rows
    )


def _delay_share_n(runs: Runs, scenario: str, policy: str) -> list[str]:
    own, planned = runs.by_seed(scenario, policy, COMPLIANCE), runs.planned_seeds(scenario, policy, COMPLIANCE)
    share = share_of_gain(runs, scenario, policy, COMPLIANCE)
    return [number(mean_of(own, delay_h), 1), percent(share), _runs_told(own, planned) if planned else ""]


def write_counts(study: Study) -> str:
    """Say how many runs there are, and list those that do not count."""
    runs = study.runs
    wall_h = sum(result.wall_s for result in [*runs.good.values(), *runs.rejected]) / 3600
    kinds = (
        ("No result", [f"`{r.key.file_name}`: {fault_of(r)}" for r in runs.rejected]),
        ("Missing", _grouped(runs.missing)),
        ("Not in the plan, counted nowhere", _grouped(runs.unplanned)),
    )
    told = f"{counted(len(runs.planned), 'run')} planned, {len(runs.good)} counted, {number(wall_h, 1)} h of driving."
    told += _left_out_told(runs)
    return "\n\n".join([told, *(f"{word}: {'; '.join(names)}." for word, names in kinds if names)])


def _left_out_told(runs: Runs) -> str:
    """Say what ours showed that the drivers of a simulation could not be told, by reason, over all its runs."""
    reasons = Counter[str]()
    for result in runs.good.values():
        reasons.update(result.details.get("messages_left_out", {}))
    told = ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items()) if count)
    return f" **Messages that no driver could be told**: {told}." if told else ""


def _grouped(keys: Iterable[RunKey]) -> list[str]:
    """Write keys with their seeds together."""
    seeds: dict[tuple[str, str, float], list[str]] = {}
    for key in sorted(keys):
        seeds.setdefault((key.scenario, key.policy, key.compliance), []).append(str(key.seed))
    return [
        f"{name} {policy} {compliance:g} seed {', '.join(each)}" for (name, policy, compliance), each in seeds.items()
    ]
