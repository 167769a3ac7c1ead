"""Runs that never were, and the study of a small city."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaluation.nouns import City, Edge, Incident, RunKey, RunResult, Scenario, SignPost, Station, StationFault
from evaluation.report.material import Material, Study, study_of
from evaluation.report.runs import sort_out

INCIDENT = Incident("closed", frozenset({"bc"}), 900, 3600)
FAULT = StationFault("cries jam", frozenset({"D1"}), 900, 3600)
SCENARIOS = {
    "closure": Scenario("closure", "High Street closed", (INCIDENT,)),
    "slow": Scenario("slow", "Low Street slow", (replace(INCIDENT, effect="slow", speed_kmh=6.0),)),
    "undisturbed": Scenario("undisturbed", "An ordinary morning"),
    "crying-detector": Scenario("crying-detector", "A detector cries jam", faults=(FAULT,)),
}


def a_key(policy: str, seed: int = 1, scenario: str = "closure", compliance: float = 0.7) -> RunKey:
    return RunKey("smalltown", scenario, policy, seed, compliance)


def a_run(key: RunKey, delay_vehicle_h: float = 100.0, **changed: Any) -> RunResult:
    run = RunResult(
        key=key,
        vehicles=7000,
        delay_vehicle_h=delay_vehicle_h,
        mean_travel_time_s=400.0,
        p95_travel_time_s=900.0,
        total_km=30_000.0,
        minor_km=3_000.0,
        sign_changes=0,
        changes_per_sign_hour=0.0,
        diverted=0,
        teleports=0,
        unfinished=0,
        wall_s=30.0,
    )
    return replace(run, **changed)


def some_runs(delays_h: Mapping[str, Iterable[float]], scenario: str = "closure") -> list[RunResult]:
    """A run a policy and seed; the seeds are 1, 2, ..."""
    return [
        a_run(a_key(policy, seed, scenario), delay_h)
        for policy, delays in delays_h.items()
        for seed, delay_h in enumerate(delays, 1)
    ]


def a_street(name: str, points: Iterable[tuple[float, float]], road_class: str = "primary") -> Edge:
    return Edge(name, f"{name} street", road_class, 500.0, 50.0, 1, name[0], name[1], (), (), tuple(points))


def a_small_city() -> City:
    """A main street a-b-c-d, a main way round it by e, and a minor street beside."""
    places = {"a": (7.70, 49.44), "b": (7.71, 49.44), "c": (7.72, 49.44), "d": (7.73, 49.44), "e": (7.715, 49.446)}
    main = [a_street(f"{a}{b}", (places[a], places[b])) for a, b in ("ab", "bc", "cd", "be", "ec")]
    minor = a_street("ae", (places["a"], places["e"]), "residential")
    edges = {edge.edge_id: edge for edge in [*main, minor]}
    stations = (Station("D1", "bc", 100.0),)
    signs = (SignPost("S1", "ab"), SignPost("S2", "be"))
    return City("smalltown", Path("none"), Path("small.osm.gz"), edges, stations, signs, {})


def some_material(runs: Iterable[RunResult], more: Iterable[RunKey] = (), **changed: Any) -> Material:
    """What all these runs were planned for; odd seeds are open, even ones set aside."""
    planned = {run.key for run in runs} | set(more)
    material = Material({"smalltown": a_small_city()}, {"smalltown": SCENARIOS}, planned, lambda key: key.seed % 2 == 0)
    return replace(material, **changed)


def a_study(runs: Iterable[RunResult], more: Iterable[RunKey] = ()) -> Study:
    found = list(runs)
    material = some_material(found, more)
    return study_of(material, sort_out(found, material.planned), "smalltown")
