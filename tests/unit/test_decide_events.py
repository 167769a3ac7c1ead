"""What people did, told in German and in English, and kept as data."""

import json
from dataclasses import replace
from typing import Any

import pytest
from factories_decide import SIGN, U12
from factories_modes import ASKS_FIRST, GARDEN, JAM, ON_THE_WAY, ON_U12, a_lock, a_phase, decided_by

from lotse_routing.decide.decision import Decision, is_news
from lotse_routing.decide.events import read_as_told, read_event, write_event
from lotse_routing.decide.explanation import tell_events

FIRE = ("FEUER", "BITTE WARTEN")
LINES = "LAUTERSTR. / STAU / FOLGE U12"


def begins(decision: Decision, german: str, english: str) -> None:
    """The explanation begins with that, in both languages."""
    assert decision.explanations["de"].startswith(german)
    assert decision.explanations["en"].startswith(english)


def asked(**given: Any) -> Decision:
    return decided_by(sign=ASKS_FIRST, **({"speeds": JAM} | given))


def accepted(**given: Any) -> Decision:
    return asked(**given, previous=asked(**given), answers={"KL-07-1": True}, now_s=60)


def test_a_lock() -> None:
    begins(
        decided_by(lock=a_lock(*FIRE), closed=[ON_THE_WAY]),
        "Festgelegt von wall: Feuerwehr. Lotse ermittelt: Stadtmitte: Lauterstraße ist gesperrt",
        "Locked by wall: Feuerwehr. Lotse finds: Stadtmitte: Lauterstraße is closed",
    )


def test_a_strategy() -> None:
    begins(
        decided_by(phases=[a_phase("STADION", "PARKEN P3")], speeds=JAM),
        "Strategie Match day, before. Lotse ermittelt: Stadtmitte: Stau",
        "Strategy Match day, before. Lotse finds: Stadtmitte: Lauterstraße is jammed",
    )


def test_orders_that_are_not_followed_each_in_a_sentence_of_its_own() -> None:
    given: dict[str, Any] = {"closed": [ON_THE_WAY, ON_U12], "corridors": [U12, GARDEN]}
    begins(
        decided_by(lock=a_lock("FOLGE U12"), phases=[a_phase("ÜBER U12")], **given),
        "Festgelegt von wall: Feuerwehr: nicht gezeigt, denn U12 ist gesperrt. "
        "Strategie Match day, before: nicht gezeigt, denn U12 ist gesperrt. Stadtmitte: Lauterstraße ist gesperrt",
        "Locked by wall: Feuerwehr: not shown, for U12 is closed. "
        "Strategy Match day, before: not shown, for U12 is closed. Stadtmitte: Lauterstraße is closed",
    )


@pytest.mark.parametrize(
    ("lines", "german", "english"),
    [
        (
            ("ZU LANG FÜR SECHZEHN",),
            "lines.0: 'ZU LANG FÜR SECHZEHN' hat 20 Zeichen; erlaubt: 16",
            "lines.0: 'ZU LANG FÜR SECHZEHN' has 20 characters; allowed: 16",
        ),
        (("A",) * 5, "lines: 5 Zeilen; erlaubt: ", "lines: 5 lines; allowed: "),
        (
            ("A, B, C",),
            "lines.0: 3 Informationseinheiten; erlaubt: 2 je Zeile",
            "lines.0: 3 units of information; allowed: 2 a line",
        ),
        (
            ("A, B", "C, D", "E"),
            "lines: 5 Informationseinheiten; erlaubt: 4 insgesamt",
            "lines: 5 units of information; allowed: 4 in all",
        ),
    ],
)
def test_an_order_that_does_not_fit_the_sign(lines: tuple[str, ...], german: str, english: str) -> None:
    begins(
        decided_by(lock=a_lock(*lines)),
        f"Festgelegt von wall: Feuerwehr: nicht gezeigt, denn das Schild kann es nicht zeigen: {german}",
        f"Locked by wall: Feuerwehr: not shown, for it does not fit the sign: {english}",
    )


def test_letters_that_a_sign_does_not_know() -> None:
    begins(
        decided_by(lock=a_lock("日本"), sign=replace(SIGN, charset="ascii")),
        "Festgelegt von wall: Feuerwehr: nicht gezeigt, denn das Schild kann es nicht zeigen: "
        "lines.0: '日本' kann es nicht schreiben; erlaubt: ASCII.",
        "Locked by wall: Feuerwehr: not shown, for it does not fit the sign: "
        "lines.0: '日本' cannot be written; allowed: ASCII.",
    )


