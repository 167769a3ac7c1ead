"""What registered things mention must exist: links and junctions in the active network, registered things. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["link", "junction", "sign", "destination", "detector"]
PLACES: Mapping[Kind, str] = {
    "link": "in the active network",
    "junction": "in the active network",
    "sign": "among the registered signs",
    "destination": "among the registered destinations",
    "detector": "among the registered detectors",
}


@dataclass(frozen=True, slots=True)
class Mention:
    """A field of a row that names something else."""

    kind: Kind
    noun_id: str
    field: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, in which field; `index` is its place in a bulk request."""

    field: str
    reason: str
    index: int | None = None

    def as_error(self) -> dict[str, str | int]:
        """Give it as an entry of a problem's `errors`."""
        place: dict[str, str | int] = {} if self.index is None else {"index": self.index}
        return place | {"field": self.field, "reason": self.reason}

    def __str__(self) -> str:
        """Give it in words."""
        place = "" if self.index is None else f"row {self.index}, "
        return f"{place}{self.field}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Known:
    """Those of the things mentioned that exist; for links, the junctions at their ends."""

    links: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    junctions: frozenset[str] = frozenset()
    signs: frozenset[str] = frozenset()
    destinations: frozenset[str] = frozenset()
    detectors: frozenset[str] = frozenset()

    def has(self, mention: Mention) -> bool:
        """Tell whether the thing mentioned exists."""
        match mention.kind:
            case "link":
                return mention.noun_id in self.links
            case "junction":
                return mention.noun_id in self.junctions
            case "sign":
                return mention.noun_id in self.signs
            case "destination":
                return mention.noun_id in self.destinations
            case "detector":
                return mention.noun_id in self.detectors


def list_missing(mentions: Iterable[Mention], known: Known, index: int | None = None) -> list[Fault]:
    """Give a fault for each mention of what does not exist."""
    return [
        Fault(mention.field, f"there is no {mention.kind} {mention.noun_id!r} {PLACES[mention.kind]}", index)
        for mention in mentions
        if not known.has(mention)
    ]
