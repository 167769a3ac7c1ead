"""What drivers do at signs and at barriers."""

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from evaluation.nouns import Edge, Guidance, Route, SignPost
from evaluation.world.bearings import Bearings


class Roads(Protocol):
    """What drivers need of the world."""

    def vehicles_on(self, edge_id: str) -> Sequence[str]:
        """List who is on an edge now."""

    def ahead_of(self, vehicle_id: str) -> Route:
        """Give the rest of a vehicle's way, from the edge that it is on."""

    def send(self, vehicle_id: str, ahead: Sequence[str]) -> None:
        """Give a vehicle another way."""


class Readers:
    """Drivers who read signs: each once a sign, on driving onto its edge; who complies, complies with all of them.

    Attributes
    ----------
    diverted
        Who followed a sign away from their way.
    """

    def __init__(self, signs: Sequence[SignPost], compliance: float, seed: int) -> None:
        self._signs, self._compliance, self._seed = signs, compliance, seed
        self._seen: dict[str, set[str]] = {sign.sign_id: set() for sign in signs}
        self.diverted: set[str] = set()

    def read(self, roads: Roads, guidance: Guidance) -> None:
        """Let those who have just come to a sign read it."""
        for sign in self._signs:
            seen = self._seen[sign.sign_id]
            for vehicle_id in roads.vehicles_on(sign.edge_id):
                if vehicle_id not in seen:
                    seen.add(vehicle_id)
                    if self.complies(vehicle_id):
                        self._follow(roads, guidance, sign, vehicle_id)

    def complies(self, vehicle_id: str) -> bool:
        """Tell whether a driver does what signs say; the same drivers at a compliance, and more at a higher one."""
        return random.Random(f"{self._seed}/{vehicle_id}").random() < self._compliance

    def _follow(self, roads: Roads, guidance: Guidance, sign: SignPost, vehicle_id: str) -> None:
        ahead = roads.ahead_of(vehicle_id)
        way = guidance.way(sign.sign_id, ahead)
        if way is not None and way != ahead:
            roads.send(vehicle_id, way)
            self.diverted.add(vehicle_id)


class Barrier:
    """Closed edges: who comes to them in spite of all turns off at the last junction before, or back."""

    def __init__(self, closed: Iterable[str], edges: Mapping[str, Edge]) -> None:
        self._closed = frozenset(closed)
        self._before = sorted(
            edge.edge_id for edge in edges.values() if edge.edge_id not in self._closed and self._leads_in(edge)
        )
        self._seen: set[tuple[str, str]] = set()

    def _leads_in(self, edge: Edge) -> bool:
        return not self._closed.isdisjoint(edge.onward)

    def turn_away(self, roads: Roads, bearings: Bearings) -> None:
        """Send those on who have just come to the barrier."""
        for edge_id in self._before:
            for vehicle_id in roads.vehicles_on(edge_id):
                if (vehicle_id, edge_id) not in self._seen:
                    self._seen.add((vehicle_id, edge_id))
                    self._turn_away(roads, bearings, vehicle_id)

    def _turn_away(self, roads: Roads, bearings: Bearings, vehicle_id: str) -> None:
        ahead = roads.ahead_of(vehicle_id)
        if len(ahead) > 1 and ahead[1] in self._closed:
            way = bearings.find_way(vehicle_id, ahead[0], ahead[-1], self._closed)
            if way is not None:
                roads.send(vehicle_id, way)
