"""Which links a turn restriction means, given the ways and junctions its relation names."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from lotse_routing.network.geometry import signed_turn_deg
from lotse_routing.network.model import Link
from lotse_routing.network.osm.tags import LeftOut

Path = tuple[str, ...]
"""Link ids, head to tail."""

KIND_ANGLES_DEG: Mapping[str, tuple[float, float]] = {
    "left": (-170.0, -20.0),
    "right": (20.0, 170.0),
    "straight": (-45.0, 45.0),
}
"""How sharply one turns where a restriction has 'left' in its name: enough to tell the two sides of a street apart."""

OPEN_SIDE = LeftOut("a way goes on beyond the junction: which side is meant is open")
NOT_TOUCHING = LeftOut("a way does not touch the junction, or only against its one-way")
NO_WAY_THROUGH = LeftOut("its ways do not lead from one to the next")


class LinkPaths:
    """Links by the junctions they touch and the ways they touch them with."""

    def __init__(self, links: Collection[Link], elsewhere: Mapping[int, str]) -> None:
        self._ways = {way for link in links for way in link.ways}
        self._elsewhere = elsewhere
        self._by_id = {link.link_id: link for link in links}
        self._ending: defaultdict[int, list[Link]] = defaultdict(list)
        self._out: defaultdict[str, list[Link]] = defaultdict(list)
        for link in links:
            self._ending[link.ways[-1]].append(link)
            self._out[link.from_node].append(link)

    def find(
        self, kind: str, from_way: int, via_nodes: Sequence[str], via_ways: Sequence[int], to_way: int
    ) -> Path | LeftOut:
        """Find the one sequence of links that a restriction means, or tell why there is none."""
        for way in (from_way, *via_ways, to_way):
            if way not in self._ways:
                return self._absent(way)
        starts = (link for link in self._ending[from_way] if not via_nodes or link.to_node in via_nodes)
        paths = [path for link in starts for path in self._walk((link,), via_ways, {*via_ways, *via_nodes}, to_way)]
        if not paths:
            return NO_WAY_THROUGH if via_ways or len(via_nodes) > 1 else NOT_TOUCHING
        fitting = paths if len(paths) == 1 else [path for path in paths if _fits(path, kind)]
        return tuple(link.link_id for link in fitting[0]) if len(fitting) == 1 else OPEN_SIDE

    def leaving(self, path: Path) -> set[Path]:
        """Tell all that is forbidden to those who may only go along a path: to leave it at any junction on it."""
        banned: set[Path] = set()
        for i in range(1, len(path)):
            done, onward = path[:i], path[i]
            there = self._by_id[done[-1]].to_node
            banned |= {(*done, link.link_id) for link in self._out[there] if link.link_id != onward}
        return banned

    def _walk(
        self, done: tuple[Link, ...], via_ways: Collection[int], left: Collection[int | str], to_way: int
    ) -> Iterator[tuple[Link, ...]]:
        """Go on along via ways, or to the next via node, until none of them is `left` and the last way begins."""
        here = done[-1].to_node
        left = set(left) - {here}
        if not left:
            yield from ((*done, link) for link in self._out[here] if link.ways[0] == to_way)
        visited = {link.from_node for link in done}
        for link in self._out[here]:
            is_via = link.to_node in left or not set(link.ways).isdisjoint(via_ways)
            if is_via and link.to_node not in visited:
                yield from self._walk((*done, link), via_ways, left - set(link.ways), to_way)

    def _absent(self, way: int) -> LeftOut:
        reason = self._elsewhere.get(way)
        return LeftOut(f"a way is left out: {reason}" if reason else "a way is missing in the file")


def _fits(path: Sequence[Link], kind: str) -> bool:
    """Tell whether a turn is of the kind that a restriction names, of two that its members leave open."""
    into, out_of = path[0], path[-1]
    if kind.endswith("u_turn"):
        return out_of.to_node == into.from_node
    angle = signed_turn_deg(into.coordinates, out_of.coordinates)
    return any(name in kind and low <= angle <= high for name, (low, high) in KIND_ANGLES_DEG.items())
