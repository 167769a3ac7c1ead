"""What the policies are made of: streets as arrays, what stations say of them, loads, relations, disturbances."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="`make evaluate` installs it")

from evaluation.policies.disturbances import SlowSections, disturbances_of
from evaluation.policies.loads import read_loads
from evaluation.policies.measured import RAW, Measured
from evaluation.policies.reach import spread_stations
from evaluation.policies.relations import Relations, find_passages
from evaluation.policies.surprised import Surprised
from evaluation.streets import Streets, build_streets, grow_tree
from factories_evaluation import NORTH, USUAL, a_city, a_minute, the_edges, trips_on, what_is_known

STREETS: Streets = build_streets(the_edges())
NONE = frozenset[int]()


def numbered(*edge_ids: str) -> frozenset[int]:
    return frozenset(STREETS.numbers(edge_ids))


def slowness_on(measured: Measured, edge_id: str) -> float:
    return float(measured.slowness[STREETS.number[edge_id]])


def test_a_quickest_way_goes_round_what_is_barred_and_never_turns_back() -> None:
    tree = grow_tree(STREETS.onward, STREETS.number["AB"], STREETS.free_flow_s, STREETS.mask(numbered("CD")))
    assert STREETS.route(tree.find_way(STREETS.number["DZ"]) or ()) == ("AB", "BG", "GD", "DZ")
    assert STREETS.route(tree.find_way(STREETS.number["BA"]) or ())[1:3] == ("BG", "GD")
    assert tree.find_way(STREETS.number["CD"]) is None


def test_the_cost_of_a_way_begins_after_its_first_edge() -> None:
    tree = grow_tree(STREETS.onward, STREETS.number["AB"], STREETS.free_flow_s, STREETS.mask(()))
    assert tree.costs_s[STREETS.number["DZ"]] == pytest.approx(1500 / 50 * 3.6)


def test_a_surprised_driver_turns_back_at_the_barrier() -> None:
    surprised = Surprised(STREETS, numbered("CD"), STREETS.free_flow_s)
    way = surprised.find_way(STREETS.number["BC"], STREETS.number["DZ"])
    assert STREETS.route(way or ()) == ("BC", "CB", "BG", "GD", "DZ")


def test_a_station_speaks_for_its_street_and_direction_alone() -> None:
    city = a_city(stations=a_city().stations[:1])
    spread = spread_stations(city.stations, STREETS)
    heard = {STREETS.edges[edge].edge_id for edge in np.flatnonzero(spread[:, 0])}
    assert heard == {"BC", "CD"}


def test_an_edge_with_a_station_listens_to_that_one_alone() -> None:
    measured = Measured(what_is_known(()), STREETS, RAW)
    measured.take(a_minute(60, {"BC": 9.0}))
    assert slowness_on(measured, "BC") == pytest.approx(4.0)
    assert slowness_on(measured, "CD") == pytest.approx(1.0)


def test_a_speed_is_believed_by_half_and_less_the_fewer_drove_it() -> None:
    measured = Measured(what_is_known(()), STREETS)
    measured.take(a_minute(60, {"BC": 9.0}))
    assert slowness_on(measured, "BC") == pytest.approx(1 / (1 + 0.4 * (0.25 - 1)))
    few = Measured(what_is_known(()), STREETS)
    few.take(a_minute(60, {"BC": 9.0}, vehicles=2))
    assert 1.0 < slowness_on(few, "BC") < slowness_on(measured, "BC")


def test_one_bad_minute_makes_no_section_slow() -> None:
    measured = Measured(what_is_known(()), STREETS)
    measured.take(a_minute(60, {"BC": 4.0}))
    assert slowness_on(measured, "BC") < 2.0
    for minute in (2, 3, 4):
        measured.take(a_minute(60 * minute, {"BC": 4.0}))
    assert slowness_on(measured, "BC") > 2.0


def test_no_vehicle_does_not_mean_a_free_road() -> None:
    measured = Measured(what_is_known(()), STREETS, RAW)
    measured.take(a_minute(60, {"BC": 9.0}))
    measured.take(a_minute(120, empty={"BC": 0.0}))
    assert 3.5 < slowness_on(measured, "BC") < 4.0


def test_a_loop_that_is_covered_without_a_vehicle_passing_stands_in_a_queue() -> None:
    measured = Measured(what_is_known(()), STREETS, RAW)
    measured.take(a_minute(60, empty={"BC": 90.0}))
    assert slowness_on(measured, "BC") == pytest.approx(36.0 / 3.0)


def test_nobody_drives_faster_than_free_flow() -> None:
    measured = Measured(what_is_known(()), STREETS, RAW)
    measured.take(a_minute(60, {"BC": 50.0}))
    assert (measured.times_s >= STREETS.free_flow_s).all()


def test_flow_costs_nothing_until_it_comes_near_the_capacity() -> None:
    loads = read_loads(what_is_known((), usual_vehicles_per_h={"BN": 400.0}), STREETS)
    north = STREETS.number["BN"]

    def slower(veh_h: float) -> float:
        diverted = loads.none()
        diverted[north] = veh_h
        costs_s = loads.costs_s(STREETS.free_flow_s, STREETS.free_flow_s, diverted)
        return float(costs_s[north] / STREETS.free_flow_s[north])

    assert slower(0) == 1.0
    assert slower(100) < 1.15
    assert slower(400) > 2.0
    assert slower(9000) < 8.01


def test_what_is_measured_counts_if_it_is_worse_than_what_is_foreseen() -> None:
    loads = read_loads(what_is_known(()), STREETS)
    costs_s = loads.costs_s(3 * STREETS.free_flow_s, STREETS.free_flow_s, loads.none())
    assert costs_s == pytest.approx(3 * STREETS.free_flow_s)


def test_trips_of_the_hour_around_now_stand_for_the_flow_of_now() -> None:
    traffic = Relations(what_is_known(trips_on(USUAL, 40)), STREETS).around(3600)
    assert len(traffic.trips) * traffic.veh_h == pytest.approx(200, rel=0.06)


def test_at_the_rim_of_the_morning_the_flow_is_not_halved() -> None:
    traffic = Relations(what_is_known(trips_on(USUAL, 40)), STREETS).around(60)
    assert len(traffic.trips) * traffic.veh_h == pytest.approx(200, rel=0.1)


def test_a_passage_ends_behind_the_last_closure_on_the_way() -> None:
    (trip,) = Relations(what_is_known(trips_on((*USUAL[:3], "DN", "NB", "BE"), 1)), STREETS).always().trips
    sign, disturbed = STREETS.number["AB"], numbered("BC")
    (open_road,) = find_passages([trip], sign, disturbed)
    (closed_ahead,) = find_passages([trip], sign, disturbed, numbered("NB"))
    assert STREETS.route(open_road.after) == ("CD", "DN", "NB", "BE")
    assert STREETS.route(closed_ahead.after) == ("BE",)


def test_who_meets_the_disturbance_before_the_sign_does_not_pass_it_after() -> None:
    trips = Relations(what_is_known(trips_on(USUAL, 1)), STREETS).always().trips
    assert find_passages(trips, STREETS.number["CD"], numbered("BC")) == []


def test_a_slow_section_begins_at_2_and_ends_below_1_4() -> None:
    sections, found = SlowSections(STREETS), []
    for slowness in (1.9, 2.0, 1.5, 1.3, 1.9):
        at = np.ones(len(STREETS.edges))
        at[STREETS.number["BC"]] = slowness
        found.append(sections.find(at, NONE))
    assert found == [NONE, numbered("BC"), numbered("BC"), NONE, NONE]


def test_a_closed_edge_is_not_slow_besides() -> None:
    at = np.full(len(STREETS.edges), 3.0)
    assert SlowSections(STREETS).find(at, numbered("BC")).isdisjoint(numbered("BC"))


def test_a_disturbance_is_one_street_in_one_direction() -> None:
    found = disturbances_of("closed", numbered("BC", "CD", "DC", *NORTH), STREETS)
    assert {each.edges for each in found} == {numbered("BC", "CD"), numbered("DC"), numbered(*NORTH)}
