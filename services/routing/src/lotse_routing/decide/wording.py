"""The lines for the messages of a sign: in the town's own words where it has a template for them, else built in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lotse_routing.decide.cause import Kind
from lotse_routing.decide.fitting import Size
from lotse_routing.decide.template import Template, Values, fill
from lotse_routing.decide.text import Language, Message, compose_lines
from lotse_routing.decide.words import words_of


@dataclass(frozen=True, slots=True)
class Wording:
    """Language of the signs, and the town's templates of that language by kind of cause."""

    language: Language = "de"
    templates: Mapping[Kind, Template] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Text:
    """Lines of a sign. `is_unfilled`: they are the built-in ones, because the template could not be filled."""

    lines: tuple[str, ...]
    is_templated: bool = False
    is_unfilled: bool = False


def compose_text(messages: Sequence[Message], size: Size, wording: Wording, *, addresses_all: bool) -> Text:
    """Compose the lines of a sign from its messages, the most important first; no messages, no lines.

    A template says one thing: where a sign has several to say, or not to all of its destinations and the template does
    not name them, the built-in text says it.
    """
    template = wording.templates.get(messages[0].kind) if messages else None
    if template is not None and _says_all(template, messages, addresses_all=addresses_all):
        lines = fill(template, values_of(messages[0], size, wording), size, words_of(wording.language, size.charset))
        if lines is not None:
            return Text(lines, is_templated=True)
    built_in = compose_lines(
        messages,
        addresses_all=addresses_all,
        line_count=size.line_count,
        line_chars=size.line_chars,
        language=wording.language,
        charset=size.charset,
    )
    return Text(built_in, is_unfilled=template is not None)


def values_of(message: Message, size: Size, wording: Wording) -> Values:
    """Tell what placeholders stand for in a message."""
    return {
        "street": message.street,
        "cause": words_of(wording.language, size.charset).causes[message.kind][0],
        "corridor": message.corridor or "",
        "via": message.via_street,
        "rejoin": message.rejoin_street,
        "destination": message.destination_text,
    }


def _says_all(template: Template, messages: Sequence[Message], *, addresses_all: bool) -> bool:
    names_one = template.uses("destination") and len(messages) == 1
    ways = {(message.kind, message.street, message.corridor, message.via_street) for message in messages}
    return names_one or (addresses_all and len(ways) == 1 and not template.uses("destination"))
