"""Kinds of vehicles that streets treat differently."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field


class VehicleClass(StrEnum):
    """Who drives: each has its own access to links, its own banned turns, and so its own routes."""

    CAR = "car"
    TRUCK = "truck"
    BUS = "bus"
    EMERGENCY = "emergency"


ALL_VEHICLES = frozenset(VehicleClass)
PLURAL: Mapping[VehicleClass, str] = {
    VehicleClass.CAR: "cars",
    VehicleClass.TRUCK: "trucks",
    VehicleClass.BUS: "buses",
    VehicleClass.EMERGENCY: "emergency vehicles",
}


def _each_once(vehicles: list[VehicleClass]) -> list[VehicleClass]:
    return sorted(set(vehicles))


Vehicles = Annotated[list[VehicleClass], AfterValidator(_each_once)]
"""Kinds of vehicles, each once, in alphabetical order."""

SomeVehicles = Annotated[Vehicles, Field(min_length=1)]
"""At least one kind."""
