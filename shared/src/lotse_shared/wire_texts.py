"""Texts of signs on the wire: the gateway asks routing, which knows the rules, whether they may stand on a sign."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from lotse_shared.wire import Wire

MOST_LINES = 8

Line = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A line of a sign, or the pattern of one."""

Charset = Literal["utf8", "ascii"]


class SignSize(Wire):
    """What a sign can show."""

    line_count: int = Field(strict=True, ge=1, le=MOST_LINES, examples=[3])
    line_chars: int = Field(strict=True, ge=4, le=64, description="characters a line", examples=[16])
    charset: Charset = Field(default="utf8", description="ascii: Ä is written AE, and so on")


class TextAsked(Wire):
    """Lines that somebody wants to see on a sign of this size."""

    size: SignSize
    lines: list[Line] = Field(max_length=MOST_LINES)


class TextsRequest(Wire):
    """Texts to look at."""

    texts: list[TextAsked]


class TextFault(Wire):
    """What is wrong with a text."""

    field: str = Field(description="lines.2, say", examples=["lines.1"])
    reason: str = Field(
        description="what is wrong, and what is allowed",
        examples=["'BITTE NICHT UNGEDULDIG' has 22 characters; allowed: 16"],
    )


class TextAnswer(Wire):
    """A text as the sign writes it, and what is wrong with it."""

    lines: list[str]
    faults: list[TextFault]


class TextsAnswer(Wire):
    """One answer a text, in the order in which they were asked."""

    texts: list[TextAnswer]


Language = Literal["de", "en"]
TemplateKind = Literal["closed", "jam", "slow"]
Forms = Annotated[list[Line], Field(min_length=1, max_length=10)]
"""The forms of a line, the longest first."""
TemplateLines = Annotated[list[Forms], Field(min_length=1, max_length=MOST_LINES)]

LINES_EXAMPLE = [["{street}", "STRASSE"], ["{cause}"], ["FOLGE {corridor}", "UMLEITUNG"]]


class TemplateRequest(Wire):
    """A template to look at, with the signs and names that it has to do for; streets are those of the network."""

    language: Language
    kind: TemplateKind
    lines: TemplateLines
    sizes: list[SignSize]
    destinations: list[str]
    corridors: list[str]


class FaultsAnswer(Wire):
    """What is wrong; nothing, if it is empty."""

    faults: list[TextFault]


class MessageAsked(Wire):
    """A message that a sign might have to tell."""

    kind: TemplateKind = Field(description="what is wrong", examples=["closed"])
    street: str = Field(default="", max_length=200, description="where", examples=["Lindenbrücke"])
    corridor: str = Field(default="", max_length=64, description="what to follow", examples=["U3"])
    via: str = Field(default="", max_length=200, description="or the street to take", examples=["Alte Brücke"])
    rejoin: str = Field(default="", max_length=200, description="where the usual way goes on", examples=["Nordallee"])
    destination: str = Field(
        default="", max_length=200, description="empty: it concerns all of the sign", examples=[""]
    )


class PreviewRequest(Wire):
    """A message, and the template to tell it by in the language of the signs; `templates` are those saved."""

    size: SignSize
    message: MessageAsked
    template: TemplateLines | None
    templates: dict[Language, TemplateLines]


class PreviewAnswer(Wire):
    """What the sign would show."""

    lines: list[str] = Field(examples=[["LINDENBRÜCKE", "GESPERRT", "FOLGE U3"]])
    is_templated: bool = Field(description="false: in the built-in words", examples=[True])
    faults: list[TextFault] = Field(description="what would keep it off the sign", examples=[[]])
