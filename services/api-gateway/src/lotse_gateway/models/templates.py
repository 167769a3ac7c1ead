"""Texts in a town's own words, and how they would look."""

from pydantic import AwareDatetime, Field, JsonValue

from lotse_gateway.models.base import Body, View
from lotse_shared.wire_texts import LINES_EXAMPLE, Language, MessageAsked, SignSize, TemplateKind, TemplateLines

PLACEHOLDERS = "{street} {cause} {corridor} {via} {rejoin} {destination}"
EXAMPLE: list[JsonValue] = [list(forms) for forms in LINES_EXAMPLE]


class TextTemplate(Body):
    """How a kind of message is told: lines, each with its forms, the longest first."""

    lines: TemplateLines = Field(
        description=f"the first form of a line that fits is taken; placeholders: {PLACEHOLDERS}", examples=[EXAMPLE]
    )
    sizes: list[SignSize] = Field(
        default=[], max_length=100, description="of signs to come, beside those registered", examples=[[]]
    )


class TextTemplateView(View):
    """A template as it is kept."""

    language: Language = Field(examples=["de"])
    kind: TemplateKind = Field(examples=["slow"])
    lines: list[list[str]] = Field(examples=[EXAMPLE])
    updated_at: AwareDatetime = Field(examples=["2026-11-23T07:38:47Z"])


class TextTemplateList(View):
    """All templates: one a language and kind at most."""

    items: list[TextTemplateView]


class Preview(Body):
    """A message, and words to tell it in."""

    message: MessageAsked
    template: TemplateLines | None = Field(
        default=None, description="lines of a template to try; null: as it would be told now", examples=[EXAMPLE]
    )
