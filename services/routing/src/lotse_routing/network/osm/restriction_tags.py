"""Turn restrictions: what the tags of an OpenStreetMap relation forbid, to whom and when.

Source: wiki.openstreetmap.org/wiki/Relation:restriction. Emergency vehicles are never bound: mappers may say so
(except=emergency), but in Germany the law frees them from signs anyway (StVO section 35). What holds at hours that
cannot be read holds always (docs/decisions/0016).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lotse_routing.network.osm.conditions import Clause, read_clauses, values_of
from lotse_routing.network.osm.permission_tags import CONDITIONAL, HEAVY
from lotse_shared.vehicle import VehicleClass
from lotse_shared.weekly_times import ALWAYS, WeeklyTimes

BOUND: Mapping[VehicleClass, tuple[str, ...]] = {
    VehicleClass.CAR: ("motorcar", "motor_vehicle", "vehicle"),
    VehicleClass.TRUCK: ("hgv", "motor_vehicle", "vehicle"),
    VehicleClass.BUS: ("bus", "psv", "motor_vehicle", "vehicle"),
}
"""Vehicle classes that restrictions bind, and the modes that speak of them, the most specific first."""
KINDS = ("no_", "only_")

TIME_KEYS = ("day_on", "day_off", "hour_on", "hour_off")
_CLOCK = re.compile(r"^(\d{1,2}):?(\d{2})$")


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a relation says: 'no_left_turn' to some vehicles, during some hours (empty: always)."""

    kind: str
    vehicles: frozenset[VehicleClass]
    during: str = ""

    @property
    def is_only(self) -> bool:
        """Tell whether it names the only way to go on, not a forbidden one."""
        return self.kind.startswith("only_")


@dataclass(frozen=True, slots=True)
class RuleReading:
    """The rules of a relation, what is assumed of them, and why there are none if there are none."""

    rules: tuple[Rule, ...]
    assumed: tuple[str, ...] = ()
    reason: str = ""


def read_rules(tags: Mapping[str, str]) -> RuleReading:
    """Read the tags of a relation of type restriction."""
    found: defaultdict[tuple[str, str], set[VehicleClass]] = defaultdict(set)
    assumed: set[str] = set()
    unknown: set[str] = set()
    exempt = {mode.strip() for mode in re.split("[;,]", tags.get("except", ""))}
    for vehicle, modes in BOUND.items():
        if exempt.isdisjoint(modes):
            for kind, during in _rules_for(vehicle, modes, tags, assumed):
                (found[kind, during].add(vehicle) if kind.startswith(KINDS) else unknown.add(kind))
    rules = tuple(Rule(kind, frozenset(found[kind, during]), during) for kind, during in sorted(found))
    if rules:
        return RuleReading(rules, tuple(sorted(assumed | {f"unknown kind {kind} besides" for kind in unknown})))
    return RuleReading((), (), f"unknown kind {min(unknown)}" if unknown else "not for our vehicles")


def _rules_for(
    vehicle: VehicleClass, modes: tuple[str, ...], tags: Mapping[str, str], assumed: set[str]
) -> Iterator[tuple[str, str]]:
    keys = [*(f"restriction:{mode}" for mode in modes), "restriction"]
    plain = next((tags[key] for key in keys if key in tags), "")
    if plain:
        yield plain, _legacy_hours(tags, assumed)
    conditional = next((f"{key}{CONDITIONAL}" for key in keys if f"{key}{CONDITIONAL}" in tags), "")
    if conditional:
        yield from _conditional(vehicle, conditional, tags[conditional], assumed)


def _conditional(vehicle: VehicleClass, key: str, text: str, assumed: set[str]) -> Iterator[tuple[str, str]]:
    try:
        clauses = read_clauses(text)
    except ValueError:
        assumed.add(f"{key}={text} not understood: holds always")
        clauses = [Clause(value, ALWAYS, None) for value in values_of(text)]
    for clause in clauses:
        if clause.over_t is None or vehicle in HEAVY:
            yield clause.value, "" if clause.hours == ALWAYS else str(clause.hours)
        if clause.over_t is not None:
            assumed.add(f"{key}={text}: holds for all trucks and buses")


def _legacy_hours(tags: Mapping[str, str], assumed: set[str]) -> str:
    """Read day_on, day_off, hour_on, hour_off, which relations had before restriction:conditional."""
    told = {key: tags[key] for key in TIME_KEYS if key in tags}
    if not told:
        return ""
    days = "-".join(told[key].strip()[:2] for key in TIME_KEYS[:2] if key in told)
    hours = "-".join(_CLOCK.sub(r"\1:\2", told[key].strip()) for key in TIME_KEYS[2:] if key in told)
    try:
        return str(WeeklyTimes.parse(f"{days} {hours}".strip()))
    except ValueError:
        assumed.add(f"{', '.join(f'{key}={value}' for key, value in told.items())} not understood: holds always")
        return ""
