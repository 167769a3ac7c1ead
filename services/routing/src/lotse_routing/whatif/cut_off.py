"""What a closure cuts off: streets that cannot be reached or left any more.

Routes turn back at dead ends only, and a closure makes none. People who live in a street do turn in it: so a street has
a way in if either direction of it has one, and where both ways are left it is cut off only for who does not turn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from lotse_routing.core.jit import Flags
from lotse_routing.core.reachability import Reach
from lotse_routing.core.topology import Topology
from lotse_routing.decide.street import street_of
from lotse_routing.whatif.scene import Scene


@dataclass(frozen=True, slots=True)
class CutOff:
    """Links of a street that lose their way in or their way out, from `since` on.

    `has_way_in` and `has_way_out` tell of the street in either direction: with both it is reached and left by turning
    round in it. `junctions` are the ends of the links; `together_with` the roadworks without which they would stay
    connected.
    """

    street: str
    links: tuple[str, ...]
    junctions: tuple[str, ...]
    length_m: float
    has_way_in: bool
    has_way_out: bool
    since: datetime
    together_with: tuple[str, ...]

    @property
    def needs_turning(self) -> bool:
        """Tell whether it is reached and left, but only by turning round in it."""
        return self.has_way_in and self.has_way_out


@dataclass(frozen=True, slots=True)
class Isolation:
    """All that is cut off in any phase; `junctions` cannot be reached any more, closed streets regarded."""

    streets: tuple[CutOff, ...]
    links: frozenset[int]
    junctions: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Loss:
    """How a link is lost, for the first time."""

    has_way_in: bool
    has_way_out: bool
    since: datetime
    together_with: tuple[str, ...]


def find_isolation(topology: Topology, scenes: Iterable[Scene]) -> Isolation:
    """Find what is connected without the closure and no longer with it, phase by phase."""
    opposites = _opposites(topology)
    losses: dict[int, _Loss] = {}
    junctions: set[str] = set()
    for scene in scenes:
        before, after, alone = scene.before, scene.after, scene.alone
        for index in np.flatnonzero(before.is_connected & ~after.is_connected & ~scene.closed).tolist():
            both = [index, *opposites.get(index, ())]
            losses.setdefault(index, _loss(scene, after, both, is_by_itself=not alone.is_connected[index]))
        junctions |= _reached(topology, before.has_way_in) - _reached(topology, after.has_way_in)
    return Isolation(tuple(_streets(topology, losses)), frozenset(losses), frozenset(junctions))


def _opposites(topology: Topology) -> dict[int, list[int]]:
    """Give the links between the same junctions the other way, by link index."""
    between: dict[tuple[str, str], list[int]] = {}
    for index, link in enumerate(topology.links):
        between.setdefault((link.from_node, link.to_node), []).append(index)
    return {i: between.get((link.to_node, link.from_node), []) for i, link in enumerate(topology.links)}


def _loss(scene: Scene, after: Reach, links: list[int], *, is_by_itself: bool) -> _Loss:
    helpers = () if is_by_itself else tuple(r.roadwork_id for r in scene.phase.roadworks)
    way_in, way_out = (bool(flags[links].any()) for flags in (after.has_way_in, after.has_way_out))
    return _Loss(way_in, way_out, scene.phase.starts_at, helpers)


def _reached(topology: Topology, has_way_in: Flags) -> set[str]:
    return {topology.links[index].to_node for index in np.flatnonzero(has_way_in).tolist()}


def _streets(topology: Topology, losses: dict[int, _Loss]) -> Iterable[CutOff]:
    """Group lost links by street and by how they are lost, streets by name, those without one last."""
    groups: dict[tuple[str, _Loss], list[int]] = {}
    for index, loss in losses.items():
        groups.setdefault((street_of(topology.links[index]), loss), []).append(index)
    ordered = sorted(groups.items(), key=lambda group: (group[0][0] == "", group[0][0], min(group[1])))
    for (street, loss), indices in ordered:
        yield _cut_off(topology, street, loss, sorted(indices))


def _cut_off(topology: Topology, street: str, loss: _Loss, indices: Sequence[int]) -> CutOff:
    links = [topology.links[index] for index in indices]
    return CutOff(
        street,
        tuple(link.link_id for link in links),
        tuple(sorted({node for link in links for node in (link.from_node, link.to_node)})),
        sum(link.length_m for link in links),
        loss.has_way_in,
        loss.has_way_out,
        loss.since,
        loss.together_with,
    )
