from typing import Any

import pytest

from lotse_routing.network.osm_access import Access, is_passable, way_access
from lotse_routing.network.osm_speed import free_flow_speed
from lotse_routing.network.osm_tags import LeftOut, Road, read_road


def road(**tags: str) -> Road:
    read = read_road({"highway": "residential"} | {key.replace("__", ":"): value for key, value in tags.items()})
    assert isinstance(read, Road), read
    return read


def directions(**tags: str) -> str:
    read = road(**tags)
    return ("f" if read.forward else "") + ("b" if read.backward else "")


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
    ],
)
def test_oneway_in_all_its_spellings(tags: dict[str, str], expected: str) -> None:
    assert directions(**tags) == expected


def test_an_unknown_oneway_value_is_told_and_taken_as_none() -> None:
    read = road(oneway="sometimes", maxspeed="30", lanes="2")
    assert read.forward
    assert read.backward
    assert read.notes == ("oneway=sometimes not understood",)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, Access.YES),
        ({"access": "private"}, Access.NO),
        ({"access": "no"}, Access.NO),
        ({"access": "no", "motor_vehicle": "destination"}, Access.DESTINATION),
        ({"access": "no", "vehicle": "no", "motorcar": "yes"}, Access.YES),
        ({"motor_vehicle": "yes", "motorcar": "no"}, Access.NO),
        ({"vehicle": "destination"}, Access.DESTINATION),
        ({"motor_vehicle": "agricultural;destination"}, Access.DESTINATION),
        ({"motor_vehicle": "delivery"}, Access.NO),
        ({"access": "restricted"}, Access.NO),
        ({"access": "permissive"}, Access.YES),
    ],
)
def test_the_most_specific_access_tag_decides(tags: dict[str, str], expected: Access) -> None:
    assert way_access(tags, "forward") is expected


@pytest.mark.parametrize(
    ("tags", "passes"),
    [
        ({"barrier": "bollard"}, False),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, True),
        ({"barrier": "gate"}, True),
        ({"barrier": "gate", "access": "private"}, False),
        ({"barrier": "lift_gate", "access": "destination"}, True),
        ({"barrier": "something new"}, False),
    ],
)
def test_barriers_stop_cars_unless_they_open_or_are_allowed(tags: dict[str, str], passes: bool) -> None:  # noqa: FBT001
    assert is_passable(tags) is passes


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"highway": "service"}, "highway=service"),
        ({"highway": "footway"}, "highway=footway"),
        ({"highway": "residential", "area": "yes"}, "area=yes"),
        ({"highway": "residential", "access": "private"}, "closed to cars"),
        ({"highway": "primary", "oneway": "reversible"}, "oneway=reversible"),
        ({"highway": "residential", "oneway": "yes", "vehicle:forward": "no"}, "closed to cars"),
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
        ({"highway": "motorway"}, (2, None)),
        ({}, (1, 1)),
    ],
)
def test_lanes_are_those_of_one_direction(tags: dict[str, str], expected: tuple[Any, Any]) -> None:
    read = road(**tags)
    assert tuple(side and side.lanes for side in (read.forward, read.backward)) == expected


def test_defaults_and_ignored_conditions_are_told() -> None:
    assert road(access__conditional="no @ (Mo-Fr 07:00-09:00)").notes == (
        "access:conditional ignored",
        "lanes by class default",
        "speed by class default",
    )


def test_name_reference_and_class_go_with_both_directions() -> None:
    read = road(highway="primary", name="Lauterstraße", ref="L 395", maxspeed="50", lanes="2")
    assert read.forward == read.backward
    assert read.forward is not None
    assert (read.forward.name, read.forward.ref, read.forward.road_class) == ("Lauterstraße", "L 395", "primary")
    assert read.notes == ()
