"""What was measured outside the project, beside what came out here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from evaluation.report.figures import delay_h, mean_of
from evaluation.report.material import Study
from evaluation.report.words import NOTHING, POLICIES, listed, number, percent, table

FILE = Path(__file__).with_name("outside.json")
"""Delay in vehicle hours, Kaiserslautern, mean of three seeds: issue 5. `corridor-main` was told as a share of the gain
(55 and 56 %), `device` on the closure as 37 to 42; they stand as the delays that follow.
"""
NEAR_TIE = 0.05
NEAR_TIE_VEHICLE_H = 3.0
"""Two policies closer than the larger of these outside had no order there."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Delays by scenario and policy, vehicle hours."""

    city: str
    compliance: float
    delays_h: Mapping[str, Mapping[str, float]]


def read_outside() -> Outside:
    """Read what was measured outside."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    city, compliance = found.pop("city"), found.pop("compliance")
    return Outside(city, compliance, found)


def swapped(before: Mapping[str, float], now: Mapping[str, float]) -> tuple[list[tuple[str, str]], int]:
    """List the pairs (better, worse) of policies whose order turned round, and how many had an order and are known."""
    known = [policy for policy in POLICIES if policy in before and policy in now]
    pairs = [sorted(pair, key=lambda policy: before[policy]) for pair in combinations(known, 2)]
    ordered = [(better, worse) for better, worse in pairs if not _is_near_tie(before[better], before[worse])]
    return [(better, worse) for better, worse in ordered if now[better] > now[worse]], len(ordered)


def _is_near_tie(less_h: float, more_h: float) -> bool:
    return more_h - less_h <= max(NEAR_TIE * more_h, NEAR_TIE_VEHICLE_H)


def tell_order(before: Mapping[str, float], now: Mapping[str, float]) -> str:
    """Say whether the order of policies was kept, and if not, which came out the other way round."""
    turned, ordered = swapped(before, now)
    if not ordered:
        return "no order to compare"
    if not turned:
        return f"**order kept** ({ordered} of {ordered} pairs)"
    pairs = listed(f"{better} was better than {worse}" for better, worse in turned)
    return f"**order not kept** ({ordered - len(turned)} of {ordered} pairs are): outside, {pairs}"


def delays_here(study: Study, scenario: str, compliance: float) -> dict[str, float]:
    """Give the mean delay by policy, vehicle hours, of those that were run."""
    means = {name: mean_of(study.runs.by_seed(scenario, name, compliance), delay_h) for name in study.runs.policies}
    return {name: mean for name, mean in means.items() if mean is not None}


def write_outside(study: Study, outside: Outside) -> str:
    """Write a table a scenario: outside, here, each also as a share of no guidance."""
    if study.city.name != outside.city:
        return "Nothing was measured outside for this city."
    parts = []
    for scenario in (name for name in study.scenarios if name in outside.delays_h):
        before, now = outside.delays_h[scenario], delays_here(study, scenario, outside.compliance)
        policies = [policy for policy in POLICIES if policy in before]
        rows = [[policy, *_cells(before, policy), *_cells(now, policy)] for policy in policies]
        head = [scenario, "outside, veh h", "of no guidance", "here, veh h", "of no guidance"]
        parts.append(f"{table(head, rows)}\n\n{tell_order(before, now)}.")
    return "\n\n".join(parts)


def _cells(delays: Mapping[str, float], policy: str) -> list[str]:
    value, nothing = delays.get(policy), delays.get(NOTHING)
    return [number(value), percent(value / nothing if value is not None and nothing else None)]
