"""Which pictures a city's section has, and what is written beside them."""

from collections.abc import Mapping
from pathlib import Path

from evaluation.nouns import RunResult
from evaluation.report.delays import draw_delays, panels_of
from evaluation.report.material import Study
from evaluation.report.sign_morning import busiest_sign, draw_morning, morning_of, write_texts
from evaluation.report.street_map import Corridors, Sight, corridors_of, draw_map
from evaluation.report.words import COMPLIANCE, OURS, listed

ON_THE_MAP = (OURS, "corridor-main")
AT_THE_SIGN = (OURS, "corridor-main", "naive")


def picture_of_delays(study: Study, folder: Path) -> str:
    """Draw the delays; say so if there are none."""
    panels = panels_of(study)
    if not panels:
        return "**No run counts: there is nothing to draw.**"
    path = folder / f"{study.city.name}-delays.svg"
    draw_delays(panels, path)
    return _embedded("Delay by policy and scenario: a dot a run, a bar at the mean", path)


def picture_of_incident(study: Study, folder: Path) -> str:
    """Draw the first incident with the corridors that were shown; say whose are not known."""
    scenario = first_incident(study)
    if scenario is None:
        return "**No scenario of this city has an incident.**"
    runs = same_morning(study, scenario, ON_THE_MAP)
    corridors: dict[str, Corridors] = {policy: corridors_of(result) for policy, result in runs.items()}
    incident = study.scenarios[scenario].incidents[0]
    path = folder / f"{study.city.name}-{scenario}.svg"
    draw_map(study.city, Sight(incident.edges, incident.effect, corridors), path)
    told = f"{study.scenarios[scenario].title}{_seed_told(runs)}. {_corridors_told(corridors)}"
    return f"{_embedded(f'Map: {study.scenarios[scenario].title}', path)}\n\n{told}"


def picture_of_sign(study: Study, folder: Path) -> str:
    """Draw what the busiest sign said in the first incident, under the policies that real signs could follow."""
    scenario = first_incident(study)
    runs = same_morning(study, scenario, AT_THE_SIGN) if scenario else {}
    signs = {policy: busiest_sign(result) for policy, result in runs.items()}
    speaker = next((policy for policy, sign in signs.items() if sign), None)
    if scenario is None or speaker is None:
        return "**No sign said anything in an incident, or no such run counts.**"
    morning = morning_of(str(signs[speaker]), runs, study.scenarios[scenario].incidents)
    path = folder / f"{study.city.name}-{scenario}-{morning.sign_id}.svg"
    draw_morning(morning, path)
    chosen = f"The sign that changed most often under {speaker}{_seed_told(runs)}: {study.scenarios[scenario].title}."
    return f"{_embedded(f'What sign {morning.sign_id} said', path)}\n\n{chosen}\n\n{write_texts(morning)}"


def first_incident(study: Study) -> str | None:
    """Find the first scenario in which something happens to a street."""
    return next((name for name, scenario in study.scenarios.items() if scenario.incidents), None)


def same_morning(study: Study, scenario: str, policies: tuple[str, ...]) -> Mapping[str, RunResult]:
    """Take the runs of policies at the first seed that most of them have."""
    runs = {policy: study.runs.by_seed(scenario, policy, COMPLIANCE) for policy in policies}
    seeds = sorted({seed for of_policy in runs.values() for seed in of_policy})
    if not seeds:
        return {}
    seed = max(seeds, key=lambda seed: (sum(seed in of_policy for of_policy in runs.values()), -seed))
    return {policy: of_policy[seed] for policy, of_policy in runs.items() if seed in of_policy}


def _seed_told(runs: Mapping[str, RunResult]) -> str:
    return f" (seed {next(iter(runs.values())).key.seed})" if runs else ""


def _corridors_told(corridors: Mapping[str, Corridors]) -> str:
    absent = [policy for policy in ON_THE_MAP if not corridors.get(policy)]
    return f"**Not on the map: corridors of {listed(absent)}, which told none or have no run.**" if absent else ""


def _embedded(title: str, path: Path) -> str:
    return f"![{title}]({path.parent.name}/{path.name})"
