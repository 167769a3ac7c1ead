"""Who may drive there: OpenStreetMap's access tags, for cars.

The most specific tag that is present decides (wiki.openstreetmap.org/wiki/Key:access): motorcar before motor_vehicle
before vehicle before access, each first for the direction asked for. A value that nobody defined closes the street: to
lead drivers into a forbidden one is worse than not to use one.
"""

from collections.abc import Mapping
from enum import Enum

MODES = ("motorcar", "motor_vehicle", "vehicle", "access")

OPEN_VALUES = frozenset({"yes", "permissive", "designated", "official", "public", "unknown"})
DESTINATION_VALUES = frozenset({"destination", "customers", "residents"})

PASSABLE_BARRIERS = frozenset(
    {"border_control", "cattle_grid", "entrance", "gate", "height_restrictor", "kerb", "lift_gate", "no"}
    | {"rumble_strip", "sally_port", "speed_bump", "swing_gate", "toll_booth"}
)
"""Barriers on a public street that let cars through unless their own tags say no; all others stop them."""


class Access(Enum):
    """Whom a street lets in."""

    YES = "yes"
    DESTINATION = "destination"
    NO = "no"


def way_access(tags: Mapping[str, str], direction: str) -> Access:
    """Tell who may use a way in a direction, 'forward' or 'backward'."""
    value = _deciding_value(tags, direction)
    return Access.YES if value is None else _access(value)


def is_passable(tags: Mapping[str, str]) -> bool:
    """Tell whether cars get past a node."""
    value = _deciding_value(tags, "forward")
    if value is not None:
        return _access(value) is not Access.NO
    return tags.get("barrier", "no") in PASSABLE_BARRIERS


def _deciding_value(tags: Mapping[str, str], direction: str) -> str | None:
    keys = (key for mode in MODES for key in (f"{mode}:{direction}", mode))
    return next((tags[key] for key in keys if key in tags), None)


def _access(value: str) -> Access:
    values = {part.strip() for part in value.split(";")}
    if values & OPEN_VALUES:
        return Access.YES
    return Access.DESTINATION if values & DESTINATION_VALUES else Access.NO
