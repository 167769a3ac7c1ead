"""Texts in a town's own words: patterns of lines with placeholders, filled for a message so that they fit a sign.

A line is a list of forms, longest first: [["{street} GESPERRT", "{street} ZU"], ["FOLGE {corridor}", "ÜBER {via}"]].
The first form is taken whose names are all known and that fits. A town without templates has the built-in texts.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from lotse_routing.decide.charset import spell
from lotse_routing.decide.fitting import (
    Misfit,
    Size,
    TextFault,
    as_text_fault,
    count_units,
    misfits_of_all_units,
    misfits_of_units,
)
from lotse_routing.decide.text import abbreviate, first_name, initials
from lotse_routing.decide.words import Words

PLACEHOLDERS = ("street", "cause", "corridor", "via", "rejoin", "destination")
_STREETS = frozenset({"street", "via", "rejoin"})
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

Values = Mapping[str, str]
"""What placeholders stand for; empty: not known of this message."""


@dataclass(frozen=True, slots=True)
class Template:
    """How lines are composed: for each its forms, the longest first."""

    lines: tuple[tuple[str, ...], ...]

    def uses(self, placeholder: str) -> bool:
        """Tell whether a form has this placeholder."""
        return any(f"{{{placeholder}}}" in form for forms in self.lines for form in forms)


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a template will be filled with in a town."""

    streets: tuple[str, ...]
    destinations: tuple[str, ...]
    corridors: tuple[str, ...]


def fill(template: Template, values: Values, size: Size, words: Words) -> tuple[str, ...] | None:
    """Compose the lines of a message; None if it has a line that cannot be filled so that it fits."""
    if len(template.lines) > size.line_count:
        return None
    lines = [_fill_line(forms, values, size, words) for forms in template.lines]
    filled = tuple(line for line in lines if line is not None)
    return filled if len(filled) == len(lines) else None


def _fill_line(forms: Sequence[str], values: Values, size: Size, words: Words) -> str | None:
    """Give the first form that fits, with names as they are abbreviated, or else with initials in them."""
    usable = [form for form in forms if all(values.get(name) for name in _PLACEHOLDER.findall(form))]
    written = (_filled(form, values, size, words, width) for form in usable for width in (None, size.line_chars))
    return next((line for line in written if len(line) <= size.line_chars), None)


def _filled(form: str, values: Values, size: Size, words: Words, width: int | None) -> str:
    """Fill a form; with a width, names are written with initials as far as it takes."""
    room = None if width is None else width - len(spell(_PLACEHOLDER.sub("", form), size.charset))

    def write(match: re.Match[str]) -> str:
        name, value = match[1], spell(values[match[1]], size.charset)
        if name not in _STREETS:
            return " ".join(value.upper().split())
        short = abbreviate(first_name(value), words)
        return short if room is None else initials(short, room)

    return _PLACEHOLDER.sub(write, spell(form, size.charset))


def list_template_faults(
    template: Template, names: Names, causes: Sequence[str], sizes: Iterable[Size], words: Words
) -> list[TextFault]:
    """List what is wrong with a template: placeholders, units, and names that signs of these sizes have no room for.

    Signs with fewer lines than the template keep the built-in texts, and are not looked at.
    """
    faults = [*_placeholder_faults(template), *_unit_faults(template)]
    if faults:
        return faults
    for size in sorted(set(sizes), key=lambda size: (size.line_chars, size.line_count, size.charset)):
        if len(template.lines) <= size.line_count:
            check = partial(_find_misfit, names=names, causes=causes, size=size, words=words)
            misfits = [(place, check(forms)) for place, forms in enumerate(template.lines)]
            faults += [TextFault(f"lines.{place}", reason) for place, reason in misfits if reason]
    return faults


def _placeholder_faults(template: Template) -> list[TextFault]:
    faults = []
    for place, forms in enumerate(template.lines):
        for which, form in enumerate(forms):
            unknown = [name for name in _PLACEHOLDER.findall(form) if name not in PLACEHOLDERS]
            if unknown or set("{}") & set(_PLACEHOLDER.sub("", form)):
                allowed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
                faults.append(TextFault(f"lines.{place}.{which}", f"a placeholder is none; allowed: {allowed}"))
    return faults


def _unit_faults(template: Template) -> list[TextFault]:
    misfits: list[Misfit] = []
    total = 0
    for place, forms in enumerate(template.lines):
        counts = [count_units(form) for form in forms]
        total += max(counts)
        for which, count in enumerate(counts):
            misfits += misfits_of_units(f"lines.{place}.{which}", count)
    return [as_text_fault(misfit) for misfit in misfits + misfits_of_all_units(total)]


def _find_misfit(forms: Sequence[str], names: Names, causes: Sequence[str], size: Size, words: Words) -> str:
    """Say which names no form of a line has room for; empty: there is room for all.

    The names of one placeholder are tried one by one, beside the longest of the others.
    """
    known = {
        "cause": tuple(causes),
        "corridor": names.corridors,
        "destination": names.destinations,
        **dict.fromkeys(_STREETS, names.streets),
    }

    def written(name: str, value: str) -> int:
        return len(_filled(f"{{{name}}}", {name: value}, size, words, None))

    used = [name for name in PLACEHOLDERS if any(f"{{{name}}}" in form for form in forms)]
    values = {name: max(known[name], key=partial(written, name), default="") for name in used}
    varied = next((name for name in used if name in _STREETS), None)
    for value in sorted(known[varied], key=partial(written, varied), reverse=True) if varied else ("",):
        given = values | ({varied: value} if varied else {})
        for usable in _usable_subsets(forms, given):
            if _fill_line(usable, given, size, words) is None:
                shortest = min((_filled(form, given, size, words, size.line_chars) for form in usable), key=len)
                sign = f"{size.line_count} x {size.line_chars}"
                return (
                    f"{shortest!r} has {len(shortest)} characters; allowed: {size.line_chars} (a sign of {sign}):"
                    " give a shorter form"
                )
    return ""


def _usable_subsets(forms: Sequence[str], values: Values) -> list[list[str]]:
    """List the groups of forms that one message can be left with: those that need the same names."""
    needs = [frozenset(_PLACEHOLDER.findall(form)) for form in forms]
    usable = [all(values.get(name) for name in need) for need in needs]
    return [
        group
        for need in dict.fromkeys(needs)
        if (group := [form for form, other, can in zip(forms, needs, usable, strict=True) if can and other <= need])
    ]
