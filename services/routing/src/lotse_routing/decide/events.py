"""What people did about a sign, and what became of it, as data; `explanation` makes sentences of it.

Events stand beside their decision as plain JSON: the code, and its figures by name. A figure may be an event itself:
that a lock is not shown, for a corridor is closed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
Code = Literal[
    "lock",
    "strategy",
    "not_shown",
    "accepted",
    "accepted_by",
    "proposal_waiting",
    "proposal_refused",
    "proposal_lapsed",
    "sign_stays",
    "sign_stays_blank",
    "taken_down",
    "corridor_closed",
    "does_not_fit",
    "line_too_long",
    "letters_unknown",
    "line_says_too_much",
    "text_says_too_much",
    "too_many_lines",
    "closure_over",
    "way_closed",
    "destination_gone",
    "corridor_withdrawn",
    "as_told",
]
"""`as_told` has the English words of a version that kept nothing else."""
NAME_OF_CODE = "code"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: a stable code, and its figures by name, as the phrases of the code have them."""

    code: Code
    figures: Mapping[str, "str | int | Event"]


def event(code: Code, **figures: str | int | Event) -> Event:
    """Make an event."""
    return Event(code, figures)


def write_event(happened: Event) -> Json:
    """Write an event down as plain JSON: {"code": "lock", "by": "wall", "reason": "Feuerwehr"}."""
    written = {
        name: write_event(figure) if isinstance(figure, Event) else figure for name, figure in happened.figures.items()
    }
    return {NAME_OF_CODE: happened.code, **written}


def read_event(written: Json) -> Event:
    """Read an event back that `write_event` wrote."""
    figures = {
        name: read_event(figure) if isinstance(figure, dict) else figure
        for name, figure in written.items()
        if name != NAME_OF_CODE
    }
    return Event(written[NAME_OF_CODE], figures)


def read_as_told(text: str) -> tuple[Event, ...]:
    """Take the sentences of a version that kept words alone, in English, as one event; none of an empty text."""
    return (event("as_told", text=text.removesuffix(".")),) if text else ()


def clause(happened: Event, forms: Mapping[Code, str]) -> str:
    """Tell an event by the forms of a language, without a full stop."""
    figures = {
        name: clause(figure, forms) if isinstance(figure, Event) else figure
        for name, figure in happened.figures.items()
    }
    form = forms.get(happened.code)
    if form is None:  # of a later version, whose row this one reads
        return f"{happened.code}: {', '.join(map(str, figures.values()))}"
    return form.format(**figures)


def sentences(events: Sequence[Event], forms: Mapping[Code, str]) -> str:
    """Tell events by the forms of a language, a sentence each; empty: nothing happened."""
    return " ".join(f"{clause(happened, forms).removesuffix('.')}." for happened in events)
