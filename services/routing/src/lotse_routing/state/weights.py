"""Link state, estimates and roadworks → travel times and costs, one array entry a link.

Three arrays, because three questions differ: *travel times* are the seconds that drivers are told; *costs* are what the
choice of a route minimises: the same seconds, times a factor on minor streets that keeps detours off them (field.md 5:
rat-running); *seen times* leave the estimates out: only what somebody measured or entered may be a reason for a sign.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lotse_routing.core.jit import Costs
from lotse_routing.core.topology import Seconds, Topology
from lotse_routing.core.turns import U_TURN_DEG
from lotse_routing.settings import EstimateSettings, WeightSettings
from lotse_routing.state.estimate import LinkState
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.state.roadwork_times import least_time_s
from lotse_shared.vehicle import VehicleClass

TURN_DEG = 40.0
"""From this angle on drivers turn; below, they follow the road."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Read-only arrays of one moment. A closed link is infinite in all of them; `closures` says by which roadwork.

    `seen_times_s` are at free flow where no detector measures and no roadwork limits the speed. They are those of cars;
    `of` gives those of other vehicles, whom other roadworks may bind.
    """

    travel_times_s: Seconds
    costs_s: Seconds
    seen_times_s: Seconds
    closures: Mapping[int, Roadwork]
    of: Callable[[VehicleClass], "Weights"]


def minor_street_factors(topology: Topology, settings: WeightSettings) -> Seconds:
    """Give the factor on the cost of each link, 1 on main streets."""
    is_minor = [link.road_class in settings.minor_street_classes for link in topology.links]
    return np.where(is_minor, settings.minor_street_factor, 1.0)


def turn_costs(topology: Topology, settings: WeightSettings) -> Costs:
    """Give what each turn costs besides the seconds of its links: milliseconds by arc.

    Turns cost time, most of all across the oncoming traffic, and every turn has to be signed; so of two ways that are
    about as quick, the straighter one is taken. Measured times hold what drivers wait at junctions already: so turns
    count in the choice of a route, not in the time that is told.
    """
    angle_deg, is_choice = topology.compiled.arc_angle_deg, topology.compiled.arc_is_choice
    to_the_right = angle_deg if topology.drives_on == "right" else -angle_deg
    seconds = np.zeros(len(angle_deg))
    seconds[is_choice & (to_the_right > TURN_DEG)] = settings.turn_near_s
    seconds[is_choice & (to_the_right < -TURN_DEG)] = settings.turn_across_s
    seconds[np.abs(angle_deg) >= U_TURN_DEG] = settings.turn_back_s
    return (seconds * 1000).astype(np.int32)


def base_weights(topology: Topology, factors: Seconds) -> Weights:
    """Weights of an empty town with nothing closed: what the usual ways are found on."""
    times_s = topology.base_travel_times_s
    return _Open(topology, times_s, times_s, factors, (), EstimateSettings()).weights_of(VehicleClass.CAR)


def derive_weights(  # noqa: PLR0913, PLR0917 - all that a travel time depends on is named
    topology: Topology,
    factors: Seconds,
    links: Collection[LinkState],
    estimated_times_s: Seconds,
    roadworks: Sequence[Roadwork],
    settings: EstimateSettings,
) -> Weights:
    """Derive the weights of now: measured where known, estimated elsewhere, roadworks on top.

    A measured time counts in proportion to its freshness, so that it decays to the estimated one when a detector falls
    silent. Nobody is told to drive faster than free flow. Of roadworks, only those in force may be handed in; their
    links that the network does not have are without effect.
    """
    travel_times_s, seen_times_s = estimated_times_s.copy(), topology.base_travel_times_s.copy()
    if links:
        index = np.array([topology.index[state.link_id] for state in links])
        freshness = np.array([state.freshness for state in links])
        measured_s = _measured_times_s(topology, index, links, settings)
        travel_times_s[index] += freshness * (measured_s - travel_times_s[index])
        seen_times_s[index] += freshness * (measured_s - seen_times_s[index])
    undisturbed = _Open(topology, travel_times_s, seen_times_s, factors, tuple(roadworks), settings)
    return undisturbed.weights_of(VehicleClass.CAR)


def _measured_times_s(
    topology: Topology, index: npt.NDArray[np.intp], links: Iterable[LinkState], settings: EstimateSettings
) -> Seconds:
    speeds_kmh = np.maximum([state.speed_kmh for state in links], settings.min_speed_kmh)
    free_flow_kmh = np.array([topology.links[i].free_flow_kmh for i in index])
    return topology.base_travel_times_s[index] * np.maximum(free_flow_kmh / speeds_kmh, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Open:
    """What links would take without the roadworks in force, and these."""

    topology: Topology
    travel_times_s: Seconds
    seen_times_s: Seconds
    factors: Seconds
    roadworks: tuple[Roadwork, ...]
    settings: EstimateSettings

    def weights_of(self, vehicle: VehicleClass) -> Weights:
        """Put on what binds such vehicles; where several do, the worst counts."""
        travel_times_s, seen_times_s = self.travel_times_s.copy(), self.seen_times_s.copy()
        closures: dict[int, Roadwork] = {}
        index = self.topology.index
        for roadwork in (r for r in self.roadworks if r.binds(vehicle)):
            for link in (index[name] for name in roadwork.links if name in index):
                least_s = least_time_s(self.topology.links[link], roadwork, self.settings)
                for times_s in (travel_times_s, seen_times_s):
                    times_s[link] = max(times_s[link], least_s)
                if roadwork.effect == "closed":
                    closures.setdefault(link, roadwork)
        costs_s = travel_times_s * self.factors
        for times_s in (travel_times_s, seen_times_s, costs_s):
            times_s.setflags(write=False)
        return Weights(travel_times_s, costs_s, seen_times_s, closures, self.weights_of)
