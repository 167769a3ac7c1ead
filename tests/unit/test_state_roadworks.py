"""What roadworks do to links: for whom, when, and how much."""

from dataclasses import replace
from datetime import timedelta

import pytest
from factories_decide import NOON, a_closure, a_snapshot, index
from factories_whatif import routes

from lotse_routing.core.access import Vehicle
from lotse_routing.decide.cause import find_cause
from lotse_routing.places import Place
from lotse_routing.state.roadwork import Roadwork, active_roadworks
from lotse_routing.state.roadwork_times import slowed_by_lanes
from lotse_routing.whatif.window import Window, list_phases
from lotse_shared.recurrence import read_recurrence
from lotse_shared.vehicle import VehicleClass

A, D = Place(node="A"), Place(node="D")
HOUR = timedelta(hours=1)
BY_DAY = read_recurrence("Mo-Fr 09:00-15:00", "Europe/Berlin")
"""In winter 08:00 to 14:00 UTC."""


def links(vehicle: VehicleClass, *roadworks: Roadwork) -> tuple[str, ...]:
    return routes(A, D, a_snapshot(roadworks=roadworks), vehicle=Vehicle(vehicle))[0].links


def test_a_closure_binds_those_it_names_and_no_others() -> None:
    straight, around = ("A-B-0", "B-C-0", "C-D-0"), ("A-B-0", "B-E-0", "E-F-0", "F-D-0")
    to_trucks = replace(a_closure("C-D-0"), vehicles=frozenset({VehicleClass.TRUCK}))
    assert (links(VehicleClass.CAR, to_trucks), links(VehicleClass.TRUCK, to_trucks)) == (straight, around)
    to_cars = replace(to_trucks, vehicles=frozenset({VehicleClass.CAR}))
    assert (links(VehicleClass.CAR, to_cars), links(VehicleClass.TRUCK, to_cars)) == (around, straight)
    assert links(VehicleClass.TRUCK, to_trucks, replace(to_cars, roadwork_id="R2")) == around


@pytest.mark.parametrize(
    ("lanes", "closed", "slowed"),
    [(2, None, 1.0), (4, 1, 1.08), (3, 1, 1.14), (2, 1, 1.52), (1, 1, 1.52), (4, 3, 4.0)],
)
def test_fewer_lanes_slow_traffic_by_what_is_left(lanes: int, closed: int | None, slowed: float) -> None:
    assert slowed_by_lanes(lanes, closed, saturation=0.7) == pytest.approx(slowed, abs=0.01)


def test_lanes_that_are_closed_are_a_cause_like_a_limit_and_both_together_the_worse_of_them() -> None:
    narrow = replace(a_closure("B-C-0"), effect="lanes", lanes_closed=1)
    snapshot = a_snapshot(roadworks=[narrow])
    assert snapshot.weights.travel_times_s[index("B-C-0")] == pytest.approx(36 * 1.52, abs=0.5)
    cause = find_cause(snapshot, [index("B-C-0")])
    assert cause is not None
    assert (cause.kind, cause.roadwork) == ("slow", "Kanalbau")
    slow = a_snapshot(roadworks=[replace(narrow, speed_kmh=10)])
    assert slow.weights.travel_times_s[index("B-C-0")] == pytest.approx(180)


def test_a_recurring_roadwork_holds_at_its_hours_and_ends_with_the_present_ones() -> None:
    work = replace(a_closure("B-C-0", ends_at=NOON + timedelta(days=9)), recurrence=BY_DAY)
    moments = {hours: work.is_active(NOON + hours * HOUR) for hours in (0, 1.9, 2, 20, 22)}
    assert moments == {0: True, 1.9: True, 2: False, 20: True, 22: True}
    (active,) = active_roadworks([work], NOON)
    assert (active.over_at, active.recurrence) == (NOON + 2 * HOUR, None)
    assert find_cause(a_snapshot(roadworks=[work]), [index("B-C-0")]).until == NOON + 2 * HOUR  # type: ignore[union-attr]
    assert active_roadworks([work], NOON + 3 * HOUR) == ()
    (last,) = active_roadworks([replace(work, ends_at=NOON + HOUR)], NOON)
    assert last.over_at == NOON + HOUR


def test_a_closure_that_recurs_meets_others_at_their_common_hours_only() -> None:
    by_night = replace(a_closure("B-C-0"), recurrence=read_recurrence("Mo-Fr 22:00-05:00", "Europe/Berlin"))
    always = a_closure("C-D-0", roadwork_id="R2")
    phases = list_phases(Window(NOON, None, BY_DAY), [by_night, always])
    assert [(phase.starts_at, [r.roadwork_id for r in phase.roadworks]) for phase in phases] == [(NOON, ["R2"])]
    longer = list_phases(Window(NOON, None), [by_night, always])
    assert [[r.roadwork_id for r in phase.roadworks] for phase in longer] == [["R2"], ["R1", "R2"]]
    assert longer[1].starts_at == NOON + 9 * HOUR
    too_short = list_phases(Window(NOON, NOON + 8 * HOUR), [by_night])
    assert [phase.roadworks for phase in too_short] == [()]
