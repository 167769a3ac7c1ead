"""Readings → what is known of detectors and links."""

from dataclasses import replace
from typing import Any

import pytest
from factories_decide import TOPOLOGY, TOWN, a_reading, at, index

from lotse_routing.settings import EstimateSettings, LoopSettings
from lotse_routing.state.changes import WrittenState, changed_states
from lotse_routing.state.estimate import DetectorPlace, FeltReading, LinkState
from lotse_routing.state.level_of_service import level_of_service
from lotse_routing.state.sense import Sensed, sense
from lotse_routing.state.weights import derive_weights
from lotse_shared.level_of_service import LevelOfService

SETTINGS = EstimateSettings()
PLACES = (DetectorPlace("d1", "L"), DetectorPlace("d2", "L"), DetectorPlace("elsewhere", "not in the network"))
FREE_FLOW = {"L": 50.0}


def sensed(*readings: FeltReading, now_s: float = 0, known: Sensed | None = None) -> Sensed:
    return sense(known or Sensed(), readings, PLACES, FREE_FLOW, now=at(now_s), settings=SETTINGS)


def link(*readings: FeltReading, **more: Any) -> LinkState:
    return sensed(*readings, **more).links["L"]


def test_the_first_speed_is_taken_as_it_is() -> None:
    state = link(a_reading(mean_speed_kmh=40))
    assert (state.speed_kmh, state.freshness, state.source) == (40, 1.0, "measured")
    assert (state.level_of_service, state.detectors) == (LevelOfService.FREE, ("d1",))


def test_later_speeds_are_smoothed() -> None:
    state = link(a_reading(at_s=-60, mean_speed_kmh=40), a_reading(mean_speed_kmh=20, vehicle_count=8))
    assert state.speed_kmh == 40 - 0.5 * 8 / 10 * 20


def test_the_speed_of_few_vehicles_counts_less() -> None:
    speeds_kmh = [
        link(a_reading(at_s=-60, mean_speed_kmh=40), a_reading(mean_speed_kmh=20, vehicle_count=count)).speed_kmh
        for count in (1, 5, 50)
    ]
    assert speeds_kmh == sorted(speeds_kmh, reverse=True)
    assert speeds_kmh[0] > 36


def test_detectors_of_a_link_count_by_their_vehicles() -> None:
    few, many = (
        a_reading("d1", vehicle_count=10, mean_speed_kmh=50),
        a_reading("d2", vehicle_count=30, mean_speed_kmh=10),
    )
    assert link(few, many).speed_kmh == pytest.approx(20)


@pytest.mark.parametrize(("vehicles", "expected"), [(0.2, 0.5), (1, 0.5), (3, 0.75), (19, 0.95), (None, 0.5)])
def test_confidence_grows_with_the_vehicles_behind_a_speed(vehicles: float | None, expected: float) -> None:
    state = link(a_reading(vehicle_count=vehicles))
    assert state.freshness == 1
    assert state.confidence == pytest.approx(expected)


def test_confidence_is_less_for_a_substitute_and_recovers_with_measured_speeds() -> None:
    substitute = a_reading(vehicle_count=3, quality_pct=90)
    assert link(substitute).confidence == pytest.approx(0.9 * 0.75)
    measured = [a_reading(at_s=60 * number, vehicle_count=3) for number in range(1, 9)]
    assert link(substitute, *measured, now_s=480).confidence == pytest.approx(0.75, abs=0.001)
    assert link(substitute).speed_kmh == link(a_reading(vehicle_count=3)).speed_kmh


def test_what_a_faulty_detector_said_last_is_soon_without_effect() -> None:
    """Its last good speed stands in for three intervals (S2); then readings come without a speed, or none at all."""
    jam = [a_reading(at_s=60 * number, mean_speed_kmh=5, quality_pct=90 if number else 100) for number in range(4)]
    without = [a_reading(at_s=60 * number, mean_speed_kmh=None) for number in range(4, 20)]
    assert link(*jam, now_s=180).level_of_service is LevelOfService.JAM
    assert link(*jam, *without, now_s=16 * 60).level_of_service is LevelOfService.UNKNOWN
    assert link(*jam, now_s=9 * 60).level_of_service is LevelOfService.UNKNOWN


def test_the_surest_detector_of_a_link_tells_its_confidence() -> None:
    few, old = a_reading("d1", vehicle_count=3), a_reading("d2", at_s=-360, vehicle_count=99)
    assert link(few, old).confidence == pytest.approx(0.75)


def test_a_jam_counts_in_full_however_few_vehicles_pass_in_it() -> None:
    state = replace(link(a_reading(vehicle_count=1, mean_speed_kmh=10)), link_id="B-C-0")
    weights = derive_weights(TOPOLOGY, TOWN.factors, [state], TOPOLOGY.base_travel_times_s, [], SETTINGS)
    assert weights.travel_times_s[index("B-C-0")] == pytest.approx(180)


