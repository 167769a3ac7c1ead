"""GeoJSON geometries as lines in the direction of travel."""

from math import isfinite
from typing import Any

from lotse_routing.feeds.found import Coordinate, Line
from lotse_routing.feeds.rules import NO_COORDINATES, POINTS, TOO_MUCH, UNREADABLE, LeftOutError, Remarks

MAX_POINTS = 10_000
"""Of one roadwork. 100 km of motorway with a point every 10 m."""
MAX_LON, MAX_LAT = 180.0, 90.0
POSITION = "two numbers: longitude -180..180, then latitude -90..90"
KINDS = "LineString, MultiLineString, MultiPoint or Point"


def read_lines(kind: str, coordinates: object, remarks: Remarks) -> tuple[Line, ...]:
    """Read a geometry. A MultiPoint becomes one line through its points in their order.

    Raises
    ------
    LeftOutError
        It is of another kind, has too many points, or a position is none.
    """
    match kind:
        case "LineString":
            return (_line(coordinates),)
        case "MultiLineString":
            return tuple(_line(part) for part in _listed(coordinates))
        case "MultiPoint" | "Point":
            reason = "points instead of a line" + (": joined in their order" if kind == "MultiPoint" else "")
            remarks.add(POINTS, "geometry", reason, "LineString")
            return (_positions(coordinates if kind == "MultiPoint" else [coordinates]),)
        case _:
            raise LeftOutError(NO_COORDINATES, "geometry.type", f"is {kind[:40]!r}", KINDS)


def read_position(position: object) -> Coordinate:
    """Read longitude and latitude; a height after them is dropped.

    Raises
    ------
    LeftOutError
        It is no position on the earth.
    """
    match position:
        case [int() | float() as lon, int() | float() as lat, *_] if _is_on_earth(lon, lat):
            return float(lon), float(lat)
        case _:
            raise LeftOutError(UNREADABLE, "geometry.coordinates", f"{str(position)[:60]} is no position", POSITION)


def _is_on_earth(lon: float, lat: float) -> bool:
    return isfinite(lon) and isfinite(lat) and abs(lon) <= MAX_LON and abs(lat) <= MAX_LAT


def _line(coordinates: object) -> Line:
    """Read a line without points that repeat the one before."""
    line = _positions(coordinates)
    kept = tuple(point for index, point in enumerate(line) if index == 0 or point != line[index - 1])
    if len(kept) == 1:
        raise LeftOutError(UNREADABLE, "geometry.coordinates", "is a line of one place", "two different positions")
    return kept


def _positions(coordinates: object) -> Line:
    return tuple(read_position(position) for position in _listed(coordinates))


def _listed(coordinates: object) -> list[Any]:
    if not isinstance(coordinates, list) or not coordinates:
        raise LeftOutError(UNREADABLE, "geometry.coordinates", "is no list, or empty", KINDS)
    if len(coordinates) > MAX_POINTS:
        raise LeftOutError(TOO_MUCH, "geometry.coordinates", f"{len(coordinates)} members", f"at most {MAX_POINTS}")
    return coordinates
