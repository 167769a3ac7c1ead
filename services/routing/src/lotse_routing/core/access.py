"""Who may drive where at a moment: links and arcs that are open to one vehicle.

Streets with access 'destination' may stand at the beginning and at the end of a route, not between. The topology holds
such a link twice, at the beginning of a route and at its end; here the arcs are opened that keep to the order: from
the beginning on, to public streets, to the end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from lotse_routing.core.jit import Flags
from lotse_routing.core.topology import Topology
from lotse_routing.core.turns import BIT, U_TURN_DEG, junction_numbers
from lotse_routing.network.model import Link
from lotse_shared.vehicle import VehicleClass

Codes = npt.NDArray[np.uint8]
YES, DESTINATION, NO = 0, 1, 2
CODES: Mapping[str, int] = {"yes": YES, "destination": DESTINATION, "no": NO}


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What drives; a height or weight that is not given meets no limit."""

    vehicle_class: VehicleClass = VehicleClass.CAR
    height_m: float | None = None
    weight_t: float | None = None

    def fits(self, link: Link) -> bool:
        """Tell whether the limits of a link let it pass."""
        return _within(self.height_m, link.max_height_m) and _within(self.weight_t, link.max_weight_t)


LARGEST: Mapping[VehicleClass, Vehicle] = {
    VehicleClass.CAR: Vehicle(VehicleClass.CAR),
    VehicleClass.TRUCK: Vehicle(VehicleClass.TRUCK, height_m=4.0, weight_t=40.0),
    VehicleClass.BUS: Vehicle(VehicleClass.BUS, height_m=4.0),
    VehicleClass.EMERGENCY: Vehicle(VehicleClass.EMERGENCY),
}
"""The largest of each class that need no permit of their own (Directive 96/53/EC, annex I): what all of a class means.

A bus has no weight here, as limits for lorries only cannot be told from others (decision 0017); a crew of an emergency
vehicle knows its own.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Permit:
    """Where a vehicle may drive at a moment.

    `access` is a code by link, shape (links,); `open_arcs` tells which arcs may be driven, shape (arcs,). Those it is
    `shared_with` may drive there as well.
    """

    vehicle: Vehicle
    access: Codes
    open_arcs: Flags
    shared_with: tuple[Vehicle, ...] = ()


class Permits:
    """Permits of one vehicle on one topology: a new one only when a rule begins or ends to hold."""

    def __init__(self, topology: Topology, vehicle: Vehicle) -> None:
        self._topology = topology
        self._vehicle = vehicle
        self._usual = _usual_access(topology.links, vehicle)
        bit = BIT[vehicle.vehicle_class]
        self._conditions = [c for c in topology.conditions if vehicle.vehicle_class in c.vehicles]
        self._bans = [ban for ban in topology.timed_bans if vehicle.vehicle_class in ban.vehicles]
        self._turns = (topology.states.vehicles & bit) != 0
        self._held: tuple[tuple[bool, ...], Permit] | None = None

    @property
    def vehicle(self) -> Vehicle:
        """Whose permits they are."""
        return self._vehicle

    def at(self, local: datetime) -> Permit:
        """Give the permit of a moment, in local time."""
        rules = (*(c.times for c in self._conditions), *(ban.times for ban in self._bans))
        holding = tuple(times.contains(local) for times in rules)
        if self._held is None or self._held[0] != holding:
            self._held = holding, self._permit(holding)
        return self._held[1]

    def at_all_hours(self) -> Permit:
        """Give what is allowed at every hour of the week: all rules hold that forbid something at some hour."""
        return shared_permit(self._topology, [self])

    def strictest(self) -> tuple[Codes, Flags]:
        """Give access by link and permitted turns by arc, under all rules that forbid something at some hour."""
        access, turns = self._usual.copy(), self._turns.copy()
        for condition in self._conditions:
            access[condition.link] = max(access[condition.link], CODES[condition.access])
        for ban in self._bans:
            turns[ban.arc] = False
        return access, turns

    def at_any_hour(self) -> Permit:
        """Give what is allowed at some hour of the week, not all of it at the same."""
        access = self._usual.copy()
        for condition in self._conditions:
            access[condition.link] = min(access[condition.link], CODES[condition.access])
        return Permit(self._vehicle, access, self._turns & _open_arcs(self._topology, access))

    def _permit(self, holding: tuple[bool, ...]) -> Permit:
        access, turns = self._usual.copy(), self._turns.copy()
        for condition, holds in zip(self._conditions, holding, strict=False):
            if holds:
                access[condition.link] = CODES[condition.access]
        for ban, holds in zip(self._bans, holding[len(self._conditions) :], strict=True):
            if holds:
                turns[ban.arc] = False
        return Permit(self._vehicle, access, turns & _open_arcs(self._topology, access))


def shared_permit(topology: Topology, permits: Sequence[Permits]) -> Permit:
    """Give what several vehicles may all drive, at every hour of the week.

    It takes the less open access of each link, and then opens arcs: a street that is for destination traffic to one of
    them may stand at the ends of a route only, as for that one alone.
    """
    accesses, turns = zip(*(each.strictest() for each in permits), strict=True)
    access = np.maximum.reduce(accesses)
    vehicles = [each.vehicle for each in permits]
    is_open = np.logical_and.reduce(turns) & _open_arcs(topology, access)
    return Permit(vehicles[0], access, is_open, tuple(vehicles[1:]))


def without_turning_back(topology: Topology, permit: Permit) -> Permit:
    """Forbid U-turns at dead ends, too."""
    (begins, ends), _ = junction_numbers(topology.links)
    tail, head = topology.states.link[topology.states.tail], topology.states.link[topology.states.head]
    is_back = (begins[tail] == ends[head]) & (np.abs(topology.compiled.arc_angle_deg) >= U_TURN_DEG)
    return replace(permit, open_arcs=permit.open_arcs & ~is_back)


def _usual_access(links: Iterable[Link], vehicle: Vehicle) -> Codes:
    codes = (CODES[link.access_of(vehicle.vehicle_class)] if vehicle.fits(link) else NO for link in links)
    return np.fromiter(codes, dtype=np.uint8)


def _open_arcs(topology: Topology, access: Codes) -> Flags:
    states = topology.states
    tail, head = states.link[states.tail], states.link[states.head]
    leaves_end, enters_end = states.is_end[states.tail], states.is_end[states.head]
    from_private, to_private = access[tail] == DESTINATION, access[head] == DESTINATION
    goes_on = ~enters_end & (~to_private | from_private)
    arrives = enters_end & to_private & (leaves_end | ~from_private)
    is_open: Flags = (access[tail] != NO) & (access[head] != NO) & (goes_on | arrives)
    return is_open


def _within(size: float | None, limit: float | None) -> bool:
    return size is None or limit is None or size <= limit
