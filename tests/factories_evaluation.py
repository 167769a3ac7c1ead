"""A small grid town as SUMO would drive it, and builders of what a control centre knows and measures there.

A ──Zufahrt──▶ B ──Mittelstraße──▶ C ──Mittelstraße──▶ D ──Ausfahrt──▶ Z     the usual way
               ├──Nordstraße─────▶ N ──Nordstraße────▶ D                     a main street, a little longer
               ├──Südstraße──────▶ S ──Südstraße─────▶ D                     a main street, a little longer still
               └──Gartenweg──────▶ G ──Gartenweg─────▶ D                     residential, shorter than those two
E ──Ostzufahrt──▶ B    D ──Heimweg──▶ Y    and every street the other way round
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaluation.nouns import (
    City,
    Edge,
    Incident,
    Knowledge,
    Minute,
    Route,
    Scenario,
    SignPost,
    Station,
    StationReading,
    UsualTrip,
)

STREETS: Mapping[str, tuple[str, str, float]] = {
    "AB": ("Zufahrt", "primary", 500.0),
    "EB": ("Ostzufahrt", "primary", 500.0),
    "BC": ("Mittelstraße", "primary", 500.0),
    "CD": ("Mittelstraße", "primary", 500.0),
    "BN": ("Nordstraße", "secondary", 600.0),
    "ND": ("Nordstraße", "secondary", 600.0),
    "BS": ("Südstraße", "secondary", 650.0),
    "SD": ("Südstraße", "secondary", 650.0),
    "BG": ("Gartenweg", "residential", 520.0),
    "GD": ("Gartenweg", "residential", 520.0),
    "DZ": ("Ausfahrt", "primary", 500.0),
    "DY": ("Heimweg", "primary", 500.0),
}
USUAL: Route = ("AB", "BC", "CD", "DZ")
FROM_EAST: Route = ("EB", "BC", "CD", "DZ")
TO_NORTH: Route = ("AB", "BN")
NORTH, SOUTH, GARDEN = ("BN", "ND"), ("BS", "SD"), ("BG", "GD")
SPEED_KMH, TYPICAL_KMH = 50.0, 36.0
SIGN, EAST_SIGN = "S1", "S2"
HOUR_S = 3600


def the_edges() -> dict[str, Edge]:
    both = {pair: street for name, street in STREETS.items() for pair in (name, name[::-1])}
    return {
        pair: Edge(
            edge_id=pair,
            name=name,
            road_class=road_class,
            length_m=length_m,
            speed_kmh=SPEED_KMH,
            lanes=1,
            from_node=pair[0],
            to_node=pair[1],
            onward=tuple(other for other in both if other[0] == pair[1] and other != pair[::-1]),
            back=(pair[::-1],),
        )
        for pair, (name, road_class, length_m) in both.items()
    }


def a_city(**fields: Any) -> City:
    """Stations stand on the middle of each main street; both signs before the choice at B."""
    stations = tuple(Station(f"D-{edge}", edge, 250.0) for edge in ("BC", "CD", "BN", "ND", "BS", "SD"))
    city = City(
        name="grid",
        net_file=Path("grid.net.xml"),
        source=Path("grid"),
        edges=the_edges(),
        stations=stations,
        signs=(SignPost(SIGN, "AB"), SignPost(EAST_SIGN, "EB")),
        destinations={"ZIEL": "DZ", "HEIM": "DY"},
    )
    return replace(city, **fields)


def trips_on(route: Route, count: int, span_s: float = 2 * HOUR_S) -> tuple[UsualTrip, ...]:
    return tuple(UsualTrip(span_s * number / count, route) for number in range(count))


def what_is_known(trips: Iterable[UsualTrip], city: City | None = None, **fields: Any) -> Knowledge:
    """A tenth of all trips is known; edges usually take what their limit allows."""
    city = city or a_city()
    knowledge = Knowledge(
        city=city,
        trips=tuple(trips),
        sample_share=0.1,
        typical_kmh={station.station_id: (TYPICAL_KMH,) * 12 for station in city.stations},
        usual_vehicles_per_h={},
        usual_time_s={edge_id: (edge.free_flow_s,) * 12 for edge_id, edge in city.edges.items()},
    )
    return replace(knowledge, **fields)


def a_minute(
    until_s: int,
    speeds_kmh: Mapping[str, float] | None = None,
    closed: Sequence[str] = (),
    empty: Mapping[str, float] | None = None,
    vehicles: int = 8,
) -> Minute:
    """Everything flows as usual but for these speeds by edge; on `empty` edges no vehicle passes (their occupancy)."""
    speeds_kmh, empty = speeds_kmh or {}, empty or {}
    readings = tuple(
        StationReading(station.station_id, 0, None, empty[station.edge_id])
        if station.edge_id in empty
        else StationReading(station.station_id, vehicles, speeds_kmh.get(station.edge_id, TYPICAL_KMH), 10.0)
        for station in a_city().stations
    )
    return Minute(until_s, readings, frozenset(closed))


def a_scenario(*incidents: Incident) -> Scenario:
    return Scenario("grid", "a morning in the grid", incidents)


def a_closure(begin_s: int = 900, end_s: int = 1800) -> Incident:
    return Incident("closed", frozenset({"CD"}), begin_s, end_s)
