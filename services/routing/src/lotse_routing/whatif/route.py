"""Routes on a snapshot: from place to place, past closures and what is to be avoided, and what they are in words.

Pure: whoever asks holds a snapshot, of now or of a past moment, and gets an answer that belongs to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lotse_routing.core.access import NO, Vehicle
from lotse_routing.core.jit import Flags
from lotse_routing.core.routes import Anchor, RouteGraph
from lotse_routing.core.snap import BadAreaError, Ring
from lotse_routing.core.stops import find_way_over
from lotse_routing.places import Place, Places
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.whatif.description import Route, describe_route
from lotse_routing.whatif.obstacles import Obstacles
from lotse_routing.whatif.ways import list_ways
from lotse_shared.vehicle import VehicleClass


class NoRouteError(LookupError):
    """No route leads from the one place to the other now."""


class SamePlaceError(ValueError):
    """A route shall end where it begins, over no other place."""


class AvoidAreaError(ValueError):
    """An area to avoid is none, or touches no street: that at `position` in the question."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


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

    @property
    def stays(self) -> bool:
        """Tell whether origin and destination are the same place, with none in between."""
        ends = ((place.point, place.node, place.link) for place in (self.origin, self.destination))
        return not self.via and len(set(ends)) == 1


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

    def unwished(self) -> tuple[int, ...]:
        """Give the best way of now if nothing were to be avoided; nothing if nothing is, or there is no such way."""
        if not self.obstacles.avoided:
            return ()
        graph = _graph(self.snapshot, self.graph.permit.vehicle, frozenset())
        way = find_way_over(graph, self.origins, self.stops)
        return way.links if way else ()


def answer_routes(snapshot: Snapshot, places: Places, question: RouteQuestion) -> list[Route]:
    """Find the best route, and others if they were asked for.

    Raises
    ------
    SamePlaceError, UnknownPlaceError, TooFarError, AvoidAreaError, NoRouteError
        The ends are the same, a place or link is not there, an area is none or touches no street, nothing leads there.
    """
    if question.stays:
        message = "origin and destination are the same place"
        raise SamePlaceError(message)
    snapshot = _bound(snapshot, question.vehicle)
    asked = _asked(snapshot, places, question)
    ways = list_ways(asked.graph, asked.origins, asked.stops, question.alternatives)
    usual, unwished = asked.usual(), asked.unwished()
    if not ways:
        raise NoRouteError(_no_route(asked, usual, unwished))
    wanted = [question.origin, *question.via, question.destination]
    avoids = [asked.obstacles.between(usual, unwished, way.links) for way in ways]
    return [describe_route(snapshot, places, wanted, way, why) for way, why in zip(ways, avoids, strict=True)]


def _bound(snapshot: Snapshot, vehicle: Vehicle) -> Snapshot:
    """Give the snapshot as a vehicle finds it: some roadworks bind certain vehicles only."""
    of_cars = [roadwork.binds(VehicleClass.CAR) for roadwork in snapshot.roadworks]
    of_it = [roadwork.binds(vehicle.vehicle_class) for roadwork in snapshot.roadworks]
    return snapshot if of_it == of_cars else replace(snapshot, weights=snapshot.weights.of(vehicle.vehicle_class))


def _asked(snapshot: Snapshot, places: Places, question: RouteQuestion) -> _Asked:
    avoided = frozenset(_avoided(places, question))
    graph = _graph(snapshot, question.vehicle, avoided)
    usable: Flags = graph.permit.access != NO
    stops = [places.destinations(place, usable) for place in (*question.via, question.destination)]
    origins = places.origins(question.origin, usable)
    return _Asked(snapshot, graph, origins, stops, Obstacles(snapshot, graph, avoided))


def _avoided(places: Places, question: RouteQuestion) -> Iterable[int]:
    yield from (places.link(link_id) for link_id in question.avoid_links)
    for position, rings in enumerate(question.avoid_areas):
        try:
            yield from places.inside(rings)
        except BadAreaError as error:
            raise AvoidAreaError(str(error), position) from error


def _graph(snapshot: Snapshot, vehicle: Vehicle, avoided: frozenset[int]) -> RouteGraph:
    if vehicle == Vehicle() and not avoided:
        return snapshot.graph
    costs_s = snapshot.weights.costs_s.copy()
    costs_s[list(avoided)] = np.inf
    return snapshot.graphs.of(vehicle, costs_s, snapshot.computed_until)


def _no_route(asked: _Asked, usual: Sequence[Sequence[int]], unwished: Sequence[int]) -> str:
    at_ends = asked.obstacles.at_ends([asked.origins, *asked.stops])
    if not usual and not at_ends:
        return "no route leads there, not even while nothing is closed"
    reasons = dict.fromkeys((*at_ends, *asked.obstacles.barriers(usual, unwished)))
    return "no route leads there now" + (f": {'; '.join(reasons)}" if reasons else "")
