"""Why a route is not the one of an empty town: what lies on that one, in words, street by street."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lotse_routing.core.access import DESTINATION, NO, Vehicle
from lotse_routing.core.routes import Anchor, RouteGraph, is_route
from lotse_routing.decide.cause import find_cause
from lotse_routing.decide.explanation import describe
from lotse_routing.decide.street import street_of
from lotse_routing.network.model import Link
from lotse_routing.state.snapshot import Snapshot
from lotse_shared.vehicle import PLURAL

NAMELESS = "a street without a name"


@dataclass(frozen=True, slots=True, eq=False)
class Obstacles:
    """What can stand in the way: what is closed or slow, what was to be avoided, what the vehicle may not use."""

    snapshot: Snapshot
    graph: RouteGraph
    avoided: frozenset[int]

    @property
    def vehicle(self) -> Vehicle:
        """What drives."""
        return self.graph.permit.vehicle

    def between(self, usual: Iterable[Sequence[int]], unwished: Sequence[int], taken: Sequence[int]) -> tuple[str, ...]:
        """Tell what lies on usual ways where the way taken does not go, each thing once, in driving order.

        `unwished` is the way of now if nothing were to be avoided: of it, what was to be avoided is told.
        """
        return self._told(usual, unwished, set(taken), with_slow=True)

    def barriers(self, usual: Iterable[Sequence[int]], unwished: Sequence[int]) -> tuple[str, ...]:
        """Tell what keeps the vehicle from such ways altogether, not what is merely slow."""
        return self._told(usual, unwished, (), with_slow=False)

    def _told(
        self, usual: Iterable[Sequence[int]], unwished: Sequence[int], taken: Collection[int], *, with_slow: bool
    ) -> tuple[str, ...]:
        told: dict[str, None] = {}
        for links in usual:
            told |= dict.fromkeys(self._on(links, taken, with_slow=with_slow))
        wishes = (_asked_for(self._street(index)) for index in unwished if index in self.avoided - set(taken))
        return tuple(told | dict.fromkeys(wishes))

    def at_ends(self, places: Iterable[Sequence[Anchor]]) -> tuple[str, ...]:
        """Tell what keeps the vehicle off the own links of places, where none of them is open to it."""
        shut = [ends for ends in places if all(self.graph.permit.access[end.link] == NO for end in ends)]
        rules = ((self._street(end.link), rule) for ends in shut for end in ends for rule in self._rules(end.link))
        return tuple(dict.fromkeys(f"{street} {rule}" for street, rule in rules))

    def _street(self, index: int) -> str:
        return street_of(self.snapshot.topology.links[index]) or NAMELESS

    def _on(self, usual: Sequence[int], taken: Collection[int], *, with_slow: bool) -> Iterator[str]:
        by_street: dict[str, list[int]] = {}
        for index in usual:
            if index not in taken:
                by_street.setdefault(self._street(index), []).append(index)
        for street, links in by_street.items():
            yield from self._of_street(street, links, with_slow=with_slow)
        if by_street:
            yield from self._turns(usual)

    def _of_street(self, street: str, links: Sequence[int], *, with_slow: bool) -> Iterator[str]:
        rules = list(dict.fromkeys(rule for index in links for rule in self._rules(index)))
        cause = find_cause(self.snapshot, links)
        is_asked = not self.avoided.isdisjoint(links)
        yield from (f"{street} {rule}" for rule in rules)
        if is_asked:
            yield _asked_for(street)
        if cause and (cause.kind == "closed" or (with_slow and not (rules or is_asked))):
            yield describe(cause)

    def _rules(self, index: int) -> Iterator[str]:
        """Tell what keeps the vehicle off a link, where it does not keep off everybody's car."""
        link, access = self.snapshot.topology.links[index], self.graph.permit.access[index]
        sizes = list(_sizes(self.vehicle, link))
        yield from sizes
        if access == NO and not sizes:
            yield f"is closed to {PLURAL[self.vehicle.vehicle_class]}"
        if access == DESTINATION and self.snapshot.usual.permit.access[index] != DESTINATION:
            yield f"is open to {PLURAL[self.vehicle.vehicle_class]} with a destination there only"

    def _turns(self, usual: Sequence[int]) -> Iterator[str]:
        open_to_all = self.snapshot.usual
        vehicles = PLURAL[self.vehicle.vehicle_class]
        for before, after in pairwise(usual):
            is_shut = self.graph.permit.access[[before, after]].max() != 0
            if is_shut or not is_route(open_to_all, (before, after)) or self._may_turn(before, after):
                continue
            from_, into = self._street(before), self._street(after)
            yield f"{vehicles} may not turn from {from_} into {into}"

    def _may_turn(self, before: int, after: int) -> bool:
        states = self.snapshot.topology.states
        arcs = (states.link[states.tail] == before) & (states.link[states.head] == after)
        return bool(self.graph.permit.open_arcs[arcs].any())


def _asked_for(street: str) -> str:
    return f"{street} was to be avoided"


def _sizes(vehicle: Vehicle, link: Link) -> Iterator[str]:
    height_m, limit_m = vehicle.height_m, link.max_height_m
    if height_m is not None and limit_m is not None and height_m > limit_m:
        yield f"lets through what is up to {limit_m:g} m high, and the vehicle is {height_m:g} m"
    weight_t, limit_t = vehicle.weight_t, link.max_weight_t
    if weight_t is not None and limit_t is not None and weight_t > limit_t:
        yield f"bears up to {limit_t:g} t, and the vehicle weighs {weight_t:g} t"
