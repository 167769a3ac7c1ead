"""A route as it is told: its streets, its line, its times, where it really begins and ends."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shapely import LineString, line_interpolate_point
from shapely.ops import substring

from lotse_routing.core.routes import Anchor
from lotse_routing.core.stops import Piece, Way
from lotse_routing.core.topology import Topology
from lotse_routing.decide.street import street_of
from lotse_routing.network.geometry import Coordinate, distance_m
from lotse_routing.places import Place, Places
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.whatif.obstacles import NAMELESS
from lotse_routing.whatif.ways import total

M_PER_KM = 1000.0


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


def describe_route(
    snapshot: Snapshot, places: Places, wanted: Sequence[Place], way: Way, avoids: tuple[str, ...]
) -> Route:
    """Describe a way on a snapshot; `wanted` are the places asked for, in driving order."""
    topology = snapshot.topology
    lengths_m = np.array([link.length_m for link in topology.links])
    ends = [way.legs[0].origin, *(leg.destination for leg in way.legs)]
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
