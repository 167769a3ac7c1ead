"""Routes on a snapshot: from place to place, past closures and what is to be avoided, and what they are in words.

Pure: whoever asks holds a snapshot, of now or of a past moment, and gets an answer that belongs to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from shapely import LineString, line_interpolate_point
from shapely.ops import substring

from lotse_routing.core.access import NO, Vehicle
from lotse_routing.core.jit import Flags
from lotse_routing.core.routes import Anchor, RouteGraph
from lotse_routing.core.snap import Ring
from lotse_routing.core.stops import Piece, Way, find_way_over
from lotse_routing.core.topology import Topology
from lotse_routing.decide.street import street_of
from lotse_routing.network.geometry import Coordinate, distance_m
from lotse_routing.places import Place, Places
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.whatif.obstacles import NAMELESS, Obstacles
from lotse_routing.whatif.ways import list_ways, total

M_PER_KM = 1000.0


class NoRouteError(LookupError):
    """No route leads from the one place to the other now."""


@dataclass(frozen=True, slots=True)
class RouteQuestion:
    """What is asked: places in driving order, what drives, what it shall keep off, how many other routes are welcome.

    `avoid_areas` are rings, the outer one of each first.
    """

    origin: Place
    destination: Place
    via: tuple[Place, ...] = ()
    vehicle: Vehicle = field(default_factory=Vehicle)
    avoid_links: tuple[str, ...] = ()
    avoid_areas: tuple[Sequence[Ring], ...] = ()
    alternatives: int = 0


@dataclass(frozen=True, slots=True)
class PlaceUsed:
    """Where a route really begins, passes or ends: on which link, at which point, how far from what was asked.

    `distance_m` is None where no point was asked for; `heading_off_deg` where no direction was.
    """

    link: str
    point: Coordinate
    distance_m: float | None
    heading_off_deg: float | None


@dataclass(frozen=True, slots=True)
class Route:
    """A route: links in driving order, its streets with their lengths, its line, its times, what it avoids."""

    links: tuple[str, ...]
    streets: tuple[str, ...]
    coordinates: tuple[Coordinate, ...]
    length_m: float
    travel_time_s: float
    free_flow_time_s: float
    usual_time_s: float
    avoids: tuple[str, ...]
    places: tuple[PlaceUsed, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A question on a snapshot: where it may begin and lead over, and what the vehicle may use."""

    snapshot: Snapshot
    graph: RouteGraph
    origins: Sequence[Anchor]
    stops: Sequence[Sequence[Anchor]]
    obstacles: Obstacles

    def usual(self) -> list[tuple[int, ...]]:
        """Give the ways of an empty town: of this vehicle, and if that is another, of a car."""
        graphs = [self.snapshot.usual]
        if self.graph.permit.vehicle != Vehicle():
            base_s, now = self.snapshot.base.costs_s, self.snapshot.computed_until
            graphs.append(self.snapshot.graphs.of(self.graph.permit.vehicle, base_s, now))
        ways = [find_way_over(graph, self.origins, self.stops) for graph in graphs]
        return [way.links for way in ways if way]


def answer_routes(snapshot: Snapshot, places: Places, question: RouteQuestion) -> list[Route]:
    """Find the best route, and others if they were asked for.

    Raises
    ------
    UnknownPlaceError, TooFarError, lotse_routing.core.snap.BadAreaError, NoRouteError
        A place or link is not there, an area is none, or nothing leads from the one place to the other.
    """
    asked = _asked(snapshot, places, question)
    ways = list_ways(asked.graph, asked.origins, asked.stops, question.alternatives)
    usual = asked.usual()
    if not ways:
        raise NoRouteError(_no_route(asked, usual))
    return [_described(asked, places, question, way, asked.obstacles.between(usual, way.links)) for way in ways]


def _asked(snapshot: Snapshot, places: Places, question: RouteQuestion) -> _Asked:
    avoided = frozenset(_avoided(places, question))
    graph = _graph(snapshot, question.vehicle, avoided)
    usable: Flags = graph.permit.access != NO
    stops = [places.destinations(place, usable) for place in (*question.via, question.destination)]
    origins = places.origins(question.origin, usable)
    return _Asked(snapshot, graph, origins, stops, Obstacles(snapshot, graph, avoided))


