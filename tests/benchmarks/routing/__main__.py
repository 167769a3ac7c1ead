"""`make bench-routing`: prints a table a graph, writes build/bench/bench-routing.json."""

import os
import sys
from itertools import product
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from factories_network import unwatched
from fixtures.absent import SHARED_DATA
from rich.console import Console
from rich.progress import Progress

from benchmarks.report import describe_versions, write_report
from benchmarks.routing.arena import Size, Standing, compete
from benchmarks.routing.city import City, tile
from benchmarks.routing.contestants import CONTESTANTS, PACKAGES, SLOW
from benchmarks.routing.figures import list_runs, make_figures, make_table, name_after
from benchmarks.routing.plot import draw
from benchmarks.routing.service import measure_refresh_ms, measure_routing_mb
from benchmarks.routing.streets import read_city
from benchmarks.routing.task import DETOURS, Kind
from lotse_routing.network.import_links import import_links
from lotse_routing.network.import_osm import import_osm
from lotse_routing.network.model import StreetNetwork
from lotse_standalone.town import FOLDER

OSM = SHARED_DATA / "osm-kaiserslautern" / "kaiserslautern.osm.pbf"
CITY, TOWN = "Kaiserslautern", "demo town"
FULL = (Size(1, 1, 15, DETOURS), Size(2, 5, 3, DETOURS), Size(10, 10, 3, 20))
QUICK = (Size(1, 1, 3, DETOURS), Size(2, 5, 2, 10))
BUSY = 0.3
KINDS: tuple[Kind, ...] = ("node", "turn")

console = Console()


class Base(NamedTuple):
    """The streets that everything is made of, and the extract that they come from, if they do."""

    name: str
    network: StreetNetwork
    osm: Path | None


def main(
    quick: Annotated[bool, typer.Option("--quick", help="1 x and 10 x, few rounds")] = False,  # noqa: FBT002
    plot: Annotated[Path | None, typer.Option(help="draw the job's time by contestant and size here")] = None,
) -> None:
    """Measure all contestants, compare their answers, print, write."""
    base, sizes = _read_base(), QUICK if quick else FULL
    console.print(
        f"Slow contestants ({', '.join(sorted(SLOW))}) answer a sample of the {DETOURS} pairs:", _samples(sizes)
    )
    load_before = _tell_load()
    with Progress(console=console) as progress:
        standings = _compete(read_city(base.network), sizes, progress)
    with console.status("routing as a service"):
        of_service = {
            "P5_refresh_service_ms": round(measure_refresh_ms(base.network), 3),
            "P5_rss_mb": round(measure_routing_mb(base.osm, base.network), 1),
        }
    figures = make_figures(standings, [size.copies for size in sizes]) | of_service
    figures = figures if base.name == CITY else name_after(base.name, figures)
    load = {"run": "the machine", "load_1min_before": load_before, "load_1min_after": round(os.getloadavg()[0], 2)}
    path = write_report("bench-routing", figures, [load, *list_runs(standings)], describe_versions(PACKAGES))
    console.print(figures)
    console.print(f"written to {path}")
    if plot is not None:
        draw(standings, base.name, plot)
    if any(standing.wrong for standing in standings):
        console.print("[bold red]There were wrong answers: see the tables.")
        sys.exit(1)


def _tell_load() -> float:
    """Tell how busy others keep the machine: they are in the slowest of a hundred questions, and in all else a bit."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores * BUSY:
        console.print(f"[bold yellow]Others compute on this machine (load {load:.1f} on {cores} cores): so read p99.")
    return round(load, 2)


def _read_base() -> Base:
    if OSM.is_file():
        return Base(CITY, import_osm(OSM, CITY, unwatched)[0], OSM)
    console.print(f"[bold red]{OSM} is not there: these are figures of the demo town, and named so.")
    return Base(TOWN, import_links(FOLDER, TOWN)[0], None)


def _samples(sizes: tuple[Size, ...]) -> str:
    return ", ".join(f"{size.sample} at {size.copies} x" for size in sizes)


def _compete(city: City, sizes: tuple[Size, ...], progress: Progress) -> list[Standing]:
    standings: list[Standing] = []
    steps = len(CONTESTANTS) * sum(size.rounds + 1 for size in sizes) * len(KINDS)
    task = progress.add_task("bench", total=steps)
    for size, kind in product(sizes, KINDS):
        progress.update(task, description=f"{size.copies} x the city")
        found = compete(
            tile(city, size.columns, size.rows),
            kind,
            size,
            CONTESTANTS,
            lambda doing: progress.update(task, advance=1, description=doing),
        )
        progress.console.print(make_table(found))
        standings += found
    return standings


if __name__ == "__main__":
    typer.run(main)
