"""Drives one run of the plan in a process of its own: `python -m evaluation.drive KEY MODEL`, KEY as JSON.

libsumo lives once in a process, and one that crashes takes nothing else with it.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from fixtures.absent import SHARED_DATA

from evaluation.cities.recipe import Recipe, read_recipe
from evaluation.nouns import RunKey
from evaluation.prepared import Prepared, prepare
from evaluation.runs import Workplace, drive_run
from evaluation.world.simulation import Model
from lotse_standalone.town import FOLDER as TOWN

BUILD = Path("build/evaluate")


@dataclass(frozen=True, slots=True)
class Order:
    """One run, and how SUMO drives it."""

    key: RunKey
    model: Model

    @property
    def result(self) -> Path:
        """Where its result is kept."""
        return results_folder(self.model) / self.key.file_name


def source_of(recipe: Recipe) -> Path:
    """Tell where the streets of a city come from."""
    return SHARED_DATA / recipe.osm if recipe.osm else TOWN


def results_folder(model: Model) -> Path:
    """Tell where results of a model are kept."""
    return BUILD / ("results" if model == "meso" else "results-micro")


def load(name: str, tell: Callable[[str], None] = lambda _text: None) -> Prepared:
    """Give a city ready for its mornings."""
    recipe = read_recipe(name)
    return prepare(recipe, source_of(recipe), BUILD / name, tell)


def drive_apart(order: Order) -> str:
    """Drive a run in another process, and keep its result; give a line about it.

    Raises
    ------
    RuntimeError
        It failed; carries what it said last.
    """
    command = [sys.executable, "-m", "evaluation.drive", json.dumps(asdict(order.key)), order.model]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not order.result.exists():
        message = f"{order.key.file_name}: {' '.join(done.stderr.strip().splitlines()[-2:])} (code {done.returncode})"
        raise RuntimeError(message)
    return done.stdout.strip()


def drive(order: Order) -> str:
    """Drive a run and keep its result; give a line about it."""
    began_s = time.monotonic()
    place = Workplace(load(order.key.city), BUILD, order.model)
    result = drive_run(place, order.key, lambda _now_s, _left: None)
    order.result.parent.mkdir(parents=True, exist_ok=True)
    order.result.write_text(json.dumps(result.as_json(), ensure_ascii=False), encoding="utf-8")
    return (
        f"{order.key.file_name.removesuffix('.json'):50} {result.delay_vehicle_h:7.1f} veh h, "
        f"{result.sign_changes} changes, {result.diverted} diverted, {result.unfinished} unfinished, "
        f"{result.teleports} teleports, {time.monotonic() - began_s:.0f} s"
    )


if __name__ == "__main__":
    asked, model = sys.argv[1:]
    chosen = next(each for each in get_args(Model) if each == model)
    sys.stdout.write(drive(Order(RunKey(**json.loads(asked)), chosen)) + "\n")
