"""Where routes may begin and end: points, junctions and links of one network."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lotse_routing.core.routes import Anchor
from lotse_routing.core.snap import NoLinkNearError, Snapper
from lotse_routing.core.topology import Topology
from lotse_routing.network.geometry import Coordinate

BESIDE_M = 5.0
"""Links hardly farther from a point than the nearest one are as good: the other direction of the same street."""
MOST_ANCHORS = 4


class UnknownPlaceError(LookupError):
    """A link or junction asked for is not in the network."""


class TooFarError(LookupError):
    """A point asked for is too far from any street."""


@dataclass(frozen=True, slots=True)
class Place:
    """An end of a route: exactly one of a point (longitude, latitude), a junction, a link."""

    point: Coordinate | None = None
    node: str | None = None
    link: str | None = None


@dataclass
class Places:
    """Finds places in one network; the index of its geometry is made when the first point is asked for."""

    topology: Topology
    max_distance_m: float
    _out_of: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for index, link in enumerate(self.topology.links):
            self._out_of.setdefault(link.from_node, []).append(index)

    @cached_property
    def _snapper(self) -> Snapper:
        return Snapper(self.topology)

    def origins(self, place: Place) -> list[Anchor]:
        """List where a route from a place may begin.

        Raises
        ------
        UnknownPlaceError, TooFarError
            There is no such place, or no street near it.
        """
        if place.node is None:
            return self._on_links(place)
        return [Anchor(link, 0.0) for link in _known(self._out_of.get(place.node), f"junction {place.node}")]

    def destinations(self, place: Place) -> list[Anchor]:
        """List where a route to a place may end; raises as `origins` does."""
        if place.node is None:
            return [Anchor(a.link, 1.0 if place.link else a.fraction) for a in self._on_links(place)]
        links = _known(self.topology.links_to.get(place.node), f"junction {place.node}")
        return [Anchor(link, 1.0) for link in links]

    def link(self, link_id: str) -> int:
        """Give the index of a link; raises UnknownPlaceError."""
        if link_id not in self.topology.index:
            message = f"link {link_id} is not in the active network"
            raise UnknownPlaceError(message)
        return self.topology.index[link_id]

    def _on_links(self, place: Place) -> list[Anchor]:
        if place.link is not None:
            return [Anchor(self.link(place.link), 0.0)]
        assert place.point is not None  # noqa: S101 - exactly one of the three is given
        try:
            near = self._snapper.nearest(*place.point, max_distance_m=self.max_distance_m)
        except NoLinkNearError as error:
            raise TooFarError(str(error)) from error
        best_m = near[0].distance_m
        return [Anchor(s.link, s.fraction) for s in near[:MOST_ANCHORS] if s.distance_m <= best_m + BESIDE_M]


def _known(links: Sequence[int] | None, what: str) -> Sequence[int]:
    if not links:
        message = f"{what} is not in the active network"
        raise UnknownPlaceError(message)
    return links
