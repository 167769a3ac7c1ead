"""The words of sign texts, by language: data, not rules."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from lotse_routing.decide.cause import Kind
from lotse_routing.decide.charset import Charset, spell


@dataclass(frozen=True, slots=True)
class Words:
    """Words of one language, in capitals; of several forms the longest that fits is taken.

    `abbreviations` are endings of street names with their short forms, longest ending first.
    """

    causes: Mapping[Kind, tuple[str, ...]]
    follow: tuple[str, ...]
    via: tuple[str, ...]
    toward: str
    abbreviations: tuple[tuple[str, str], ...]


WORDS: Mapping[str, Words] = {
    "de": Words(
        causes={
            "closed": ("GESPERRT", "ZU"),
            "jam": ("STAU",),
            "slow": ("STOCKEND", "ZÄH"),
        },
        follow=("FOLGE {}", "{}"),
        via=("ÜBER {}", "{}"),
        toward="RI. {}",
        abbreviations=(
            ("CHAUSSEE", "CH."),
            ("STRASSE", "STR."),
            ("PLATZ", "PL."),
        ),
    ),
    "en": Words(
        causes={
            "closed": ("CLOSED",),
            "jam": ("CONGESTION", "QUEUE"),
            "slow": ("SLOW TRAFFIC", "SLOW"),
        },
        follow=("FOLLOW {}", "{}"),
        via=("VIA {}", "{}"),
        toward="TOWARDS {}",
        abbreviations=(
            ("BOULEVARD", "BLVD"),
            ("STREET", "ST"),
            ("AVENUE", "AVE"),
            ("BRIDGE", "BR"),
            ("SQUARE", "SQ"),
            ("PLACE", "PL"),
            ("DRIVE", "DR"),
            ("LANE", "LN"),
            ("ROAD", "RD"),
        ),
    ),
}


@cache
def words_of(language: str, charset: Charset) -> Words:
    """Give the words of a language in the letters that a sign has."""
    words = WORDS[language]

    def spelled(forms: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(spell(form, charset) for form in forms)

    causes: dict[Kind, tuple[str, ...]] = {kind: spelled(forms) for kind, forms in words.causes.items()}
    return replace(words, causes=causes, follow=spelled(words.follow), via=spelled(words.via))