def _avoided(places: Places, question: RouteQuestion) -> Iterable[int]:
    yield from (places.link(link_id) for link_id in question.avoid_links)
    for rings in question.avoid_areas:
        yield from places.inside(rings)


def _graph(snapshot: Snapshot, vehicle: Vehicle, avoided: frozenset[int]) -> RouteGraph:
    if vehicle == Vehicle() and not avoided:
        return snapshot.graph
    costs_s = snapshot.weights.costs_s.copy()
    costs_s[list(avoided)] = np.inf
    return snapshot.graphs.of(vehicle, costs_s, snapshot.computed_until)


def _no_route(asked: _Asked, usual: Sequence[Sequence[int]]) -> str:
    at_ends = asked.obstacles.at_ends([asked.origins, *asked.stops])
    if not usual and not at_ends:
        return "no route leads there, not even while nothing is closed"
    reasons = dict.fromkeys((*at_ends, *asked.obstacles.barriers(usual)))
    return "no route leads there now" + (f": {'; '.join(reasons)}" if reasons else "")


def _described(asked: _Asked, places: Places, question: RouteQuestion, way: Way, avoids: tuple[str, ...]) -> Route:
    snapshot, topology = asked.snapshot, asked.snapshot.topology
    lengths_m = np.array([link.length_m for link in topology.links])
    ends = [way.legs[0].origin, *(leg.destination for leg in way.legs)]
    wanted = [question.origin, *question.via, question.destination]
    return Route(
        links=tuple(topology.links[index].link_id for index in way.links),
        streets=tuple(streets_in_words(topology, way)),
        coordinates=_line(topology, way),
        length_m=total(way, lengths_m),
        travel_time_s=total(way, snapshot.weights.travel_times_s),
        free_flow_time_s=total(way, snapshot.base.travel_times_s),
        usual_time_s=total(way, snapshot.typical_times_s),
        avoids=avoids,
        places=tuple(_used(places, place, anchor) for place, anchor in zip(wanted, ends, strict=True)),
    )


def streets_in_words(topology: Topology, way: Way) -> list[str]:
    """Name the streets in the order in which they are driven, with the length driven: 'Lauterstraße 430 m'."""
    driven: list[tuple[str, float]] = []
    for piece in way.pieces:
        link = topology.links[piece.link]
        street, length_m = street_of(link) or NAMELESS, link.length_m * (piece.end - piece.start)
        if driven and driven[-1][0] == street:
            length_m += driven.pop()[1]
        driven.append((street, length_m))
    return [f"{street} {_length(length_m)}" for street, length_m in driven]


def _length(length_m: float) -> str:
    if length_m < 10:  # noqa: PLR2004 - what follows rounds to 10 m
        return f"{length_m:.0f} m"
    return f"{round(length_m, -1):.0f} m" if length_m < M_PER_KM else f"{length_m / M_PER_KM:.1f} km"


def _line(topology: Topology, way: Way) -> tuple[Coordinate, ...]:
    points: list[Coordinate] = []
    for piece in way.pieces:
        points += [point for point in _part(topology, piece) if not points or points[-1] != point]
    return tuple(points if len(points) > 1 else points * 2)


def _part(topology: Topology, piece: Piece) -> Sequence[Coordinate]:
    coordinates = topology.links[piece.link].coordinates
    if (piece.start, piece.end) == (0.0, 1.0):
        return coordinates
    return [(x, y) for x, y in substring(LineString(coordinates), piece.start, piece.end, normalized=True).coords]


def _used(places: Places, asked: Place, anchor: Anchor) -> PlaceUsed:
    link = places.topology.links[anchor.link]
    at = line_interpolate_point(LineString(link.coordinates), anchor.fraction, normalized=True)
    off_deg = None if asked.heading_deg is None else places.heading_off_deg(anchor, asked.heading_deg)
    away_m = None if asked.point is None else distance_m(asked.point, (at.x, at.y))
    return PlaceUsed(link.link_id, (at.x, at.y), away_m, off_deg)
