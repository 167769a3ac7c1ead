"""Closed links as the stretches that drivers see, and the way around each of them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt

from lotse_routing.core.routes import Anchor, RouteGraph
from lotse_routing.core.stops import Way, find_way_over
from lotse_routing.core.topology import Topology
from lotse_routing.core.turns import U_TURN_DEG
from lotse_routing.decide.street import street_of, streets_along
from lotse_routing.state.weights import TURN_DEG
from lotse_routing.whatif.scene import Scene
from lotse_routing.whatif.ways import total


@dataclass(frozen=True, slots=True)
class Around:
    """How those who would drive straight through a stretch get past it: seconds over it, and around it.

    `added_s` is the difference. Where there is no such figure, `problem` says why.
    """

    through_s: float | None = None
    around_s: float | None = None
    streets: tuple[str, ...] = ()
    problem: str = ""

    @property
    def added_s(self) -> float | None:
        """What the way around takes longer."""
        return None if self.through_s is None or self.around_s is None else self.around_s - self.through_s

    @property
    def burden(self) -> tuple[bool, float]:
        """What phases are compared by: without any way around it is worst."""
        return self.through_s is not None and self.around_s is None, self.added_s or 0.0


def list_stretches(topology: Topology, links: Iterable[int]) -> list[tuple[int, ...]]:
    """Put links (by index) together to stretches in driving order: along a street, or straight on into another.

    Each link is in one stretch; where several go on from one, the straightest does, along its own street first.
    """
    closed = sorted(set(links))
    onward = _join(topology, closed)
    begins = [link for link in closed if link not in set(onward.values())]
    stretches: list[tuple[int, ...]] = []
    left = dict.fromkeys(closed)
    for begin in (*begins, *closed):  # what is left after the first ones are circles
        stretch: list[int] = []
        link: int | None = begin
        while link is not None and link in left:
            del left[link]
            stretch.append(link)
            link = onward.get(link)
        if stretch:
            stretches.append(tuple(stretch))
    return sorted(stretches)


def find_around(scene: Scene, stretch: Sequence[int]) -> Around:
    """Find the way around a stretch for those who come straight and go on straight, in one phase.

    Where all that leads into it, or goes on from it, is closed or cut off too, they are followed there.
    """
    back = _opposites(scene.open.topology, stretch)
    begin, before = _follow(scene, stretch[0], back, _before)
    end, after = _follow(scene, stretch[-1], back, _after)
    driven = [*before, *stretch, *after]
    through_s = float(scene.open_times_s[driven].sum())
    if not isfinite(through_s):
        by = next(r.name for r in scene.phase.roadworks if _closes(scene.open.topology, r.links, driven))
        return Around(problem=f"{by} closes it at the same time")
    if begin is None or end is None:
        return Around(through_s, problem=f"no street {'leads into it' if begin is None else 'goes on from it'}")
    way = find_way_over(scene.shut, [Anchor(begin, 1.0)], [[Anchor(end, 0.0)]])
    return _around(scene, through_s, way)


def _opposites(topology: Topology, stretch: Sequence[int]) -> frozenset[int]:
    """Give the links that lead the other way between the same junctions."""
    links = topology.links
    return frozenset(
        back
        for index in stretch
        for back in topology.links_to.get(links[index].from_node, ())
        if links[back].from_node == links[index].to_node
    )


def _follow(
    scene: Scene, link: int, back: frozenset[int], neighbours: Callable[[RouteGraph, int], list[tuple[float, int]]]
) -> tuple[int | None, list[int]]:
    """Give the nearest link from which drivers come, or to which they go on, and the lost ones in between.

    The straightest of equally near ones. Nobody comes from where the stretch leads `back` to.
    """
    is_connected, is_open = scene.after.is_connected, np.isfinite(scene.open.costs_s)
    came_from: dict[int, int] = {}
    pending = deque([link])
    while pending:
        here = pending.popleft()
        for _, then in neighbours(scene.open, here):
            if is_connected[then]:
                return then, list(_way_back(came_from, here))
            if is_open[then] and then not in came_from and then not in back and then != link:
                came_from[then] = here
                pending.append(then)
    return None, []


def _way_back(came_from: Mapping[int, int], link: int) -> Iterator[int]:
    while link in came_from:
        yield link
        link = came_from[link]


def _around(scene: Scene, through_s: float, way: Way | None) -> Around:
    if way is None:
        return Around(through_s, problem="there is no way around it")
    topology = scene.shut.topology
    return Around(through_s, total(way, scene.open_times_s), tuple(streets_along(topology, way.links[1:-1])))


def _join(topology: Topology, links: Sequence[int]) -> dict[int, int]:
    """Choose for each link the one that goes on from it; no link goes on from two."""
    states = topology.states
    is_closed = np.zeros(len(topology.links), np.bool_)
    is_closed[list(links)] = True
    tails, heads = states.link[states.tail], states.link[states.head]
    arcs = np.flatnonzero(is_closed[tails] & is_closed[heads])
    angles_deg = np.abs(topology.compiled.arc_angle_deg[arcs]).tolist()
    names = {link: street_of(topology.links[link]) for link in links}
    pairs = sorted(
        (names[tail] != names[head], angle_deg, tail, head)
        for tail, head, angle_deg in zip(tails[arcs].tolist(), heads[arcs].tolist(), angles_deg, strict=True)
        if angle_deg < (U_TURN_DEG if names[tail] == names[head] else TURN_DEG)
    )
    onward: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, tail, head in pairs:
        if tail not in onward and head not in taken:
            onward[tail] = head
            taken.add(head)
    return onward


def _before(graph: RouteGraph, link: int) -> list[tuple[float, int]]:
    """List what leads into a link: how sharp the turn is, and the link it comes from."""
    states = graph.topology.states
    return _turns(graph, states.link[states.head] == link, states.tail)


def _after(graph: RouteGraph, link: int) -> list[tuple[float, int]]:
    states = graph.topology.states
    return _turns(graph, states.link[states.tail] == link, states.head)


def _turns(graph: RouteGraph, arcs: npt.NDArray[np.bool_], others: npt.NDArray[np.uint32]) -> list[tuple[float, int]]:
    found = np.flatnonzero(arcs & graph.permit.open_arcs)
    angles_deg = np.abs(graph.topology.compiled.arc_angle_deg[found]).tolist()
    return sorted(zip(angles_deg, graph.topology.states.link[others[found]].tolist(), strict=True))


def _closes(topology: Topology, links: Iterable[str], stretch: Sequence[int]) -> bool:
    return not {topology.index.get(link) for link in links}.isdisjoint(stretch)
