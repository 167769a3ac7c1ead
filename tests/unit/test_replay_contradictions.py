"""Signs that send each other's drivers round in circles."""

from dataclasses import replace

from factories_decide import SIGN, a_moment, a_registry, a_snapshot, a_step

from lotse_routing.decide.signs import decide_signs
from lotse_routing.replay.contradictions import Contradiction, Telling, find_contradictions, tellings


def telling(sign_id: str, *links: str, to: str = "CENTRUM") -> Telling:
    return Telling(sign_id, to, links)


def test_two_signs_that_lead_to_each_other_contradict() -> None:
    told = [telling("S2", "b", "c", "a", "x"), telling("S1", "a", "d", "b", "y")]
    assert find_contradictions(told) == (Contradiction("CENTRUM", ("S1", "S2")),)


def test_a_circle_may_have_any_number_of_signs_and_one_beside_it_that_only_leads_into_it() -> None:
    told = [telling("S1", "a", "b"), telling("S2", "b", "c"), telling("S3", "c", "a"), telling("S4", "d", "b")]
    assert find_contradictions(told) == (Contradiction("CENTRUM", ("S1", "S2", "S3")),)


def test_signs_for_different_destinations_do_not_contradict() -> None:
    assert find_contradictions([telling("S1", "a", "b"), telling("S2", "b", "a", to="STADION")]) == ()


def test_a_driver_follows_the_first_sign_on_the_way_not_one_behind_it() -> None:
    told = [telling("S1", "a", "b", "c", "x"), telling("S2", "b", "y"), telling("S3", "c", "a")]
    assert find_contradictions(told) == ()


def test_two_signs_on_one_link_do_not_lead_to_each_other() -> None:
    assert find_contradictions([telling("S1", "a", "x"), telling("S2", "a", "y")]) == ()


def test_a_sign_that_shows_no_detour_sends_nobody_anywhere() -> None:
    signs = (SIGN, replace(SIGN, sign_id="KL-08", link_id="H-A-0"))
    registry = a_registry(signs=signs)
    free, _ = decide_signs(a_step(a_moment(a_snapshot(), registry)), {})
    assert tellings(free.values()) == ()
    jammed = a_snapshot({"B-C-0": 5.0, "C-D-0": 5.0})
    slow, _ = decide_signs(a_step(a_moment(jammed, registry)), {})
    told = tellings(slow.values())
    assert [(each.sign_id, each.links[0]) for each in told] == [("KL-07", "A-B-0"), ("KL-08", "H-A-0")]
    assert find_contradictions(told) == ()
