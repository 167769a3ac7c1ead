"""Lengths and angles on the earth's surface, for lines of a city's size."""

from collections.abc import Sequence
from itertools import pairwise
from math import asin, atan2, cos, degrees, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG)."""

Coordinate = tuple[float, float]
"""Longitude, latitude in degrees (WGS 84)."""


def distance_m(start: Coordinate, end: Coordinate) -> float:
    """Great-circle distance in metres (haversine formula)."""
    lat1, lat2 = radians(start[1]), radians(end[1])
    half_lat, half_lon = (lat2 - lat1) / 2, radians(end[0] - start[0]) / 2
    chord = sin(half_lat) ** 2 + cos(lat1) * cos(lat2) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(chord))


def line_length_m(coordinates: Sequence[Coordinate]) -> float:
    """Length of a line in metres, along its points."""
    return sum(distance_m(start, end) for start, end in pairwise(coordinates))


def bearing_deg(start: Coordinate, end: Coordinate) -> float:
    """Direction from start to end, degrees clockwise from north in (-180, 180], on a locally flat earth."""
    east = (end[0] - start[0]) * cos(radians((start[1] + end[1]) / 2))
    return degrees(atan2(east, end[1] - start[1]))


def turn_angle_deg(into: Sequence[Coordinate], out_of: Sequence[Coordinate]) -> float:
    """How sharply one turns from the end of one line into the start of the next: 0 straight on, 180 back."""
    difference = abs(bearing_deg(into[-2], into[-1]) - bearing_deg(out_of[0], out_of[1]))
    return min(difference, 360 - difference)


def signed_turn_deg(into: Sequence[Coordinate], out_of: Sequence[Coordinate]) -> float:
    """How one turns from the end of one line into the start of the next: 0 straight on, positive right, up to 180."""
    turned = bearing_deg(out_of[0], out_of[1]) - bearing_deg(into[-2], into[-1])
    return 180 - (180 - turned) % 360
