"""From a point on the map to the links near it."""

from collections.abc import Sequence
from math import cos, radians
from typing import NamedTuple

import shapely
from shapely import LineString, Point, STRtree

from lotse_routing.core.topology import Topology
from lotse_routing.network.geometry import EARTH_RADIUS_M, Coordinate


class NoLinkNearError(LookupError):
    """No street of the network lies within the distance asked for."""


class Snapped(NamedTuple):
    """A link near a point: its index, how far it is, and how far along it (0..1) its nearest point lies."""

    link: int
    distance_m: float
    fraction: float


class Snapper:
    """Finds the links near a point.

    Degrees become metres on a plane that touches the earth in the middle of the network (equirectangular projection:
    within a city it is wrong by less than one in a thousand).
    """

    def __init__(self, topology: Topology) -> None:
        latitudes = [lat for link in topology.links for _, lat in link.coordinates]
        self._m_per_degree = radians(1) * EARTH_RADIUS_M
        self._shrink = cos(radians((min(latitudes) + max(latitudes)) / 2)) if latitudes else 1.0
        self._lines = [LineString(self._flat(link.coordinates)) for link in topology.links]
        self._tree = STRtree(self._lines)

    def nearest(self, lon: float, lat: float, max_distance_m: float = 200.0) -> list[Snapped]:
        """List the links within a distance of a point, nearest first, by index among equals.

        Raises
        ------
        NoLinkNearError
            There is none.
        """
        point = Point(self._flat([(lon, lat)])[0])
        found = self._tree.query(point, predicate="dwithin", distance=max_distance_m).tolist()
        if not found:
            message = f"no street within {max_distance_m:g} m of longitude {lon:.5f}, latitude {lat:.5f}"
            raise NoLinkNearError(message)
        snapped = [self._snap(link, point) for link in found]
        return sorted(snapped, key=lambda place: (place.distance_m, place.link))

    def _snap(self, link: int, point: Point) -> Snapped:
        line = self._lines[link]
        return Snapped(
            link,
            float(shapely.distance(line, point)),
            float(shapely.line_locate_point(line, point, normalized=True)),
        )

    def _flat(self, coordinates: Sequence[Coordinate]) -> list[Coordinate]:
        return [(lon * self._m_per_degree * self._shrink, lat * self._m_per_degree) for lon, lat in coordinates]
