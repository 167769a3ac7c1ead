"""Events as they go over the wire (server-sent events, WHATWG HTML 9.2), and who wants which. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

Kind = Literal["decision", "link_states", "roadwork", "alarm", "ingest", "sign"]
"""What a listener may choose among."""
Notice = Literal["hello", "heartbeat", "reset", "bye"]
"""What every listener is told."""
KINDS: tuple[Kind, ...] = get_args(Kind)
NOTICES = frozenset[str](get_args(Notice))
RETRY_MS = 2_000
"""How long a client waits before it comes back."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far somebody has heard: up to a decision. It means the same on every gateway of a database."""

    epoch: int
    decision_id: int

    def __str__(self) -> str:
        """Give it as the `id` of an event."""
        return f"{self.epoch}-{self.decision_id}"


def read_position(text: str | None) -> Position | None:
    """Read a `Last-Event-ID`; None if there is none, or it is not one of ours."""
    epoch, _, decision_id = (text or "").partition("-")
    if not (epoch.isascii() and epoch.isdigit() and decision_id.isascii() and decision_id.isdigit()):
        return None
    return Position(int(epoch), int(decision_id))


@dataclass(frozen=True)  # without slots: its bytes are composed once, for all who want it
class Event:
    """Something that happened. `links` are those that it lies on; empty: it lies nowhere."""

    kind: Kind | Notice
    data: Mapping[str, Any]
    position: Position
    sign_id: str | None = None
    links: frozenset[str] = frozenset()

    @cached_property
    def wire(self) -> bytes:
        """The event as bytes."""
        return compose(self.kind, self.data, self.position)


def compose(kind: Kind | Notice, data: Mapping[str, Any], position: Position) -> bytes:
    """Compose an event."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {kind}\nid: {position}\ndata: {body}\n\n".encode()


@dataclass(frozen=True, slots=True)
class Wish:
    """What a listener wants to hear. `signs` and `links` are None where it wants those of the whole city."""

    kinds: frozenset[Kind] = frozenset(KINDS)
    signs: frozenset[str] | None = None
    links: frozenset[str] | None = None

    def pick(self, event: Event) -> bytes | None:
        """Give the bytes that this listener gets of an event; None: it does not want it."""
        if event.kind in NOTICES:
            return event.wire
        if event.kind not in self.kinds or self._is_elsewhere(event):
            return None
        if self.links is None or event.links <= self.links:
            return event.wire
        return compose(event.kind, self._within(event), event.position)

    def _is_elsewhere(self, event: Event) -> bool:
        if self.signs is not None and event.sign_id is not None and event.sign_id not in self.signs:
            return True
        return self.links is not None and bool(event.links) and event.links.isdisjoint(self.links)

    def _within(self, event: Event) -> Mapping[str, Any]:
        """Cut states down to the links that are wanted; all else is told whole."""
        if event.kind != "link_states" or self.links is None:
            return event.data
        return {**event.data, "links": [state for state in event.data["links"] if state["link_id"] in self.links]}


States = Mapping[str, Mapping[str, Any]]
"""By id, as they are told."""


def changes(before: States, now: States) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give what is new or different, by id."""
    return ((name, state) for name, state in now.items() if before.get(name) != state)


def link_states(states: Sequence[Mapping[str, Any]], computed_until: str | None, position: Position) -> Event:
    """Make the event that tells states of links."""
    links = frozenset(state["link_id"] for state in states)
    return Event("link_states", {"computed_until": computed_until, "links": list(states)}, position, links=links)
