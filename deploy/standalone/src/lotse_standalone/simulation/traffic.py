"""A small traffic model for the demo: demand, one queue behind a pinch, and a fundamental diagram.

The diagram ties flow, density and speed of every street together. Pure: time and what signs show are arguments.

It is triangular on its congested branch (Newell 1993, "A simplified theory of kinematic waves"); free traffic
slows a little as it fills up. Occupancy is density times the effective length of a vehicle (Cassidy and Coifman 1997).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lotse_standalone.simulation.scenario import Scenario

CAPACITY_VEHH_PER_LANE = 900.0  # a signalised street in town
JAM_DENSITY_VEHKM_PER_LANE = 125.0
WAVE_SPEED_KMH = 18.0
EFFECTIVE_LENGTH_M = 6.5  # of a vehicle, with the length of the detection zone
SLOWING_AT_CAPACITY = 0.15  # free traffic at capacity is this much slower than alone
FULL_SHARE = 0.95  # detoured drivers fill a street up to here


@dataclass(frozen=True, slots=True)
class Street:
    """What the model needs of a link."""

    length_m: float
    free_flow_kmh: float
    lanes: int

    @property
    def capacity_vehh(self) -> float:
        """Flow that the link carries at most."""
        return self.lanes * CAPACITY_VEHH_PER_LANE


@dataclass(frozen=True, slots=True)
class Flow:
    """Traffic on a link: flow over all lanes, speed (None on an empty road), occupancy of a lane's detection zone."""

    flow_vehh: float
    speed_kmh: float | None
    occupancy_pct: float


@dataclass(frozen=True, slots=True)
class Advice:
    """What the signs show together: links that drivers are led away from, and links they are led to."""

    avoided: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()


EMPTY_ROAD = Flow(0.0, None, 0.0)


def free_flow(street: Street, flow_vehh: float) -> Flow:
    """Traffic below capacity that nothing holds up."""
    share = flow_vehh / street.capacity_vehh
    if share <= 0:
        return EMPTY_ROAD
    speed_kmh = street.free_flow_kmh * (1 - SLOWING_AT_CAPACITY * min(1.0, share) ** 2)
    return Flow(flow_vehh, speed_kmh, occupancy_pct(flow_vehh / street.lanes / speed_kmh))


def queued_flow(street: Street, flow_vehh: float) -> Flow:
    """Traffic in a queue that leaves at this flow: the congested branch, k = kj - q / w."""
    density_vehkm = queue_density_vehkm(flow_vehh / street.lanes)
    return Flow(flow_vehh, flow_vehh / street.lanes / density_vehkm, occupancy_pct(density_vehkm))


def queue_density_vehkm(flow_vehh_per_lane: float) -> float:
    """Vehicles a kilometre of one lane in a queue that moves at this flow."""
    return JAM_DENSITY_VEHKM_PER_LANE - flow_vehh_per_lane / WAVE_SPEED_KMH


def occupancy_pct(density_vehkm_per_lane: float) -> float:
    """Share of time in which the detection zone is covered."""
    return min(100.0, density_vehkm_per_lane * EFFECTIVE_LENGTH_M / 10)


@dataclass(frozen=True, slots=True)
class Traffic:
    """The town's traffic at one moment."""

    scenario: Scenario
    streets: Mapping[str, Street]
    at_s: float = 0.0
    queue_veh: float = 0.0
    advice: Advice = Advice()

    def advance(self, at_s: float, advice: Advice) -> "Traffic":
        """Move on to a later second of the morning (an earlier one: the next morning, without a queue)."""
        step_h = max(0.0, at_s - self.at_s) * self.scenario.minutes_per_second / 60
        queue_veh = 0.0
        if at_s >= self.at_s:
            queue_veh = max(0.0, self.queue_veh + (self._inflow_vehh(at_s, advice) - self._outflow_vehh(at_s)) * step_h)
        return Traffic(self.scenario, self.streets, at_s, queue_veh, advice)

    def on(self, link_id: str) -> Flow:
        """Traffic in the middle of a link now."""
        street = self.streets[link_id]
        if self.scenario.is_site_open(self.at_s) and link_id in self.scenario.site.links:
            return EMPTY_ROAD
        if self._is_queued(link_id):
            share_of_lanes = street.lanes / self._pinched.lanes
            return queued_flow(street, self._outflow_vehh(self.at_s) * share_of_lanes)
        return free_flow(street, self._demand_vehh(link_id))

    def _demand_vehh(self, link_id: str) -> float:
        street, compliance = self.streets[link_id], self.scenario.compliance
        demand_vehh = self.scenario.demand_at(self.at_s) * street.capacity_vehh
        if link_id in self.advice.avoided:
            return demand_vehh * (1 - compliance)
        if link_id in self.advice.used:
            led_here_vehh = compliance * self.scenario.demand_at(self.at_s) * self._pinched.capacity_vehh
            return min(demand_vehh + led_here_vehh, FULL_SHARE * street.capacity_vehh)
        return demand_vehh

    @property
    def _pinched(self) -> Street:
        return self.streets[self.scenario.pinch.links_upstream[0]]

    def _inflow_vehh(self, at_s: float, advice: Advice) -> float:
        staying = 1.0
        if advice.avoided.intersection(self.scenario.pinch.links_upstream):
            staying -= self.scenario.compliance
        return self.scenario.demand_at(at_s) * self._pinched.capacity_vehh * staying

    def _outflow_vehh(self, at_s: float) -> float:
        pinch = self.scenario.pinch
        share = pinch.capacity_share if pinch.from_s <= at_s < pinch.to_s else 1.0
        return self._pinched.capacity_vehh * share

    def _is_queued(self, link_id: str) -> bool:
        """Tell whether the queue, which begins at the downstream end of the pinched link, reaches mid-link."""
        links = self.scenario.pinch.links_upstream
        if link_id not in links:
            return False
        behind_m = sum(self.streets[before].length_m for before in links[: links.index(link_id)])
        return self._queue_m() > behind_m + self.streets[link_id].length_m / 2

    def _queue_m(self) -> float:
        lanes = self._pinched.lanes
        density_vehkm = queue_density_vehkm(self._outflow_vehh(self.at_s) / lanes)
        return self.queue_veh / (density_vehkm * lanes) * 1000
