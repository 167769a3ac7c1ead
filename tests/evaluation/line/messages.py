"""From what a sign says of a destination to messages that drivers of SUMO can follow. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evaluation.line.link_map import LinkMap, first_gap
from evaluation.nouns import Edge, Message, Route

Why = Literal["sign not on its route", "no street left out", "ways never meet again", "cannot be driven"]


@dataclass(frozen=True, slots=True)
class Detour:
    """A row of /v1/detours with the state `detour`; `cause` is the street that is told, empty if none is.

    `disturbed` are the links that those who are addressed pass, None where everybody to a destination is.
    """

    sign_id: str
    destination: str
    normal: tuple[str, ...]
    shown: tuple[str, ...]
    cause: str
    disturbed: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """Why a detour cannot be told to drivers of SUMO; `at` are the edges between which it cannot be driven."""

    why: Why
    at: Route = ()


@dataclass(frozen=True, slots=True)
class Parting:
    """Where a detour leaves the usual way: what it leaves out, its way from the sign on, and the edge where they meet.

    `rejoin` is empty if they meet at a junction only; `corridor` ends before it.
    """

    avoids: Route
    corridor: Route
    rejoin: str


def read_detour(row: Mapping[str, Any]) -> Detour:
    """Read a row of /v1/detours."""
    cause, relation = row["why"]["cause"], row["relation"]
    normal, shown = (tuple(row[which]["links"]) for which in ("normal", "shown"))
    disturbed = tuple(relation["links"]) if relation else None
    return Detour(row["sign"], row["destination"], normal, shown, cause["street"] if cause else "", disturbed)


@dataclass(frozen=True, slots=True)
class Translator:
    """Turns detours on links into messages on edges.

    `sign_edges` are the edges of signs.
    """

    link_map: LinkMap
    edges: Mapping[str, Edge]
    sign_edges: Mapping[str, str]

    def messages(self, detour: Detour, text: str) -> list[Message] | Lost:
        """Give the messages of a detour, one for each way that drivers go on where both ways meet; or why none."""
        normal, shown = self._way(detour, detour.normal), self._way(detour, detour.shown)
        if normal is None or shown is None:
            return Lost("sign not on its route")
        if detour.disturbed is not None:
            return self._to_relation(detour.sign_id, detour.disturbed, shown, text)
        partings = part(normal, shown)
        with_cause = next((each for each in partings if self._has(each, detour.cause)), None)
        parting = with_cause or next(iter(partings), None)
        if parting is None:
            return Lost("no street left out")
        ways = [(*parting.corridor, rejoin) for rejoin in self._rejoins(parting)]
        if not ways:
            return Lost("ways never meet again")
        if gap := first_gap(ways[0], self.edges):
            return Lost("cannot be driven", gap)
        return [Message(detour.sign_id, frozenset(parting.avoids), way, way[-1], text) for way in ways]

    def _to_relation(self, sign_id: str, disturbed: Sequence[str], shown: Route, text: str) -> list[Message] | Lost:
        """Give the message to those who pass what is disturbed and then the last edge of the way that is shown."""
        if gap := first_gap(shown, self.edges):
            return Lost("cannot be driven", gap)
        avoids = frozenset(edge for link in disturbed for edge in self.link_map.edges_on.get(link, ()))
        return [Message(sign_id, avoids, shown, shown[-1], text)]

    def _rejoins(self, parting: Parting) -> tuple[str, ...]:
        """Give the edges where drivers come back to their way: all that both ways may turn into."""
        if parting.rejoin:
            return (parting.rejoin,)
        usual = self.edges[parting.avoids[-1]].onward
        return tuple(edge_id for edge_id in self.edges[parting.corridor[-1]].onward if edge_id in usual)

    def _way(self, detour: Detour, links: Sequence[str]) -> Route | None:
        """Give a route from the sign's edge on."""
        edges, sign_edge = self.link_map.edges_along(links), self.sign_edges[detour.sign_id]
        return tuple(edges[edges.index(sign_edge) :]) if sign_edge in edges else None

    def _has(self, parting: Parting, street: str) -> bool:
        return bool(street) and any(self.link_map.is_on(edge_id, street) for edge_id in parting.avoids)


def part(normal: Route, shown: Route) -> list[Parting]:
    """Give where two ways from one edge part, in driving order.

    The last time they may meet at a junction only, that of the destination: then no edge is common to both.
    """
    partings: list[Parting] = []
    at, at_shown = 0, 0
    while (common := _in_common(normal[at:], shown[at_shown:])) < len(normal) - at:
        at, at_shown = at + common, at_shown + common
        rejoin = next((edge for edge in normal[at:] if edge in shown[at_shown:]), "")
        back = normal.index(rejoin, at) if rejoin else len(normal)
        back_shown = shown.index(rejoin, at_shown) if rejoin else len(shown)
        if back > at:
            partings.append(Parting(normal[at:back], shown[:back_shown], rejoin))
        at, at_shown = back, back_shown
    return partings


def _in_common(one: Route, other: Route) -> int:
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
