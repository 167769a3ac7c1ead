"""What was found, in sentences that the figures choose."""

from collections.abc import Collection
from statistics import fmean

from evaluation.report.figures import delay_h, effect, harm_h, mean_of, share_of_gain
from evaluation.report.material import Study
from evaluation.report.targets import every_harm
from evaluation.report.words import (
    BOUND,
    COMPLIANCE,
    NOTHING,
    OURS,
    counted,
    listed,
    number,
    percent,
)

HARM_ALLOWED_VEHICLE_H = 3.0
BESIDE = {
    "static": "fixed detours signed by hand",
    "naive": "naive advice, decided anew each minute",
    "corridor-main": "the local corridors that were tried before, on main streets",
}
"""Policies that real signs could follow, as the paragraph calls them."""
NOT_RUN = "**No run of Lotse itself counts here: this page says nothing about it.**"


def tell(study: Study) -> str:
    """Compose the paragraph."""
    if not any(key.policy == OURS for key in study.runs.good):
        return f"{NOT_RUN} {_warn(study)}".strip()
    parts = [
        *(_tell_scenario(study, name) for name in study.disturbed[:2]),
        _tally(study),
        _beside_others(study),
        _tell_harm(study),
        _tell_calm(study),
        _tell_held_out(study),
        _warn(study),
    ]
    return " ".join(part for part in parts if part)


def _tell_scenario(study: Study, name: str) -> str:
    """Say what ours did in one scenario, over the seeds that both have."""
    changes = harm_h(study.runs, name, OURS, COMPLIANCE)
    if not changes:
        return ""
    nothing = study.runs.by_seed(name, NOTHING, COMPLIANCE)
    before = fmean(nothing[seed].delay_vehicle_h for seed in changes)
    change = fmean(changes.values())
    verdict = {
        -1: f"**{number(-100 * change / before)} % less**",
        0: "**no different**",
        1: f"**{number(100 * change / before)} % more: harm**",
    }[effect(study.runs, name, OURS, NOTHING, COMPLIANCE) or 0]
    lost = (
        f"drivers lost {number(before)} vehicle hours without guidance and {number(before + change)} with Lotse's signs"
    )
    told = f"{lost} ({verdict}, {counted(len(changes), 'morning')})"
    return f"{study.scenarios[name].title}: {told}{_of_the_bound(study, name, set(changes))}."


def _of_the_bound(study: Study, name: str, seeds: Collection[int]) -> str:
    share = share_of_gain(study.runs, name, OURS, COMPLIANCE)
    if share is None:
        return ""
    bound = study.runs.by_seed(name, BOUND, COMPLIANCE)
    at_best = mean_of({seed: run for seed, run in bound.items() if seed in seeds}, delay_h)
    gained = f"{percent(share)} of what can be gained was gained" if share > 0 else "nothing of that was gained"
    return f"; with perfect information it would have been {number(at_best)}, so {gained}"


def _tally(study: Study) -> str:
    """Count the kinds of disturbed morning that ours made better, left as they were, made worse."""
    effects = {name: effect(study.runs, name, OURS, NOTHING, COMPLIANCE) for name in study.disturbed}
    known = {name: found for name, found in effects.items() if found is not None}
    if not known:
        return ""
    kinds = [
        f"{sum(found == kind for found in known.values())} {word}"
        for kind, word in ((-1, "better"), (0, "no different"), (1, "worse"))
    ]
    worse = [name for name, found in known.items() if found > 0]
    names = f" ({listed(worse)})" if worse else ""
    return f"Of {counted(len(known), 'kind')} of disturbed morning, Lotse made {listed(kinds)}{names}."


def _beside_others(study: Study) -> str:
    """Say where ours was better or worse than what real signs could show instead."""
    said = [_beside(study, policy, title) for policy, title in BESIDE.items()]
    return " ".join(sentence for sentence in said if sentence)


def _beside(study: Study, policy: str, title: str) -> str:
    effects = {name: effect(study.runs, name, OURS, policy, COMPLIANCE) for name in study.disturbed}
    better = [name for name, found in effects.items() if found == -1]
    worse = [name for name, found in effects.items() if found == 1]
    tried = sum(found is not None for found in effects.values())
    if not tried:
        return ""
    if worse:
        return f"**Worse than {title}** in {len(worse)} of {tried} ({listed(worse)}), better in {len(better)}."
    return f"Better than {title} in {len(better)} of {tried}, worse in none."


def _tell_harm(study: Study) -> str:
    harm = every_harm(study)
    if not harm:
        return ""
    worst = harm[0]
    if worst.vehicle_h <= 0:
        return f"In none of {len(harm)} runs was there more delay than in the same morning without guidance."
    where = f"{worst.scenario}, seed {worst.seed}, compliance {worst.compliance:g}"
    said = f"worst run had {number(worst.vehicle_h, 1)} vehicle hours more than without guidance ({where})"
    allowed = f"the {number(HARM_ALLOWED_VEHICLE_H)} that we allow ourselves"
    if worst.vehicle_h <= HARM_ALLOWED_VEHICLE_H:
        return f"The {said}, within {allowed}."
    count = sum(each.vehicle_h > HARM_ALLOWED_VEHICLE_H for each in harm)
    return f"**Harm: the {said}; {count} of {counted(len(harm), 'run')} did more than {allowed}.**"


def _tell_calm(study: Study) -> str:
    calm = [r for key, r in study.runs.good.items() if key.policy == OURS and key.scenario in study.calm]
    if not calm:
        return ""
    changes = sum(result.sign_changes for result in calm)
    where = f"In {counted(len(calm), 'run')} where nothing was wrong with traffic"
    return f"**{where}, signs changed {counted(changes, 'time')}.**" if changes else f"{where}, no sign said anything."


def _tell_held_out(study: Study) -> str:
    """Say the shares of the gain on what was set aside, beside those on what was not."""
    shares = {name: _shares(study, name) for name in study.disturbed}
    known = {name: pair for name, pair in shares.items() if pair[1] is not None}
    aside = [f"{percent(share)} ({name}{_beside_open(opened)})" for name, (opened, share) in known.items()]
    if not aside:
        return "**No run that was set aside counts here: all figures may be tuned to.**"
    return f"On runs that nobody may tune to, the share of the gain was {listed(aside)}."


def _shares(study: Study, name: str) -> tuple[float | None, float | None]:
    """Give the share of the gain on runs that may be tuned to, and on those set aside."""
    aside = study.runs.where(study.held_out)
    opened = study.runs.where(lambda key: not study.held_out(key))
    return share_of_gain(opened, name, OURS, COMPLIANCE), share_of_gain(aside, name, OURS, COMPLIANCE)


def _beside_open(share: float | None) -> str:
    return "" if share is None else f", beside {percent(share)} on the others"


def _warn(study: Study) -> str:
    """Say that runs are missing, or are no result."""
    runs = study.runs
    parts = []
    if runs.missing:
        are = "is" if len(runs.missing) == 1 else "are"
        parts.append(f"{counted(len(runs.missing), 'run')} of {len(runs.planned)} {are} missing")
    if runs.rejected:
        stuck = sum(result.key.policy == OURS for result in runs.rejected)
        parts.append(f"{counted(len(runs.rejected), 'run')}, {stuck} of them Lotse's, got stuck and are no result")
    return f"**{listed(parts)}** ([how it was run](#how-it-was-run))." if parts else ""
