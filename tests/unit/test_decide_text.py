"""The lines of a sign."""

from dataclasses import replace
from typing import Any

import pytest

from lotse_routing.decide.text import Message, compose_lines, shorten
from lotse_routing.decide.words import WORDS

LAUTER = Message("CENTRUM", "closed", "Lauterstraße", "U12", "Pariser Straße")


def lines(*messages: Message, all_: bool = True, count: int = 3, chars: int = 16, language: Any = "de") -> list[str]:
    return list(compose_lines(messages, addresses_all=all_, line_count=count, line_chars=chars, language=language))


def a_message(**fields: Any) -> Message:
    given: dict[str, Any] = {field: getattr(LAUTER, field) for field in LAUTER.__slots__}
    return Message(**given | fields)


def test_street_cause_and_corridor_stand_on_a_line_each() -> None:
    assert lines(LAUTER) == ["LAUTERSTR.", "GESPERRT", "FOLGE U12"]
    assert lines(a_message(kind="jam")) == ["LAUTERSTR.", "STAU", "FOLGE U12"]
    assert lines(a_message(kind="slow")) == ["LAUTERSTR.", "STOCKEND", "FOLGE U12"]


def test_another_language_is_another_table() -> None:
    high_street = a_message(street="High Street", kind="jam")
    assert lines(high_street, language="en") == ["HIGH ST", "CONGESTION", "FOLLOW U12"]
    assert lines(high_street, language="en", chars=9) == ["HIGH ST", "QUEUE", "U12"]


def test_two_lines_say_street_and_cause_in_one() -> None:
    assert lines(LAUTER, count=2) == ["LAUTERSTR. ZU", "FOLGE U12"]
    assert lines(LAUTER, count=2, chars=20) == ["LAUTERSTR. GESPERRT", "FOLGE U12"]


def test_a_street_that_does_not_fit_beside_the_cause_is_left_out_rather_than_mutilated() -> None:
    assert lines(a_message(street="Konrad-Adenauer-Straße"), count=2) == ["GESPERRT", "FOLGE U12"]
    assert lines(a_message(street="Pariser Straße", kind="jam"), count=2) == ["STAU", "FOLGE U12"]
    skanderborg = a_message(street="Skanderborgvej", kind="slow", corridor=None, via_street="Søndre Ringgade")
    assert lines(skanderborg, language="en", all_=False) == ["SLOW TRAFFIC", "CENTRUM", "SØNDRE RINGGADE"]
    near = replace(skanderborg, destination_text="Ry")
    assert lines(near, language="en", all_=False) == ["SKANDERBORGVEJ", "SLOW TOWARDS RY", "SØNDRE RINGGADE"]


def test_a_street_to_come_back_to_does_not_stand_beside_a_cause_alone() -> None:
    mannheimer = Message("Burgstraße", "closed", "Mannheimer Straße", None, "Ludwigstraße", is_toward_street=True)
    assert lines(mannheimer, all_=False) == ["MANNHEIMER STR.", "ZU RI. BURGSTR.", "ÜBER LUDWIGSTR."]
    far = replace(mannheimer, destination_text="Hilgardring")
    assert lines(far, all_=False) == ["MANNHEIMER STR.", "GESPERRT", "ÜBER LUDWIGSTR."]
    near = replace(far, street="Lauterstraße")
    assert lines(near, all_=False) == ["LAUTERSTR. ZU", "HILGARDRING", "ÜBER LUDWIGSTR."]
    by_u12 = replace(mannheimer, corridor="U12")
    assert lines(by_u12, all_=False, count=2) == ["GESPERRT", "FOLGE U12"]
    both = [replace(mannheimer, corridor="U1"), replace(far, corridor="U2")]
    assert lines(*both, all_=False) == ["BURGSTR. U1", "HILGARDRING U2"]
    assert lines(mannheimer, far, all_=False, count=5)[0] == "BURGSTR."


def test_one_line_says_what_to_do() -> None:
    assert lines(LAUTER, count=1) == ["FOLGE U12"]
    assert lines(a_message(corridor=None), count=1) == ["PARISER STR."]
    assert lines(a_message(corridor=None), count=1, chars=17) == ["ÜBER PARISER STR."]
    assert lines(a_message(corridor=None, via_street=""), count=1) == ["ÜBER CENTRUM"]


