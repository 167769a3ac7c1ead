"""Which link of a newer network lies where one of an older did, and leads the same way."""

from collections.abc import Sequence
from math import cos, radians

import shapely

from lotse_routing.network.geometry import Coordinate, bearing_deg
from lotse_routing.network.model import Link

WITHIN_M = 30.0
HEADING_WITHIN_DEG = 45.0
M_PER_DEGREE = 111_195.0
"""Along a meridian, on the mean earth."""
STEP = 0.01
"""Share of a line over which its direction at a point is taken."""


class LinkFinder:
    """The links of a network by where they lie."""

    def __init__(self, links: Sequence[Link]) -> None:
        self._links = links
        self._lines = [shapely.LineString(link.coordinates) for link in links]
        self._tree = shapely.STRtree(self._lines)

    def nearest(self, link: Link, place: Coordinate | None = None) -> Link | None:
        """Find the link that lies nearest to a place on another one and heads the same way there.

        The place is the middle if none is given. One of the same name goes before all others. None if there is none
        within 30 m and 45 degrees.
        """
        line = shapely.LineString(link.coordinates)
        point = line.interpolate(0.5, normalized=True) if place is None else shapely.Point(place)
        heading = _heading_deg(line, point)
        candidates = [
            (candidate.name != link.name, distance, candidate.link_id, candidate)
            for candidate, distance, turned in self._around(point, heading)
            if distance <= WITHIN_M and turned <= HEADING_WITHIN_DEG
        ]
        return min(candidates)[-1] if candidates else None

    def _around(self, point: shapely.Point, heading: float) -> list[tuple[Link, float, float]]:
        """Give the links around a point, with their distance in metres and how much they turn from a heading."""
        scale = cos(radians(point.y))
        reach = WITHIN_M / M_PER_DEGREE
        box = shapely.box(point.x - reach / scale, point.y - reach, point.x + reach / scale, point.y + reach)
        found = [(self._links[i], self._lines[i]) for i in self._tree.query(box)]
        return [(link, _distance_m(line, point, scale), _turned(line, point, heading)) for link, line in found]


def _distance_m(line: shapely.LineString, point: shapely.Point, scale: float) -> float:
    flat = shapely.transform(line, lambda lonlat: (lonlat - (point.x, point.y)) * (scale, 1.0))
    return float(flat.distance(shapely.Point(0, 0))) * M_PER_DEGREE


def _turned(line: shapely.LineString, point: shapely.Point, heading: float) -> float:
    difference = abs(_heading_deg(line, point) - heading) % 360
    return min(difference, 360 - difference)


def _heading_deg(line: shapely.LineString, point: shapely.Point) -> float:
    share = line.project(point, normalized=True)
    start, end = max(share - STEP, 0.0), min(share + STEP, 1.0)
    a, b = line.interpolate(start, normalized=True), line.interpolate(end, normalized=True)
    return bearing_deg((a.x, a.y), (b.x, b.y))
