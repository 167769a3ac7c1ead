"""Link state and roadworks → travel times and costs."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from factories_decide import NOON, TOPOLOGY, TOWN, a_closure, a_link_state, a_snapshot, index

from lotse_routing.settings import EstimateSettings
from lotse_routing.state.roadwork import Roadwork, active_roadworks
from lotse_routing.state.weights import derive_weights

B_C = index("B-C-0")


def test_a_measured_speed_becomes_the_travel_time() -> None:
    snapshot = a_snapshot({"B-C-0": 10})
    assert snapshot.weights.travel_times_s[B_C] == pytest.approx(180)
    assert snapshot.base.travel_times_s[B_C] == pytest.approx(36)


def test_little_confidence_leads_back_to_free_flow() -> None:
    assert a_snapshot({"B-C-0": 10}, confidence=0.25).weights.travel_times_s[B_C] == pytest.approx(72)
    assert a_snapshot({"B-C-0": 10}, confidence=0).weights.travel_times_s[B_C] == pytest.approx(36)


def test_nobody_is_told_to_drive_faster_than_free_flow_or_to_stand_forever() -> None:
    assert a_snapshot({"B-C-0": 90}).weights.travel_times_s[B_C] == pytest.approx(36)
    assert a_snapshot({"B-C-0": 0}).weights.travel_times_s[B_C] == pytest.approx(600)


def test_a_speed_limit_of_as_little_as_0_is_a_standing_jam() -> None:
    limited = Roadwork("R2", "Markierung", "speed", 5e-324, ("B-C-0",), NOON)
    assert a_snapshot(roadworks=[limited]).weights.travel_times_s[B_C] == pytest.approx(600)


def test_minor_streets_cost_more_than_they_take() -> None:
    weights, garden = a_snapshot().weights, index("B-G-0")
    assert weights.costs_s[garden] == pytest.approx(1.5 * weights.travel_times_s[garden])
    assert weights.costs_s[B_C] == weights.travel_times_s[B_C]


def test_a_closed_link_is_infinite_and_says_by_what() -> None:
    weights = a_snapshot(roadworks=[a_closure("B-C-0", "no such link")]).weights
    assert np.isinf(weights.travel_times_s[B_C])
    assert np.isinf(weights.costs_s[B_C])
    assert {i: roadwork.name for i, roadwork in weights.closures.items()} == {B_C: "Kanalbau"}


def test_a_speed_limit_slows_and_never_speeds_up() -> None:
    limited = Roadwork("R2", "Markierung", "speed", 25, ("B-C-0",), NOON)
    assert a_snapshot(roadworks=[limited]).weights.travel_times_s[B_C] == pytest.approx(72)
    assert a_snapshot({"B-C-0": 10}, [limited]).weights.travel_times_s[B_C] == pytest.approx(180)
    assert a_snapshot(roadworks=[replace(limited, speed_kmh=100)]).weights.travel_times_s[B_C] == pytest.approx(36)


def test_weights_cannot_be_changed_after_they_were_made() -> None:
    weights = derive_weights(
        TOPOLOGY, TOWN.factors, [a_link_state("B-C-0", 20)], TOPOLOGY.base_travel_times_s, [], EstimateSettings()
    )
    for array in (weights.travel_times_s, weights.costs_s, TOWN.base.costs_s, TOWN.base.travel_times_s):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_roadwork_is_in_force_from_its_start_to_before_its_end() -> None:
    work = Roadwork("R", "", "closed", None, ("B-C-0",), NOON, NOON + timedelta(hours=1))
    moments = {minutes: work.is_active(NOON + timedelta(minutes=minutes)) for minutes in (-1, 0, 59, 60)}
    assert moments == {-1: False, 0: True, 59: True, 60: False}
    assert replace(work, ends_at=None).is_active(NOON + timedelta(days=1000))


def test_a_roadwork_that_was_ended_by_hand_is_over_before_its_time() -> None:
    work = replace(a_closure("B-C-0", ends_at=NOON + timedelta(hours=1)), ended_at=NOON)
    assert active_roadworks([work], NOON) == ()
    assert active_roadworks([work], NOON - timedelta(seconds=1)) == (work,)
    assert work.over_at == NOON
