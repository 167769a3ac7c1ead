"""What is registered on a network and needs a look when another one takes its place."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lotse_routing.network.compare.replacement import LinkFinder
from lotse_routing.network.geometry import Coordinate, distance_m
from lotse_routing.network.model import BannedTurn, Link, StreetNetwork
from lotse_shared.vehicle import PLURAL, VehicleClass

Kind = Literal["detector", "sign", "destination", "corridor", "roadwork"]

JUNCTION_WITHIN_M = 50.0
"""A junction farther off does not stand for one that is gone."""


@dataclass(frozen=True, slots=True)
class Registered:
    """Something that stands on links, or at a junction; `place` is where it is on the road, if that is known.

    `vehicles` are the classes that it is for.
    """

    kind: Kind
    noun_id: str
    links: tuple[str, ...] = ()
    node_id: str = ""
    place: Coordinate | None = None
    vehicles: tuple[VehicleClass, ...] = (VehicleClass.CAR,)


@dataclass(frozen=True, slots=True)
class Affected:
    """Something that needs a look, why, and what could stand in its place ('' if nothing is near)."""

    kind: Kind
    noun_id: str
    reason: str
    proposal: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.noun_id}: {self.reason}{f'; perhaps {self.proposal}' if self.proposal else ''}"


def find_affected(registered: Iterable[Registered], older: StreetNetwork, newer: StreetNetwork) -> Iterator[Affected]:
    """Tell what is registered and does not stand on the newer network as it did on the older one."""
    comparison = _Comparison(older, newer)
    for thing in registered:
        yield from comparison.look_at(thing)


class _Comparison:
    def __init__(self, older: StreetNetwork, newer: StreetNetwork) -> None:
        self._before: Mapping[str, Link] = {link.link_id: link for link in older.links()}
        self._after: Mapping[str, Link] = {link.link_id: link for link in newer.links()}
        self._places_before = {junction.node_id: (junction.lon, junction.lat) for junction in older.junctions()}
        self._places_after = {junction.node_id: (junction.lon, junction.lat) for junction in newer.junctions()}
        self._new_bans = [(ban, whom) for ban in newer.banned_turns if (whom := _newly_banned(ban, older))]
        self._finder = LinkFinder(newer.links())

    def look_at(self, thing: Registered) -> Iterator[Affected]:
        if thing.node_id and thing.node_id not in self._places_after:
            yield self._without_junction(thing)
        for link in dict.fromkeys(thing.links):
            if link not in self._after:
                yield self._without_link(thing, link)
            elif link in self._before:
                yield from self._less_open(thing, self._before[link], self._after[link])
        if thing.kind == "corridor":
            yield from self._banned(thing)

    def _without_junction(self, thing: Registered) -> Affected:
        place = self._places_before.get(thing.node_id)
        if place is None:
            return Affected(thing.kind, thing.noun_id, f"its junction {thing.node_id} is not there, nor was it before")
        near = min((distance_m(place, there), node) for node, there in self._places_after.items())
        proposal = f"{near[1]}, {near[0]:.0f} m away" if near[0] <= JUNCTION_WITHIN_M else ""
        return Affected(thing.kind, thing.noun_id, f"its junction {thing.node_id} is gone", proposal)

    def _without_link(self, thing: Registered, link_id: str) -> Affected:
        before = self._before.get(link_id)
        if before is None:
            return Affected(thing.kind, thing.noun_id, f"its link {link_id} is not there, nor was it before")
        proposal = self._finder.nearest(before, thing.place) or self._finder.nearest(before)
        told = f"{proposal.link_id} ({proposal.name or proposal.ref or proposal.road_class})" if proposal else ""
        return Affected(thing.kind, thing.noun_id, f"its link {link_id} is gone", told)

    def _less_open(self, thing: Registered, before: Link, after: Link) -> Iterator[Affected]:
        changes = [(each, before.access_of(each), after.access_of(each)) for each in thing.vehicles]
        if closed := [each for each, was, now in changes if now == "no" and was != "no"]:
            yield Affected(thing.kind, thing.noun_id, f"its link {after.link_id} is closed to {_words(closed)} now")
        ends = [each for each, was, now in changes if now == "destination" and was == "yes"]
        if thing.kind == "corridor" and ends:
            reason = f"its link {after.link_id} is for the ends of routes of {_words(ends)} only now"
            yield Affected(thing.kind, thing.noun_id, reason)

    def _banned(self, corridor: Registered) -> Iterator[Affected]:
        for ban, whom in self._new_bans:
            length = len(ban.links)
            bound = [each for each in corridor.vehicles if each in whom]
            if bound and any(
                corridor.links[i : i + length] == ban.links for i in range(len(corridor.links) - length + 1)
            ):
                hours = f" ({ban.during})" if ban.during else ""
                reason = f"{' to '.join(ban.links)} is banned for {_words(bound)} now{hours}"
                yield Affected(corridor.kind, corridor.noun_id, reason)


def _newly_banned(ban: BannedTurn, network: StreetNetwork) -> frozenset[VehicleClass]:
    """Tell whom a ban binds that were not banned already."""
    same = (old for old in network.banned_turns if old.links == ban.links and old.during in {"", ban.during})
    return frozenset(ban.vehicles).difference(*(old.vehicles for old in same))


def _words(vehicles: Iterable[VehicleClass]) -> str:
    return " and ".join(PLURAL[each] for each in vehicles)
