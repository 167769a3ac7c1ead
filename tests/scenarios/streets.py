"""A street network by the names of its streets. Inbound is what leads nearer to the centre. Pure."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import groupby, pairwise
from math import cos, hypot, radians
from typing import Literal

from lotse_routing.network.geometry import Coordinate
from lotse_routing.network.model import Link, StreetNetwork
from lotse_shared.vehicle import VehicleClass

Heading = Literal["inbound", "outbound"]
MAIN = ("primary", "secondary")
"""Road classes on which detectors and signs stand."""


class Streets:
    """Finds links and junctions; a name that is not there, or not so, is a KeyError."""

    def __init__(self, network: StreetNetwork, centre: Coordinate) -> None:
        self.by_id = {link.link_id: link for link in network.links() if link.access != "no"}
        self._banned = [
            ban.links for ban in network.banned_turns if VehicleClass.CAR in ban.vehicles and not ban.during
        ]
        self._centre = centre

    def links(self, street: str, heading: Heading | None = None, classes: Iterable[str] = ()) -> list[str]:
        """List the links of a street: all, or those with this heading, of these road classes."""
        found = [
            link.link_id
            for link in self._named(street)
            if heading in {None, self.heading(link)} and (not classes or link.road_class in classes)
        ]
        if not found:
            raise KeyError(street, heading)
        return found

    def entry(self, street: str) -> str:
        """Give the link by which one enters the city on a main street: the inbound one that begins farthest out."""
        inbound = self.links(street, "inbound", MAIN)
        return max(inbound, key=lambda link: self._distance(self.by_id[link].coordinates[0]))

    def way_out(self, street: str) -> str:
        """Give the junction by which one leaves the city on a street."""
        last = max(self.links(street, "outbound"), key=lambda link: self._distance(self.by_id[link].coordinates[-1]))
        return self.by_id[last].to_node

    def junction(self, street: str, cross: str) -> str:
        """Give the junction of two streets; of several, that with the lowest id."""
        return min(self._junctions(street) & self._junctions(cross), default="") or self._nowhere(street, cross)

    def at(self, street: str, cross: str) -> list[str]:
        """List the links of a street that begin or end where it meets another one."""
        corners = self._junctions(street) & self._junctions(cross)
        found = [link.link_id for link in self._named(street) if {link.from_node, link.to_node} & corners]
        return found or [self._nowhere(street, cross)]

    def longest(self, street: str, heading: Heading) -> str:
        """Give the longest link of a street with this heading."""
        return max(self.links(street, heading), key=lambda link: self.by_id[link].length_m)

    def heading(self, link: Link) -> Heading:
        """Tell whether a link ends nearer to the centre than it begins."""
        begin, end = link.coordinates[0], link.coordinates[-1]
        return "inbound" if self._distance(end) < self._distance(begin) else "outbound"

    def names(self, route: Iterable[str]) -> list[str]:
        """Tell the streets of a route, in driving order."""
        return [name for name, _ in groupby(self.by_id[link].name for link in route)]

    def faults(self, route: Sequence[str]) -> list[tuple[str, ...]]:
        """List what a car may not do on a route: gaps, U-turns, banned turns. None is excused."""
        pairs = list(pairwise(route))
        gaps = [pair for pair in pairs if self.by_id[pair[0]].to_node != self.by_id[pair[1]].from_node]
        u_turns = [pair for pair in pairs if self.by_id[pair[0]].from_node == self.by_id[pair[1]].to_node]
        driven = "".join(f"<{link}>" for link in route)
        banned = [ban for ban in self._banned if "".join(f"<{link}>" for link in ban) in driven]
        return [*gaps, *u_turns, *banned]

    @cached_property
    def banned_turns(self) -> int:
        """How many turns cars may never make here."""
        return len(self._banned)

    def _named(self, street: str) -> list[Link]:
        return [link for link in self.by_id.values() if link.name == street]

    def _junctions(self, street: str) -> set[str]:
        return {node for link in self._named(street) for node in (link.from_node, link.to_node)}

    def _distance(self, place: Coordinate) -> float:
        lon, lat = self._centre
        return hypot((place[0] - lon) * cos(radians(lat)), place[1] - lat)

    @staticmethod
    def _nowhere(street: str, cross: str) -> str:
        raise KeyError(street, cross)
