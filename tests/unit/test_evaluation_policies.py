"""What all policies have in common, and those without memory: none, static, naive."""

import pytest

pytest.importorskip("scipy", reason="`make evaluate` installs it")

from evaluation.nouns import Guidance, Incident
from evaluation.policies import POLICIES, make_guidance
from factories_evaluation import (
    EAST_SIGN,
    NORTH,
    SIGN,
    TO_NORTH,
    USUAL,
    a_closure,
    a_minute,
    a_scenario,
    trips_on,
    what_is_known,
)

TRIPS = trips_on(USUAL, 40)


def a_guidance(policy: str, *incidents: Incident) -> Guidance:
    return make_guidance(policy, what_is_known(TRIPS), a_scenario(*incidents), 0.7)


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="no policy 'best'"):
        a_guidance("best")


@pytest.mark.parametrize("policy", POLICIES)
def test_in_an_ordinary_morning_nobody_is_told_anything(policy: str) -> None:
    guidance = a_guidance(policy)
    for minute in range(1, 30):
        guidance.update(a_minute(60 * minute))
        assert not any(guidance.shown().values())
        assert guidance.way(SIGN, ("AB", "BG", "GD", "DZ") if policy == "static" else USUAL) is None


@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy != "none"])
def test_a_closure_is_answered_at_once_and_forgotten_at_its_end(policy: str) -> None:
    guidance = a_guidance(policy, a_closure())
    guidance.update(a_minute(900, closed=["CD"]))
    way = guidance.way(SIGN, USUAL)
    assert way is not None
    assert "CD" not in way
    assert (way[0], way[-1]) == ("AB", "DZ")
    assert guidance.shown()[SIGN]
    guidance.update(a_minute(1800))
    assert guidance.way(SIGN, USUAL) is None
    assert not any(guidance.shown().values())


@pytest.mark.parametrize("policy", POLICIES)
def test_who_does_not_pass_the_closure_is_not_addressed(policy: str) -> None:
    guidance = a_guidance(policy, a_closure())
    guidance.update(a_minute(900, closed=["CD"]))
    assert guidance.way(SIGN, TO_NORTH) is None


@pytest.mark.parametrize("policy", POLICIES)
def test_equal_minutes_give_equal_signs(policy: str) -> None:
    minutes = [a_minute(60 * minute, {"CD": 6.0 + minute % 3}) for minute in range(1, 12)]
    told = []
    for _ in range(2):
        guidance = a_guidance(policy, a_closure(60, 300))
        for minute in minutes:
            guidance.update(minute)
        told.append((guidance.shown(), guidance.way(SIGN, USUAL)))
    assert told[0] == told[1]


def test_no_guidance_says_nothing_even_at_a_closure() -> None:
    guidance = a_guidance("none", a_closure())
    guidance.update(a_minute(900, closed=["CD"]))
    assert guidance.way(SIGN, USUAL) is None
    assert guidance.shown() == {}


def test_the_static_detour_leads_over_the_main_street_that_is_usually_quickest() -> None:
    guidance = a_guidance("static", a_closure())
    guidance.update(a_minute(900, closed=["CD"]))
    assert guidance.way(SIGN, USUAL) == ("AB", *NORTH, "DZ")
    assert guidance.shown()[SIGN] == ["Mittelstraße gesperrt, Ri. Ausfahrt: über Nordstraße"]


def test_the_static_detour_takes_no_notice_of_traffic() -> None:
    guidance = a_guidance("static", a_closure())
    guidance.update(a_minute(900, {"BN": 4.0, "ND": 4.0}, closed=["CD"]))
    assert guidance.way(SIGN, USUAL) == ("AB", *NORTH, "DZ")


def test_the_static_detour_stands_only_where_affected_traffic_passes() -> None:
    guidance = a_guidance("static", a_closure())
    guidance.update(a_minute(900, closed=["CD"]))
    assert not guidance.shown().get(EAST_SIGN)


def test_naive_advice_follows_every_minute_of_the_measurements() -> None:
    guidance = a_guidance("naive")
    jam = {"BC": 9.0, "CD": 9.0}
    led = []
    for minute, speeds_kmh in enumerate([jam, None, jam], 1):
        guidance.update(a_minute(60 * minute, speeds_kmh))
        led.append(guidance.way(SIGN, USUAL) is not None)
    assert led == [True, False, True]


def test_naive_advice_is_given_for_the_smallest_gain() -> None:
    guidance = a_guidance("naive")
    guidance.update(a_minute(60, {"BC": 33.0, "CD": 33.0}))
    assert guidance.way(SIGN, USUAL) == ("AB", "BG", "GD", "DZ")
