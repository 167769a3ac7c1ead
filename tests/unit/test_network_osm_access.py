"""Who may drive where, by OpenStreetMap's tags."""

import pytest

from lotse_routing.network.osm.access import Access, way_access
from lotse_routing.network.osm.barriers import read_barrier
from lotse_routing.network.osm.tags import Road, read_road
from lotse_shared.vehicle import VehicleClass

Y, D, N = Access.YES, Access.DESTINATION, Access.NO


def accesses(tags: dict[str, str]) -> tuple[Access, ...]:
    """Access of car, truck, bus and emergency vehicle, along a way."""
    read = read_road({"highway": "residential"} | tags)
    assert isinstance(read, Road), read
    assert read.forward is not None
    return tuple(read.forward.permission.of(vehicle) for vehicle in VehicleClass)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, Y),
        ({"access": "private"}, N),
        ({"access": "no"}, N),
        ({"access": "no", "motor_vehicle": "destination"}, D),
        ({"access": "no", "vehicle": "no", "motorcar": "yes"}, Y),
        ({"motor_vehicle": "yes", "motorcar": "no"}, N),
        ({"vehicle": "destination"}, D),
        ({"motor_vehicle": "agricultural;destination"}, D),
        ({"motor_vehicle": "delivery"}, N),
        ({"access": "restricted"}, N),
        ({"access": "permissive"}, Y),
        ({"hgv": "no", "bus": "no"}, Y),
        ({"motor_vehicle:forward": "no", "motor_vehicle": "yes"}, N),
    ],
)
def test_the_most_specific_access_tag_decides(tags: dict[str, str], expected: Access) -> None:
    assert way_access(tags, "forward", VehicleClass.CAR) is expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, (Y, Y, Y, Y)),
        ({"hgv": "no"}, (Y, N, Y, Y)),
        ({"hgv": "destination"}, (Y, D, Y, Y)),
        ({"hgv": "delivery"}, (Y, D, Y, Y)),
        ({"hgv": "discouraged"}, (Y, D, Y, Y)),
        ({"goods": "no"}, (Y, Y, Y, Y)),
        ({"motor_vehicle": "no", "hgv": "yes"}, (N, Y, N, Y)),
        ({"motor_vehicle": "destination"}, (D, D, D, Y)),
        ({"access": "no", "psv": "yes"}, (N, N, Y, Y)),
        ({"access": "no", "psv": "yes", "bus": "no"}, (N, N, N, Y)),
        ({"access": "no", "bus": "designated"}, (N, N, Y, Y)),
        ({"motorcar": "no"}, (N, Y, Y, Y)),
        ({"access": "private"}, (N, N, N, Y)),
        ({"emergency": "no"}, (Y, Y, Y, N)),
        ({"emergency": "fire_hydrant"}, (Y, Y, Y, Y)),
        ({"highway": "busway"}, (N, N, Y, Y)),
        ({"highway": "service", "access": "no", "psv": "yes"}, (N, N, Y, Y)),
        ({"highway": "pedestrian", "bus": "yes"}, (N, N, Y, Y)),
        ({"highway": "service", "service": "emergency_access"}, (N, N, N, Y)),
        ({"highway": "track", "access": "no", "emergency": "yes"}, (N, N, N, Y)),
        ({"maxheight": "quite low"}, (Y, D, D, Y)),
    ],
)
def test_each_vehicle_class_has_its_own_access(tags: dict[str, str], expected: tuple[Access, ...]) -> None:
    assert accesses(tags) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"barrier": "bollard"}, (N, N, N, N)),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, (Y, Y, Y, N)),
        ({"barrier": "bollard", "bus": "yes"}, (N, N, Y, N)),
        ({"barrier": "bollard", "bollard": "removable"}, (N, N, N, Y)),
        ({"barrier": "bollard", "emergency": "yes"}, (N, N, N, Y)),
        ({"barrier": "bus_trap"}, (N, N, Y, N)),
        ({"barrier": "sump_buster"}, (N, N, Y, N)),
        ({"barrier": "gate", "access": "private"}, (N, N, N, Y)),
        ({"barrier": "lift_gate", "access": "no", "emergency": "yes"}, (N, N, N, Y)),
        ({"barrier": "lift_gate", "access": "destination"}, (D, D, D, Y)),
        ({"barrier": "gate", "access": "private", "emergency": "no"}, (N, N, N, N)),
        ({"barrier": "something new"}, (N, N, N, N)),
        ({"barrier": "height_restrictor", "maxheight": "2.2"}, (Y, Y, Y, Y)),
        ({"barrier": "height_restrictor", "maxheight": "low"}, (Y, N, N, Y)),
    ],
)
def test_barriers_stop_some_or_all(tags: dict[str, str], expected: tuple[Access, ...]) -> None:
    barrier = read_barrier(tags)
    assert barrier is not None
    assert tuple(barrier.permission.of(vehicle) for vehicle in VehicleClass) == expected


@pytest.mark.parametrize("tags", [{"barrier": "gate"}, {"barrier": "toll_booth"}, {"barrier": "height_restrictor"}])
def test_what_stops_nobody_is_no_barrier(tags: dict[str, str]) -> None:
    assert read_barrier(tags) is None


def test_a_height_restrictor_has_its_height() -> None:
    barrier = read_barrier({"barrier": "height_restrictor", "maxheight": "2.2"})
    assert barrier is not None
    assert barrier.limits.height_m == 2.2
