"""Kinds of vehicles that streets treat differently."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator


class VehicleClass(StrEnum):
    """Who drives: each has its own access to links, its own banned turns, and so its own routes."""

    CAR = "car"
    TRUCK = "truck"
    BUS = "bus"
    EMERGENCY = "emergency"


ALL_VEHICLES = frozenset(VehicleClass)


def _each_once(vehicles: list[VehicleClass]) -> list[VehicleClass]:
    return sorted(set(vehicles))


Vehicles = Annotated[list[VehicleClass], AfterValidator(_each_once)]
"""Kinds of vehicles, each once, in alphabetical order."""
