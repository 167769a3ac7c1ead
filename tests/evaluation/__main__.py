"""`make evaluate`: drives what is planned and not driven yet, and writes the report.

Runs are kept in build/evaluate/results; one that was interrupted goes on where it stopped. `--again` forgets them.
"""

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated

import typer
from fixtures.absent import SHARED_DATA
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from evaluation.aarhus.recording import read_recording
from evaluation.cities.recipe import read_recipe
from evaluation.drive import BUILD, Order, drive_apart, load, results_folder, source_of
from evaluation.estimation import evaluate, keep
from evaluation.nouns import RunKey
from evaluation.plan import Plan, is_set_aside
from evaluation.prepared import Prepared
from evaluation.report.material import Material
from evaluation.report.write import write_report
from evaluation.scenarios import make_scenario
from evaluation.world.simulation import Model

REFERENCE, DEMO = "kaiserslautern", "auenbrueck"
MODELS: dict[Model, str] = {"meso": "queue model (meso) with junction control", "micro": "microscopic, steps of 1 s"}
ESTIMATION, AARHUS = BUILD / "estimation.json", SHARED_DATA / "aarhus-5min"

console = Console(stderr=True)


def main(  # noqa: PLR0913 - options of a command
    *,
    quick: Annotated[bool, typer.Option("--quick", help="One seed and few policies: within 10 minutes.")] = False,
    city: Annotated[
        str, typer.Option(help="A recipe of tests/evaluation/cities; default: the reference, or the town.")
    ] = "",
    only: Annotated[str, typer.Option(help="Only runs whose name holds this text, such as closure-lotse.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Drive again what was driven.")] = False,
    report: Annotated[Path, typer.Option(help="Write the report here.")] = Path("docs/evidence.md"),
    micro: Annotated[bool, typer.Option("--micro", help="SUMO's microscopic model: 15 times the time.")] = False,
    processes: Annotated[int, typer.Option(help="Runs at a time.")] = max(1, (os.cpu_count() or 2)),
) -> None:
    """Drive what is missing, and write the report."""
    name = city or (REFERENCE if source_of(read_recipe(REFERENCE)).exists() else DEMO)
    if not city and name == DEMO:
        console.print(
            f"[bold red]{source_of(read_recipe(REFERENCE))} is absent:[/] the demo town stands in for {REFERENCE}"
        )
    model: Model = "micro" if micro else "meso"
    results = results_folder(model)
    if again:
        shutil.rmtree(results, ignore_errors=True)
    prepared = load(name, tell=console.print)
    keys = [
        key for key in Plan(name, quick).runs() if only in key.file_name and key.scenario in prepared.recipe.scenarios
    ]
    missing = [key for key in keys if not (results / key.file_name).exists()]
    console.print(f"{len(keys)} runs planned, {len(missing)} to drive, {processes} at a time")
    failed = drive_all([Order(key, model) for key in missing], processes)
    estimate()
    write(prepared, keys, model, report)
    if failed:
        console.print(f"[bold red]{len(failed)} runs failed:[/] " + "; ".join(failed))
        raise typer.Exit(1)


def drive_all(orders: Sequence[Order], processes: int) -> list[str]:
    """Drive runs side by side, a process each; give what failed, in words."""
    failed: list[str] = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(processes) as pool:
        bar = progress.add_task("mornings", total=len(orders))
        for future in as_completed([pool.submit(drive_apart, order) for order in orders]):
            progress.advance(bar)
            if (error := future.exception()) is not None:
                failed.append(str(error))
            console.print(str(error) if error else future.result(), highlight=False, soft_wrap=True)
    return failed


def estimate() -> None:
    """Measure the estimation of links that no detector measures, on real data, if they are there (20 s)."""
    if AARHUS.is_dir():
        keep(evaluate(read_recording(AARHUS)), ESTIMATION)
    else:
        console.print(f"[bold red]{AARHUS} is absent:[/] the estimation is not measured")


def write(prepared: Prepared, keys: list[RunKey], model: Model, report: Path) -> None:
    """Write the report of what there is."""
    scenarios = {name: make_scenario(prepared, name) for name in prepared.recipe.scenarios}
    material = Material(
        cities={prepared.city.name: prepared.city},
        scenarios={prepared.city.name: scenarios},
        planned=keys,
        held_out=is_set_aside,
        estimation=ESTIMATION,
        settings=_settings(prepared, model),
    )
    figures = write_report(results_folder(model), material, report)
    console.print(f"{report}: " + ", ".join(f"{name} {figure}" for name, figure in sorted(figures.items())))


def _settings(prepared: Prepared, model: Model) -> dict[str, str]:
    recipe, demand = prepared.recipe, prepared.recipe.demand
    return {
        "SUMO's model": MODELS[model],
        "streets": recipe.osm or "the demo town",
        "usual trips": f"{demand.vehicles} in {demand.duration_s / 60:g} min, {recipe.rounds} rounds to habits",
        "stations, signs": f"{len(prepared.city.stations)}, {len(prepared.city.signs)}",
    }


if __name__ == "__main__":
    typer.run(main)