def test_the_estimate_does_not_depend_on_how_readings_are_grouped_into_steps() -> None:
    first, second = a_reading(at_s=-60, mean_speed_kmh=40), a_reading(mean_speed_kmh=20)
    assert link(second, known=sensed(first, now_s=-60)) == link(first, second)


def test_a_reading_is_felt_once() -> None:
    before = sensed(a_reading(mean_speed_kmh=40))
    again = sensed(a_reading(mean_speed_kmh=10), known=before)
    assert (again.felt, again.newest) == (0, None)
    assert again.links["L"].speed_kmh == 40


@pytest.mark.parametrize("nothing", [{"vehicle_count": 0, "mean_speed_kmh": None}, {"mean_speed_kmh": None}])
def test_no_vehicle_is_not_a_free_road(nothing: dict[str, Any]) -> None:
    jammed = sensed(a_reading(mean_speed_kmh=10))
    state = link(*(a_reading(at_s=60 * n, **nothing) for n in range(1, 5)), known=jammed, now_s=240)
    assert state.speed_kmh == 10
    assert state.level_of_service is LevelOfService.JAM
    assert state.source == "held"
    assert state.freshness == pytest.approx(0.5 ** (2.5 / 3))


def test_a_count_of_zero_takes_no_speed_even_if_one_is_given() -> None:
    jammed = sensed(a_reading(mean_speed_kmh=10))
    assert link(a_reading(at_s=60, vehicle_count=0, mean_speed_kmh=80), known=jammed, now_s=60).speed_kmh == 10


def test_a_silent_detector_makes_its_link_unknown_and_then_says_nothing() -> None:
    known = sensed(a_reading(mean_speed_kmh=10))
    assert link(known=known, now_s=180).level_of_service is LevelOfService.JAM
    stale = link(known=known, now_s=200)
    assert (stale.level_of_service, stale.source) == (LevelOfService.UNKNOWN, "decayed")
    assert 0 < stale.confidence < stale.freshness < 1
    gone = link(known=known, now_s=900)
    assert (gone.confidence, gone.detectors, gone.observed_at) == (0, (), at(0))


def test_a_detector_that_works_speaks_for_one_that_is_silent() -> None:
    known = sensed(a_reading("d1", mean_speed_kmh=10), a_reading("d2", mean_speed_kmh=10))
    state = link(*(a_reading("d2", at_s=60 * n, mean_speed_kmh=50) for n in range(1, 20)), known=known, now_s=1140)
    assert state.speed_kmh == pytest.approx(50, abs=0.1)
    assert (state.source, state.detectors) == ("measured", ("d2",))


def test_links_without_a_speed_so_far_have_no_state() -> None:
    assert sensed(a_reading(mean_speed_kmh=None), a_reading("elsewhere")).links == {}


def test_only_readings_in_time_cause_something_now() -> None:
    assert sensed(a_reading(at_s=-180)).newest == at(-180)
    assert sensed(a_reading(at_s=-181)).newest is None


@pytest.mark.parametrize(
    ("ratio", "previous", "expected"),
    [
        (0.7, "unknown", "free"),
        (0.69, "unknown", "dense"),
        (0.3, "unknown", "slow"),
        (0.29, "unknown", "jam"),
        (0.69, "free", "free"),
        (0.66, "free", "dense"),
        (0.72, "dense", "dense"),
        (0.74, "dense", "free"),
        (0.1, "free", "jam"),
        (0.9, "jam", "free"),
        (0.31, "jam", "jam"),
        (0.52, "jam", "slow"),
        (0.28, "dense", "slow"),
    ],
)
def test_a_level_of_service_changes_only_beyond_the_border(ratio: float, previous: str, expected: str) -> None:
    assert level_of_service(ratio, LevelOfService(previous), SETTINGS) is LevelOfService(expected)


def test_a_link_state_is_written_when_it_changed_or_long_ago() -> None:
    state = link(a_reading(mean_speed_kmh=40))
    written = {"L": WrittenState(state, at(0))}

    def is_written(now_s: float, **more: Any) -> bool:
        changed = sensed(a_reading(at_s=now_s, **more), known=sensed(a_reading(mean_speed_kmh=40)), now_s=now_s)
        return bool(changed_states(changed.links.values(), written, at(now_s), LoopSettings()))

    assert changed_states([state], {}, at(0), LoopSettings()) == [state]
    assert not is_written(30, mean_speed_kmh=40)
    assert is_written(60, mean_speed_kmh=40)
    assert is_written(30, mean_speed_kmh=30)
    assert not is_written(30, mean_speed_kmh=34)
