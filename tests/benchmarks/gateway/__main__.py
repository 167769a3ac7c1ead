"""`make bench-gateway`: prints tables, writes build/bench/bench-gateway.json."""

import os
import subprocess
from statistics import median
from typing import Annotated, Any

import typer
from fixtures.scenarios import OSM
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from scenarios.scenes import Scene, auenbrueck, kaiserslautern

from benchmarks.gateway.city import HISTORY_DAYS
from benchmarks.gateway.events import measure_events
from benchmarks.gateway.load import loaded_vs_idle, measure_load
from benchmarks.gateway.rig import BARE, OURS, USUAL, Rig, open_rig
from benchmarks.gateway.wrk import RACES, require_wrk, run_races
from benchmarks.report import describe_versions, middle, paired_ratio, write_report
from lotse_standalone.town import FOLDER

PACKAGES = ("lotse-gateway", "fastapi", "starlette", "uvicorn", "h11", "asyncpg")
FULL = {"rounds": 7, "lasts_s": 4, "load_rounds": 5, "load_s": 30.0, "days": HISTORY_DAYS, "decisions": 20}
QUICK = {"rounds": 3, "lasts_s": 2, "load_rounds": 2, "load_s": 10.0, "days": 4, "decisions": 5}
PARTS = ("polls", "history", "events")

Runs = list[dict[str, Any]]
console = Console()


def main(
    quick: Annotated[bool, typer.Option("--quick", help="fewer and shorter rounds, less history")] = False,  # noqa: FBT002
    only: Annotated[str, typer.Option(help=f"one of {', '.join(PARTS)}")] = "",
) -> None:
    """Measure, print, write."""
    require_wrk()
    scene, size, load_before = _scene(), QUICK if quick else FULL, os.getloadavg()[0]
    with Progress(console=console) as progress, open_rig(scene) as rig:
        runs = _measure(rig, size, only, progress)
    figures = _figures(runs, "" if OSM.is_file() else f"{scene.name}_")
    load = {
        "run": "the machine",
        "load_1min_before": round(load_before, 2),
        "load_1min_after": round(os.getloadavg()[0], 2),
    }
    path = write_report("bench-gateway", figures, [load, *runs], describe_versions(PACKAGES, wrk=_wrk_version()))
    _print(runs)
    console.print(figures)
    console.print(f"written to {path}")


def _scene() -> Scene:
    if OSM.is_file():
        return kaiserslautern(OSM)
    console.print(f"[bold red]{OSM} is not there: links are those of the demo town.")
    return auenbrueck(FOLDER)


def _measure(rig: Rig, size: dict[str, Any], only: str, progress: Progress) -> Runs:
    task, runs = progress.add_task("bench", total=None), []

    def tell(what: str) -> None:
        progress.update(task, description=what)

    if only in "polls":
        rig.start_rivals()
        runs += run_races(rig, size["rounds"], size["lasts_s"], tell)
    if only in "history":
        runs += measure_load(rig, size["days"], size["load_rounds"], size["load_s"], tell)
    if only in "events":
        runs.append(measure_events(rig, size["decisions"], tell))
    return runs


def _figures(runs: Runs, town: str) -> dict[str, float | None]:
    """Name the figures; what depends on the streets has the demo town's name on it where the city is not there."""
    names = {run["run"] for run in runs}
    figures: dict[str, float | None] = {}
    if f"200 {OURS}" in names:
        for race in ("200", "304"):
            ours, bare, usual = (f"{race} {name}" for name in (OURS, BARE, USUAL))
            figures[f"P6_{race}_vs_bare"] = paired_ratio(runs, ours, bare, "requests_per_s")
            figures[f"P6_{race}_vs_fastapi"] = paired_ratio(runs, ours, usual, "requests_per_s")
            figures[f"P6_{race}_cpu_vs_bare"] = paired_ratio(runs, bare, ours, "cpu_us")
        figures[f"{town}P6_links_vs_bare"] = paired_ratio(runs, f"links {OURS}", f"links {BARE}", "requests_per_s")
    if "signs alone" in names:
        figures["P6_p99_loaded_vs_idle"] = loaded_vs_idle(runs)
        figures["P6_p99_idle_ms"] = round(middle(runs, "signs alone", "p99_ms"), 2)
        figures["P6_p99_loaded_ms"] = round(middle(runs, "signs beside history", "p99_ms"), 2)
    for run in (run for run in runs if run["run"] == "listeners"):
        figures["P6_sse_2000_mb"] = run["peak_mb"]
        figures["P6_sse_heard_p50_ms"] = run["heard_p50_ms"]
        figures["P6_sse_heard_p99_ms"] = run["heard_p99_ms"]
        figures["P6_sse_all_heard_ms"] = round(median(run["all_heard_ms"]), 1)
    return figures


def _print(runs: Runs) -> None:
    names = [f"{race.name} {name}" for race in RACES for name in race.requests]
    columns = ("requests_per_s", "cpu_us", "p50_ms", "p99_ms")
    table = Table("asked, of whom (medians)", *columns)
    for name in (name for name in names if any(run["run"] == name for run in runs)):
        table.add_row(name, *(f"{middle(runs, name, column):,.1f}" for column in columns))
    console.print(table)
    of_load = ("polls", "connections_opened", "p50_ms", "p99_ms", "most_ms", "gateway_cpu_share", "history_answers")
    table = Table("1,000 signs, by round", *of_load)
    for run in (run for run in runs if run["run"].startswith("signs")):
        table.add_row(run["run"], *(str(run.get(column, "")) for column in of_load))
    console.print(table)
    for run in (run for run in runs if run["run"] == "listeners"):
        console.print(run)


def _wrk_version() -> str:
    told = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout.split()
    return told[1] if len(told) > 1 else "?"


if __name__ == "__main__":
    typer.run(main)
