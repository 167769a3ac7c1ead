"""What may follow what: a street network as states and arcs, for all vehicle classes at once.

A *state* is a link that is being driven, with what matters of the drive until there: whether the end of the route has
begun (streets with access 'destination' stand there once more), and how much of a banned sequence of links has been
driven. An *arc* is a turn from one state into another. So a search on states and arcs needs no rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from lotse_routing.core.hierarchy import Hierarchy, build_hierarchy
from lotse_routing.core.jit import Flags, Indices
from lotse_routing.core.order import dissect, rank_arcs
from lotse_routing.core.states import Ban, States, expand
from lotse_routing.core.turns import Degrees, junction_numbers, list_turns
from lotse_routing.network.model import DrivesOn, Link, StreetNetwork
from lotse_shared.vehicle import VehicleClass
from lotse_shared.weekly_times import WeeklyTimes

Seconds = npt.NDArray[np.float64]
"""Seconds per link, above 0, in the order of `Topology.links`; inf = closed."""


@dataclass(frozen=True, slots=True)
class LinkCondition:
    """Access to a link (by index) that differs at certain hours."""

    link: int
    vehicles: frozenset[VehicleClass]
    access: str
    times: WeeklyTimes


@dataclass(frozen=True, slots=True)
class TimedBan:
    """An arc that is closed at certain hours."""

    arc: int
    vehicles: frozenset[VehicleClass]
    times: WeeklyTimes


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """What takes long to derive from a network: arrays only, so that it can be kept on disk.

    Of arcs, in the order of `states`: `arc_angle_deg` is how sharp the turn is (0 straight on, positive to the right),
    `arc_is_choice` whether there is another way to go on; shape (arcs,).
    """

    states: States
    arc_angle_deg: Degrees
    arc_is_choice: Flags
    hierarchy: Hierarchy


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """One network version with all that routes need.

    Attributes
    ----------
    links, index
        Links sorted by id, and their places there.
    links_to
        Links that end at a junction, by its id.
    base_travel_times_s
        Seconds at free flow; shape (links,).
    states_of
        The states of each link, in any of which a route may end. It begins in the first.
    """

    network_version: str
    links: tuple[Link, ...]
    index: Mapping[str, int]
    links_to: Mapping[str, tuple[int, ...]]
    base_travel_times_s: Seconds
    drives_on: DrivesOn
    states_of: Sequence[tuple[int, ...]] = field(repr=False)
    conditions: tuple[LinkCondition, ...] = field(repr=False)
    timed_bans: tuple[TimedBan, ...] = field(repr=False)
    compiled: Compiled = field(repr=False)

    @property
    def hierarchy(self) -> Hierarchy:
        """The hierarchy of its states and arcs."""
        return self.compiled.hierarchy

    @property
    def states(self) -> States:
        """Its states and arcs."""
        return self.compiled.states


def build_topology(network: StreetNetwork, compiled: Compiled | None = None) -> Topology:
    """Make the topology of a network; `compiled` is what `compile_network` gave for it before."""
    compiled = compiled or compile_network(network)
    links = tuple(network.links())
    index = {link.link_id: i for i, link in enumerate(links)}
    base = np.array([link.free_flow_time_s for link in links], dtype=np.float64)
    base.flags.writeable = False
    ends = sorted(range(len(links)), key=lambda i: links[i].to_node)
    links_to = {node: tuple(group) for node, group in groupby(ends, key=lambda i: links[i].to_node)}
    bans = network.banned_turns
    return Topology(
        network.version,
        links,
        MappingProxyType(index),
        MappingProxyType(links_to),
        base,
        network.drives_on,
        _states_of(len(links), compiled.states),
        tuple(
            LinkCondition(index[c.link_id], c.vehicles, c.access, WeeklyTimes.parse(c.during))
            for c in network.conditions
        ),
        tuple(
            TimedBan(arc, bans[ban].vehicles, WeeklyTimes.parse(bans[ban].during))
            for arc, ban in compiled.states.timed_bans.tolist()
        ),
        compiled,
    )


def compile_network(network: StreetNetwork) -> Compiled:
    """Derive states, arcs and their hierarchy: the part that takes a second for a city, a minute for a hundred."""
    links = network.links()
    index = {link.link_id: i for i, link in enumerate(links)}
    turns = list_turns(links)
    bans = [Ban(tuple(index[link] for link in b.links), b.vehicles, bool(b.during)) for b in network.banned_turns]
    has_end = {i for i, link in enumerate(links) if "destination" in map(link.access_of, VehicleClass)}
    has_end |= {index[c.link_id] for c in network.conditions if c.access == "destination"}
    states = expand(len(links), has_end, turns, bans)
    return Compiled(
        states,
        turns.angle_deg[states.turn],
        turns.is_choice[states.turn],
        build_hierarchy(states.tail, states.head, _rank_states(network, links, states)),
    )


def _rank_states(network: StreetNetwork, links: Sequence[Link], states: States) -> Indices:
    """Rank states by their links; those of one link follow each other."""
    places = {junction.node_id: (junction.lon, junction.lat) for junction in network.junctions()}
    (tails, heads), names = junction_numbers(links)
    lon, lat = np.array([places[name] for name in names], dtype=np.float64).reshape(-1, 2).T
    east = lon * np.cos(np.radians(lat.mean())) if len(lat) else lon
    cuts = dissect(len(names), tails, heads, np.stack((east, lat), axis=1))
    ranks = np.empty(len(states.link), dtype=np.uint32)
    ranks[np.lexsort((np.arange(len(ranks)), rank_arcs(cuts)[states.link]))] = np.arange(len(ranks))
    return ranks


def _states_of(links: int, states: States) -> tuple[tuple[int, ...], ...]:
    found: list[list[int]] = [[] for _ in range(links)]
    for state, link in enumerate(states.link.tolist()):
        found[link].append(state)
    return tuple(map(tuple, found))
