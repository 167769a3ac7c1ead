"""Texts in a town's own words: filled so that they fit, refused where a name has no room."""

from dataclasses import replace
from typing import Any

import pytest
from factories_decide import SIGN, U12, a_moment, a_registry, a_snapshot, a_step
from factories_modes import JAM

from lotse_routing.decide.charset import spell
from lotse_routing.decide.decision import decide_sign
from lotse_routing.decide.fitting import Size, count_units, list_faults
from lotse_routing.decide.modes import Rules
from lotse_routing.decide.template import Names, Template, fill, list_template_faults
from lotse_routing.decide.text import Message, compose_lines
from lotse_routing.decide.wording import Wording, compose_text
from lotse_routing.decide.words import WORDS, words_of

DE = WORDS["de"]
SIZE = Size(3, 16)
OWN = Template((("{street} GESPERRT", "{street} ZU", "GESPERRT"), ("UMLEITUNG",), ("FOLGE {corridor}", "ÜBER {via}")))
LAUTER = Message("CENTRUM", "closed", "Lauterstraße", "U12", "Pariser Straße", "Ring")
NAMES = Names(("Lauterstraße", "Konrad-Adenauer-Straße"), ("CENTRUM",), ("U12",))


def values(**fields: str) -> dict[str, str]:
    given = {
        "street": "Lauterstraße",
        "cause": "GESPERRT",
        "corridor": "U12",
        "via": "",
        "rejoin": "",
        "destination": "",
    }
    return given | fields


def faults(*lines: tuple[str, ...], size: Size = SIZE, names: Names = NAMES) -> dict[str, str]:
    found = list_template_faults(Template(lines), names, ("GESPERRT",), [size], DE)
    return {fault.field: fault.reason for fault in found}


@pytest.mark.parametrize(
    ("fields", "size", "expected"),
    [
        ({}, SIZE, ("LAUTERSTR. ZU", "UMLEITUNG", "FOLGE U12")),
        ({}, Size(3, 19), ("LAUTERSTR. GESPERRT", "UMLEITUNG", "FOLGE U12")),
        ({"street": "Donaudampfschifffahrtsweg"}, SIZE, ("GESPERRT", "UMLEITUNG", "FOLGE U12")),
        ({"street": "Konrad-Adenauer-Straße"}, Size(3, 19), ("K.-ADENAUER-STR. ZU", "UMLEITUNG", "FOLGE U12")),
        ({"corridor": "", "via": "Ringstraße"}, SIZE, ("LAUTERSTR. ZU", "UMLEITUNG", "ÜBER RINGSTR.")),
        ({"street": "Überweg/Ring"}, Size(3, 16, "ascii"), ("UEBERWEG ZU", "UMLEITUNG", "FOLGE U12")),
        ({"corridor": ""}, SIZE, None),
        ({}, Size(2, 16), None),
    ],
)
def test_the_first_form_is_taken_whose_names_are_known_and_that_fits(
    fields: dict[str, str], size: Size, expected: Any
) -> None:
    assert fill(OWN, values(**fields), size, words_of("de", size.charset)) == expected


def test_a_template_that_does_for_every_name_is_taken() -> None:
    assert faults(*OWN.lines[:2], ("FOLGE {corridor}",)) == {}


def test_a_name_without_room_is_named_with_what_is_allowed() -> None:
    reason = "'K.-ADENAUER-STR. GESPERRT' has 25 characters; allowed: 16 (a sign of 3 x 16): give a shorter form"
    assert faults(("{street} GESPERRT",)) == {"lines.0": reason}
    assert faults(("{street} GESPERRT",), size=Size(3, 25)) == {}


def test_each_way_of_knowing_names_needs_a_form_that_fits() -> None:
    either = ("FOLGE {corridor}", "ÜBER {via}")
    assert "'ÜBER K.-ADENAUER-STR.'" in faults(either)["lines.0"]
    assert faults((*either, "UMLEITUNG")) == {}


def test_umlauts_take_room_on_a_sign_that_spells_them() -> None:
    line = ("ÜBERALL GESPERRT",)
    assert faults(line) == {}
    assert "'UEBERALL GESPERRT' has 17 characters" in faults(line, size=Size(3, 16, "ascii"))["lines.0"]


def test_signs_with_fewer_lines_are_not_looked_at() -> None:
    assert faults(("ZU",), ("ZU",), ("VIEL ZU LANG FÜR ALLE",), size=Size(2, 16)) == {}


@pytest.mark.parametrize("form", ["{strasse}", "{}", "{street", "street}", "{{street}}", "{street!r}", "{0}"])
def test_what_is_no_placeholder_is_refused(form: str) -> None:
    assert "allowed: {street}, {cause}" in faults((form,))["lines.0.0"]


