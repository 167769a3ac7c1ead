"""Streets whose access depends on the hour or the weight."""

import pytest

from lotse_routing.network.osm.access import Access
from lotse_routing.network.osm.conditions import Clause, read_clauses
from lotse_routing.network.osm.tags import Carriageway, Road, read_road
from lotse_shared.vehicle import VehicleClass
from lotse_shared.weekly_times import WeeklyTimes

CAR, TRUCK, BUS = VehicleClass.CAR, VehicleClass.TRUCK, VehicleClass.BUS


def read(tags: dict[str, str]) -> Road:
    road = read_road({"highway": "residential"} | tags)
    assert isinstance(road, Road), road
    return road


def timed(side: Carriageway | None) -> set[tuple[str, str, str]]:
    """Vehicles, access, hours of one direction."""
    assert side is not None
    return {(" ".join(timed.vehicles), timed.access.value, timed.during) for timed in side.permission.timed}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no @ (Mo-Fr 07:00-09:00)", [("no", "Mo-Fr 07:00-09:00", None)]),
        ("no @ 22:00-06:00", [("no", "22:00-06:00", None)]),
        ("no @ (weight>7.5)", [("no", "24/7", 7.5)]),
        ("no @ (maxweightrating > 3500 kg)", [("no", "24/7", 3.5)]),
        ("no @ (weight>7.5 AND 22:00-06:00)", [("no", "22:00-06:00", 7.5)]),
        (
            "destination @ (06:00-11:00); no @ (Mo-Fr 11:00-20:00; Sa 11:00-16:00)",
            [("destination", "06:00-11:00", None), ("no", "Mo-Fr 11:00-20:00; Sa 11:00-16:00", None)],
        ),
    ],
)
def test_clauses_are_value_hours_and_weight(text: str, expected: list[tuple[str, str, float | None]]) -> None:
    assert read_clauses(text) == [Clause(value, WeeklyTimes.parse(hours), over) for value, hours, over in expected]


@pytest.mark.parametrize("text", ["no", "no @ snow", "no @ (07:00-09:00", "no @ (PH)", "no @ (length>12)", "@ (Mo)"])
def test_what_is_no_clause_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"understood|is not"):
        read_clauses(text)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"access:conditional": "no @ (Mo-Fr 07:00-09:00)"}, {("car truck bus", "no", "Mo-Fr 07:00-09:00")}),
        ({"motorcar:conditional": "no @ (Mo 07:00-09:00)"}, {("car", "no", "Mo 07:00-09:00")}),
        ({"hgv:conditional": "no @ (22:00-06:00)"}, {("truck", "no", "Mo-Su 22:00-06:00")}),
        ({"hgv:conditional": "delivery @ (22:00-06:00)"}, {("truck", "destination", "Mo-Su 22:00-06:00")}),
        ({"access": "no", "access:conditional": "yes @ (Sa)"}, {("car truck bus", "yes", "Sa 00:00-24:00")}),
        ({"vehicle:conditional": "no @ (Mo)", "bus": "yes"}, {("car truck", "no", "Mo 00:00-24:00")}),
        ({"vehicle:forward:conditional": "no @ (Mo)"}, {("car truck bus", "no", "Mo 00:00-24:00")}),
        ({"vehicle:backward:conditional": "no @ (Mo)"}, set()),
        ({"access:conditional": "no @ (08:00-12:00); destination @ (10:00-12:00)"},
         {("car truck bus", "no", "Mo-Su 08:00-10:00"), ("car truck bus", "destination", "Mo-Su 10:00-12:00")}),
        ({"vehicle:conditional": "no @ (08:00-12:00)", "motorcar:conditional": "yes @ (08:00-10:00)"},
         {("car", "no", "Mo-Su 10:00-12:00"), ("truck bus", "no", "Mo-Su 08:00-12:00")}),
        ({"hgv:conditional": "no @ (weight>7.5 AND 22:00-06:00)"}, {("truck", "no", "Mo-Su 22:00-06:00")}),
        ({"emergency:conditional": "no @ (Mo)"}, {("emergency", "no", "Mo 00:00-24:00")}),
    ],
)  # fmt: skip
def test_conditions_hold_for_those_their_key_names_and_never_overlap(
    tags: dict[str, str], expected: set[tuple[str, str, str]]
) -> None:
    assert timed(read(tags).forward) == expected


def test_a_street_that_is_one_way_by_the_hour_is_closed_against_it_then() -> None:
    road = read({"oneway:conditional": "yes @ (07:00-09:00)"})
    assert timed(road.forward) == set()
    assert timed(road.backward) == {("car truck bus emergency", "no", "Mo-Su 07:00-09:00")}


def test_a_reversible_street_opens_each_way_at_its_hours() -> None:
    road = read({"oneway": "reversible", "oneway:conditional": "yes @ (05:00-11:00); -1 @ (11:00-20:00)"})
    assert road.forward is not None
    assert road.forward.permission.car is Access.NO
    assert timed(road.forward) == {("car truck bus emergency", "yes", "Mo-Su 05:00-11:00")}
    assert timed(road.backward) == {("car truck bus emergency", "yes", "Mo-Su 11:00-20:00")}


def test_a_condition_on_weight_alone_is_a_limit() -> None:
    road = read({"hgv:conditional": "no @ (weight>7.5)"})
    assert road.forward is not None
    assert road.forward.max_weight_t == 7.5
    assert road.forward.permission.truck is Access.YES
    assert timed(road.forward) == set()
    assert road.unread == ()


@pytest.mark.parametrize(
    ("tags", "car", "truck", "told"),
    [
        ({"motor_vehicle:conditional": "no @ (Mo-Fr 07:00-17:00; PH off)"}, "destination", "destination", "ends only"),
        ({"hgv:conditional": "no @ (winter)"}, "yes", "destination", "ends only"),
        ({"motor_vehicle": "no", "motor_vehicle:conditional": "yes @ (permit)"}, "no", "no", "not used"),
        ({"hgv:conditional": "destination @ (weight>7.5)"}, "yes", "destination", "all trucks and buses"),
    ],
)
def test_a_prohibition_that_is_not_understood_keeps_routes_from_leading_through(
    tags: dict[str, str], car: str, truck: str, told: str
) -> None:
    road = read(tags)
    assert road.forward is not None
    assert (road.forward.permission.car.value, road.forward.permission.truck.value) == (car, truck)
    assert road.forward.permission.emergency is Access.YES
    assert [told in unread for unread in road.unread] == [True]


def test_a_one_way_at_hours_that_are_not_understood_holds_always() -> None:
    road = read({"oneway:conditional": "yes @ (school days)"})
    assert road.forward is not None
    assert road.backward is None
    assert road.unread == ("oneway:conditional=yes @ (school days): what it closes is closed always",)


def test_conditions_that_say_what_holds_anyway_are_none() -> None:
    assert timed(read({"access:conditional": "yes @ (08:00-12:00)"}).forward) == set()
