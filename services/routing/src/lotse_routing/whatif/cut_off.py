"""What a closure cuts off: streets that cannot be reached or left any more.

Routes turn back at dead ends only, and a closure makes none. People who live in a street do turn in it: so a street has
a way in if either direction of it has one, and where both ways are left it is cut off only for who does not turn.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from lotse_routing.core.access import NO
from lotse_routing.core.jit import Flags
from lotse_routing.core.reachability import Reach
from lotse_routing.core.topology import Topology
from lotse_routing.decide.street import street_of
from lotse_routing.whatif.scene import Scene

Pairs = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
"""Two arrays of link indices, shape (pairs,) each."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """Links of a street that lose their way in or their way out, from `since` on.

    `has_way_in` and `has_way_out` tell of the street in either direction: with both it is reached and left by turning
    round in it. `junctions` are the ends of the links; `together_with` the roadworks without any of which they would
    stay connected, or if no single one of them is needed, all that close something then.
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
    """All that is cut off in any phase; `junctions` cannot be reached any more, closed streets regarded.

    `without_way_in` are those of `links` that drivers cannot get to, not by turning round in their street either.
    """

    streets: tuple[CutOff, ...]
    links: frozenset[int]
    without_way_in: frozenset[int]
    junctions: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Loss:
    """How a link is lost: what of its street is left, from when on, and by which roadworks besides."""

    has_way_in: bool
    has_way_out: bool
    since: datetime
    together_with: tuple[str, ...]

    @property
    def is_grave(self) -> bool:
        return not (self.has_way_in and self.has_way_out)


def find_isolation(topology: Topology, scenes: Iterable[Scene]) -> Isolation:
    """Find what is connected without the closure and no longer with it, phase by phase; the gravest loss is told."""
    pairs = _opposites(topology)
    losses: dict[int, _Loss] = {}
    without_way_in: set[int] = set()
    junctions: set[str] = set()
    for scene in scenes:
        for index, loss in _list_losses(scene, pairs):
            if not loss.has_way_in:
                without_way_in.add(index)
            if index not in losses or (loss.is_grave and not losses[index].is_grave):
                losses[index] = loss
        junctions |= _reached(topology, scene.before.has_way_in) - _reached(topology, scene.after.has_way_in)
    streets = tuple(_streets(topology, losses))
    return Isolation(streets, frozenset(losses), frozenset(without_way_in), frozenset(junctions))


def _list_losses(scene: Scene, pairs: Pairs) -> Iterator[tuple[int, _Loss]]:
    """Compare links and streets without the closure and with it: either may be lost while the other is lost already."""
    before, after = (_of_streets(reach, pairs) for reach in (scene.before, scene.after))
    is_link_lost = scene.before.is_connected & ~scene.after.is_connected
    is_street_lost = before.is_connected & ~after.is_connected
    may_use = scene.open.permit.access != NO
    is_open = np.isfinite(scene.open_times_s) & ~scene.closed & may_use
    lost = np.flatnonzero(is_open & (is_link_lost | is_street_lost)).tolist()
    together = _together(scene, lost, lambda reach: _stays(reach, pairs, is_street_lost))
    for index in lost:
        ways = bool(after.has_way_in[index]), bool(after.has_way_out[index])
        yield index, _Loss(*ways, scene.phase.starts_at, together.get(index, ()))


def _together(scene: Scene, lost: Sequence[int], stays: Callable[[Reach], Flags]) -> dict[int, tuple[str, ...]]:
    """Name by link the roadworks that it is lost together with; what the closure cuts off by itself is left out."""
    stays_alone = stays(scene.alone)
    shared = [index for index in lost if stays_alone[index]]
    if not shared:
        return {}
    without = {roadwork.roadwork_id: stays(scene.reach_without(roadwork)) for roadwork in scene.phase.roadworks}
    needed = {index: tuple(name for name, stays_then in without.items() if stays_then[index]) for index in shared}
    return {index: names or tuple(without) for index, names in needed.items()}


def _stays(reach: Reach, pairs: Pairs, is_street_lost: Flags) -> Flags:
    """Tell which links are not lost with such a reach: where the street is lost, it counts, else the link itself."""
    return np.where(is_street_lost, _of_streets(reach, pairs).is_connected, reach.is_connected)


def _of_streets(reach: Reach, pairs: Pairs) -> Reach:
    """Tell the same of streets, where a way in or out in either direction counts."""
    has_way_in, has_way_out = reach.has_way_in.copy(), reach.has_way_out.copy()
    here, there = pairs
    np.logical_or.at(has_way_in, here, reach.has_way_in[there])
    np.logical_or.at(has_way_out, here, reach.has_way_out[there])
    return Reach(has_way_in, has_way_out)


def _opposites(topology: Topology) -> Pairs:
    """Pair each link (by index) with all that lead between the same junctions the other way."""
    between: dict[tuple[str, str], list[int]] = {}
    for index, link in enumerate(topology.links):
        between.setdefault((link.from_node, link.to_node), []).append(index)
    pairs = [(i, j) for ends, links in between.items() for i in links for j in between.get(ends[::-1], ())]
    here, there = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    return here, there


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
