"""What has to hold whatever is ordered, closed, measured and answered."""

import json
from typing import Any

from factories_decide import SIGN, TOPOLOGY, U12
from factories_modes import ASKS_FIRST, GARDEN, a_lock, a_phase, decided_by
from hypothesis import given, settings
from hypothesis import strategies as st

from lotse_routing.decide.advice import SignState
from lotse_routing.decide.decision import Decision
from lotse_routing.decide.fitting import Size, list_faults
from lotse_routing.decide.template import Names, Template, fill, list_template_faults
from lotse_routing.decide.words import words_of

LINKS = [link.link_id for link in TOPOLOGY.links]
TEXTS = [(), ("FOLGE U12",), ("STADION", "ÜBER u7"), ("U12/U7",), ("PARKEN P3",), ("VIEL ZU LANG FÜR EIN SCHILD",)]

situations = st.fixed_dictionaries(
    {
        "lock": st.none() | st.sampled_from(TEXTS).map(lambda lines: a_lock(*lines, until_s=150)),
        "phases": st.lists(st.sampled_from(TEXTS[1:]).map(lambda lines: a_phase(*lines)), max_size=2),
        "closed": st.lists(st.sampled_from(LINKS), max_size=4, unique=True),
        "speeds": st.dictionaries(st.sampled_from(LINKS), st.floats(0, 120)),
        "sign": st.sampled_from([SIGN, ASKS_FIRST]),
        "answers": st.dictionaries(st.sampled_from([f"KL-07-{n}" for n in range(1, 5)]), st.booleans()),
        "corridors": st.lists(st.sampled_from([U12, GARDEN]), max_size=2, unique=True),
    }
)
days = st.lists(situations, min_size=1, max_size=6)


def lived(day: list[dict[str, Any]]) -> list[Decision]:
    decisions: list[Decision] = []
    for n, situation in enumerate(day):
        previous = decisions[-1] if decisions else None
        decisions.append(decided_by(**situation, previous=previous, now_s=60 * n))
    return decisions


@settings(deadline=None, max_examples=30)
@given(days)
def test_nothing_leads_along_what_is_closed_whoever_says_so(day: list[dict[str, Any]]) -> None:
    for situation, decision in zip(day, lived(day), strict=True):
        closed = set(situation["closed"])
        if decision.authority.source in {"manual", "strategy"}:
            text = " ".join(decision.lines).upper()
            for corridor in situation["corridors"]:
                assert corridor.corridor_id not in text or closed.isdisjoint(corridor.links)
        if decision.state is SignState.DETOUR and decision.authority.source == "approval":
            records = decision.detours if decision.authority.shows_detours else decision.authority.grounds
            for record in records:
                assert record["state"] != "detour" or closed.isdisjoint(record["shown"]["links"])


@settings(deadline=None, max_examples=30)
@given(days)
def test_whose_word_it_is_and_what_it_says_agree(day: list[dict[str, Any]]) -> None:
    for situation, decision in zip(day, lived(day), strict=True):
        body = json.loads(decision.display.body)
        assert (body["source"], body["lines"]) == (decision.authority.source, list(decision.lines))
        if decision.authority.source in {"manual", "strategy"}:
            assert not decision.authority.shows_detours
            assert list_faults(decision.lines, Size(SIGN.line_count, SIGN.line_chars)) == []
        else:
            assert (decision.authority.source == "approval") == (situation["sign"].mode == "approval")


@settings(deadline=None, max_examples=30)
@given(days)
def test_a_sign_that_asks_never_shows_a_detour_that_nobody_accepted(day: list[dict[str, Any]]) -> None:
    day = [situation | {"sign": ASKS_FIRST, "lock": None, "phases": [], "answers": {}} for situation in day]
    for decision in lived(day):
        assert decision.state is not SignState.DETOUR


names = st.text("ABCDEFGHÄÖÜß -/", max_size=30).filter(lambda name: bool(name.strip(" -/")))
forms = st.sampled_from(["{street}", "{street} ZU", "FOLGE {corridor}", "ÜBER {via}", "UMLEITUNG", "{cause}"])
templates = st.lists(st.lists(forms, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3)
sizes = st.builds(Size, st.integers(1, 4), st.integers(6, 30), st.sampled_from(["utf8", "ascii"]))


@settings(deadline=None)
@given(templates, st.lists(names, min_size=1, max_size=4), sizes, st.data())
def test_a_template_that_was_taken_fits_whatever_it_is_filled_with(
    lines: list[tuple[str, ...]], streets: list[str], size: Size, data: st.DataObject
) -> None:
    template, words = Template(tuple(lines)), words_of("de", "utf8")
    if list_template_faults(template, Names(tuple(streets), (), ("U12",)), ("GESPERRT",), [size], words):
        return
    values = {
        "street": data.draw(st.sampled_from(streets)),
        "via": data.draw(st.sampled_from(streets)),
        "corridor": "U12",
        "cause": "GESPERRT",
    }
    filled = fill(template, values, size, words)
    if len(lines) <= size.line_count:
        assert filled is not None
        assert all(len(line) <= size.line_chars for line in filled)
