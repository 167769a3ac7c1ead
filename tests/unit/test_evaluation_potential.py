"""What a closure could cost, and what signs could give back, before anything is driven."""

import pytest

pytest.importorskip("scipy", reason="`make evaluate` installs it")

from evaluation.nouns import Route, SignPost
from evaluation.potential import Potential, find_potentials, sections, table, unlike
from factories_evaluation import FROM_EAST, SIGN, USUAL, a_city, the_edges, what_is_known

WARNED, UNWARNED = 30, 10
KNOWLEDGE = what_is_known((), a_city(signs=(SignPost(SIGN, "AB"),)))
ROUTES: list[Route] = [USUAL] * WARNED + [FROM_EAST] * UNWARNED
AROUND_GARDEN_S, AROUND_NORTH_S, USUAL_S = 2 * 520 / (50 / 3.6), 2 * 600 / (50 / 3.6), 2 * 500 / (50 / 3.6)
TURN_ROUND_S = 60.0


def of(*edges: str, least: int = 1) -> Potential:
    return next(each for each in find_potentials(KNOWLEDGE, ROUTES, least) if each.edges == frozenset(edges))


def test_sections_are_main_streets_both_ways_as_far_as_their_name_goes() -> None:
    found = dict.fromkeys(edges for street, edges in sections(the_edges()) if street == "Mittelstraße")
    # Closing one half, the way into it is closed as well: a barrier stands where one can still turn off.
    assert set(found) == {
        frozenset({"BC", "CB", "DC"}),
        frozenset({"CD", "DC", "BC"}),
        frozenset({"BC", "CB", "CD", "DC"}),
    }
    assert not [street for street, _ in sections(the_edges()) if street == "Gartenweg"]


def test_who_has_met_a_sign_is_led_over_main_streets_and_who_has_not_takes_any() -> None:
    closure = of("BC", "CB", "DC")
    assert (closure.affected, closure.reached, closure.helped) == (WARNED + UNWARNED, WARNED, WARNED)
    lost_s = TURN_ROUND_S + AROUND_GARDEN_S - USUAL_S
    assert closure.lost_vehicle_h == pytest.approx((WARNED + UNWARNED) * lost_s / 3600)
    assert closure.saved_vehicle_h == pytest.approx(WARNED * (TURN_ROUND_S + AROUND_GARDEN_S - AROUND_NORTH_S) / 3600)


def test_a_street_that_few_come_to_is_not_listed() -> None:
    assert find_potentials(KNOWLEDGE, ROUTES, least=WARNED + UNWARNED + 1) == []


def test_of_sections_that_are_nearly_the_same_the_better_one_is_listed() -> None:
    def a_section(*edges: str, saved: float) -> Potential:
        return Potential("Ring", frozenset(edges), 9, 9, 9, 2.0, saved)

    whole, most, other = (
        a_section("a", "b", "c", "d", saved=2.0),
        a_section("a", "b", "c", saved=1.0),
        a_section("e", saved=0.5),
    )
    assert list(unlike([whole, most, other])) == [whole, other]
    assert [line.split()[:5] for line in table([other])][1] == ["0.5", "2.0", "9", "9", "9"]
