"""`make evaluate`: drives what is planned and not driven yet, and writes the report.

Runs are kept in build/evaluate/results; one that was interrupted goes on where it stopped. `--again` forgets them.
"""

import json
import multiprocessing
import os
import shutil
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from fixtures.absent import SHARED_DATA
from lotse_standalone.town import FOLDER as TOWN
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from evaluation.cities.recipe import Recipe, read_recipe
from evaluation.nouns import RunKey
from evaluation.plan import Plan, is_set_aside
from evaluation.prepared import Prepared, prepare
from evaluation.runs import Workplace, drive_run
from evaluation.world.simulation import Model

REFERENCE, DEMO = "kaiserslautern", "auenbrueck"
BUILD = Path("build/evaluate")
ESTIMATION = BUILD / "estimation.json"

console = Console(stderr=True)
app = typer.Typer(add_completion=False, help=__doc__)


@dataclass(frozen=True, slots=True)
class Order:
    """One run, and where it belongs."""

    key: RunKey
    build: Path
    model: Model


def main(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="One seed and few policies: within 10 minutes.")] = False,
    city: Annotated[str, typer.Option(help="A recipe of tests/evaluation/cities; default: the reference, or the town.")] = "",
    only: Annotated[str, typer.Option(help="Only runs whose name holds this text, such as closure-lotse.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Drive again what was driven.")] = False,
    report: Annotated[Path, typer.Option(help="Write the report here.")] = Path("docs/evidence.md"),
    micro: Annotated[bool, typer.Option("--micro", help="SUMO's microscopic model: 15 times the time.")] = False,
    processes: Annotated[int, typer.Option(help="Runs at a time.")] = max(1, (os.cpu_count() or 2)),
) -> None:
    """Drive what is missing, and write the report."""
    name = city or (REFERENCE if source_of(read_recipe(REFERENCE)).exists() else DEMO)
    if not city and name == DEMO:
        console.print(f"[bold red]{source_of(read_recipe(REFERENCE))} is absent:[/] the demo town stands in for {REFERENCE}")
    model: Model = "micro" if micro else "meso"
    results = results_folder(BUILD, model)
    if again:
        shutil.rmtree(results, ignore_errors=True)
    prepared = load(name, BUILD, tell=console.print)
    keys = [key for key in Plan(name, quick).keys() if only in key.file_name and key.scenario in prepared.recipe.scenarios]
    missing = [key for key in keys if not (results / key.file_name).exists()]
    console.print(f"{len(keys)} runs planned, {len(missing)} to drive, {processes} at a time")
    failed = drive_all([Order(key, BUILD, model) for key in missing], processes)
    write(prepared, keys, results, report)
    if failed:
        console.print(f"[bold red]{len(failed)} runs failed:[/] " + "; ".join(failed))
        raise typer.Exit(1)


def source_of(recipe: Recipe) -> Path:
    """Tell where the streets of a city come from."""
    return SHARED_DATA / recipe.osm if recipe.osm else TOWN


def results_folder(build: Path, model: Model) -> Path:
    """Tell where results of a model are kept."""
    return build / ("results" if model == "meso" else "results-micro")


def load(name: str, build: Path, tell: "typer.models.Any" = lambda _text: None) -> Prepared:
    """Give a city ready for its mornings."""
    recipe = read_recipe(name)
    return prepare(recipe, source_of(recipe), build / name, tell)


def drive_all(orders: list[Order], processes: int) -> list[str]:
    """Drive runs side by side, a fresh process each; give what failed, in words."""
    failed: list[str] = []
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    context = multiprocessing.get_context("spawn")
    with (
        Progress(*columns, console=console) as progress,
        ProcessPoolExecutor(processes, mp_context=context, max_tasks_per_child=1) as pool,
    ):
        bar = progress.add_task("mornings", total=len(orders))
        running: dict[Future[str], Order] = {pool.submit(drive, order): order for order in orders}
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                order = running.pop(future)
                progress.advance(bar)
                if (error := future.exception()) is not None:
                    failed.append(f"{order.key.file_name}: {error!r}")
                    console.print(f"[red]{failed[-1]}")
                else:
                    console.print(future.result(), highlight=False)
    return failed


def drive(order: Order) -> str:
    """Drive a run and keep its result; give a line about it."""
    began_s = time.monotonic()
    place = Workplace(load(order.key.city, order.build), order.build, order.model)
    result = drive_run(place, order.key, lambda _now_s, _left: None)
    kept = results_folder(order.build, order.model) / order.key.file_name
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(result.as_json(), ensure_ascii=False), encoding="utf-8")
    return (
        f"{order.key.file_name.removesuffix('.json'):50} {result.delay_vehicle_h:7.1f} veh h, "
        f"{result.sign_changes} changes, {result.diverted} diverted, {result.unfinished} unfinished, "
        f"{result.teleports} teleports, {time.monotonic() - began_s:.0f} s"
    )


def write(prepared: Prepared, keys: list[RunKey], results: Path, report: Path) -> None:
    """Write the report of what there is."""
    from evaluation.report.material import Material
    from evaluation.report.write import write_report
    from evaluation.scenarios import make_scenario

    scenarios = {name: make_scenario(prepared, name) for name in prepared.recipe.scenarios}
    material = Material(
        cities={prepared.city.name: prepared.city},
        scenarios={prepared.city.name: scenarios},
        planned=keys,
        held_out=is_set_aside,
        estimation=ESTIMATION,
        settings={"SUMO's model": "queue model (meso) with junction control"},
    )
    figures = write_report(results, material, report)
    console.print(f"{report}: " + ", ".join(f"{name} {figure}" for name, figure in sorted(figures.items())))


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    typer.run(main)
