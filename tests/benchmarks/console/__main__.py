"""`make bench-console`: prints a table, writes build/bench/bench-console.json."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from statistics import median, quantiles
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.console.look import Look, follow, look, move, open_browser
from benchmarks.console.places import demo_town, grid_city
from benchmarks.report import describe_versions, write_report

PLACES = {"demo_town": demo_town, "20000_links": grid_city}
BRIDGE, ITS_DETECTOR = "L3-L4-0", "AB-05"
FULL, QUICK = (7, 60, 21), (2, 10, 4)
"""Looks, frames, changes."""
console = Console()


def main(
    quick: Annotated[bool, typer.Option("--quick", help="fewer of everything")] = False,  # noqa: FBT002
) -> None:
    """Measure, print, write."""
    looks, frames, changes = QUICK if quick else FULL
    figures: dict[str, float | None] = {}
    runs: list[dict[str, Any]] = [{"run": "the machine", "load_1min_before": _load()}]
    table = Table("", "data there", "first picture", "processor: page", "processor: software GL", "frame: script", "frame: whole")
    for name, open_place in PLACES.items():
        with console.status(name), open_place() as stack, open_browser() as browser:
            look(browser, stack)  # the browser itself has to warm up, and the gateway to compose the links
            seen = [look(browser, stack) for _ in range(looks)]
            moved = move(browser, stack, frames)
            took_s = list(islice(follow(browser, stack, BRIDGE, ITS_DETECTOR, changes), changes)) if name == "demo_town" else []
            stack.check()
        found = _figures(name, seen, moved, took_s)
        figures |= found
        runs.append({"run": name, "looks": [asdict(each) for each in seen], "frames": moved, "mqtt_to_screen_s": took_s})
        table.add_row(name, *_row(name, found))
    runs.append({"run": "the machine", "load_1min_after": _load()})
    console.print(table)
    if (took := figures.get("demo_town_mqtt_to_screen_p50_s")) is not None:
        console.print(f"MQTT to screen: median {took} s of {changes} changes")
    console.print(f"written to {write_report('bench-console', figures, runs, describe_versions(('lotse-gateway', 'playwright')))}")


def _figures(name: str, seen: Sequence[Look], moved: Sequence[dict[str, float]], took_s: Sequence[float]) -> dict[str, float]:
    figures = {
        "read_s": median(each.read_s for each in seen),
        "first_picture_s": median(each.drawn_s for each in seen),
        "first_picture_best_s": min(each.drawn_s for each in seen),
        "page_cpu_s": median(each.page_s for each in seen),
        "software_gl_cpu_s": median(each.software_gl_s for each in seen),
        "loaded_kb": median(each.bytes for each in seen) / 1000,
        "frame_script_p50_ms": median(each["script_ms"] for each in moved),
        "frame_script_p95_ms": quantiles([each["script_ms"] for each in moved], n=20)[-1],
        "frame_whole_p50_ms": median(each["whole_ms"] for each in moved),
    }
    if took_s:
        figures |= {"mqtt_to_screen_p50_s": median(took_s), "mqtt_to_screen_most_s": max(took_s)}
    return {f"{name}_{figure}": round(value, 2) for figure, value in figures.items()}


def _row(name: str, found: dict[str, float]) -> list[str]:
    at = {figure.removeprefix(f"{name}_"): value for figure, value in found.items()}
    return [
        f"{at['read_s']} s",
        f"{at['first_picture_s']} s (best {at['first_picture_best_s']} s)",
        f"{at['page_cpu_s']} s",
        f"{at['software_gl_cpu_s']} s",
        f"{at['frame_script_p50_ms']} ms (p95 {at['frame_script_p95_ms']} ms)",
        f"{at['frame_whole_p50_ms']} ms",
    ]


def _load() -> float:
    return round(os.getloadavg()[0], 2)


if __name__ == "__main__":
    typer.run(main)
