"""Links without a fresh measurement: what is usual there, times what the detectors around say."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from factories_decide import NOON
from factories_state import FREE_FLOW, SETTINGS, STREET, at_links, estimates, learned, of, saying

from lotse_routing.settings import EstimateSettings, WeightSettings
from lotse_routing.state.background import Background, Basis
from lotse_routing.state.estimate import DetectorPlace, estimate_links
from lotse_routing.state.neighbourhood import find_neighbours
from lotse_routing.state.profile import empty_profile
from lotse_routing.state.weights import derive_weights, minor_street_factors

MIDDLE = "N4-N5-0"
AROUND = ("N2-N3-0", "N3-N4-0", "N5-N6-0")
QUARTER = timedelta(minutes=15)


def slow(*links: str, speed_kmh: float = 25.0) -> dict[str, float]:
    return dict.fromkeys(links, speed_kmh)


def test_without_detectors_and_profile_a_link_is_at_free_flow_and_nothing_is_claimed() -> None:
    empty = estimates({})
    assert np.array_equal(empty.travel_times_s, STREET.base_travel_times_s)
    assert set(empty.basis) == {Basis.FREE_FLOW}
    assert not empty.confidence.any()


def test_three_slow_detectors_around_make_a_link_slow() -> None:
    found = estimates(slow(*AROUND))
    assert 25 < of(MIDDLE, found.speed_kmh) < 40
    assert of(MIDDLE, found.basis) == Basis.NEIGHBOURHOOD
    assert found.observed_at == NOON


def test_two_are_not_enough_and_neither_are_three_of_which_one_says_nothing() -> None:
    assert of(MIDDLE, estimates(slow(*AROUND[:2])).speed_kmh) == 50
    silent = estimates(slow(*AROUND[:2]), places=at_links(*AROUND))
    assert of(MIDDLE, silent.speed_kmh) == 50
    assert of(MIDDLE, estimates(slow(*AROUND), neighbours_at_least=4).speed_kmh) == 50


def test_a_links_own_detectors_are_not_its_neighbourhood() -> None:
    assert of(MIDDLE, estimates(slow(*AROUND[:2], MIDDLE)).speed_kmh) == 50


def test_one_that_lies_moves_nothing_beyond_what_the_others_say() -> None:
    honest = slow(*AROUND, speed_kmh=45)
    for lie_kmh in (0.0, 3.0, 254.0):
        found = estimates(honest | {"N6-N7-0": lie_kmh})
        assert 45 <= of(MIDDLE, found.speed_kmh) <= 50


def test_the_effect_ends_with_the_distance() -> None:
    far = slow("N7-N8-0", "N8-N9-0", "N9-N8-0")
    found = estimates(far, neighbour_distance_m=800)
    assert of("N6-N7-0", found.speed_kmh) < of("N5-N6-0", found.speed_kmh) < 50
    assert of("N1-N2-0", found.speed_kmh) == 50
    assert of("N6-N7-0", found.confidence) > of("N5-N6-0", found.confidence) > of("N1-N2-0", found.confidence)


def test_the_same_street_and_direction_says_more() -> None:
    around = find_neighbours(STREET, at_links("N3-N4-0", "N4-N3-0", "N6-N7-0"), EstimateSettings())
    weight = dict(zip(("N3-N4-0", "N4-N3-0", "N6-N7-0"), around.weights[:, STREET.index["N2-N3-0"]], strict=False))
    onward, side = STREET.index["N5-N6-0"], STREET.index["N5-S-0"]
    assert weight["N3-N4-0"] > 1.2 * weight["N4-N3-0"]
    assert around.weights[:, onward].sum() > around.weights[:, side].sum()


def test_detectors_side_by_side_say_little_more_than_one() -> None:
    def weights(*detectors: str) -> list[float]:
        lanes = [DetectorPlace(name, "N3-N4-0" if name.startswith("lane") else name) for name in detectors]
        around = find_neighbours(STREET, lanes, EstimateSettings())
        of_detector = around.weights[: len(lanes), STREET.index[MIDDLE]]
        near = around.near[: len(lanes), STREET.index[MIDDLE]]
        return [float(of_detector[near == around.detectors.index(name)][0]) for name in detectors]

    one, other = weights("lane 1", "N5-N6-0")
    *three, other_beside = weights("lane 1", "lane 2", "lane 3", "N5-N6-0")
    assert one == pytest.approx(other)
    assert one < sum(three) < 2 * one
    assert other_beside > max(three)


def test_a_fifth_of_those_around_may_lie_together() -> None:
    """Two of ten, which one failed station may be: what they say, the factor stays within what the others say."""
    others = [link.link_id for link in STREET.links if link.name == "Langstraße" and link.link_id != MIDDLE][:10]
    for lie_kmh in (0.0, 254.0):
        said = dict.fromkeys(others, 40.0) | dict.fromkeys(others[4:6], lie_kmh)
        assert 40 <= of(MIDDLE, estimates(said).speed_kmh) <= 50


def test_no_estimate_is_surer_than_the_setting_and_more_detectors_make_it_surer() -> None:
    every = estimates(slow(*(link.link_id for link in STREET.links)))
    few = estimates(slow(*AROUND))
    assert of(MIDDLE, few.confidence) < of(MIDDLE, every.confidence) < 0.3
    assert every.confidence.max() < 0.3


def test_a_detector_that_is_silent_speaks_less_and_less() -> None:
    speeds = [of(MIDDLE, estimates(slow(*AROUND), age_s=age_s).speed_kmh) for age_s in (0, 240, 360, 900)]
    assert speeds == sorted(speeds)
    assert speeds[-1] == 50


def test_what_is_usual_on_a_link_is_taken_where_nobody_speaks_of_now() -> None:
    """The quarter under way at noon is the one that ends a quarter past, a week later."""
    profile = learned([(NOON + QUARTER - timedelta(weeks=n), {MIDDLE: 30.0}) for n in range(30, 0, -1)])
    found = estimates({}, profile)
    assert of(MIDDLE, found.speed_kmh) == pytest.approx(30, abs=0.5)
    assert (of(MIDDLE, found.basis), found.learned_at) == (Basis.PROFILE, NOON + QUARTER - timedelta(weeks=1))
    assert 0 < of(MIDDLE, found.confidence) < 0.3
    assert of("N5-N4-0", found.basis) == Basis.FREE_FLOW


def test_three_links_of_a_class_tell_of_the_others_two_do_not() -> None:
    def rush(*links: str) -> list[tuple[datetime, dict[str, float]]]:
        return [(NOON + QUARTER - timedelta(weeks=n), slow(*links)) for n in range(30, 0, -1)]

    three = estimates({}, learned(rush(*AROUND)))
    two = estimates({}, learned(rush(*AROUND[:2])))
    assert of("N9-N8-0", three.speed_kmh) == pytest.approx(25, abs=1)
    assert of("N9-N8-0", three.basis) == Basis.CLASS
    assert of("N5-S-0", three.speed_kmh) == 30
    assert of("N9-N8-0", two.speed_kmh) == 50


def test_detectors_that_say_what_is_usual_change_nothing() -> None:
    weeks = [NOON + QUARTER - timedelta(weeks=n) for n in range(60, 0, -1)]
    profile = learned([(week, slow(*AROUND) | {MIDDLE: 40.0}) for week in weeks])
    assert of(MIDDLE, estimates(slow(*AROUND), profile).speed_kmh) == pytest.approx(40, abs=1)
    halved = estimates(slow(*AROUND, speed_kmh=12.5), profile)
    assert 20 < of(MIDDLE, halved.speed_kmh) < 30
    assert of(MIDDLE, halved.typical_times_s) == pytest.approx(200 / (40 / 3.6), rel=0.02)


def test_nobody_is_told_to_drive_faster_than_free_flow() -> None:
    fast = estimates(slow(*AROUND, speed_kmh=90))
    assert of(MIDDLE, fast.speed_kmh) > 50
    assert np.array_equal(fast.travel_times_s, STREET.base_travel_times_s)


def test_a_measured_link_decays_to_its_estimate() -> None:
    found = estimates(slow(*AROUND))
    places = at_links(*AROUND, MIDDLE)

    def time_s(age_s: float) -> float:
        states = estimate_links(saying({MIDDLE: 5.0}, age_s=age_s), places, FREE_FLOW, {}, NOON, SETTINGS)
        factors = minor_street_factors(STREET, WeightSettings())
        weights = derive_weights(STREET, factors, tuple(states.values()), found.travel_times_s, [], SETTINGS)
        assert of(MIDDLE, weights.seen_times_s) >= 200 / (50 / 3.6) - 1e-9
        return of(MIDDLE, weights.travel_times_s)

    times_s = [time_s(age_s) for age_s in (0, 120, 300, 1800)]
    assert times_s == sorted(times_s, reverse=True)
    assert times_s[0] == pytest.approx(200 / (5 / 3.6))
    assert times_s[-1] == of(MIDDLE, found.travel_times_s) > 200 / (50 / 3.6)


def test_a_network_or_places_that_change_are_noticed() -> None:
    background = Background(SETTINGS)
    known = saying(slow(*AROUND))

    def middle_kmh(places: tuple[DetectorPlace, ...]) -> float:
        return of(MIDDLE, background.estimate(STREET, places, known, empty_profile(), NOON).speed_kmh)

    assert middle_kmh(at_links(*AROUND)) < 50
    assert middle_kmh(at_links(*AROUND[:2])) == 50
    moved = tuple(replace(place, link_id="N0-N1-0") for place in at_links(*AROUND))
    assert middle_kmh(moved) < 50
