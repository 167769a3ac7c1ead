"""Which language texts are told in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotse_gateway.answers.language import LANGUAGES, choose_language, in_language


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "en"),
        ("", "en"),
        ("de", "de"),
        ("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "de"),
        ("en-GB, de;q=0.5", "en"),
        ("de;q=0.3, en;q=0.7", "en"),
        ("fr-FR, de;q=0.2", "de"),
        ("DE ; q=1", "de"),
        ("de;q=0", "en"),
        ("de;q=high", "en"),
        ("de;level=1", "en"),
        ("*", "en"),
        (",,;;q=", "en"),
    ],
)
def test_the_language_is_the_one_that_the_client_prefers_else_english(header: str | None, expected: str) -> None:
    assert choose_language(None, header) == expected


def test_what_is_asked_for_goes_before_what_is_preferred() -> None:
    assert choose_language("de", "en") == "de"


@given(st.text())
def test_any_header_gives_a_language(header: str) -> None:
    assert choose_language(None, header) in LANGUAGES


def test_a_reason_is_told_in_one_language_and_in_english_where_it_has_no_other() -> None:
    record = {"destination": "CENTRUM", "why": {"rule": "gain", "words": {"de": "Stau.", "en": "Jam."}}}
    assert in_language(record, "de")["why"] == {"rule": "gain", "words": "Stau."}
    assert in_language({"why": {"words": {"en": "Jam."}}}, "de")["why"] == {"words": "Jam."}
    assert in_language({"destination": "CENTRUM"}, "de") == {"destination": "CENTRUM", "why": None}
