"""Simulated sensors stay within what a real detector can report, whatever the traffic."""

import random
from datetime import UTC, datetime, timedelta

from factories_town import NO_FLAWS
from hypothesis import given
from hypothesis import strategies as st

from lotse_standalone.simulation.scenario import Flaws
from lotse_standalone.simulation.sensors import Sensor
from lotse_standalone.simulation.traffic import CAPACITY_VEHH_PER_LANE, EMPTY_ROAD, Flow, Street, free_flow, queued_flow

NOW = datetime(2026, 11, 23, 7, 10, tzinfo=UTC)
FAULTY = Flaws(duplicate_every=5, stale_speed_every=3, malformed_at_s=1)

streets = st.builds(
    Street, length_m=st.floats(50, 2000), free_flow_kmh=st.sampled_from([20.0, 50.0, 70.0]), lanes=st.integers(1, 3)
)
shares = st.floats(0, 1)


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    street = draw(streets)
    flow_vehh = draw(shares) * street.lanes * CAPACITY_VEHH_PER_LANE
    kind = draw(st.sampled_from([free_flow, queued_flow]))
    return EMPTY_ROAD if flow_vehh == 0 else kind(street, flow_vehh)


def a_sensor(seed: int, flaws: Flaws = NO_FLAWS, interval_s: float = 2) -> Sensor:
    return Sensor("AB-01", "a-b-0", interval_s, flaws, random.Random(seed))


@given(st.lists(flows(), min_size=1, max_size=30), st.integers())
def test_without_vehicles_there_is_no_speed_and_with_vehicles_there_is_one(traffic: list[Flow], seed: int) -> None:
    sensor = a_sensor(seed)
    for number, flow in enumerate(traffic):
        reading = sensor.measure(flow, NOW + timedelta(seconds=2 * number))
        assert (reading["vehicle_count"] == 0) == (reading["mean_speed_kmh"] is None)
        assert 0 <= reading["heavy_count"] <= reading["vehicle_count"]
        assert 0 <= reading["occupancy_pct"] <= 100
        assert reading["mean_speed_kmh"] is None or reading["mean_speed_kmh"] > 0


@given(flows(), st.integers(), st.integers(10, 200))
def test_counts_add_up_to_the_flow_however_short_the_interval(flow: Flow, seed: int, intervals: int) -> None:
    sensor = a_sensor(seed)
    counted = sum(sensor.measure(flow, NOW)["vehicle_count"] for _ in range(intervals))
    assert abs(counted - flow.flow_vehh * 2 * intervals / 3600) <= 1 + 1e-6


@given(flows())
def test_flow_density_and_speed_fit_together(flow: Flow) -> None:
    if flow.speed_kmh is not None:
        assert 0 < flow.speed_kmh <= 70
        assert 0 < flow.occupancy_pct <= 100


@given(st.lists(flows(), min_size=3, max_size=30), st.integers())
def test_a_faulty_reading_says_no_vehicles_and_repeats_the_last_speed(traffic: list[Flow], seed: int) -> None:
    sensor = a_sensor(seed, FAULTY)
    last = None
    for flow in traffic:
        reading = sensor.measure(flow, NOW)
        if reading["vehicle_count"]:
            last = reading["mean_speed_kmh"]
        elif reading["mean_speed_kmh"] is not None:
            assert reading["seq"] % 3 == 0
        if reading["seq"] % 3 == 0:
            assert reading["vehicle_count"] == 0
            assert last is None or reading["mean_speed_kmh"] is not None


@given(flows(), st.integers())
def test_equal_seeds_give_equal_readings(flow: Flow, seed: int) -> None:
    assert [a_sensor(seed).measure(flow, NOW) for _ in range(2)] == [a_sensor(seed).measure(flow, NOW)] * 2


@given(st.integers(1, 40))
def test_readings_are_sent_twice_now_and_then(readings: int) -> None:
    sensor = a_sensor(0, FAULTY)
    twice = []
    for _ in range(readings):
        sensor.measure(EMPTY_ROAD, NOW)
        twice.append(sensor.is_sent_twice())
    assert sum(twice) == readings // 5