def test_too_many_units_are_refused() -> None:
    assert faults(("A {street} {cause} {corridor}",))["lines.0.0"] == "3 units of information; allowed: 2 a line"
    two = ("{street} ZU", "ZU")
    assert faults(two, two, ("{corridor}",)) == {"lines": "5 units of information; allowed: 4 in all"}


@pytest.mark.parametrize(
    ("line", "units"),
    [
        ("", 0),
        ("LAUTERSTR.", 1),
        ("GESPERRT", 1),
        ("FOLGE U12", 1),
        ("LAUTERSTR. GESPERRT", 2),
        ("PARISER STR. ZU", 2),
        ("ZUFAHRT", 1),
        ("ZAEH", 1),
        ("A6 - STAU", 2),
        ("A6, STAU", 2),
        ("K.-ADENAUER-STR.", 1),
        ("{street} GESPERRT", 2),
        ("FOLGE {corridor}", 1),
        ("{destination} {corridor}", 2),
    ],
)
def test_units_are_counted(line: str, units: int) -> None:
    assert count_units(line) == units


def test_lines_that_fit_have_no_fault() -> None:
    assert list_faults(("LAUTERSTR.", "GESPERRT", "FOLGE U12"), SIZE) == []


def test_a_town_without_templates_has_the_built_in_text() -> None:
    text = compose_text([LAUTER], SIZE, Wording(), addresses_all=True)
    assert (text.lines, text.is_templated, text.is_unfilled) == (("LAUTERSTR.", "GESPERRT", "FOLGE U12"), False, False)


def test_a_template_is_taken_for_its_kind_and_told_where_it_cannot_be_filled() -> None:
    wording = Wording("de", {"closed": OWN})
    text = compose_text([LAUTER], SIZE, wording, addresses_all=True)
    assert (text.lines, text.is_templated) == (("LAUTERSTR. ZU", "UMLEITUNG", "FOLGE U12"), True)
    small = compose_text([LAUTER], Size(2, 16), wording, addresses_all=True)
    assert (small.lines, small.is_unfilled) == (("LAUTERSTR. ZU", "FOLGE U12"), True)


def test_a_template_speaks_to_some_destinations_only_if_it_names_them() -> None:
    wording = Wording("de", {"closed": OWN})
    assert not compose_text([LAUTER], SIZE, wording, addresses_all=False).is_templated
    naming = Wording("de", {"closed": Template((("{destination}",), ("ÜBER {rejoin}",)))})
    assert compose_text([LAUTER], SIZE, naming, addresses_all=False).lines == ("CENTRUM", "ÜBER RING")
    both = [LAUTER, Message("BAHNHOF", "closed", "Lauterstraße", "U12", "Pariser Straße")]
    assert not compose_text(both, SIZE, naming, addresses_all=True).is_templated
    assert compose_text(both, SIZE, wording, addresses_all=True).is_templated


def test_a_decision_is_written_in_the_town_s_words() -> None:
    own = Template((("{cause} {street}", "{cause}"), ("BIS {rejoin}", "FOLGE {corridor}")))
    moment = a_moment(a_snapshot(JAM), a_registry(U12))
    decision = decide_sign(a_step(moment), SIGN, None)
    assert decision.lines == ("LAUTERSTR.", "STAU", "FOLGE U12")
    in_own_words = decide_sign(replace(a_step(moment), rules=Rules(templates={"jam": own})), SIGN, None)
    assert in_own_words.lines == ("STAU LAUTERSTR.", "FOLGE U12")
    assert not in_own_words.is_unfilled


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("ÄÖÜ äöü ß", "AEOEUE aeoeue ss"),
        ("Søndre Ærø Å", "Soendre AEroe AA"),
        ("CAFÉ", "CAFE"),
        ("A\u0308", "AE"),
        ("ABC", "ABC"),
        ("日", "日"),
    ],
)
def test_letters_are_spelled_as_people_do(text: str, spelled: str) -> None:
    assert spell(text, "ascii") == spelled
    assert spell(text, "utf8") == text


def test_the_built_in_text_is_spelled_before_it_is_shortened() -> None:
    def lines(charset: Any) -> tuple[str, ...]:
        message = Message("CENTRUM", "slow", "Mühlstraße", None, "Große Brücke")
        return compose_lines([message], addresses_all=True, line_count=3, line_chars=17, language="de", charset=charset)

    assert lines("utf8") == ("MÜHLSTR.", "STOCKEND", "GROSSE BRÜCKE")
    assert lines("ascii") == ("MUEHLSTR.", "STOCKEND", "GROSSE BRUECKE")
