"""Drives one run of the plan, in this process."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evaluation.demand.equilibrium import Rounds, settle
from evaluation.demand.quickest import Figures
from evaluation.demand.trips import Trip
from evaluation.line.lotse import Lotse
from evaluation.nouns import Guidance, Route, RunKey, RunResult, Scenario
from evaluation.policies import make_guidance
from evaluation.prepared import Prepared, make_day
from evaluation.scenarios import make_scenario
from evaluation.world.inputs import Departure
from evaluation.world.morning import Day, Driven, Morning, Silence, Told, drive_morning
from evaluation.world.simulation import Model, WorldSettings

EQUILIBRIUM_ROUNDS = 5
LED_BY_DRIVERS = ("device", "equilibrium")


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a run finds and leaves things."""

    prepared: Prepared
    folder: Path
    model: Model = "meso"


def drive_run(place: Workplace, key: RunKey, tell: Told) -> RunResult:
    """Drive a morning under a policy."""
    scenario = make_scenario(place.prepared, key.scenario)
    day = make_day(place.prepared.drivers, scenario, key.seed)
    share = key.compliance if key.policy == "device" else 0.0
    settings = WorldSettings(key.seed, model=place.model, device_share=share)
    morning = Morning(place.prepared.city, day, scenario, key, settings)
    if key.policy == "equilibrium":
        return _drive_equilibrium(morning, tell)
    with _guidance(place, key, scenario) as guidance:
        result = drive_morning(morning, guidance, tell).result
        return replace(result, details=_details(guidance, result))


@contextmanager
def _guidance(place: Workplace, key: RunKey, scenario: Scenario) -> Iterator[Guidance]:
    knowledge = place.prepared.knowledge
    if key.policy == "lotse":
        logs = place.folder / "logs" / key.file_name.removesuffix(".json")
        with Lotse(knowledge, place.folder / "lotse", logs) as lotse:
            yield Recorder(lotse)
    elif key.policy in LED_BY_DRIVERS:
        yield Silence()
    else:
        yield Recorder(make_guidance(key.policy, knowledge, scenario, key.compliance))


class Recorder:
    """Guidance that remembers the corridors that drivers were led over, for the picture of an incident."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.update, self.shown = inner.update, inner.shown
        self.followed: dict[tuple[str, Route], int] = {}

    def way(self, sign_id: str, ahead: Route) -> Route | None:
        """Pass on, and remember where the way leaves and comes back."""
        way: Route | None = self.inner.way(sign_id, ahead)
        if way is not None and way != ahead:
            led = _led(ahead, way)
            self.followed[sign_id, led] = self.followed.get((sign_id, led), 0) + 1
        return way


def _led(ahead: Route, way: Route) -> Route:
    """Cut from a way what it has in common with the former one in the end."""
    common = 0
    while common < min(len(way), len(ahead)) - 1 and way[-1 - common] == ahead[-1 - common]:
        common += 1
    return way[: len(way) - max(0, common - 1)]


def _details(guidance: Guidance, result: RunResult) -> dict[str, Any]:
    if not isinstance(guidance, Recorder):
        return {}
    most = sorted(guidance.followed.items(), key=lambda each: (-each[1], each[0]))[:20]
    corridors = [{"sign_id": sign_id, "corridor": list(led), "drivers": n} for (sign_id, led), n in most]
    return {**getattr(guidance.inner, "details", {}), **result.details, "corridors": corridors}


def _drive_equilibrium(morning: Morning, tell: Told) -> RunResult:
    """Drive the morning again and again, drivers knowing the one before: the best of them is the bound."""
    day = morning.day
    trips = [Trip(each.depart_s, each.route[0], each.route[-1]) for each in day.departures]
    driven: list[Driven] = []

    def drive(ways: Sequence[Route]) -> Figures:
        departures = [Departure(d.vehicle_id, d.depart_s, way) for d, way in zip(day.departures, ways, strict=True)]
        driven.append(drive_morning(replace(morning, day=Day(departures, day.alone_s)), Silence(), tell))
        return driven[-1].edge_figures

    barred = {
        edge_id: (incident.begin_s, incident.end_s)
        for incident in morning.scenario.incidents
        if incident.effect == "closed"
        for edge_id in incident.edges
    }
    rounds = Rounds([drive] * EQUILIBRIUM_ROUNDS, morning.key.seed)
    drive(settle(morning.city.net_file, trips, [d.route for d in day.departures], rounds, barred))
    results = [each.result for each in driven]
    best = min(results, key=lambda result: (result.unfinished, result.delay_vehicle_h))
    return replace(
        best,
        wall_s=sum(each.wall_s for each in results),
        details={"delays_vehicle_h": [each.delay_vehicle_h for each in results]},
    )
