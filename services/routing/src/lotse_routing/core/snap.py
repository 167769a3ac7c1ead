"""From a point on the map to the links near it, and from an area to the links in it."""

from collections.abc import Sequence
from math import atan2, cos, degrees, radians
from typing import NamedTuple

import numpy as np
import shapely
from shapely import LineString, Point, Polygon, STRtree

from lotse_routing.core.jit import Flags
from lotse_routing.core.topology import Topology
from lotse_routing.network.geometry import EARTH_RADIUS_M, Coordinate

FAR_M = 5_000.0
"""So far around a point a street is looked for to name, where none is near enough."""
ALONG_M = 5.0
"""The direction of a street at a point is that of its line so far on either side."""

Ring = Sequence[Coordinate]


class Snapped(NamedTuple):
    """A link near a point: its index, how far it is, and how far along it (0..1) its nearest point lies."""

    link: int
    distance_m: float
    fraction: float


class NoLinkNearError(LookupError):
    """No street of the network lies within the distance asked for.

    `nearest` is the nearest one all the same, None if there is none within `FAR_M`.
    """

    def __init__(self, message: str, nearest: Snapped | None) -> None:
        super().__init__(message)
        self.nearest = nearest


class BadAreaError(ValueError):
    """A ring crosses itself, a hole lies outside of its area, or no street touches it."""


class Snapper:
    """Finds the links near a point.

    Degrees become metres on a plane that touches the earth in the middle of the network (equirectangular projection:
    within a city it is wrong by less than one in a thousand).
    """

    def __init__(self, topology: Topology) -> None:
        latitudes = [lat for link in topology.links for _, lat in link.coordinates]
        self._m_per_degree = radians(1) * EARTH_RADIUS_M
        self._shrink = cos(radians((min(latitudes) + max(latitudes)) / 2)) if latitudes else 1.0
        self._lines = np.array([LineString(self._flat(link.coordinates)) for link in topology.links], dtype=object)
        self._tree = STRtree(self._lines)

    def nearest(
        self, lon: float, lat: float, max_distance_m: float = 200.0, usable: Flags | None = None
    ) -> list[Snapped]:
        """List the links within a distance of a point, nearest first, by index among equals.

        Parameters
        ----------
        usable
            By link, shape (links,): those not to be found are left out. None: all are.

        Raises
        ------
        NoLinkNearError
            There is none.
        """
        point = Point(self._flat([(lon, lat)])[0])
        near = self._within(point, max_distance_m, usable)
        if not near:
            street = "street" if usable is None or usable.all() else "street open to the vehicle"
            message = f"no {street} within {max_distance_m:g} m of longitude {lon:.5f}, latitude {lat:.5f}"
            raise NoLinkNearError(message, next(iter(self._within(point, FAR_M, usable)), None))
        return near

    def heading_deg(self, link: int, fraction: float) -> float:
        """Tell the direction of travel on a link at a fraction of its length: degrees clockwise from north, 0..360."""
        line = self._lines[link]
        at_m = fraction * line.length
        begin = shapely.line_interpolate_point(line, max(0.0, at_m - ALONG_M))
        end = shapely.line_interpolate_point(line, min(line.length, at_m + ALONG_M))
        return degrees(atan2(end.x - begin.x, end.y - begin.y)) % 360

    def inside(self, rings: Sequence[Ring]) -> list[int]:
        """List the links that an area touches: its outer ring, then those of its holes.

        Raises
        ------
        BadAreaError
            The rings are none of an area, or it touches no link.
        """
        outer_ring, *holes = rings
        area = Polygon(self._flat(outer_ring), [self._flat(hole) for hole in holes])
        if not area.is_valid:
            message = shapely.is_valid_reason(area).partition("[")[0]
            raise BadAreaError(message)
        links: list[int] = sorted(self._tree.query(area, predicate="intersects").tolist())
        if not links:
            lon, lat = outer_ring[0]
            message = f"touches no street: it begins at longitude {lon:g}, latitude {lat:g} (longitude first)"
            raise BadAreaError(message)
        return links

    def _within(self, point: Point, distance_m: float, usable: Flags | None) -> list[Snapped]:
        found = np.sort(self._tree.query(point, predicate="dwithin", distance=distance_m))
        found = found if usable is None else found[usable[found]]
        lines = np.take(self._lines, found)
        away_m, fractions = shapely.distance(lines, point), shapely.line_locate_point(lines, point, normalized=True)
        snapped = map(Snapped, found.tolist(), away_m.tolist(), fractions.tolist())
        return sorted(snapped, key=lambda place: (place.distance_m, place.link))

    def _flat(self, coordinates: Sequence[Coordinate]) -> list[Coordinate]:
        return [(lon * self._m_per_degree * self._shrink, lat * self._m_per_degree) for lon, lat in coordinates]
