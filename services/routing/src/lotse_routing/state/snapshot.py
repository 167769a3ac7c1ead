"""What requests and decisions read: everything known at one moment, never changed after it was made.

One writer makes the next one and swaps the reference; whoever holds the old one goes on reading it undisturbed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lotse_routing.core.jit import Flags
from lotse_routing.core.routes import RouteGraph
from lotse_routing.core.topology import Seconds, Topology
from lotse_routing.state.estimate import LinkState
from lotse_routing.state.graphs import RouteGraphs
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.state.weights import Weights
from lotse_shared.level_of_service import LevelOfService


@dataclass(frozen=True)  # without slots: it keeps what is derived from it
class Snapshot:
    """Network, weights and link states of one moment.

    `version` rises by one with every snapshot of a process; `computed_until` is Lotse's clock at its making;
    `links` has, by link index, the states of links that a detector measured: estimates are in the weights alone;
    `typical_times_s` are seconds by link as they are usual at this quarter of the week, without today's disturbances,
    and `typical_at` gives those of another moment;
    `roadworks` are those in force; `base` are the weights of an empty town. `graph` and `usual` are what routes of cars
    are searched in, under the costs of now and those of an empty town; `graphs` makes others.
    """

    version: int
    computed_until: datetime
    topology: Topology
    base: Weights
    weights: Weights
    typical_times_s: Seconds
    typical_at: Callable[[datetime], Seconds]
    links: Mapping[int, LinkState]
    roadworks: tuple[Roadwork, ...]
    graph: RouteGraph
    usual: RouteGraph
    graphs: RouteGraphs

    @cached_property
    def delays_s(self) -> Seconds:
        """Seconds by link that somebody sees to be lost, never below 0; infinite where closed."""
        return np.maximum(0.0, self.weights.seen_times_s - self.base.travel_times_s)

    @cached_property
    def confidences(self) -> npt.NDArray[np.float64]:
        """Confidence in the speed of each link, 0..1; 0 where no detector measures."""
        confidences = np.zeros(len(self.topology.links))
        confidences[list(self.links)] = [state.confidence for state in self.links.values()]
        return confidences

    @cached_property
    def measured(self) -> frozenset[int]:
        """Links that some detector still speaks for, however much it is believed."""
        return frozenset(link for link, state in self.links.items() if state.freshness > 0)

    @cached_property
    def jams(self) -> Flags:
        """Tell of each link whether detectors see a jam on it."""
        jams = np.zeros(len(self.topology.links), np.bool_)
        jams[[index for index, state in self.links.items() if state.level_of_service is LevelOfService.JAM]] = True
        return jams
