"""The lines of a sign."""

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
    assert lines(a_message(street="Konrad-Adenauer-Straße"), count=2) == ["K.-A.-STR. ZU", "FOLGE U12"]


def test_one_line_says_what_to_do() -> None:
    assert lines(LAUTER, count=1) == ["FOLGE U12"]
    assert lines(a_message(corridor=None), count=1) == ["PARISER STR."]
    assert lines(a_message(corridor=None, via_street=""), count=1) == ["ÜBER CENTRUM"]


def test_only_the_destinations_concerned_are_named() -> None:
    assert lines(LAUTER, all_=False) == ["LAUTERSTR.", "GESPERRT", "CENTRUM U12"]
    other = a_message(destination_text="BAHNHOF", corridor="U7")
    assert lines(LAUTER, other) == ["LAUTERSTR. ZU", "CENTRUM U12", "BAHNHOF U7"]


def test_without_a_corridor_the_street_of_the_detour_is_named() -> None:
    free = a_message(corridor=None)
    assert lines(free) == ["LAUTERSTR. ZU", "CENTRUM", "PARISER STR."]
    assert lines(free, chars=20) == ["LAUTERSTR. GESPERRT", "CENTRUM", "ÜBER PARISER STR."]
    assert lines(free, count=2, chars=20) == ["CENTRUM", "ÜBER PARISER STR."]


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
        ("Konrad-Adenauer-Straße", 12, "K.-A.-STR."),
        ("Richard-Wagner-Straße", 10, "R.-W.-STR."),
        ("Alte Brücke", 16, "ALTE BRÜCKE"),
        ("Donaudampfschifffahrtsweg", 16, "DONAUDAMPFSCHIF."),
        ("An der Feuerwache", 10, "AN DER FE."),
        ("B37", 4, "B37"),
        ("Ringgade/Viborgvej", 18, "RINGGADE/VIBORGVEJ"),
        ("Ringgade/Viborgvej", 17, "RINGGADE"),
        ("Jyllands Alle/Søndre Ringgade", 10, "J. ALLE"),
        ("/", 4, "/"),
    ],
)
def test_names_are_shortened_so_that_they_can_be_read(name: str, width: int, expected: str) -> None:
    assert shorten(name, width, WORDS["de"]) == expected
