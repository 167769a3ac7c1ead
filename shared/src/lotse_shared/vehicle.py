"""Kinds of vehicles that streets treat differently."""

from enum import StrEnum


class VehicleClass(StrEnum):
    """Who drives: each has its own access to links, its own banned turns, and so its own routes."""

    CAR = "car"
    TRUCK = "truck"
    BUS = "bus"
    EMERGENCY = "emergency"


ALL_VEHICLES = frozenset(VehicleClass)
