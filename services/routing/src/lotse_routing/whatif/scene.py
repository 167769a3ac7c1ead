"""A phase of a closure as graphs: the town with all that is closed besides, without the closure and with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from lotse_routing.core.access import Vehicle
from lotse_routing.core.jit import Flags
from lotse_routing.core.reachability import Reach, find_reach
from lotse_routing.core.routes import RouteGraph
from lotse_routing.core.topology import Seconds, Topology
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.whatif.window import Phase


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Seconds by link, infinite where closed, and the graph of them: without the closure (`open`) and with it (`shut`).

    `closed` are the links of the closure, shape (links,). `before` is what is connected without the closure, `after`
    what is with it, `alone` what would be with nothing else closed.
    """

    phase: Phase
    closed: Flags
    open_times_s: Seconds
    open: RouteGraph
    shut: RouteGraph
    before: Reach
    after: Reach
    alone: Reach

    def reach_without(self, roadwork: Roadwork) -> Reach:
        """Find what would be connected with the closure and all that is closed besides, but for one roadwork."""
        topology = self.open.topology
        others = (other for other in self.phase.roadworks if other != roadwork)
        return find_reach(topology, self.open.permit, self.closed | _closed_by(topology, others))


def set_scene(snapshot: Snapshot, phase: Phase, links: Sequence[int], vehicle: Vehicle) -> Scene:
    """Set the scene of a phase: with the travel times of now if it has begun, else with the usual ones."""
    topology = snapshot.topology
    closed = _flags(len(topology.links), links)
    beside = _closed_by(topology, phase.roadworks)
    open_times_s = np.where(beside, np.inf, _times_s(snapshot, phase))
    factors = snapshot.base.costs_s / snapshot.base.travel_times_s
    shut_times_s = np.where(closed, np.inf, open_times_s)
    graph = snapshot.graphs.of(vehicle, open_times_s * factors, phase.starts_at)
    return Scene(
        phase,
        closed,
        open_times_s,
        graph,
        snapshot.graphs.of(vehicle, shut_times_s * factors, phase.starts_at),
        *(find_reach(topology, graph.permit, each) for each in (beside, beside | closed, closed)),
    )


def _times_s(snapshot: Snapshot, phase: Phase) -> Seconds:
    usual_s = snapshot.typical_times_s
    if phase.starts_at > snapshot.computed_until:
        return usual_s
    return np.where(np.isfinite(snapshot.weights.travel_times_s), snapshot.weights.travel_times_s, usual_s)


def _closed_by(topology: Topology, roadworks: Iterable[Roadwork]) -> Flags:
    names = (name for roadwork in roadworks for name in roadwork.links)
    return _flags(len(topology.links), (topology.index[name] for name in names if name in topology.index))


def _flags(count: int, links: Iterable[int]) -> Flags:
    flags = np.zeros(count, np.bool_)
    flags[list(links)] = True
    return flags
