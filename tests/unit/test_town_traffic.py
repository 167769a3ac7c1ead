"""The demo's traffic model: a queue behind a pinch, a closed street, drivers who follow signs."""

from pathlib import Path

import pytest
from factories_town import STREETS, a_scenario, a_traffic

from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.simulation.scenario import Moment, moment_of, read_scenario
from lotse_standalone.simulation.simulate import read_streets
from lotse_standalone.simulation.traffic import Advice, Traffic, free_flow, queued_flow
from lotse_standalone.town import FOLDER

AROUND_THE_BRIDGE = Advice(avoided=frozenset({"bridge"}), used=frozenset({"corridor"}))


def play(traffic: Traffic, until_s: float, advice: Advice | None = None) -> Traffic:
    while traffic.at_s < until_s:
        traffic = traffic.advance(traffic.at_s + 2, advice or Advice())
    return traffic


def test_an_empty_road_has_no_speed() -> None:
    flow = free_flow(STREETS["bridge"], 0)
    assert flow.speed_kmh is None
    assert flow.occupancy_pct == 0


def test_free_traffic_drives_a_little_slower_as_the_street_fills() -> None:
    few, many = free_flow(STREETS["bridge"], 200), free_flow(STREETS["bridge"], 1800)
    assert few.speed_kmh is not None
    assert many.speed_kmh is not None
    assert 0.8 * 50 < many.speed_kmh < few.speed_kmh <= 50


def test_a_queue_is_slow_and_dense() -> None:
    queue = queued_flow(STREETS["bridge"], 720)
    assert queue.speed_kmh is not None
    assert queue.speed_kmh < 0.15 * 50
    assert queue.occupancy_pct > 50


def test_before_the_pinch_everything_flows() -> None:
    flow = play(a_traffic(), 8).on("bridge")
    assert flow.speed_kmh is not None
    assert flow.speed_kmh > 40


def test_the_pinched_street_jams_and_the_queue_reaches_the_street_before_it() -> None:
    traffic = play(a_traffic(), 18)
    speeds = [traffic.on(street).speed_kmh for street in ("bridge", "ramp")]
    assert all(speed is not None and speed < 10 for speed in speeds)


def test_the_queue_dissolves_when_the_pinch_has_gone() -> None:
    traffic = play(a_traffic(), 30)
    assert traffic.queue_veh == 0
    flow = traffic.on("bridge")
    assert flow.speed_kmh is not None
    assert flow.speed_kmh > 40


def test_drivers_who_follow_the_sign_make_the_queue_shorter_and_the_corridor_fuller() -> None:
    alone, told = play(a_traffic(), 18), play(a_traffic(), 18, AROUND_THE_BRIDGE)
    assert told.queue_veh < alone.queue_veh
    assert told.on("corridor").flow_vehh > alone.on("corridor").flow_vehh


def test_advice_elsewhere_does_not_relieve_the_pinched_street() -> None:
    elsewhere = Advice(avoided=frozenset({"site"}), used=frozenset({"corridor"}))
    assert play(a_traffic(), 18, elsewhere).queue_veh == play(a_traffic(), 18).queue_veh


def test_nobody_drives_through_the_construction_site() -> None:
    traffic = play(a_traffic(), 34)
    assert traffic.on("site").flow_vehh == 0
    assert play(a_traffic(), 44).on("site").flow_vehh > 0


def test_a_new_morning_begins_without_a_queue() -> None:
    jammed = play(a_traffic(), 18)
    assert jammed.queue_veh > 0
    assert jammed.advance(1, Advice()).queue_veh == 0


def test_demand_is_read_between_its_points() -> None:
    scenario = read_scenario(FOLDER)
    (first_s, first), (second_s, second) = scenario.demand[:2]
    assert scenario.demand_at((first_s + second_s) / 2) == pytest.approx((first + second) / 2)
    assert scenario.demand_at(scenario.loop_s + 1) == scenario.demand[-1][1]


def test_the_morning_loops() -> None:
    assert moment_of(125.0, 60.0) == Moment(2, 5.0)


def test_the_towns_own_morning_jams_the_bridge_and_recovers_before_the_site_opens() -> None:
    scenario = read_scenario(FOLDER)
    traffic = Traffic(scenario, read_streets(FOLDER))
    bridge = scenario.pinch.links_upstream[0]
    jammed = play(traffic, scenario.pinch.to_s - 2)
    recovered = play(jammed, scenario.site.from_s - 4)
    speeds = jammed.on(bridge).speed_kmh, recovered.on(bridge).speed_kmh
    assert speeds[0] is not None
    assert speeds[1] is not None
    assert speeds[0] < 0.3 * traffic.streets[bridge].free_flow_kmh
    assert speeds[1] > 0.7 * traffic.streets[bridge].free_flow_kmh


def test_a_scenario_that_is_none_is_named_with_its_field(tmp_path: Path) -> None:
    (tmp_path / "scenario.json").write_text('{"loop_s": "soon"}')
    with pytest.raises(StandaloneError, match=r"scenario\.json.*loop_s"):
        read_scenario(tmp_path)


def test_phases_tell_what_is_going_on() -> None:
    scenario = a_scenario(pinch=(10, 20))
    assert [scenario.phase_at(at_s) for at_s in (0, 9.9, 10)] == ["quiet", "quiet", "pinch"]
