"""Link state and roadworks → travel times and costs, one array entry a link.

Two arrays, because two questions differ: *travel times* are the seconds that drivers are told; *costs* are what the
choice of a route minimises: the same seconds, times a factor on minor streets that keeps detours off them
(field.md 5: rat-running).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from lotse_routing.core.jit import Costs
from lotse_routing.core.topology import Seconds, Topology
from lotse_routing.core.turns import U_TURN_DEG
from lotse_routing.settings import EstimateSettings, WeightSettings
from lotse_routing.state.estimate import LinkState
from lotse_routing.state.roadwork import Roadwork

TURN_DEG = 40.0
"""From this angle on drivers turn; below, they follow the road."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Read-only arrays of one moment. A closed link is infinite in both; `closures` says by which roadwork."""

    travel_times_s: Seconds
    costs_s: Seconds
    closures: Mapping[int, Roadwork]


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
    return _frozen(topology.base_travel_times_s.copy(), factors, {})


def derive_weights(
    topology: Topology,
    factors: Seconds,
    links: Iterable[LinkState],
    roadworks: Iterable[Roadwork],
    settings: EstimateSettings,
) -> Weights:
    """Derive the weights of now: measured where known, free flow elsewhere, roadworks on top.

    A measured time counts in proportion to its freshness, so that it decays to the free-flow one when a detector
    falls silent. Nobody is told to drive faster than free flow. Of roadworks, only those in force may be handed in;
    their links that the network does not have are without effect.
    """
    travel_times_s = topology.base_travel_times_s.copy()
    for state in links:
        index = topology.index[state.link_id]
        link = topology.links[index]
        speed_kmh = min(max(state.speed_kmh, settings.min_speed_kmh), link.free_flow_kmh)
        measured_s = link.length_m / (speed_kmh / 3.6)
        travel_times_s[index] += state.freshness * max(0.0, measured_s - travel_times_s[index])
    closures: dict[int, Roadwork] = {}
    for roadwork in roadworks:
        for index in (topology.index[link] for link in roadwork.links if link in topology.index):
            if roadwork.speed_kmh is None:
                travel_times_s[index] = np.inf
                closures.setdefault(index, roadwork)
            else:
                speed_kmh = max(roadwork.speed_kmh, settings.min_speed_kmh)  # as little as 0 would end every turn
                least_s = topology.links[index].length_m / (speed_kmh / 3.6)
                travel_times_s[index] = max(travel_times_s[index], least_s)
    return _frozen(travel_times_s, factors, closures)


def _frozen(travel_times_s: Seconds, factors: Seconds, closures: Mapping[int, Roadwork]) -> Weights:
    costs_s = travel_times_s * factors
    travel_times_s.setflags(write=False)
    costs_s.setflags(write=False)
    return Weights(travel_times_s, costs_s, closures)
