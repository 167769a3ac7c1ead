"""What a route is, written down a second time, in networkx and without a thought for speed: what the core must equal.

A node is what matters of a drive until there: its last links (as many as the longest banned sequence less one) and
the part of the route they stand in: 0 the beginning (streets for destination traffic), 1 public streets, 2 the end.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import networkx as nx

from lotse_routing.network.geometry import turn_angle_deg
from lotse_routing.network.model import Link, StreetNetwork
from lotse_shared.vehicle import VehicleClass
from lotse_shared.weekly_times import WeeklyTimes

CLOSED = 2**30 - 1
Costs = Mapping[str, int]
"""Milliseconds by link id; a link that is not there is closed."""


class Drive(NamedTuple):
    last: tuple[str, ...]
    part: int


class Oracle:
    """Routes of one vehicle class in one network at one moment."""

    def __init__(
        self, network: StreetNetwork, vehicle: VehicleClass = VehicleClass.CAR, local: datetime | None = None
    ) -> None:
        self.links = {link.link_id: link for link in network.links()}
        self._vehicle = vehicle
        self._out: dict[str, list[Link]] = {}
        for link in self.links.values():
            self._out.setdefault(link.from_node, []).append(link)
        self.access = {link_id: link.access_of(vehicle) for link_id, link in self.links.items()}
        for condition in network.conditions:
            if vehicle in condition.vehicles and local and WeeklyTimes.parse(condition.during).contains(local):
                self.access[condition.link_id] = condition.access
        self.banned = {
            ban.links
            for ban in network.banned_turns
            if vehicle in ban.vehicles
            and (not ban.during or (local is not None and WeeklyTimes.parse(ban.during).contains(local)))
        }
        self._memory = max((len(ban.links) for ban in network.banned_turns), default=2) - 1
        self.graph = self._expand()

    def costs_from(self, start: str, costs: Costs) -> dict[str, int]:
        """Cost of the cheapest route from one link to each other, both included."""
        if start not in costs or self.access[start] == "no":
            return {}
        found = nx.single_source_dijkstra_path_length(self.graph, self.start(start), weight=self._weight(costs))
        best: dict[str, int] = {}
        for drive, cost in found.items():
            best[drive.last[-1]] = min(best.get(drive.last[-1], CLOSED), int(cost) + costs[start])
        return best

    def cost_of(self, path: tuple[str, ...], costs: Costs) -> int | None:
        """Cost of a path; None if it is no route."""
        drives = {self.start(path[0])}
        for link in path[1:]:
            drives = {after for drive in drives for after in self.graph.successors(drive) if after.last[-1] == link}
        is_open = all(link in costs and self.access[link] != "no" for link in path)
        return sum(costs[link] for link in path) if drives and is_open else None

    def start(self, link: str) -> Drive:
        return Drive((link,), 0 if self.access[link] == "destination" else 1)

    def _weight(self, costs: Costs) -> Callable[[Drive, Drive, object], int | None]:
        return lambda _before, after, _attributes: costs.get(after.last[-1])

    def _expand(self) -> "nx.DiGraph[Drive]":
        graph: nx.DiGraph[Drive] = nx.DiGraph()
        new = [self.start(link) for link in self.links if self.access[link] != "no"]
        graph.add_nodes_from(new)
        while new:
            drive = new.pop()
            for after in self._onward(drive):
                if after not in graph:
                    new.append(after)
                graph.add_edge(drive, after)
        return graph

    def _onward(self, drive: Drive) -> Iterator[Drive]:
        link = self.links[drive.last[-1]]
        for then in self._turns(link):
            driven = (*drive.last, then.link_id)
            is_private = self.access[then.link_id] == "destination"
            if any(driven[-len(ban) :] == ban for ban in self.banned) or self.access[then.link_id] == "no":
                continue
            if drive.part == 2 and not is_private:
                continue
            part = (drive.part if drive.part != 1 else 2) if is_private else 1
            yield Drive(driven[-self._memory :], part)

    def _turns(self, link: Link) -> list[Link]:
        onward = self._out.get(link.to_node, [])
        straight = [then for then in onward if not _is_back(link, then)]
        usable = [then for then in straight if then.access_of(self._vehicle) != "no"]
        return straight if usable else onward


def _is_back(link: Link, then: Link) -> bool:
    return then.to_node == link.from_node and turn_angle_deg(link.coordinates, then.coordinates) >= 150


def cheapest_drives(oracle: Oracle, costs: Costs, start: Drive) -> dict[Drive, int]:
    """Cost from the beginning of a drive's link until each other drive's link begins."""

    def weight(before: Drive, _after: Drive, _attributes: object) -> int | None:
        return costs.get(before.last[-1])

    found = nx.single_source_dijkstra_path_length(oracle.graph, start, weight=weight)
    return {drive: int(cost) for drive, cost in found.items()}
