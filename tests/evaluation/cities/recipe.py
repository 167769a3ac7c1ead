"""What makes a city of the evaluation: a JSON file of streets by name, demand and scenarios. No code knows a city."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from evaluation.demand.trips import DemandSettings

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class StreetPart:
    """Edges of a street by its name, those whose middle lies within a box (west, south, east, north); one of both
    directions if `heading_deg` says which.
    """

    street: str
    within: tuple[float, float, float, float] | None = None
    heading_deg: float | None = None


@dataclass(frozen=True, slots=True)
class SurgeRecipe:
    """Trips from the rim to a place, from one second to another."""

    goal: tuple[float, float]
    vehicles: int
    begin_s: int
    end_s: int
    radius_m: float = 500.0


@dataclass(frozen=True, slots=True)
class FaultRecipe:
    """Stations that fail: so many, those nearest to a place."""

    kind: Literal["silent", "cries jam"]
    near: tuple[float, float]
    count: int
    begin_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class ScenarioRecipe:
    """A morning in words and places."""

    title: str
    effect: Literal["closed", "slow"] | None = None
    parts: tuple[StreetPart, ...] = ()
    begin_s: int = 0
    end_s: int = 0
    speed_kmh: float = 0.0
    surge: SurgeRecipe | None = None
    faults: tuple[FaultRecipe, ...] = ()
    demand: float = 1.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """A city. `osm` is a file below ../shared/data; without it, the streets are those of the demo town."""

    name: str
    centre: tuple[float, float]
    stations: int
    signs: int
    demand: DemandSettings
    rounds: int
    scenarios: dict[str, ScenarioRecipe] = field(default_factory=dict)
    osm: str = ""
    gateway_classes: tuple[str, ...] = ("motorway", "trunk", "primary", "secondary")

    def demand_only(self) -> dict[str, Any]:
        """Give what usual mornings depend on: all but the scenarios."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in told.items() if name != "scenarios"}


def read_recipe(name: str) -> Recipe:
    """Read a city's recipe.

    Raises
    ------
    FileNotFoundError
        There is no such city.
    """
    return msgspec.json.decode((FOLDER / f"{name}.json").read_bytes(), type=Recipe)
