from typing import Any

import pytest

from lotse_routing.network.osm.access import Access
from lotse_routing.network.osm.speed import free_flow_speed
from lotse_routing.network.osm.tags import LeftOut, Road, read_road
from lotse_shared.vehicle import VehicleClass


def road(**tags: str) -> Road:
    read = read_road({"highway": "residential"} | {key.replace("__", ":"): value for key, value in tags.items()})
    assert isinstance(read, Road), read
    return read


def directions(vehicle: VehicleClass, **tags: str) -> str:
    read = road(**tags)
    sides = {"f": read.forward, "b": read.backward}
    return "".join(name for name, side in sides.items() if side and side.permission.of(vehicle) is not Access.NO)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, "fb"),
        ({"oneway": "yes"}, "f"),
        ({"oneway": "true"}, "f"),
        ({"oneway": "1"}, "f"),
        ({"oneway": "-1"}, "b"),
        ({"oneway": "reverse"}, "b"),
        ({"oneway": "no"}, "fb"),
        ({"oneway": "alternating"}, "fb"),
        ({"oneway": "yes", "oneway__motor_vehicle": "no"}, "fb"),
        ({"oneway": "yes", "oneway__bicycle": "no"}, "f"),
        ({"junction": "roundabout"}, "f"),
        ({"junction": "circular"}, "f"),
        ({"junction": "roundabout", "oneway": "no"}, "fb"),
        ({"highway": "motorway"}, "f"),
        ({"highway": "motorway", "oneway": "no"}, "fb"),
        ({"highway": "motorway_link"}, "fb"),
        ({"vehicle__backward": "no"}, "f"),
        ({"motor_vehicle__forward": "no"}, "b"),
        ({"oneway": "yes", "oneway__vehicle": "no"}, "fb"),
        ({"oneway": "no", "oneway__motorcar": "-1"}, "b"),
        ({"junction": "mini_roundabout"}, "fb"),
        ({"oneway": "yes", "oneway__bus": "no"}, "f"),
    ],
)
def test_oneway_in_all_its_spellings(tags: dict[str, str], expected: str) -> None:
    assert directions(VehicleClass.CAR, **tags) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"oneway": "yes"}, "f"),
        ({"oneway": "yes", "oneway__bus": "no"}, "fb"),
        ({"oneway": "yes", "oneway__psv": "no"}, "fb"),
        ({"oneway": "yes", "oneway__psv": "no", "oneway__bus": "yes"}, "f"),
        ({"oneway": "yes", "busway": "opposite_lane"}, "fb"),
        ({"oneway": "-1", "busway__left": "opposite_lane"}, "fb"),
        ({"oneway": "yes", "lanes__psv__backward": "1"}, "fb"),
        ({"oneway": "yes", "lanes__bus__backward": "0"}, "f"),
        ({"oneway": "yes", "bus__lanes__backward": "designated"}, "fb"),
        ({"oneway": "yes", "psv__lanes__forward": "yes|designated"}, "f"),
        ({"oneway": "yes", "oneway__bicycle": "no"}, "f"),
    ],
)
def test_buses_may_have_a_lane_against_a_one_way_street(tags: dict[str, str], expected: str) -> None:
    assert directions(VehicleClass.BUS, **tags) == expected
    assert directions(VehicleClass.CAR, **tags) in {"f", "b"}


def test_emergency_vehicles_drive_against_a_one_way_only_by_sign() -> None:
    assert directions(VehicleClass.EMERGENCY, oneway="yes", oneway__bus="no") == "f"
    assert directions(VehicleClass.EMERGENCY, oneway="yes", oneway__emergency="no") == "fb"


def test_trucks_may_have_a_one_way_of_their_own() -> None:
    assert directions(VehicleClass.TRUCK, oneway__hgv="yes") == "f"
    assert directions(VehicleClass.CAR, oneway__hgv="yes") == "fb"


