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

    line_count: int = Field(ge=1, le=MOST_LINES, examples=[3])
    line_chars: int = Field(ge=4, le=64, description="characters a line", examples=[16])
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
