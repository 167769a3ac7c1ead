"""What tags ending in :conditional say: 'no @ (Mo-Fr 07:00-09:00); destination @ (22:00-06:00 AND weight>7.5)'.

Source: wiki.openstreetmap.org/wiki/Conditional_restrictions. Understood are hours of the week, a weight that is
exceeded, and both together.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lotse_shared.weekly_times import ALWAYS, WeeklyTimes

KG_PER_T = 1000.0

_CLAUSE = re.compile(r"\s*(?P<value>[^@;()]+?)\s*@\s*(?:\((?P<inner>[^()]*)\)|(?P<bare>[^;()]+?))\s*(?:;|$)")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_WEIGHT = re.compile(
    r"^(?:max)?(?:gross)?_?(?:weight|weightrating|weight_rating)\s*>=?\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>t|kg)?$",
    re.IGNORECASE,
)
_VALUE = re.compile(r"([^@;()]+?)\s*@")


@dataclass(frozen=True, slots=True)
class Clause:
    """A value, the hours in which it holds, and the weight above which it does (None: any)."""

    value: str
    hours: WeeklyTimes
    over_t: float | None


def read_clauses(text: str) -> list[Clause]:
    """Read the clauses in their order; a later one outdoes an earlier one where both hold.

    Raises
    ------
    ValueError
        A clause is not understood.
    """
    return list(_clauses(text))


def values_of(text: str) -> list[str]:
    """Find the values in a text that is not understood as a whole."""
    return [value.strip() for value in _VALUE.findall(text)] or [text]


def _clauses(text: str) -> Iterator[Clause]:
    place = 0
    while text[place:].strip():
        match = _CLAUSE.match(text, place)
        if match is None:
            message = f"{text!r} is not 'value @ (hours); value @ (hours)'"
            raise ValueError(message)
        yield _clause(match["value"], match["inner"] if match["bare"] is None else match["bare"])
        place = match.end()


def _clause(value: str, condition: str) -> Clause:
    hours, over_t = ALWAYS, None
    for term in _AND.split(condition.strip()):
        weight = _WEIGHT.match(term)
        if weight is None:
            hours &= WeeklyTimes.parse(term)
        else:
            limit_t = float(weight["number"]) / (KG_PER_T if weight["unit"] == "kg" else 1)
            over_t = max(limit_t, over_t or 0)
    return Clause(value, hours, over_t)
