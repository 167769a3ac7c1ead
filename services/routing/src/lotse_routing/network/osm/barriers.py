"""Who gets past a node: gates, bollards, bus traps and the like (wiki.openstreetmap.org/wiki/Key:barrier).

A barrier that stops everybody ends the street on either side. One that stops some, or only what is too high, is a gate:
a link of its own through the node, with its own access (`gates.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lotse_routing.network.osm.access import Access
from lotse_routing.network.osm.limits import Limits, read_limits
from lotse_routing.network.osm.permission import Permission
from lotse_routing.network.osm.permission_tags import Usual, read_permission
from lotse_shared.vehicle import VehicleClass

PASSABLE_BARRIERS = frozenset(
    {"border_control", "cattle_grid", "entrance", "gate", "height_restrictor", "kerb", "lift_gate", "no"}
    | {"rumble_strip", "sally_port", "speed_bump", "swing_gate", "toll_booth"}
)
"""Barriers on a public street that let everybody through unless their own tags say no; all others stop cars."""

BUS_BARRIERS = frozenset({"bus_trap", "sump_buster"})
"""Only wide vehicles get over; which lorries have no leave to do, and an ambulance is too narrow for."""

MOVABLE_BOLLARDS = frozenset({"removable", "foldable", "rising", "collapsible", "movable", "unlocked"})
"""Bollards that those with a key get past: in Germany fire brigades have one (DIN 14090, ways for fire engines)."""
EMERGENCY_OPENS = frozenset({"chain", "rope", "hampshire_gate"})


@dataclass(frozen=True, slots=True)
class Barrier:
    """Who gets past a node, and up to which height and weight."""

    permission: Permission
    limits: Limits
    unread: tuple[str, ...] = ()

    @property
    def stops_all(self) -> bool:
        """Tell whether nobody ever gets past."""
        return self.permission.is_closed


def read_barrier(tags: Mapping[str, str]) -> Barrier | None:
    """Read the tags of a node that has `barrier`; None if it stops nobody. Both directions are taken as one."""
    reading = read_permission(tags, "forward", _usual(tags))
    limits = read_limits(tags, "forward").lowered(reading.max_weight_t)
    unread = (*reading.unread, *(f"{told}: stops trucks and buses" for told in limits.unread))
    permission = reading.permission.for_heavy(Access.NO) if limits.unread else reading.permission
    if permission.is_open and limits.height_m is None and limits.weight_t is None:
        return None
    return Barrier(permission, limits, unread)


def _usual(tags: Mapping[str, str]) -> Usual:
    barrier = tags["barrier"]
    usual = dict.fromkeys(VehicleClass, Access.YES if barrier in PASSABLE_BARRIERS else Access.NO)
    if barrier in BUS_BARRIERS:
        usual[VehicleClass.BUS] = Access.YES
    if barrier in EMERGENCY_OPENS or tags.get("bollard") in MOVABLE_BOLLARDS:
        usual[VehicleClass.EMERGENCY] = Access.YES
    return usual
