"""How long one step decides for a whole city: `decide_signs` alone, in this process, one thread."""

import cProfile
import pstats
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
from factories_decide import NOON

from lotse_routing.core.routes import tree_to_link
from lotse_routing.core.topology import Topology
from lotse_routing.decide.candidates import Trees
from lotse_routing.decide.decision import Decision, Step, is_news
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.quiet import Quiet
from lotse_routing.decide.registry import Destination, Registry, Sign
from lotse_routing.decide.relations.guide import Relations
from lotse_routing.decide.relations.knowledge import know_traffic
from lotse_routing.decide.relations.usual import UsualTrip
from lotse_routing.decide.signs import decide_signs
from lotse_routing.decide.street import street_of
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.estimate import DetectorPlace, LinkState
from lotse_routing.state.level_of_service import classify
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.state.weights import derive_weights
from lotse_routing.town import Town, build_town

SIGNS, DESTINATIONS = 1_000, 20
MEASURED, SLOWED, CLOSED = 0.4, 0.05, 3
"""Shares of links: that a detector measures, and, in a disturbed town, that are jammed; main streets closed there."""
RATIO_FREE, RATIO_JAMMED = (0.9, 1.0), (0.2, 0.4)
"""Measured speeds as shares of free flow: others in each step."""
TRIP_GOALS, TRIPS_TO_A_GOAL, TRIP_VEHICLES = 60, 50, 10.0
"""Some 3,000 usual trips of the hour around noon, each for so many vehicles: a sample of one in ten of 30,000."""
NOON_S, HALF_AN_HOUR_S = 12 * 3_600.0, 1_800.0
FUNCTIONS_TOLD = 20
LEAST_STEPS = 5
SETTINGS = RoutingSettings()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of town: whether streets are jammed and closed, and how readings move from step to step.

    `jitter` is the share by which each speed moves about its own level; None: speeds are drawn anew for every step.
    Where trips are known, signs speak to those who usually pass what is disturbed, instead of to destinations.
    """

    name: str
    is_disturbed: bool
    jitter: float | None = None
    step_s: float = 0.0
    knows_trips: bool = False


KINDS = (
    Kind("quiet", False),
    Kind("disturbed", True),
    Kind("jittering", True, jitter=0.03, step_s=1.0),
    Kind("relations", True, jitter=0.03, step_s=1.0, knows_trips=True),
)


@dataclass(frozen=True, slots=True)
class StepTimes:
    """Of `decide_signs`, by step: milliseconds, and those of a processor. Signs that showed something at the end.

    `news` are the decisions that were written in each; `first_cpu_ms` is the step in which all is new, `changed_cpu_ms`
    one before which three more streets were closed. `kept` are the signs of the last step that were not decided for.
    `shares` are the functions that take longest, what they call included, as shares of the whole.
    """

    took_ms: tuple[float, ...]
    cpu_ms: tuple[float, ...]
    news: tuple[int, ...]
    first_cpu_ms: float
    changed_cpu_ms: float
    showing: int
    kept: int
    shares: dict[str, float]


def time_steps(topology: Topology, within_s: float, most: int, kind: Kind) -> StepTimes:
    """Decide step after step, each on weights of its own, given what was in force before.

    So many steps as fit into the seconds, five at least, after a first one in which all is new; then one, profiled.
    """
    town, random = build_town(topology, SETTINGS.weights, ZoneInfo("UTC")), Random(4711)
    closed = _closures(topology, random)
    snapshots = _snapshots(town, random, kind, closed)
    usual = Trees(town.graphs.usual(NOON))
    steps = _Steps(_registry(topology, random), usual, _relations(town, usual) if kind.knows_trips else None)
    first, *_ = steps.timed(next(snapshots))
    timed: list[tuple[float, float, int]] = []
    until_s = time.monotonic() + within_s
    while len(timed) < LEAST_STEPS or (time.monotonic() < until_s and len(timed) < most):
        cpu_ms, took_ms, news = steps.timed(next(snapshots))
        timed.append((cpu_ms, took_ms, news))
    snapshot = next(snapshots)
    with cProfile.Profile() as profile:
        steps.decide(snapshot)
    showing = sum(decision.state == "detour" for decision in steps.in_force.values())
    kept = steps.kept
    closed += _closures(topology, random)
    changed, *_ = steps.timed(next(snapshots))
    cpu, took, news_of = zip(*timed, strict=True)
    return StepTimes(took, cpu, news_of, first, changed, showing, kept, _shares(profile))


@dataclass(slots=True)
class _Steps:
    """What goes from step to step, as in `lotse_routing.steps`."""

    registry: Registry
    usual: Trees
    relations: Relations | None
    quiet: Quiet = field(default_factory=Quiet)
    in_force: dict[str, Decision] = field(default_factory=dict)
    kept: int = 0

    def timed(self, snapshot: Snapshot) -> tuple[float, float, int]:
        """Decide; give the milliseconds of a processor and of the wall, and how many decisions were news."""
        began_s, cpu_began_s = time.perf_counter(), time.thread_time()
        news = self.decide(snapshot)
        return 1000 * (time.thread_time() - cpu_began_s), 1000 * (time.perf_counter() - began_s), news

    def decide(self, snapshot: Snapshot) -> int:
        """Decide for all signs; what is news is in force. Give how many decisions were."""
        now, current = snapshot.computed_until, Trees(snapshot.graph)
        moment = Moment(now, snapshot, self.registry, self.usual, current, SETTINGS.policy, self.relations)
        decisions, faults = decide_signs(Step(moment, SETTINGS.display, 1, now), self.in_force, self.quiet)
        assert not faults, faults
        again_s, in_force = SETTINGS.display.explain_again_s, self.in_force
        self.kept = sum(decision is in_force.get(sign_id) for sign_id, decision in decisions.items())
        news = {name: d for name, d in decisions.items() if is_news(d, in_force.get(name), again_s)}
        in_force.update(news)
        return len(news)


def _registry(topology: Topology, random: Random) -> Registry:
    nodes = random.sample(sorted(topology.links_to), DESTINATIONS)
    destinations = [Destination(f"D{number}", f"Ziel {number}", f"ZIEL {number}", n) for number, n in enumerate(nodes)]
    ids = tuple(destination.destination_id for destination in destinations)
    links = random.choices([link.link_id for link in topology.links if link.access == "yes"], k=SIGNS)
    signs = [Sign(f"S{number}", link_id, 3, 16, ids) for number, link_id in enumerate(links)]
    return Registry(tuple(signs), {destination.destination_id: destination for destination in destinations}, ())


def _relations(town: Town, usual: Trees) -> Relations:
    """Draw usual trips: each the quickest way in an empty town between two of its links; and detectors everywhere."""
    topology, random = town.topology, Random(815)
    trips = []
    for goal in random.sample(range(len(topology.links)), TRIP_GOALS):
        tree = tree_to_link(usual.graph, goal)
        for origin in random.sample(range(len(topology.links)), TRIPS_TO_A_GOAL):
            if (path := tree.path_from(origin)) is not None:
                ids = tuple(topology.links[link].link_id for link in path.links)
                trips.append(UsualTrip(NOON_S + random.uniform(-HALF_AN_HOUR_S, HALF_AN_HOUR_S), ids, TRIP_VEHICLES))
    places = [DetectorPlace(f"at-{link.link_id}", link.link_id) for link in topology.links]
    relations = know_traffic(town.streets, places, trips).at(NOON)
    assert relations is not None, "no trip was drawn"
    return relations


def _snapshots(town: Town, random: Random, kind: Kind, closed: list[Roadwork]) -> Iterator[Snapshot]:
    """Give snapshots one step after the other; what is added to `closed` holds from the next one on."""
    topology = town.topology
    measured = set(random.sample(range(len(topology.links)), int(MEASURED * len(topology.links))))
    jammed = _jammed(topology, random) if kind.is_disturbed else frozenset[int]()
    levels = {place: random.uniform(*_ratios(place, jammed)) for place in sorted(measured | jammed)}
    for version in count(1):
        now = NOON + timedelta(seconds=kind.step_s * version)
        if kind.jitter is None:
            ratios = {place: random.uniform(*_ratios(place, jammed)) for place in levels}
        else:
            ratios = {
                place: min(1.0, level * random.uniform(1 - kind.jitter, 1 + kind.jitter))
                for place, level in levels.items()
            }
        yield _snapshot(town, version, now, ratios, tuple(closed) if kind.is_disturbed else ())


def _ratios(place: int, jammed: frozenset[int]) -> tuple[float, float]:
    return RATIO_JAMMED if place in jammed else RATIO_FREE


def _snapshot(
    town: Town, version: int, now: datetime, ratios: dict[int, float], roadworks: tuple[Roadwork, ...]
) -> Snapshot:
    topology = town.topology
    typical_s = topology.base_travel_times_s
    states = {
        place: _state(topology.links[place].link_id, topology.links[place].free_flow_kmh, ratio)
        for place, ratio in ratios.items()
    }
    weights = derive_weights(topology, town.factors, tuple(states.values()), typical_s, roadworks, SETTINGS.estimate)
    graph, usual = town.graphs.current(weights.costs_s, now), town.graphs.usual(now)
    return Snapshot(
        version, now, topology, town.base, weights, typical_s, lambda _: typical_s, states, roadworks, graph, usual,
        town.graphs,
    )  # fmt: skip


def _jammed(topology: Topology, random: Random) -> frozenset[int]:
    """Choose whole streets until they are enough: a jam does not keep to one link."""
    by_street: dict[str, list[int]] = defaultdict(list)
    for place, link in enumerate(topology.links):
        by_street[street_of(link)].append(place)
    streets = sorted(by_street.keys() - {""})
    random.shuffle(streets)
    jammed: set[int] = set()
    for street in streets:
        if len(jammed) < SLOWED * len(topology.links):
            jammed.update(by_street[street])
    return frozenset(jammed)


def _closures(topology: Topology, random: Random) -> list[Roadwork]:
    main = [link.link_id for link in topology.links if link.road_class in {"primary", "secondary", "tertiary"}]
    closed = random.sample(main, CLOSED)
    return [Roadwork(f"R{link_id}", "Kanalbau", "closed", None, (link_id,), NOON) for link_id in closed]


def _state(link_id: str, free_flow_kmh: float, ratio: float) -> LinkState:
    level = classify(ratio, SETTINGS.estimate)
    return LinkState(link_id, ratio * free_flow_kmh, level, 1.0, 1.0, NOON, "measured", (f"at-{link_id}",))


def _shares(profile: cProfile.Profile) -> dict[str, float]:
    """Give the functions of routing that take longest, what they call included, as shares of the whole step."""
    stats = pstats.Stats(profile).get_stats_profile()
    ours = {name: each for name, each in stats.func_profiles.items() if "lotse_routing" in each.file_name}
    whole_s = max(function.cumtime for function in ours.values())
    by_time = sorted(ours.items(), key=lambda item: -item[1].cumtime)
    return {
        f"{name} ({function.file_name.rpartition('/')[2]}:{function.line_number})": function.cumtime / whole_s
        for name, function in by_time[:FUNCTIONS_TOLD]
    }


def summarise(took_ms: Sequence[float]) -> dict[str, float]:
    """Median and 99th percentile."""
    p50, p99 = np.quantile(took_ms, [0.5, 0.99])
    return {"p50_ms": round(float(p50), 2), "p99_ms": round(float(p99), 2)}
