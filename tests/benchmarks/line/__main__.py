"""`make bench-line`: prints tables, writes build/bench/bench-line.json."""

import os
from collections.abc import Mapping
from typing import Annotated

import numpy as np
import typer
from fixtures.scenarios import OSM
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from scenarios.scenes import Scene

from benchmarks.line.city import DETECTORS, city_or_town
from benchmarks.line.city import SIGNS as SIGNS_WATCHED
from benchmarks.line.decision_step import DESTINATIONS, KINDS, SIGNS, StepTimes, summarise, time_steps
from benchmarks.line.watch import Watched, watch
from benchmarks.report import describe_versions, write_report
from lotse_routing.core.topology import build_topology

PACKAGES = ("lotse-ingest", "lotse-routing", "lotse-gateway", "paho-mqtt", "asyncpg", "numpy", "numba")
FULL, QUICK = (200, 60.0), (20, 1.0)
"""Changes told, and seconds in which decision steps are timed."""
MOST_STEPS = 100
console = Console()


def main(
    quick: Annotated[bool, typer.Option("--quick", help="20 changes, a few decision steps")] = False,  # noqa: FBT002
    steps_only: Annotated[bool, typer.Option("--steps-only", help="no stack, no file")] = False,  # noqa: FBT002
) -> None:
    """Measure, print, write."""
    changes, within_s = QUICK if quick else FULL
    scene, load_before = city_or_town(console), os.getloadavg()[0]
    with console.status("decision steps"):
        topology = build_topology(scene.network())
        steps = {kind.name: time_steps(topology, within_s, MOST_STEPS, kind) for kind in KINDS}
    if steps_only:
        _print_steps(steps)
        return
    with Progress(console=console) as progress:
        task = progress.add_task("changes of a sign", total=changes)
        watched = watch(scene, changes, lambda done: progress.update(task, completed=done))
    figures = _figures(scene, watched, steps)
    load = {"run": "the machine", "load_1min_before": round(load_before, 2), "load_1min_after": _load()}
    runs = [load, *_runs(scene, watched, steps)]
    path = write_report("bench-line", figures, runs, describe_versions(PACKAGES))
    _print(watched, steps)
    console.print(figures)
    console.print(f"written to {path}")


def _load() -> float:
    return round(os.getloadavg()[0], 2)


def _figures(scene: Scene, watched: Watched, steps: Mapping[str, StepTimes]) -> dict[str, float | None]:
    """P4 belongs to the city; what the demo town gives has its name on it."""
    p50_s, p99_s = np.quantile(watched.took_s, [0.5, 0.99])
    prefix = "" if OSM.is_file() else f"{scene.name}_"
    figures: dict[str, float | None] = {
        f"{prefix}P4_p99_s": round(float(p99_s), 3),
        f"{prefix}P4_p50_s": round(float(p50_s), 3),
    }
    for town, times in steps.items():
        figures[f"{prefix}P4_decision_step_{town}_ms"] = summarise(times.took_ms)["p50_ms"]
        figures[f"{prefix}P4_decision_step_{town}_cpu_ms"] = summarise(times.cpu_ms)["p50_ms"]
    return figures


def _runs(scene: Scene, watched: Watched, steps: Mapping[str, StepTimes]) -> list[dict[str, object]]:
    return [
        {
            "run": "message to display",
            "city": scene.name,
            "detectors": DETECTORS,
            "signs": SIGNS_WATCHED,
            "readings_per_s": round(watched.readings_per_s, 1),
            "fleet_late_s": round(watched.fleet_late_s, 3),
            "cpu_share": watched.cpu_share,
            "took_s": [round(each, 4) for each in watched.took_s],
        },
        *(_step_run(scene, town, times) for town, times in steps.items()),
    ]


def _step_run(scene: Scene, town: str, steps: StepTimes) -> dict[str, object]:
    return {
        "run": f"decision step, {town} town",
        "city": scene.name,
        "signs": SIGNS,
        "destinations": DESTINATIONS,
        "signs_showing": steps.showing,
        "signs_kept": steps.kept,
        "news": list(steps.news),
        "first_cpu_ms": round(steps.first_cpu_ms, 2),
        "changed_cpu_ms": round(steps.changed_cpu_ms, 2),
        "took_ms": [round(each, 2) for each in steps.took_ms],
        "cpu_ms": [round(each, 2) for each in steps.cpu_ms],
        "profile": {name: round(share, 3) for name, share in steps.shares.items()},
    }


def _print(watched: Watched, steps: Mapping[str, StepTimes]) -> None:
    p50_s, p90_s, p99_s = np.quantile(watched.took_s, [0.5, 0.9, 0.99])
    table = Table("message to display", "p50", "p90", "p99", "most", "readings/s", "CPU (cores)")
    cpu = ", ".join(f"{name} {share:.2f}" for name, share in watched.cpu_share.items())
    seconds = [f"{each:.3f} s" for each in (p50_s, p90_s, p99_s, max(watched.took_s))]
    table.add_row(f"{len(watched.took_s)} changes", *seconds, f"{watched.readings_per_s:,.0f}", cpu)
    console.print(table)
    _print_steps(steps)


def _print_steps(steps: Mapping[str, StepTimes]) -> None:
    columns = "steps", "p50", "p99", "p50 of CPU", "first, CPU", "changed, CPU", "news a step", "showing", "kept"
    table = Table("decision step", *columns)
    for town, each in steps.items():
        times, cpu_ms = summarise(each.took_ms), summarise(each.cpu_ms)["p50_ms"]
        step = f"{SIGNS:,} signs x {DESTINATIONS}, {town} town", f"{len(each.took_ms)}"
        others = f"{each.first_cpu_ms:.0f} ms", f"{each.changed_cpu_ms:.0f} ms", f"{np.median(each.news):.0f}"
        figures = f"{times['p50_ms']} ms", f"{times['p99_ms']} ms", f"{cpu_ms} ms"
        table.add_row(*step, *figures, *others, f"{each.showing}", f"{each.kept}")
    console.print(table)
    for name, share in steps["disturbed"].shares.items():
        console.print(f"  {share:5.1%}  {name}", highlight=False)


if __name__ == "__main__":
    typer.run(main)
