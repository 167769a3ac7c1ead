"""The local corridor: whom it addresses, when it is shown, and that it foresees what it does to the streets."""

from itertools import pairwise

import pytest

pytest.importorskip("scipy", reason="`make evaluate` installs it")

from evaluation.nouns import Knowledge, Route
from evaluation.policies.corridor import Corridor
from evaluation.streets import build_streets
from factories_evaluation import (
    EAST_SIGN,
    FROM_EAST,
    GARDEN,
    NORTH,
    SIGN,
    SOUTH,
    USUAL,
    a_minute,
    trips_on,
    what_is_known,
)

JAM = {"BC": 9.0, "CD": 9.0}
CLOSED = ("CD",)
FEW, MANY = 20, 160
"""Trips in two hours of a sample of a tenth: 100 and 800 vehicles an hour."""


def a_corridor(knowledge: Knowledge | None = None, *, over_minor: bool = False) -> Corridor:
    knowledge = knowledge or what_is_known(trips_on(USUAL, FEW))
    return Corridor(knowledge, build_streets(knowledge.city.edges), over_minor=over_minor)


def ways_of(guidance: Corridor) -> tuple[Route | None, Route | None]:
    return guidance.way(SIGN, USUAL), guidance.way(EAST_SIGN, FROM_EAST)


def test_a_jam_is_answered_once_it_has_lasted_two_minutes() -> None:
    guidance = a_corridor()
    guidance.update(a_minute(60, JAM))
    first = guidance.way(SIGN, USUAL)
    guidance.update(a_minute(120, JAM))
    guidance.update(a_minute(180, JAM))
    assert first is None or first == ("AB", *NORTH, "DZ")
    assert guidance.way(SIGN, USUAL) == ("AB", *NORTH, "DZ")
    assert guidance.shown()[SIGN] == ["Mittelstraße Stau, Ri. Ausfahrt: über Nordstraße"]


def test_a_jam_that_costs_little_is_not_worth_a_message() -> None:
    guidance = a_corridor()
    for minute in range(1, 10):
        guidance.update(a_minute(60 * minute, {"BC": 18.0, "CD": 18.0}))
    assert not any(guidance.shown().values())


def test_who_turns_off_before_the_place_of_rejoining_is_not_addressed() -> None:
    guidance = a_corridor()
    guidance.update(a_minute(60, closed=CLOSED))
    assert guidance.way(SIGN, USUAL) is not None
    assert guidance.way(SIGN, ("AB", "BC", "CD", "DN")) is None


def test_two_relations_of_one_sign_are_served_where_most_gain() -> None:
    trips = (*trips_on(USUAL, FEW), *trips_on(("AB", "BC", "CD", "DY"), 2))
    guidance = a_corridor(what_is_known(trips))
    guidance.update(a_minute(60, closed=CLOSED))
    assert guidance.messages(SIGN)[0].rejoin == "DZ"


def test_minor_streets_are_used_only_where_that_is_allowed() -> None:
    strict, lax = a_corridor(), a_corridor(over_minor=True)
    for guidance in (strict, lax):
        guidance.update(a_minute(60, closed=CLOSED))
    assert strict.way(SIGN, USUAL) == ("AB", *NORTH, "DZ")
    assert lax.way(SIGN, USUAL) == ("AB", *GARDEN, "DZ")


def test_two_signs_do_not_send_all_traffic_to_one_bypass() -> None:
    few = what_is_known((*trips_on(USUAL, FEW), *trips_on(FROM_EAST, FEW)))
    many = what_is_known((*trips_on(USUAL, MANY), *trips_on(FROM_EAST, MANY)))
    together, apart = a_corridor(few), a_corridor(many)
    for guidance in (together, apart):
        guidance.update(a_minute(3600, closed=CLOSED))
    assert ways_of(together) == (("AB", *NORTH, "DZ"), ("EB", *NORTH, "DZ"))
    assert {way[1:3] for way in ways_of(apart) if way} == {NORTH, SOUTH}


def test_a_message_is_held_for_five_minutes_and_then_dropped() -> None:
    guidance = a_corridor()
    for minute in (1, 2, 3):
        guidance.update(a_minute(60 * minute, JAM))
    shown = []
    for minute in range(4, 15):
        guidance.update(a_minute(60 * minute))
        shown.append(bool(guidance.shown()[SIGN]))
    assert shown[0]
    assert not shown[-1]
    assert shown == sorted(shown, reverse=True)
    assert 2 <= sum(shown) <= 4


def test_a_jam_that_comes_and_goes_does_not_make_the_sign_flicker() -> None:
    guidance = a_corridor()
    texts = []
    for minute in range(1, 31):
        guidance.update(a_minute(60 * minute, JAM if minute % 2 else {"BC": 24.0, "CD": 24.0}))
        texts.append(tuple(guidance.shown()[SIGN]))
    changes = sum(before != after for before, after in pairwise(texts))
    assert changes <= 1


def test_a_better_corridor_replaces_the_shown_one_after_the_hold() -> None:
    guidance = a_corridor()
    guidance.update(a_minute(60, closed=CLOSED))
    streets = []
    for minute in range(2, 12):
        guidance.update(a_minute(60 * minute, {"BN": 6.0, "ND": 6.0}, closed=CLOSED))
        way = guidance.way(SIGN, USUAL)
        streets.append(None if way is None else way[1:3])
    assert streets[:4] == [NORTH] * 4
    assert streets[-1] == SOUTH


def test_a_corridor_that_is_closed_is_left_at_once() -> None:
    guidance = a_corridor()
    guidance.update(a_minute(60, closed=CLOSED))
    guidance.update(a_minute(120, closed=("CD", "ND")))
    assert guidance.way(SIGN, USUAL) == ("AB", *SOUTH, "DZ")


def test_nobody_is_led_back_before_a_second_closure() -> None:
    longer: Route = (*USUAL[:3], "DY")
    guidance = a_corridor(what_is_known((*trips_on(USUAL, FEW), *trips_on(longer, FEW))))
    guidance.update(a_minute(60, closed=("CD", "DZ")))
    assert guidance.way(SIGN, USUAL) is None
    assert guidance.way(SIGN, longer) == ("AB", *NORTH, "DY")


def test_a_sign_has_room_for_two_lines() -> None:
    trips = [trip for street in (NORTH, SOUTH, GARDEN) for trip in trips_on(("AB", *street, "DZ"), FEW)]
    guidance = a_corridor(what_is_known(trips), over_minor=True)
    guidance.update(a_minute(60, closed=("ND", "SD", "GD")))
    assert len(guidance.shown()[SIGN]) == 2