def test_a_proposal_that_waits_is_refused_or_lapses() -> None:
    waiting = asked()
    begins(
        waiting,
        f"Vorschlag KL-07-1 ({LINES}) wartet auf Antwort: das Schild bleibt dunkel. Lotse ermittelt: Stadtmitte: Stau",
        f"Proposal KL-07-1 ({LINES}) is waiting: the sign stays blank. Lotse finds: Stadtmitte: Lauterstraße is jammed",
    )
    begins(
        asked(previous=waiting, answers={"KL-07-1": False}, now_s=60),
        f"Vorschlag KL-07-1 ({LINES}) wurde abgelehnt: das Schild bleibt dunkel. ",
        f"Proposal KL-07-1 ({LINES}) was refused: the sign stays blank. ",
    )
    begins(
        asked(previous=waiting, now_s=900),
        f"Vorschlag KL-07-1 ({LINES}) ist verfallen: das Schild bleibt dunkel. ",
        f"Proposal KL-07-1 ({LINES}) has lapsed: the sign stays blank. ",
    )


def test_why_something_is_proposed_is_told_in_both_languages() -> None:
    proposal = asked().authority.proposal
    assert proposal
    assert proposal.wish.explanations["de"].startswith("Stadtmitte: Stau auf Lauterstraße")
    assert proposal.wish.explanations["en"].startswith("Stadtmitte: Lauterstraße is jammed")


def test_a_proposal_that_was_accepted_and_what_is_kept_while_another_waits() -> None:
    shown = accepted()
    begins(shown, "Genehmigt von night shift. Stadtmitte: Stau", "Accepted by night shift. Stadtmitte: Lauterstraße is")
    begins(
        asked(previous=shown, closed=[ON_THE_WAY], now_s=120),
        "Vorschlag KL-07-2 (LAUTERSTR. / GESPERRT / FOLGE U12) wartet auf Antwort: das Schild bleibt, wie es ist. ",
        "Proposal KL-07-2 (LAUTERSTR. / GESPERRT / FOLGE U12) is waiting: the sign stays as it is. ",
    )


@pytest.mark.parametrize(
    ("given", "then", "german", "english"),
    [
        (
            {},
            {"closed": [ON_THE_WAY, ON_U12], "corridors": [U12, GARDEN]},
            "der gezeigte Weg ist gesperrt",
            "the way that it shows is closed",
        ),
        (
            {},
            {"corridors": [GARDEN]},
            "der Korridor U12 ist dafür nicht mehr eingetragen",
            "the corridor U12 is not registered for it any more",
        ),
        (
            {"closed": [ON_THE_WAY], "speeds": None},
            {"speeds": JAM},
            "die gemeldete Sperrung ist vorbei",
            "the closure that it tells is over",
        ),
    ],
)
def test_what_was_taken_down(given: dict[str, Any], then: dict[str, Any], german: str, english: str) -> None:
    begins(
        asked(previous=accepted(**given), now_s=120, **then),
        f"Zurückgenommen, denn {german}. Vorschlag KL-07-2 (",
        f"Taken down, for {english}. Proposal KL-07-2 (",
    )


def test_braces_that_people_write_are_words_like_others() -> None:
    begins(decided_by(lock=a_lock(*FIRE, reason="{by} {0}")), "Festgelegt von wall: {by} {0}.", "Locked by wall: {by}")


# What is stored.


@pytest.mark.parametrize(
    "decision",
    [
        decided_by(lock=a_lock(*FIRE)),
        decided_by(lock=a_lock("A, B, C"), phases=[a_phase("FOLGE U12")], closed=[ON_U12]),
        accepted(),
        asked(previous=accepted(), corridors=[GARDEN], now_s=120),
    ],
)
def test_what_is_read_back_from_json_is_what_was_written(decision: Decision) -> None:
    assert decision.authority.events
    for happened in decision.authority.events:
        assert read_event(json.loads(json.dumps(write_event(happened)))) == happened


def test_words_of_a_version_that_kept_nothing_else_are_told_as_they_are_in_every_language() -> None:
    before = "Locked by wall: Feuerwehr. Proposal KL-07-1 ({x}) is waiting: the sign stays blank."
    assert tell_events(read_as_told(before)) == {"de": before, "en": before}
    assert read_as_told("") == ()


def test_an_order_that_was_told_in_words_alone_is_news_once() -> None:
    locked = decided_by(lock=a_lock(*FIRE))
    before = replace(locked, authority=replace(locked.authority, why=read_as_told("Locked by wall: Feuerwehr.")))
    now = decided_by(lock=a_lock(*FIRE), previous=before, now_s=1)
    assert is_news(now, before, 3600)
    assert not is_news(decided_by(lock=a_lock(*FIRE), previous=now, now_s=2), now, 3600)
