"""What routes are searched in, customized only when costs or rules of the road have changed."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from lotse_routing.core.access import LARGEST, Permit, Permits, Vehicle, shared_permit, without_turning_back
from lotse_routing.core.routes import RouteGraph, route_graph
from lotse_routing.core.topology import Seconds, Topology
from lotse_routing.settings import WeightSettings
from lotse_routing.state.weights import turn_costs
from lotse_shared.vehicle import VehicleClass


class RouteGraphs:
    """Route graphs of one topology.

    Rules that hold at certain hours are those of `zone`, the city's local time.
    """

    def __init__(self, topology: Topology, base_costs_s: Seconds, settings: WeightSettings, zone: ZoneInfo) -> None:
        self._topology = topology
        self._base_costs_s = base_costs_s
        self._turn_costs = turn_costs(topology, settings)
        self._zone = zone
        self._cars = Permits(topology, Vehicle())
        self._usual: RouteGraph | None = None
        self._current: RouteGraph | None = None

    def usual(self, now: datetime) -> RouteGraph:
        """Give the graph of cars in an empty town: what the usual ways are found on."""
        self._usual = self._anew(self._usual, self._base_costs_s, now)
        return self._usual

    def current(self, costs_s: Seconds, now: datetime) -> RouteGraph:
        """Give the graph of cars under the costs of now: the one given last, if it is still right."""
        self._current = self._anew(self._current, costs_s, now)
        return self._current

    def under(self, costs_s: Seconds, now: datetime) -> RouteGraph:
        """Give the graph of cars under any costs."""
        return route_graph(self._topology, self._cars.at(now.astimezone(self._zone)), costs_s, self._turn_costs)

    def of(self, vehicle: Vehicle, costs_s: Seconds, now: datetime) -> RouteGraph:
        """Give a graph for any vehicle under any costs."""
        permit = Permits(self._topology, vehicle).at(now.astimezone(self._zone))
        return route_graph(self._topology, permit, costs_s, self._turn_costs)

    def at_all_hours(self, *vehicles: VehicleClass, may_turn_back: bool) -> RouteGraph:
        """Give the graph of what all vehicles of some classes may drive in an empty town, at every hour of the week.

        Of each class the largest counts that needs no permit of its own.
        """
        permit = shared_permit(self._topology, [self._permits_of(each) for each in vehicles])
        return self._empty(permit if may_turn_back else without_turning_back(self._topology, permit))

    def at_any_hour(self, vehicle_class: VehicleClass) -> RouteGraph:
        """Give that of one class, with everything allowed that is allowed at some hour."""
        return self._empty(self._permits_of(vehicle_class).at_any_hour())

    def _permits_of(self, vehicle_class: VehicleClass) -> Permits:
        return self._cars if vehicle_class is VehicleClass.CAR else Permits(self._topology, LARGEST[vehicle_class])

    def _empty(self, permit: Permit) -> RouteGraph:
        return route_graph(self._topology, permit, self._base_costs_s, self._turn_costs)

    def _anew(self, held: RouteGraph | None, costs_s: Seconds, now: datetime) -> RouteGraph:
        permit = self._cars.at(now.astimezone(self._zone))
        if held is not None and held.permit is permit and np.array_equal(held.costs_s, costs_s):
            return held
        return route_graph(self._topology, permit, costs_s, self._turn_costs)
