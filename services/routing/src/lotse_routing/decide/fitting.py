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
class TextFault:
    """What is wrong with a text, at which place of it ('lines.2'), and what is allowed."""

    field: str
    reason: str


def as_written(lines: Sequence[str], charset: Charset) -> tuple[str, ...]:
    """Give the lines as a sign writes them."""
    return tuple(spell(line, charset) for line in lines)


def list_faults(lines: Sequence[str], size: Size) -> list[TextFault]:
    """List what keeps lines off a sign of this size; they are looked at as the sign writes them."""
    written = as_written(lines, size.charset)
    faults = [fault for place, line in enumerate(written) for fault in _faults_of_line(place, line, size)]
    if len(lines) > size.line_count:
        faults.append(TextFault("lines", f"{len(lines)} lines; allowed: {size.line_count}"))
    return faults + list_unit_faults(written)


def list_unit_faults(lines: Sequence[str]) -> list[TextFault]:
    """List where lines, or patterns of lines, say more than drivers can read."""
    units = [count_units(line) for line in lines]
    faults = [
        TextFault(f"lines.{place}", f"{count} units of information; allowed: {MOST_UNITS_A_LINE} a line")
        for place, count in enumerate(units)
        if count > MOST_UNITS_A_LINE
    ]
    if sum(units) > MOST_UNITS:
        faults.append(TextFault("lines", f"{sum(units)} units of information; allowed: {MOST_UNITS} in all"))
    return faults


def count_units(line: str) -> int:
    """Count what a line, or the pattern of one, says."""
    return sum(_units_of(part) for part in _SEPARATORS.split(line) if part.strip())


def _faults_of_line(place: int, line: str, size: Size) -> list[TextFault]:
    faults = []
    if len(line) > size.line_chars:
        faults.append(TextFault(f"lines.{place}", f"{line!r} has {len(line)} characters; allowed: {size.line_chars}"))
    foreign = "".join(sorted({c for c in line if not c.isascii()})) if size.charset == "ascii" else ""
    if foreign:
        faults.append(TextFault(f"lines.{place}", f"{foreign!r} cannot be written; allowed: ASCII"))
    return faults


def _units_of(part: str) -> int:
    """Count the placeholders and words for causes of a part; other words are a unit of their own beside a cause."""
    placeholders, rest = len(PLACEHOLDER.findall(part)), PLACEHOLDER.sub(" ", part).upper()
    causes = 0
    for cause in sorted(_CAUSES, key=len, reverse=True):
        rest, found = re.subn(rf"(?<!\w){re.escape(cause)}(?!\w)", " ", rest)
        causes += found
    has_others = placeholders == 0 and causes > 0 and _WORD.search(rest) is not None
    return max(1, placeholders + causes + has_others)
