"""The lines of a sign: what is wrong where, and what to do; never more lines or characters than the sign has.

A line says one thing, the first line the street, the last what to follow: ["LAUTERSTR.", "GESPERRT", "FOLGE U12"].
Without a corridor it is the street that the detour takes: ["LAUTERSTR.", "GESPERRT", "ÜBER RINGSTR."]. Where only some
of a sign's destinations are concerned, they are named: ["PARISER STR. ZU", "CENTRUM", "ÜBER RINGSTR."].

What drivers cannot read in two seconds helps nobody: beside its cause a street stands whole, or on a line of its own,
or not at all. One to come back to does not stand beside a cause alone: it would be taken for the one that is closed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lotse_routing.decide.cause import Kind
from lotse_routing.decide.charset import Charset, spell
from lotse_routing.decide.words import Words, words_of

Language = Literal["de", "en"]

_WORD_BORDERS = re.compile(r"([- ])")

LONG_ENOUGH_TO_SHORTEN = 4
"""A street suffix is always abbreviated, other words only if they are longer than this."""
WORDS_KEPT = 2
"""The last words of a name are never initials: it is by the one before 'Straße' that a street is recognised."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a sign has to say for one destination: the cause, and the corridor (or else the street) to take.

    `rejoin_street` is where the detour meets the usual way again; `is_toward_street` tells that the destination is that
    street, and no place of its own.
    """

    destination_text: str
    kind: Kind
    street: str
    corridor: str | None
    via_street: str
    rejoin_street: str = ""
    is_toward_street: bool = False


def compose_lines(  # noqa: PLR0913 - a message's whole surroundings
    messages: Sequence[Message],
    *,
    addresses_all: bool,
    line_count: int,
    line_chars: int,
    language: Language,
    charset: Charset = "utf8",
) -> tuple[str, ...]:
    """Compose the lines of a sign from its messages, the most important first; no messages, no lines.

    `addresses_all` tells that the messages concern every destination of the sign, so that none need be named.
    """
    if not messages:
        return ()
    words, messages = words_of(language, charset), [_spelled(message, charset) for message in messages]
    first = messages[0]
    actions = list(_actions(messages, words, line_chars, addresses_all=addresses_all))
    if first.corridor is None and line_count == 1:
        actions = [_via_line(first.via_street or first.destination_text, words, line_chars)]
    actions = actions[:line_count]
    told = _cause_lines(first, line_count - len(actions), words, line_chars)
    is_street_left_out = first.street and len(told) == 1 and told[0] in words.causes[first.kind]
    if not is_street_left_out:
        return (*told, *actions)
    if len(messages) == 1 and len(actions) == 2:  # noqa: PLR2004 - whither, and by which street
        return _with_its_street(first, told[0], actions, words, line_chars)
    if not first.is_toward_street:
        return (*told, *actions)
    if len(messages) == 1 and first.corridor:
        return told[0], _follow(first.corridor, words, line_chars)
    return tuple(actions)


def _spelled(message: Message, charset: Charset) -> Message:
    return replace(
        message,
        destination_text=spell(message.destination_text, charset),
        street=spell(message.street, charset),
        via_street=spell(message.via_street, charset),
    )


def _actions(messages: Sequence[Message], words: Words, width: int, *, addresses_all: bool) -> Iterable[str]:
    corridors = {message.corridor for message in messages}
    if addresses_all and len(corridors) == 1 and messages[0].corridor:
        yield _follow(messages[0].corridor, words, width)
        return
    via_streets = {message.via_street for message in messages}
    if addresses_all and corridors == {None} and len(via_streets) == 1 and messages[0].via_street:
        yield _via_line(messages[0].via_street, words, width)
        return
    for message in messages:
        destination = shorten(message.destination_text, width, words)
        if message.corridor:
            room = width - len(message.corridor) - 1
            named = f"{shorten(message.destination_text, room, words)} " if room >= LONG_ENOUGH_TO_SHORTEN else ""
            yield cut(f"{named}{message.corridor.upper()}", width)
        else:
            yield destination
            if message.via_street:
                yield _via_line(message.via_street, words, width)


def _cause_lines(message: Message, room: int, words: Words, width: int) -> list[str]:
    """Say what is wrong: street and cause on two lines; in one as far as both fit, else the cause; or not at all."""
    forms = words.causes[message.kind]
    if room <= 0:
        return []
    if not message.street:
        return [_first_fitting(forms, width)]
    if room > 1:
        return [shorten(message.street, width, words), _first_fitting(forms, width)]
    street = abbreviate(first_name(message.street), words)
    return [_first_fitting([*(f"{street} {form}" for form in forms), *forms], width)]


def _with_its_street(message: Message, cause: str, actions: Sequence[str], words: Words, width: int) -> tuple[str, ...]:
    """Give three lines where the street does not fit beside its cause: ("MANNHEIMER STR.", "ZU RI. BURGSTR.", ...).

    Where the cause does not fit beside whither either, a street to which the detour leads back is left out.
    """
    whither, via = actions
    street = shorten(message.street, width, words)
    for form in words.causes[message.kind]:
        if whither and len(line := f"{form} {words.toward.format(whither)}") <= width:
            return street, line, via
    return (street, cause, via) if message.is_toward_street else (cause, whither, via)


def abbreviate(name: str, words: Words) -> str:
    """Write a name in capitals, with the street suffix of its last word abbreviated."""
    capitals = " ".join(name.upper().split())
    for ending, short in words.abbreviations:
        if capitals.endswith(ending) and capitals != ending:
            return capitals.removesuffix(ending) + short
    return capitals


def shorten(name: str, width: int, words: Words) -> str:
    """Write a name so that it fits and can still be recognised.

    Of two streets ('Ringgade/Viborgvej') the first is enough, and the street suffix is abbreviated; then long words but
    the last `WORDS_KEPT` become initials, one after the other from the left ('F.-EBERT-STR.'); then the rest is cut at
    its end with a full stop.
    """
    return cut(initials(abbreviate(first_name(name), words), width), width)


def initials(name: str, width: int) -> str:
    """Write long words but the last `WORDS_KEPT` as initials, from the left, until it fits; it may still not."""
    parts = _WORD_BORDERS.split(name)
    leading = max(0, len(parts) - 2 * WORDS_KEPT + 1)
    for position, part in enumerate(parts[:leading]):
        if sum(map(len, parts)) > width and len(part) > LONG_ENOUGH_TO_SHORTEN:
            parts[position] = f"{part[0]}."
    return "".join(parts)


def first_name(name: str) -> str:
    """Give the first of two names of one street ('Ringgade/Viborgvej')."""
    return name.partition("/")[0].strip() or name


def cut(text: str, width: int) -> str:
    """Cut a text to a width; what was cut ends in a full stop where that leaves something to read."""
    if len(text) <= width:
        return text
    return f"{text[: width - 1].rstrip(' .-')}." if width > 1 else text[:width]


def _follow(corridor: str, words: Words, width: int) -> str:
    return _first_fitting([form.format(corridor.upper()) for form in words.follow], width)


def _via_line(street: str, words: Words, width: int) -> str:
    forms = [form.format(abbreviate(street, words)) for form in words.via]
    return next((form for form in forms if len(form) <= width), shorten(street, width, words))


def _first_fitting(forms: Sequence[str], width: int) -> str:
    return next((form for form in forms if len(form) <= width), cut(forms[-1], width))
