"""Ad-hoc routes on a snapshot: from a place to a place, past closures, and what the route avoids.

Pure: whoever asks holds a snapshot, and gets an answer that belongs to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from shapely import LineString
from shapely.ops import substring

from lotse_routing.core.query import Path, find_path, reverse_tree
from lotse_routing.core.topology import Topology
from lotse_routing.decide.cause import find_cause
from lotse_routing.decide.explanation import describe
from lotse_routing.decide.street import street_of, streets_along
from lotse_routing.network.geometry import Coordinate
from lotse_routing.places import Anchor, Place, Places
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.state.weights import Seconds


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
    costs_s = snapshot.weights.costs_s.copy()
    costs_s[closed] = np.inf
    way = _best_way(snapshot.topology, costs_s, origins, destinations, destination.node)
    usual = _best_way(snapshot.topology, snapshot.base.costs_s, origins, destinations, destination.node)
    obstacles = _obstacles(snapshot, usual.path if usual else (), way.path if way else ())
    if way is None:
        because = f": {'; '.join(obstacles)}" if obstacles else ""
        message = f"no route leads there now{because}"
        raise NoRouteError(message)
    return _described(snapshot, way, obstacles)


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


def _best_way(
    topology: Topology, costs_s: Seconds, origins: Sequence[Anchor], destinations: Sequence[Anchor], to_node: str | None
) -> _Way | None:
    ways: list[_Way] = []
    if to_node is not None:
        tree = reverse_tree(topology, costs_s, to_node)
        paths = ((origin, tree.path_from(origin.link)) for origin in origins)
        ways = [_Way(path.links, origin, Anchor(path.links[-1], 1.0)) for origin, path in paths if path]
    else:
        for origin, destination in product(origins, destinations):
            path = _path_between(topology, costs_s, origin, destination)
            if path:
                ways.append(_Way(path, origin, destination))
    return min(ways, key=lambda way: (way.total(costs_s), way.path), default=None)


def _path_between(topology: Topology, costs_s: Seconds, origin: Anchor, destination: Anchor) -> tuple[int, ...] | None:
    if origin.link != destination.link or origin.fraction <= destination.fraction:
        path = find_path(topology, costs_s, origin.link, destination.link)
        return path.links if path else None
    return _around_the_block(topology, costs_s, origin.link)


def _around_the_block(topology: Topology, costs_s: Seconds, link: int) -> tuple[int, ...] | None:
    """Lead back to an earlier point of the same link."""
    found = (find_path(topology, costs_s, onward, link) for onward in topology.turns.successors(link))
    rounds: list[Path] = [path for path in found if path and topology.is_route((link, *path.links))]
    best = min(rounds, key=lambda path: (path.travel_time_s, path.links), default=None)
    return (link, *best.links) if best else None


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
