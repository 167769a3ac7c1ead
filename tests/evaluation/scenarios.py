"""The mornings that are tried, made of a recipe's words and places for the streets of a city."""

import random
from collections.abc import Mapping, Sequence
from math import atan2, cos, degrees, radians

from evaluation.cities.recipe import FaultRecipe, ScenarioRecipe, StreetPart, SurgeRecipe
from evaluation.demand.quickest import find_quickest
from evaluation.demand.trips import INNER_EDGE_M, Trip, distance_m, middle, ways_in
from evaluation.nouns import City, Edge, Incident, Scenario, StationFault, UsualTrip
from evaluation.prepared import Prepared
from evaluation.world.edge_figures import EdgeFigures
from evaluation.world.inputs import EDGE_DATA_S

SAME_HEADING_DEG = 60.0


def make_scenario(prepared: Prepared, name: str) -> Scenario:
    """Make a morning of a city's recipe.

    Raises
    ------
    ValueError
        No edge or station fits what the recipe says.
    """
    recipe = prepared.recipe.scenarios[name]
    return Scenario(
        name=name,
        title=recipe.title,
        incidents=_incidents(prepared.city, recipe),
        faults=tuple(_fault(prepared.city, fault) for fault in recipe.faults),
        surge=_surge(prepared, recipe.surge) if recipe.surge else (),
        demand=recipe.demand,
    )


def _incidents(city: City, recipe: ScenarioRecipe) -> tuple[Incident, ...]:
    if recipe.effect is None:
        return ()
    edges = frozenset(edge_id for part in recipe.parts for edge_id in edges_of(city.edges, part))
    if recipe.effect == "closed":
        edges = without_way_out(edges, city.edges)
    return (Incident(recipe.effect, edges, recipe.begin_s, recipe.end_s, recipe.speed_kmh),)


def without_way_out(closed: frozenset[str], edges: Mapping[str, Edge]) -> frozenset[str]:
    """Close also the edges that lead nowhere but into what is closed: a barrier stands where one can still turn off."""
    while True:
        trapped = {edge.edge_id for edge in edges.values() if edge.onward and closed.issuperset(edge.onward)} - closed
        if not trapped:
            return closed
        closed |= trapped


def edges_of(edges: Mapping[str, Edge], part: StreetPart) -> list[str]:
    """Find the main edges of a part of a street.

    Raises
    ------
    ValueError
        There are none.
    """
    found = [
        edge.edge_id
        for edge in edges.values()
        if edge.name == part.street and edge.is_signable and _is_within(edge, part) and _heads(edge, part)
    ]
    if not found:
        message = f"no main edge of {part.street} lies in {part.within}, heading {part.heading_deg}"
        raise ValueError(message)
    return found


def _is_within(edge: Edge, part: StreetPart) -> bool:
    if part.within is None:
        return True
    west, south, east, north = part.within
    lon = (edge.shape[0][0] + edge.shape[-1][0]) / 2
    lat = (edge.shape[0][1] + edge.shape[-1][1]) / 2
    return west <= lon <= east and south <= lat <= north


def _heads(edge: Edge, part: StreetPart) -> bool:
    if part.heading_deg is None:
        return True
    (lon, lat), (to_lon, to_lat) = edge.shape[0], edge.shape[-1]
    heading = degrees(atan2((to_lon - lon) * cos(radians(lat)), to_lat - lat))
    return abs((heading - part.heading_deg + 180) % 360 - 180) <= SAME_HEADING_DEG


def _fault(city: City, recipe: FaultRecipe) -> StationFault:
    def away_m(edge_id: str) -> float:
        return distance_m(middle(city.edges[edge_id]), recipe.near)

    nearest = sorted(city.stations, key=lambda station: (away_m(station.edge_id), station.station_id))
    stations = frozenset(station.station_id for station in nearest[: recipe.count])
    return StationFault(recipe.kind, stations, recipe.begin_s, recipe.end_s)


def _surge(prepared: Prepared, recipe: SurgeRecipe) -> tuple[UsualTrip, ...]:
    """Make trips from the rim to the streets around a place, on the ways that are usually quickest at that hour.

    They come evenly by all ways in: by the busiest of them alone, most would wait at the rim, before any sign.
    """
    edges, dice = prepared.city.edges, random.Random("surge")
    goals = [e for e in edges.values() if _is_goal(e, recipe)]
    origins = ways_in(edges)
    trips = [
        Trip(
            round(dice.triangular(recipe.begin_s, recipe.end_s), 1),
            dice.choice(origins).edge_id,
            dice.choice(goals).edge_id,
        )
        for _ in range(recipe.vehicles)
    ]
    net_file = prepared.city.net_file
    ways = find_quickest(net_file, trips, _usual_figures(prepared), {})
    alone = find_quickest(net_file, trips, {}, {})
    return tuple(
        UsualTrip(trip.depart_s, way, alone_s) for trip, (way, _), (_, alone_s) in zip(trips, ways, alone, strict=True)
    )


def _is_goal(edge: Edge, recipe: SurgeRecipe) -> bool:
    is_near = distance_m(middle(edge), recipe.goal) <= recipe.radius_m
    return not edge.is_signable and edge.length_m >= INNER_EDGE_M and is_near


def _usual_figures(prepared: Prepared) -> Mapping[str, Sequence[EdgeFigures]]:
    times = prepared.knowledge.usual_time_s
    slot_s = 3 * EDGE_DATA_S
    return {
        edge: tuple(
            EdgeFigures(slot * slot_s + part * EDGE_DATA_S, time_s, 1, time_s)
            for slot, time_s in enumerate(slots)
            for part in range(3)
        )
        for edge, slots in times.items()
    }
