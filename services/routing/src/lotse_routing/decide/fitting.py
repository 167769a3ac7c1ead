"""Whether a text may stand on a sign: its lines, their length, its letters, and how much drivers can read.

Drivers take in two units of information a line and four in all (field.md 6). A unit is what answers one question:
where ("LAUTERSTR."), what ("GESPERRT"), what to do ("FOLGE U12"). A program cannot tell them apart for certain; it
counts the parts between separators, and a word for a cause besides ("LAUTERSTR. GESPERRT" are two).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from lotse_routing.decide.charset import Charset, spell
from lotse_routing.decide.events import Event, clause, event
from lotse_routing.decide.phrases.en import ENGLISH
from lotse_routing.decide.words import WORDS

MOST_UNITS_A_LINE = 2
MOST_UNITS = 4

_SEPARATORS = re.compile(r"\s[-+/]\s|[,;|·]")
_WORD = re.compile(r"\w+")
PLACEHOLDER = re.compile(r"\{\w*\}")

_CAUSES = frozenset(
    spell(form, charset)
    for words in WORDS.values()
    for forms in words.causes.values()
    for form in forms
    for charset in get_args(Charset)
)


@dataclass(frozen=True, slots=True)
class Size:
    """What a sign can show: lines, characters a line, letters."""

    line_count: int
    line_chars: int
    charset: Charset = "utf8"


@dataclass(frozen=True, slots=True)
class Misfit:
    """What keeps lines off a sign, at which place of them ('lines.2')."""

    field: str
    fault: Event


@dataclass(frozen=True, slots=True)
class TextFault:
    """What is wrong with a text, at which place of it ('lines.2'), and what is allowed."""

    field: str
    reason: str


def as_written(lines: Sequence[str], charset: Charset) -> tuple[str, ...]:
    """Give the lines as a sign writes them."""
    return tuple(spell(line, charset) for line in lines)


def list_faults(lines: Sequence[str], size: Size) -> list[TextFault]:
    """List what keeps lines off a sign of this size, in the words of the API."""
    return [as_text_fault(misfit) for misfit in list_misfits(lines, size)]


def as_text_fault(misfit: Misfit) -> TextFault:
    """Put a misfit into the words of the API."""
    return TextFault(misfit.field, clause(misfit.fault, ENGLISH.events))


def list_misfits(lines: Sequence[str], size: Size) -> list[Misfit]:
    """List what keeps lines off a sign of this size; they are looked at as the sign writes them."""
    written = as_written(lines, size.charset)
    misfits = [misfit for place, line in enumerate(written) for misfit in _misfits_of_line(place, line, size)]
    if len(lines) > size.line_count:
        misfits.append(Misfit("lines", event("too_many_lines", lines=len(lines), allowed=size.line_count)))
    units = [count_units(line) for line in written]
    misfits += [misfit for place, count in enumerate(units) for misfit in misfits_of_units(f"lines.{place}", count)]
    return misfits + misfits_of_all_units(sum(units))


def misfits_of_units(field: str, units: int) -> list[Misfit]:
    """List the misfit of a line, or the pattern of one, that says more than drivers can read of a line."""
    if units <= MOST_UNITS_A_LINE:
        return []
    return [Misfit(field, event("line_says_too_much", units=units, allowed=MOST_UNITS_A_LINE))]


def misfits_of_all_units(units: int) -> list[Misfit]:
    """List the misfit of a text that says more than drivers can read in all."""
    return [Misfit("lines", event("text_says_too_much", units=units, allowed=MOST_UNITS))] if units > MOST_UNITS else []


def count_units(line: str) -> int:
    """Count what a line, or the pattern of one, says."""
    return sum(_units_of(part) for part in _SEPARATORS.split(line) if part.strip())


def _misfits_of_line(place: int, line: str, size: Size) -> list[Misfit]:
    faults = []
    if len(line) > size.line_chars:
        faults.append(event("line_too_long", line=line, chars=len(line), allowed=size.line_chars))
    foreign = "".join(sorted({c for c in line if not c.isascii()})) if size.charset == "ascii" else ""
    if foreign:
        faults.append(event("letters_unknown", letters=foreign))
    return [Misfit(f"lines.{place}", fault) for fault in faults]


def _units_of(part: str) -> int:
    """Count the placeholders and words for causes of a part; other words are a unit of their own beside a cause."""
    placeholders, rest = len(PLACEHOLDER.findall(part)), PLACEHOLDER.sub(" ", part).upper()
    causes = 0
    for cause in sorted(_CAUSES, key=len, reverse=True):
        rest, found = re.subn(rf"(?<!\w){re.escape(cause)}(?!\w)", " ", rest)
        causes += found
    has_others = placeholders == 0 and causes > 0 and _WORD.search(rest) is not None
    return max(1, placeholders + causes + has_others)
