"""How long one step decides for a whole city: `decide_signs` alone, in this process, one thread."""

import cProfile
import pstats
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
from factories_decide import NOON

from lotse_routing.core.topology import Topology
from lotse_routing.decide.candidates import Trees
from lotse_routing.decide.decision import Decision, Step
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.registry import Destination, Registry, Sign
from lotse_routing.decide.signs import decide_signs
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.estimate import LinkState
from lotse_routing.state.level_of_service import classify
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.state.weights import derive_weights
from lotse_routing.town import Town, build_town

SIGNS, DESTINATIONS = 1_000, 20
MEASURED, SLOW = 0.4, 0.1
"""Shares of links: that a detector measures, and of these, that are slow now; others in each step."""
FUNCTIONS_TOLD = 20
SETTINGS = RoutingSettings()


@dataclass(frozen=True, slots=True)
class StepTimes:
    """Of `decide_signs`, by step: milliseconds, and those of a processor. Signs that showed something at the end.

    `shares` are the functions that take longest, what they call included, as shares of the whole.
    """

    took_ms: tuple[float, ...]
    cpu_ms: tuple[float, ...]
    showing: int
    shares: dict[str, float]


def time_steps(topology: Topology, within_s: float, most: int) -> StepTimes:
    """Decide step after step, each on weights of its own, given what was decided before.

    So many steps as fit into the seconds, one at least; then one more of a tenth of the signs, profiled.
    """
    town, random = build_town(topology, SETTINGS.weights, ZoneInfo("UTC")), Random(4711)
    registry = _registry(topology, random)
    few = replace(registry, signs=registry.signs[: SIGNS // 10])
    snapshots, usual = _snapshots(town, random), Trees(town.graphs.usual(NOON))
    decided = _decide(next(snapshots), few, usual, {})  # makes the trees of the usual ways, which stay
    took_ms: list[float] = []
    cpu_ms: list[float] = []
    until_s = time.monotonic() + within_s
    while not took_ms or (time.monotonic() < until_s and len(took_ms) < most):
        snapshot = next(snapshots)
        began_s, cpu_began_s = time.perf_counter(), time.thread_time()
        decided = _decide(snapshot, registry, usual, decided)
        took_ms.append(1000 * (time.perf_counter() - began_s))
        cpu_ms.append(1000 * (time.thread_time() - cpu_began_s))
    with cProfile.Profile() as profile:
        _decide(next(snapshots), few, usual, decided)
    showing = sum(decision.state == "detour" for decision in decided.values())
    return StepTimes(tuple(took_ms), tuple(cpu_ms), showing, _shares(profile))


def _decide(snapshot: Snapshot, registry: Registry, usual: Trees, decided: dict[str, Decision]) -> dict[str, Decision]:
    moment = Moment(NOON, snapshot, registry, usual, Trees(snapshot.graph), SETTINGS.policy)
    decisions, faults = decide_signs(Step(moment, SETTINGS.display, 1, NOON), decided)
    assert not faults, faults
    return decisions


def _registry(topology: Topology, random: Random) -> Registry:
    nodes = random.sample(sorted(topology.links_to), DESTINATIONS)
    destinations = [Destination(f"D{number}", f"Ziel {number}", f"ZIEL {number}", n) for number, n in enumerate(nodes)]
    ids = tuple(destination.destination_id for destination in destinations)
    links = random.choices([link.link_id for link in topology.links if link.access == "yes"], k=SIGNS)
    signs = [Sign(f"S{number}", link_id, 3, 16, ids) for number, link_id in enumerate(links)]
    return Registry(tuple(signs), {destination.destination_id: destination for destination in destinations}, ())


def _snapshots(town: Town, random: Random) -> Iterator[Snapshot]:
    topology = town.topology
    measured = random.sample(topology.links, int(MEASURED * len(topology.links)))
    typical_s = topology.base_travel_times_s
    for version in count(1):
        slow = set(random.sample(range(len(measured)), int(SLOW * len(measured))))
        states = [
            _state(link.link_id, link.free_flow_kmh, 0.2 if place in slow else random.uniform(0.8, 1))
            for place, link in enumerate(measured)
        ]
        weights = derive_weights(topology, town.factors, states, typical_s, (), SETTINGS.estimate)
        graph, usual = town.graphs.current(weights.costs_s, NOON), town.graphs.usual(NOON)
        links = {topology.index[state.link_id]: state for state in states}
        yield Snapshot(
            version, NOON, topology, town.base, weights, typical_s, lambda _: typical_s, links, (), graph, usual,
            town.graphs,
        )  # fmt: skip


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
