"""What a feed says of one roadwork, whatever the feed's format, and what could not be read of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lotse_shared.vehicle import VehicleClass

Coordinate = tuple[float, float]
"""Longitude, latitude in degrees (WGS 84)."""
Line = tuple[Coordinate, ...]
Effect = Literal["closed", "lanes", "speed", "unknown"]


@dataclass(frozen=True, slots=True)
class FoundRoadwork:
    """A roadwork as a feed tells it.

    Each of `lines` runs in the direction of travel; one of a single point is a point. `both_directions` adds the other
    direction. `heading_deg` (clockwise from north) is what the feed says of the direction, None if nothing.
    `vehicle_impact` is the feed's own word for its effect. Moments are UTC; `ends_at` None is an open end. `doubts` are
    the codes of rules that a person should look at before this is believed. `vehicles` are those it binds, none named:
    all; what feeds say of that is not read yet.
    """

    source_id: str
    name: str
    description: str
    road_names: tuple[str, ...]
    lines: tuple[Line, ...]
    both_directions: bool
    heading_deg: float | None
    effect: Effect
    speed_kmh: float | None
    vehicle_impact: str
    starts_at: datetime
    ends_at: datetime | None
    doubts: tuple[str, ...] = ()
    vehicles: tuple[VehicleClass, ...] = ()


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something about a feed's element that is not as it should be: which field, why, and what is allowed.

    `is_left_out` tells whether the element was dropped for it; otherwise it was kept, read as `reason` says.
    """

    source_id: str
    code: str
    field: str
    reason: str
    allowed: str
    is_left_out: bool = True


@dataclass(frozen=True, slots=True)
class FeedContent:
    """All of a feed: what was found, in its order, and all complaints."""

    found: tuple[FoundRoadwork, ...]
    complaints: tuple[Complaint, ...]