def test_only_the_destinations_concerned_are_named() -> None:
    assert lines(LAUTER, all_=False) == ["LAUTERSTR.", "GESPERRT", "CENTRUM U12"]
    other = a_message(destination_text="BAHNHOF", corridor="U7")
    assert lines(LAUTER, other) == ["LAUTERSTR. ZU", "CENTRUM U12", "BAHNHOF U7"]


def test_without_a_corridor_the_street_of_the_detour_is_named() -> None:
    free = a_message(corridor=None)
    assert lines(free) == ["LAUTERSTR.", "GESPERRT", "PARISER STR."]
    assert lines(free, chars=20) == ["LAUTERSTR.", "GESPERRT", "ÜBER PARISER STR."]
    assert lines(free, count=2, chars=20) == ["LAUTERSTR. GESPERRT", "ÜBER PARISER STR."]
    assert lines(free, chars=20, all_=False) == ["LAUTERSTR. GESPERRT", "CENTRUM", "ÜBER PARISER STR."]


def test_texts_that_a_new_user_could_not_read() -> None:
    pariser = a_message(street="Pariser Straße", kind="jam", corridor=None, via_street="Berliner Straße")
    assert lines(pariser) == ["PARISER STR.", "STAU", "BERLINER STR."]
    assert lines(pariser, chars=18) == ["PARISER STR.", "STAU", "ÜBER BERLINER STR."]
    assert lines(pariser, chars=12) == ["PARISER STR.", "STAU", "BERLINER ST."]
    jyllands = a_message(street="Jyllands Alle/Søndre Ringgade", kind="jam", corridor=None, via_street="Skanderborgvej")
    assert lines(jyllands, language="en") == ["JYLLANDS ALLE", "CONGESTION", "SKANDERBORGVEJ"]


def test_destinations_of_one_detour_share_its_line_and_those_of_two_are_named() -> None:
    free, other = a_message(corridor=None), a_message(destination_text="BAHNHOF", corridor=None)
    assert lines(free, other) == ["LAUTERSTR.", "GESPERRT", "PARISER STR."]
    elsewhere = replace(other, via_street="Ringstraße")
    assert lines(free, elsewhere, count=5) == ["LAUTERSTR. ZU", "CENTRUM", "PARISER STR.", "BAHNHOF", "ÜBER RINGSTR."]


def test_a_street_without_a_name_is_left_out() -> None:
    assert lines(a_message(street="")) == ["GESPERRT", "FOLGE U12"]


def test_nothing_to_say_is_no_line() -> None:
    assert lines() == []


@pytest.mark.parametrize(
    ("name", "width", "expected"),
    [
        ("Lauterstraße", 16, "LAUTERSTR."),
        ("Lauterstrasse", 16, "LAUTERSTR."),
        ("Pariser Straße", 16, "PARISER STR."),
        ("Messeplatz", 16, "MESSEPL."),
        ("Straße", 16, "STRASSE"),
        ("Konrad-Adenauer-Straße", 16, "K.-ADENAUER-STR."),
        ("Friedrich-Ebert-Straße", 16, "F.-EBERT-STR."),
        ("Konrad-Adenauer-Straße", 12, "K.-ADENAUER."),
        ("Richard-Wagner-Straße", 10, "R.-WAGNER."),
        ("Pariser Straße", 10, "PARISER S."),
        ("Berliner Straße", 12, "BERLINER ST."),
        ("Westlicher Großer Ring", 16, "W. GROSSER RING"),
        ("Alte Brücke", 16, "ALTE BRÜCKE"),
        ("Donaudampfschifffahrtsweg", 16, "DONAUDAMPFSCHIF."),
        ("An der Feuerwache", 10, "AN DER FE."),
        ("B37", 4, "B37"),
        ("Ringgade/Viborgvej", 18, "RINGGADE"),
        ("Jyllands Alle/Søndre Ringgade", 16, "JYLLANDS ALLE"),
        ("Jyllands Alle/Søndre Ringgade", 10, "JYLLANDS."),
        ("/", 4, "/"),
    ],
)
def test_names_are_shortened_so_that_they_can_be_read(name: str, width: int, expected: str) -> None:
    assert shorten(name, width, WORDS["de"]) == expected