def test_an_unknown_oneway_value_is_told_and_taken_as_none() -> None:
    read = road(oneway="sometimes", maxspeed="30", lanes="2")
    assert read.forward
    assert read.backward
    assert read.unread == ("oneway=sometimes",)


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"highway": "service"}, "highway=service"),
        ({"highway": "footway"}, "highway=footway"),
        ({"highway": "residential", "area": "yes"}, "area=yes"),
        ({"highway": "residential", "access": "private", "emergency": "no"}, "closed to all"),
        ({"highway": "primary", "oneway": "reversible"}, "oneway=reversible"),
        ({"highway": "pedestrian"}, "highway=pedestrian"),
        ({"highway": "service", "bus": "yes"}, "highway=service"),
        ({"highway": "service", "access": "private"}, "highway=service"),
        ({"highway": "bus_guideway"}, "highway=bus_guideway"),
    ],
)
def test_what_is_left_out_says_why(tags: dict[str, str], reason: str) -> None:
    assert read_road(tags) == LeftOut(reason)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"maxspeed": "30"}, (30, "maxspeed")),
        ({"maxspeed": "30 km/h"}, (30, "maxspeed")),
        ({"maxspeed": "30 mph"}, (48.3, "maxspeed")),
        ({"maxspeed": "50;30"}, (30, "maxspeed")),
        ({"maxspeed": "none"}, (130, "implicit")),
        ({"maxspeed": "walk"}, (10, "implicit")),
        ({"maxspeed": "DE:urban"}, (50, "implicit")),
        ({"maxspeed": "DE:rural"}, (100, "implicit")),
        ({"maxspeed": "DE:zone:30"}, (30, "implicit")),
        ({"maxspeed": "DE:zone30"}, (30, "implicit")),
        ({"zone:maxspeed": "DE:20"}, (20, "implicit")),
        ({"source:maxspeed": "FR:rural"}, (80, "implicit")),
        ({"source:maxspeed": "sign"}, (50, "class default")),
        ({"maxspeed": "50", "source:maxspeed": "DE:rural"}, (50, "maxspeed")),
        ({"maxspeed": "50", "maxspeed:forward": "30"}, (30, "maxspeed")),
        ({"maxspeed": "50", "maxspeed:backward": "30"}, (50, "maxspeed")),
        ({}, (50, "class default")),
        ({"maxspeed": "signals"}, (50, "class default")),
        ({"maxspeed": "variable"}, (50, "class default")),
        ({"maxspeed": "DE:walk"}, (10, "implicit")),
        ({"maxspeed": "DE:bicycle_road"}, (30, "implicit")),
        ({"maxspeed": "GB:nsl_single"}, (96.6, "implicit")),
        ({"zone:maxspeed": "30"}, (30, "implicit")),
        ({"zone:traffic": "DE:urban"}, (50, "implicit")),
        ({"maxspeed": "20 knots"}, (37, "maxspeed")),
        ({"maxspeed": "5000"}, (50, "class default")),
        ({"maxspeed": "0"}, (50, "class default")),
    ],
)
def test_speeds_are_read_with_their_source(tags: dict[str, str], expected: tuple[float, str]) -> None:
    speed = free_flow_speed(tags, "tertiary", "forward")
    assert (speed.kmh, speed.source) == expected


def test_a_speed_that_is_not_understood_is_told() -> None:
    assert "maxspeed=signals not understood: class default" in road(maxspeed="signals").notes


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"lanes": "4"}, (2, 2)),
        ({"lanes": "3"}, (1, 1)),
        ({"lanes": "3", "lanes__forward": "2"}, (2, 1)),
        ({"lanes": "3", "lanes__backward": "2"}, (1, 2)),
        ({"lanes": "1"}, (1, 1)),
        ({"lanes": "2;3"}, (1, 1)),
        ({"lanes": "many"}, (1, 1)),
        ({"lanes": "99"}, (1, 1)),
        ({"lanes": "3", "oneway": "yes"}, (3, None)),
        ({"lanes": "3", "oneway": "yes", "lanes__psv__backward": "1"}, (2, 1)),
        ({"highway": "motorway"}, (2, None)),
        ({}, (1, 1)),
    ],
)
def test_lanes_are_those_of_one_direction(tags: dict[str, str], expected: tuple[Any, Any]) -> None:
    read = road(**tags)
    assert tuple(side and side.lanes for side in (read.forward, read.backward)) == expected


def test_defaults_and_what_is_not_used_are_told() -> None:
    tags = {
        "maxspeed__hgv__conditional": "30 @ (22:00-06:00)",
        "maxweight__conditional": "7.5 @ (Sa)",
        "maxlength": "12",
    }
    assert road(**tags).notes == (
        "lanes by class default",
        "maxlength not used",
        "maxspeed:conditional not used",
        "maxweight:conditional holds always",
        "speed by class default",
    )


def test_name_reference_and_class_go_with_both_directions() -> None:
    read = road(highway="primary", name="Lauterstraße", ref="L 395", maxspeed="50", lanes="2")
    assert read.forward == read.backward
    assert read.forward is not None
    assert (read.forward.name, read.forward.ref, read.forward.road_class) == ("Lauterstraße", "L 395", "primary")
    assert read.notes == ()
