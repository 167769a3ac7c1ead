"""A sample of the usual trips into the database: `lotse-routing import-trips`."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import asyncpg
import networkx as nx
from pydantic import BeforeValidator, Field

from lotse_routing.commands.learn_profile import NoNetworkError
from lotse_routing.decide.relations.usual import EVERY_DAY, UsualTrip
from lotse_routing.network.link_files import BadRowsError, LinkFiles, Row, listed
from lotse_routing.network.model import Link, StreetNetwork
from lotse_routing.network.store import load_active_network
from lotse_routing.trip_store import replace_trips
from lotse_shared.identifiers import Identifier
from lotse_shared.weekly_times import WeeklyTimes

GAP_M = 2000.0
"""Links of a trip need not follow each other; what lies between is filled in, if it is no longer than this."""
MONDAY = datetime(2026, 1, 5, 12)  # noqa: DTZ001 - any Monday, in local time

Watch = Callable[[Iterable[tuple[int, "TripRow"]], int], Iterable[tuple[int, "TripRow"]]]
"""Passes the rows through, of which there are so many, and shows how far it got."""


def _weekdays(text: str) -> frozenset[int]:
    times = WeeklyTimes.parse(text) if text else None
    return EVERY_DAY if times is None else frozenset(d for d in EVERY_DAY if times.contains(MONDAY + timedelta(days=d)))


class TripRow(Row):
    """A row of a file of trips.

    `departs_at` is local ('07:30'), `days` as in opening hours ('Mo-Fr'; empty or absent: every day), `vehicles` how
    many it stands for (absent: 1), `links` those it passes, in driving order: 'a-b-0;b-c-0'.
    """

    departs_at: time
    links: Annotated[tuple[Identifier, ...], BeforeValidator(listed), Field(min_length=1)]
    vehicles: Annotated[float, Field(gt=0, le=1e6)] = 1.0
    days: Annotated[frozenset[int], BeforeValidator(_weekdays), Field(min_length=1)] = EVERY_DAY


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it; `filled` trips had gaps."""

    trips: int
    vehicles: float
    filled: int

    def lines(self) -> Iterator[str]:
        """Tell it in plain words."""
        yield f"{self.trips} usual trips stand for {self.vehicles:.0f} vehicles; gaps were filled in {self.filled}"
        whom = "those who usually pass what is disturbed" if self.trips else "their destinations: no trip is known"
        yield f"signs now speak to {whom} (docs/decisions-of-signs.md)"


async def import_trips(connection: asyncpg.Connection, file: Path, watch: Watch) -> Imported:
    """Read trips, fill their gaps, and put them in the place of those before: all or nothing.

    Raises
    ------
    NoNetworkError
        No network is active.
    BadRowsError
        Rows break a rule, pass links that the network does not have, or leave too long a gap.
    """
    network = await load_active_network(connection)
    if network is None:
        raise NoNetworkError(NoNetworkError.__doc__)
    files = LinkFiles(file.parent)
    rows = files.read(file.name, TripRow)
    ways = Ways(network)
    trips: list[UsualTrip] = []
    filled = 0
    for line, row in watch(rows, len(rows)):
        way = ways.along(row.links)
        if isinstance(way, str):
            files.reject(file.name, line, "links", way)
            continue
        filled += len(way) > len(row.links)
        departs_s = timedelta(hours=row.departs_at.hour, minutes=row.departs_at.minute, seconds=row.departs_at.second)
        trips.append(UsualTrip(departs_s.total_seconds(), way, row.vehicles, row.days))
    if files.bad_rows:
        raise BadRowsError(files.bad_rows)
    await replace_trips(connection, trips)
    return Imported(len(trips), sum(trip.vehicles for trip in trips), filled)


class Ways:
    """Fills the gaps of trips with the shortest way."""

    def __init__(self, network: StreetNetwork) -> None:
        self._graph = network.graph
        self._links = {link.link_id: link for link in network.links()}

    def along(self, links: Iterable[str]) -> tuple[str, ...] | str:
        """Give all links of a trip, or why there are none."""
        way: list[str] = []
        before: Link | None = None
        for link_id in links:
            link = self._links.get(link_id)
            if link is None:
                return f"link {link_id} is not in the active network"
            if before is not None and before.to_node != link.from_node:
                gap = self._gap(before.to_node, link.from_node)
                if gap is None:
                    return f"no way of {GAP_M:g} m or less leads from link {before.link_id} to link {link_id}"
                way += gap
            way.append(link_id)
            before = link
        return tuple(way) if len(way) > 1 else "a trip passes two links at least"

    def _gap(self, from_node: str, to_node: str) -> list[str] | None:
        try:
            nodes: list[str] = nx.dijkstra_path(self._graph, from_node, to_node, weight=_shortest_m)
        except nx.NetworkXNoPath:
            return None
        links = [_shortest(self._graph[a][b]) for a, b in pairwise(nodes)]
        return [link.link_id for link in links] if sum(link.length_m for link in links) <= GAP_M else None


def _shortest(parallel: "dict[str, dict[str, Link]]") -> Link:
    return min((data["link"] for data in parallel.values()), key=lambda link: (link.length_m, link.link_id))


def _shortest_m(_from: str, _to: str, parallel: "dict[str, dict[str, Link]]") -> float:
    return _shortest(parallel).length_m
