"""Who may drive through in one direction, for each vehicle class, and what differs at certain hours."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lotse_routing.network.osm.access import Access, strictest
from lotse_shared.vehicle import VehicleClass


@dataclass(frozen=True, slots=True)
class TimedAccess:
    """Access of certain vehicles at certain hours, as `model.Condition` has it."""

    vehicles: tuple[VehicleClass, ...]
    access: Access
    during: str


@dataclass(frozen=True, slots=True)
class Permission:
    """Access by vehicle class, and what differs at certain hours; those hours of a class never overlap."""

    car: Access
    truck: Access
    bus: Access
    emergency: Access
    timed: tuple[TimedAccess, ...] = ()

    @classmethod
    def by_class(cls, accesses: Mapping[VehicleClass, Access], timed: tuple[TimedAccess, ...] = ()) -> "Permission":
        """Make one of the accesses of all classes."""
        car, truck, bus, emergency = (accesses[vehicle] for vehicle in VehicleClass)
        return cls(car, truck, bus, emergency, timed)

    def of(self, vehicle: VehicleClass) -> Access:
        """Tell the access of a class."""
        access: Access = getattr(self, vehicle.value)
        return access

    @property
    def is_closed(self) -> bool:
        """Tell whether nobody may ever drive there."""
        return {self.car, self.truck, self.bus, self.emergency} == {Access.NO} and not self.timed

    @property
    def is_open(self) -> bool:
        """Tell whether everybody may always drive there."""
        return {self.car, self.truck, self.bus, self.emergency} == {Access.YES} and not self.timed

    def within(self, other: "Permission") -> "Permission":
        """Give what is left where another one holds as well; hours are those of this one."""
        return Permission.by_class({v: strictest(self.of(v), other.of(v)) for v in VehicleClass}, self.timed)

    def for_heavy(self, access: Access) -> "Permission":
        """Give it with trucks and buses held to an access at the most."""
        return replace(self, truck=strictest(self.truck, access), bus=strictest(self.bus, access))
