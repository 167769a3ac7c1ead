"""`make bench-console`: prints a table, writes build/bench/bench-console.json."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median, quantiles
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.console.look import Look, follow, look, move, open_browser
from benchmarks.console.places import demo_town, grid_city
from benchmarks.report import describe_versions, write_report

PLACES = {"demo_town": demo_town, "20000_links": grid_city}
PACKAGES = ("lotse-gateway", "playwright")
BRIDGE, ITS_DETECTOR = "L3-L4-0", "AB-05"
FULL, QUICK = (7, 60, 21), (2, 10, 4)
"""Looks, frames, changes."""
console = Console()


def main(
    quick: Annotated[bool, typer.Option("--quick", help="fewer of everything")] = False,  # noqa: FBT002
) -> None:
    """Measure, print, write."""
    looks, frames, changes = QUICK if quick else FULL
    runs: list[dict[str, Any]] = [{"run": "the machine", "load_1min_before": _load()}]
    for name, open_place in PLACES.items():
        with console.status(name), open_place() as stack, open_browser() as browser:
            look(browser, stack)  # the browser itself has to warm up, and the gateway to compose the links
            seen = [look(browser, stack) for _ in range(looks)]
            moved = move(browser, stack, frames)
            # Only in a town that is set up to be seen through: elsewhere one reading does not change a level.
            took_s = list(follow(browser, stack, BRIDGE, ITS_DETECTOR, changes)) if name == "demo_town" else []
            stack.check()
        runs.append({"run": name, "looks": seen, "frames": moved, "mqtt_to_screen_s": took_s})
    runs.append({"run": "the machine", "load_1min_after": _load()})
    figures = {figure: value for run in runs if "looks" in run for figure, value in _figures(run).items()}
    path = write_report("bench-console", figures, [_plain(run) for run in runs], describe_versions(PACKAGES))
    _print(figures)
    console.print(f"written to {path}")


def _figures(run: Mapping[str, Any]) -> dict[str, float | None]:
    seen: Sequence[Look] = run["looks"]
    scripts_ms = [each["script_ms"] for each in run["frames"]]
    figures = {
        "read_s": median(each.read_s for each in seen),
        "first_picture_s": median(each.drawn_s for each in seen),
        "first_picture_best_s": min(each.drawn_s for each in seen),
        "page_cpu_s": median(each.page_s for each in seen),
        "software_gl_cpu_s": median(each.software_gl_s for each in seen),
        "loaded_kb": median(each.bytes for each in seen) / 1000,
        "frame_script_p50_ms": median(scripts_ms),
        "frame_script_p95_ms": quantiles(scripts_ms, n=20)[-1],
        "frame_whole_p50_ms": median(each["whole_ms"] for each in run["frames"]),
    }
    if took_s := run["mqtt_to_screen_s"]:
        figures |= {"mqtt_to_screen_p50_s": median(took_s), "mqtt_to_screen_most_s": max(took_s)}
    return {f"{run['run']}_{figure}": round(value, 2) for figure, value in figures.items()}


def _plain(run: Mapping[str, Any]) -> dict[str, Any]:
    return {**run, "looks": [asdict(each) for each in run["looks"]]} if "looks" in run else dict(run)


def _print(figures: Mapping[str, float | None]) -> None:
    table = Table("", *PLACES)
    names = dict.fromkeys(figure.removeprefix(f"{place}_") for place in PLACES for figure in figures if place in figure)
    for name in names:
        table.add_row(name, *(str(figures.get(f"{place}_{name}", "")) for place in PLACES))
    console.print(table)


def _load() -> float:
    return round(os.getloadavg()[0], 2)


if __name__ == "__main__":
    typer.run(main)
