"""Who may drive there: OpenStreetMap's access tags, for each vehicle class.

The most specific tag that is present decides (wiki.openstreetmap.org/wiki/Key:access, the hierarchy of land-based
transport), each first for the direction asked for. Our trucks are the wiki's hgv; its goods are vans up to 3.5 t, which
drive as cars do. A value that nobody defined closes the street: to lead drivers into a forbidden one is worse than not
to use one.

Emergency vehicles are bound by the tag emergency=no only (wiki.openstreetmap.org/wiki/Key:emergency; in Germany StVO
section 35 frees them from the rules of the road): private streets, bus streets and those for destination traffic are
open to them.
"""

from collections.abc import Iterator, Mapping
from enum import Enum

from lotse_shared.vehicle import VehicleClass

MODES: Mapping[VehicleClass, tuple[str, ...]] = {
    VehicleClass.CAR: ("motorcar", "motor_vehicle", "vehicle", "access"),
    VehicleClass.TRUCK: ("hgv", "motor_vehicle", "vehicle", "access"),
    VehicleClass.BUS: ("bus", "psv", "motor_vehicle", "vehicle", "access"),
    VehicleClass.EMERGENCY: ("emergency",),
}
"""Keys that speak of a vehicle class, the most specific first."""

OPEN_VALUES = frozenset({"yes", "permissive", "designated", "official", "public", "unknown"})
DESTINATION_VALUES = frozenset({"destination", "customers", "residents", "local", "discouraged"})
"""Where one may drive, but is not to be led through."""
DELIVERY = "delivery"
"""What a truck does where it begins or ends its route; nobody leads cars there."""


class Access(Enum):
    """Whom a street lets in; in the order of strictness."""

    YES = "yes"
    DESTINATION = "destination"
    NO = "no"


STRICTNESS = tuple(Access)


def strictest(*accesses: Access) -> Access:
    """Tell what is left where several rules hold at once."""
    return max(accesses, key=STRICTNESS.index)


def access_keys(vehicle: VehicleClass, direction: str) -> Iterator[str]:
    """Give the keys that may decide on a direction, 'forward' or 'backward', the most specific first."""
    for mode in MODES[vehicle]:
        yield f"{mode}:{direction}"
        yield mode


def way_access(tags: Mapping[str, str], direction: str, vehicle: VehicleClass, usual: Access = Access.YES) -> Access:
    """Tell who may use a way in a direction at all times; `usual` where nothing is tagged."""
    value = next((tags[key] for key in access_keys(vehicle, direction) if key in tags), None)
    return usual if value is None else read_access(value, vehicle)


def read_access(value: str, vehicle: VehicleClass) -> Access:
    """Read an access value; of several ('agricultural;destination') the most open one counts."""
    values = {part.strip() for part in value.split(";")}
    if vehicle is VehicleClass.EMERGENCY:  # the key also names what is no access at all, as emergency=fire_hydrant
        return Access.NO if values == {"no"} else Access.YES
    if values & OPEN_VALUES:
        return Access.YES
    if values & DESTINATION_VALUES or (vehicle is VehicleClass.TRUCK and DELIVERY in values):
        return Access.DESTINATION
    return Access.NO
