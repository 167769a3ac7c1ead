"""Ad-hoc routes on a snapshot: from a place to a place, past closures, and what the route avoids.

Pure: whoever asks holds a snapshot, and gets an answer that belongs to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from shapely import LineString
from shapely.ops import substring

from lotse_routing.core.access import Vehicle
from lotse_routing.core.routes import Anchor, RouteGraph, find_path_between
from lotse_routing.core.topology import Seconds, Topology
from lotse_routing.decide.cause import find_cause
from lotse_routing.decide.explanation import describe
from lotse_routing.decide.street import street_of, streets_along
from lotse_routing.network.geometry import Coordinate
from lotse_routing.places import Place, Places
from lotse_routing.state.snapshot import Snapshot


class NoRouteError(LookupError):
    """No route leads from the one place to the other now."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route: links in driving order, its line, its length, its times now and without traffic, what it avoids."""

    links: tuple[str, ...]
    streets: tuple[str, ...]
    coordinates: tuple[Coordinate, ...]
    length_m: float
    travel_time_s: float
    free_flow_time_s: float
    avoids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    path: tuple[int, ...]
    origin: Anchor
    destination: Anchor

    def shares(self) -> Seconds:
        """Tell how much of each link of the path is driven, 0..1."""
        shares = np.ones(len(self.path))
        shares[0] -= self.origin.fraction
        shares[-1] -= 1 - self.destination.fraction
        return shares

    def total(self, per_link: Seconds) -> float:
        return float(np.dot(self.shares(), per_link[list(self.path)]))


def answer_route(
    snapshot: Snapshot, places: Places, origin: Place, destination: Place, avoid: Iterable[str] = ()
) -> Route:
    """Find the best route between two places now.

    Parameters
    ----------
    avoid
        Ids of links that the route must not use, as if they were closed.

    Raises
    ------
    UnknownPlaceError, TooFarError, NoRouteError
        A place or link is not there, or nothing leads from the one to the other.
    """
    origins, destinations = places.origins(origin), places.destinations(destination)
    closed = [places.link(link_id) for link_id in avoid]
    way = _best_way(_without(snapshot, closed), origins, destinations)
    usual = _best_way(snapshot.usual, origins, destinations)
    obstacles = _obstacles(snapshot, usual.path if usual else (), way.path if way else ())
    if way is None:
        because = f": {'; '.join(obstacles)}" if obstacles else ""
        message = f"no route leads there now{because}"
        raise NoRouteError(message)
    return _described(snapshot, way, obstacles)


def _without(snapshot: Snapshot, closed: Sequence[int]) -> RouteGraph:
    if not closed:
        return snapshot.graph
    costs_s = snapshot.weights.costs_s.copy()
    costs_s[closed] = np.inf
    return snapshot.graphs.of(Vehicle(), costs_s, snapshot.computed_until)


def _described(snapshot: Snapshot, way: _Way, obstacles: Sequence[str]) -> Route:
    topology = snapshot.topology
    return Route(
        links=tuple(topology.links[index].link_id for index in way.path),
        streets=tuple(streets_along(topology, way.path)),
        coordinates=_line(topology, way),
        length_m=way.total(np.array([link.length_m for link in topology.links])),
        travel_time_s=way.total(snapshot.weights.travel_times_s),
        free_flow_time_s=way.total(snapshot.base.travel_times_s),
        avoids=tuple(obstacles),
    )


def _best_way(graph: RouteGraph, origins: Sequence[Anchor], destinations: Sequence[Anchor]) -> _Way | None:
    found = [(find_path_between(graph, origin, destinations), origin) for origin in origins]
    ways = [(path, origin) for path, origin in found if path]
    if not ways:
        return None
    path, origin = min(ways, key=lambda way: (way[0].cost_s, way[0].links))
    ends = [anchor for anchor in destinations if anchor.link == path.links[-1]]
    if len(path.links) == 1:
        ends = [anchor for anchor in ends if anchor.fraction >= origin.fraction]
    return _Way(path.links, origin, min(ends, key=lambda anchor: anchor.fraction))


def _obstacles(snapshot: Snapshot, usual: Sequence[int], taken: Sequence[int]) -> list[str]:
    """Describe what is closed or slow on the usual way, street by street, where the route taken does not go."""
    by_street: dict[str, list[int]] = {}
    for index in usual:
        if index not in set(taken):
            by_street.setdefault(street_of(snapshot.topology.links[index]), []).append(index)
    causes = (find_cause(snapshot, links) for links in by_street.values())
    return [describe(cause) for cause in causes if cause]


def _line(topology: Topology, way: _Way) -> tuple[Coordinate, ...]:
    points: list[Coordinate] = []
    for position, index in enumerate(way.path):
        start = way.origin.fraction if position == 0 else 0.0
        end = way.destination.fraction if position == len(way.path) - 1 else 1.0
        piece = substring(LineString(topology.links[index].coordinates), start, end, normalized=True)
        points += [(x, y) for x, y in piece.coords if not points or points[-1] != (x, y)]
    return tuple(points if len(points) > 1 else points * 2)
