"""One morning in lockstep: a minute of traffic, its readings, a decision, and on."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, quantiles

from evaluation.nouns import City, Guidance, Incident, Minute, Route, RunKey, RunResult, Scenario
from evaluation.world.bearings import Bearings
from evaluation.world.drivers import Barrier, Readers
from evaluation.world.edge_figures import EdgeFigures, mileage_km
from evaluation.world.faults import with_faults
from evaluation.world.inputs import MINUTE_S, Departure, let_out
from evaluation.world.simulation import World, WorldSettings, simulation

END_S = 3 * 3600
"""Who has not arrived by then is stuck."""


class Silence:
    """Guidance that says nothing."""

    def update(self, minute: Minute) -> None:
        """Take no notice."""

    def way(self, sign_id: str, ahead: Route) -> Route | None:  # noqa: ARG002 - the protocol's
        """Give nobody another way."""
        return None

    def shown(self) -> Mapping[str, Sequence[str]]:
        """Show nothing."""
        return {}


@dataclass(frozen=True, slots=True)
class Day:
    """Who drives in a run: `alone_s` is the least each could take, at free flow."""

    departures: Sequence[Departure]
    alone_s: Mapping[str, float]


@dataclass(slots=True)
class Logbook:
    """What is written down minute by minute."""

    minutes: list[Minute] = field(default_factory=list)
    displays: list[tuple[int, str, tuple[str, ...]]] = field(default_factory=list)
    last: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def write(self, minute: Minute, shown: Mapping[str, Sequence[str]]) -> None:
        """Write down what was measured, and which signs say something else than before."""
        self.minutes.append(minute)
        now = {sign_id: tuple(lines) for sign_id, lines in shown.items() if lines}
        for sign_id in sorted(self.last.keys() | now.keys()):
            if now.get(sign_id, ()) != self.last.get(sign_id, ()):
                self.displays.append((minute.until_s, sign_id, now.get(sign_id, ())))
        self.last = now


@dataclass(frozen=True, slots=True)
class Driven:
    """A morning that is over."""

    result: RunResult
    minutes: tuple[Minute, ...]
    edge_figures: Mapping[str, tuple[EdgeFigures, ...]]


Told = Callable[[int, int], None]
"""Told the second, and how many are still on the way, every minute."""


@dataclass(frozen=True, slots=True)
class Morning:
    """What is driven: where, by whom, what happens, and how SUMO runs."""

    city: City
    day: Day
    scenario: Scenario
    key: RunKey
    settings: WorldSettings


def drive_morning(morning: Morning, guidance: Guidance, tell: Told = lambda _now_s, _left: None) -> Driven:
    """Let a morning happen, with what is told to drivers."""
    began_s = time.monotonic()
    city, day, scenario, key = morning.city, morning.day, morning.scenario, morning.key
    readers = Readers(city.signs, key.compliance, key.seed)
    logbook = Logbook()
    departures = [let_out(departure, scenario.incidents) for departure in day.departures]
    with simulation(city, departures, morning.settings) as drive:
        world = drive.world
        happenings = Happenings(scenario.incidents, city)
        while world.on_the_way and world.now_s < END_S:
            happenings.happen(world)
            world.step()
            happenings.turn_away(world)
            readers.read(world, guidance)
            if world.now_s % MINUTE_S == 0:
                minute = _minute(world, scenario, happenings.closed)
                guidance.update(minute)
                logbook.write(minute, guidance.shown())
                tell(minute.until_s, world.on_the_way)
        unfinished, teleports, hours = world.on_the_way, world.teleports, world.now_s / 3600
        figures = drive.edge_figures()
    total_km, minor_km = mileage_km(figures, city.edges)
    times_s, delays_s = _times_s(day, world.arrived_s)
    result = RunResult(
        key=key,
        vehicles=len(day.departures),
        delay_vehicle_h=round(sum(delays_s) / 3600, 2),
        mean_travel_time_s=round(fmean(times_s), 1),
        p95_travel_time_s=round(quantiles(times_s, n=20)[-1], 1),
        total_km=round(total_km, 1),
        minor_km=round(minor_km, 1),
        sign_changes=len(logbook.displays),
        changes_per_sign_hour=round(len(logbook.displays) / hours / max(1, len(city.signs)), 3),
        diverted=len(readers.diverted),
        teleports=teleports,
        unfinished=unfinished,
        wall_s=round(time.monotonic() - began_s, 1),
        displays=tuple(logbook.displays),
    )
    return Driven(result, tuple(logbook.minutes), figures)


class Happenings:
    """The incidents of a scenario as time goes on; `closed` are the edges that are closed now."""

    def __init__(self, incidents: Sequence[Incident], city: City) -> None:
        self._ahead, self._going_on = list(incidents), list[tuple[Incident, Barrier]]()
        self._edges, self._bearings = city.edges, Bearings(city.edges)

    @property
    def closed(self) -> frozenset[str]:
        """Edges that are closed now."""
        return frozenset().union(*(each.edges for each, _ in self._going_on if each.effect == "closed"))

    def happen(self, world: World) -> None:
        """Begin and end what is due."""
        for incident in [each for each in self._ahead if world.now_s >= each.begin_s]:
            self._ahead.remove(incident)
            world.begin(incident)
            self._going_on.append((incident, Barrier(incident.edges, self._edges)))
        for pair in [pair for pair in self._going_on if world.now_s >= pair[0].end_s]:
            self._going_on.remove(pair)
            world.end(pair[0])

    def turn_away(self, world: World) -> None:
        """Let drivers at barriers turn off."""
        for incident, barrier in self._going_on:
            if incident.effect == "closed":
                barrier.turn_away(world, self._bearings)


def _minute(world: World, scenario: Scenario, closed: frozenset[str]) -> Minute:
    return Minute(round(world.now_s), with_faults(world.measure(), scenario.faults, world.now_s), closed)


def _times_s(day: Day, arrived_s: Mapping[str, float]) -> tuple[list[float], list[float]]:
    """Travel times and delays of those who arrived, from the wish to depart on."""
    times = {d.vehicle_id: arrived_s[d.vehicle_id] - d.depart_s for d in day.departures if d.vehicle_id in arrived_s}
    return list(times.values()), [time_s - day.alone_s[vehicle_id] for vehicle_id, time_s in times.items()]
