"""What a closure would do, before somebody orders it: what it cuts off, breaks and burdens. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from lotse_routing.core.access import Vehicle
from lotse_routing.decide.registry import Registry
from lotse_routing.decide.street import street_of
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.whatif.cut_off import CutOff, find_isolation
from lotse_routing.whatif.obstacles import NAMELESS
from lotse_routing.whatif.scene import Scene, set_scene
from lotse_routing.whatif.stretches import Around, find_around, list_stretches
from lotse_routing.whatif.touched import BrokenCorridor, HitDetour, Lying, broken_corridors, hit_detours, lying_there
from lotse_routing.whatif.traffic import Counter, Traffic, traffic_on
from lotse_routing.whatif.window import Phase, Window, list_phases


@dataclass(frozen=True, slots=True)
class ClosureQuestion:
    """Links (by index) that would be closed, when, and for which vehicles what they reach is told."""

    links: tuple[int, ...]
    window: Window
    vehicle: Vehicle = field(default_factory=Vehicle)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is registered and known besides: `roadworks` without the one asked about, `detours` by sign, as recorded."""

    registry: Registry
    roadworks: tuple[Roadwork, ...]
    counters: tuple[Counter, ...]
    detours: Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A closed piece of road in driving order: its traffic, and the way around it in the worst phase."""

    streets: tuple[str, ...]
    links: tuple[str, ...]
    from_node: str
    to_node: str
    length_m: float
    traffic: Traffic
    around: Around


@dataclass(frozen=True, slots=True)
class ClosureReport:
    """What a closure would do. `beside` are the roadworks that close something at the same time."""

    window: Window
    beside: tuple[Roadwork, ...]
    cut_off: tuple[CutOff, ...]
    lying: Lying
    corridors: tuple[BrokenCorridor, ...]
    detours: tuple[HitDetour, ...]
    stretches: tuple[Stretch, ...]

    @property
    def isolates(self) -> bool:
        """Tell whether anything cannot be reached or left any more, by turning round neither."""
        return bool(self.lying.destinations) or not all(street.needs_turning for street in self.cut_off)


def check_closure(
    snapshot: Snapshot, question: ClosureQuestion, around_it: Surroundings, stale_after_intervals: float
) -> ClosureReport:
    """Check a closure beside all others of its time.

    Parameters
    ----------
    stale_after_intervals
        A detector that has been silent for so long counts nothing.
    """
    topology, registry = snapshot.topology, around_it.registry
    binding = (r for r in around_it.roadworks if r.binds(question.vehicle.vehicle_class))
    roadworks = [r for r in binding if any(link in topology.index for link in r.links)]
    phases = list_phases(question.window, roadworks)
    scenes = [set_scene(snapshot, phase, question.links, question.vehicle) for phase in phases]
    isolation = find_isolation(topology, scenes)
    closed, lost, unreached = (
        frozenset(topology.links[index].link_id for index in links)
        for links in (question.links, isolation.links, isolation.without_way_in)
    )
    gone = lost | closed
    return ClosureReport(
        question.window,
        _beside(phases),
        isolation.streets,
        lying_there(registry, around_it.counters, isolation.junctions, unreached, closed),
        broken_corridors(registry, gone),
        hit_detours(around_it.detours, gone),
        tuple(_stretches(snapshot, question, scenes, around_it.counters, stale_after_intervals)),
    )


def _beside(phases: Iterable[Phase]) -> tuple[Roadwork, ...]:
    found = {r.roadwork_id: r for phase in phases for r in phase.roadworks}
    return tuple(found[roadwork_id] for roadwork_id in sorted(found))


def _stretches(
    snapshot: Snapshot,
    question: ClosureQuestion,
    scenes: Sequence[Scene],
    counters: Sequence[Counter],
    stale_after_intervals: float,
) -> Iterable[Stretch]:
    topology = snapshot.topology
    by_link = {
        link: list(group)
        for link, group in groupby(sorted(counters, key=lambda c: (c.link_id, c.detector_id)), key=lambda c: c.link_id)
    }
    for indices in list_stretches(topology, question.links):
        links = [topology.links[index] for index in indices]
        names = tuple(link.link_id for link in links)
        yield Stretch(
            tuple(dict.fromkeys(street_of(link) or NAMELESS for link in links)),
            names,
            links[0].from_node,
            links[-1].to_node,
            sum(link.length_m for link in links),
            traffic_on(names, by_link, snapshot.computed_until, stale_after_intervals),
            max((find_around(scene, indices) for scene in scenes), key=lambda around: around.burden),
        )
