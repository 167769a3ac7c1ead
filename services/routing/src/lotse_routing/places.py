"""Where routes may begin, lead over and end: points, junctions and links of one network."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lotse_routing.core.jit import Flags
from lotse_routing.core.routes import Anchor
from lotse_routing.core.snap import FAR_M, NoLinkNearError, Ring, Snapped, Snapper
from lotse_routing.core.topology import Topology
from lotse_routing.decide.street import street_of
from lotse_routing.network.geometry import Coordinate

BESIDE_M = 5.0
"""Links hardly farther from a point than the nearest one are as good: the other direction of the same street."""
MOST_ANCHORS = 4
HEADING_TOLERANCE_DEG = 45.0
HEADING_REACH_M = 30.0
"""A street in the direction asked for is taken before a nearer one in another, if it is not farther off by more."""


class UnknownPlaceError(LookupError):
    """A link or junction asked for is not in the network."""


@dataclass(frozen=True, slots=True)
class Place:
    """An end of a route: exactly one of a point (longitude, latitude), a junction, a link.

    `heading_deg` is the direction of travel at a point, degrees clockwise from north.
    """

    point: Coordinate | None = None
    node: str | None = None
    link: str | None = None
    heading_deg: float | None = None


class TooFarError(LookupError):
    """A point asked for, that of `place`, is too far from any street."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


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

    def origins(self, place: Place, usable: Flags | None = None) -> list[Anchor]:
        """List where a route from a place may begin.

        Parameters
        ----------
        usable
            By link, shape (links,): a point is looked for on these only. None: on all.

        Raises
        ------
        UnknownPlaceError, TooFarError
            There is no such place, or no street near it.
        """
        if place.node is None:
            return self._on_links(place, usable)
        return [Anchor(link, 0.0) for link in _known(self._out_of.get(place.node), f"junction {place.node}")]

    def destinations(self, place: Place, usable: Flags | None = None) -> list[Anchor]:
        """List where a route to a place, or over it, may arrive; parameters and errors are those of `origins`."""
        if place.node is None:
            return [Anchor(a.link, 1.0 if place.link else a.fraction) for a in self._on_links(place, usable)]
        links = _known(self.topology.links_to.get(place.node), f"junction {place.node}")
        return [Anchor(link, 1.0) for link in links]

    def link(self, link_id: str) -> int:
        """Give the index of a link; raises UnknownPlaceError."""
        if link_id not in self.topology.index:
            message = f"link {link_id} is not in the active network"
            raise UnknownPlaceError(message)
        return self.topology.index[link_id]

    def inside(self, rings: Sequence[Ring]) -> list[int]:
        """List the links that an area touches: outer ring, holes; raises `lotse_routing.core.snap.BadAreaError`."""
        return self._snapper.inside(rings)

    def heading_off_deg(self, anchor: Anchor, heading_deg: float) -> float:
        """Tell by how much a street leads in another direction than this one, 0..180."""
        return abs((self._snapper.heading_deg(*anchor) - heading_deg + 180) % 360 - 180)

    def _on_links(self, place: Place, usable: Flags | None) -> list[Anchor]:
        if place.link is not None:
            return [Anchor(self.link(place.link), 0.0)]
        assert place.point is not None  # noqa: S101 - exactly one of the three is given
        try:
            near = self._snapper.nearest(*place.point, self.max_distance_m, usable)
        except NoLinkNearError as error:
            raise TooFarError(self._too_far(error), place) from error
        if place.heading_deg is not None:
            near = self._ahead(near, place.heading_deg) or near
        best_m = near[0].distance_m
        return [Anchor(s.link, s.fraction) for s in near[:MOST_ANCHORS] if s.distance_m <= best_m + BESIDE_M]

    def _ahead(self, near: Sequence[Snapped], heading_deg: float) -> list[Snapped]:
        """Give those that lead in a direction, as far as they lie hardly farther off than the nearest."""
        reach_m = near[0].distance_m + HEADING_REACH_M
        return [
            snapped
            for snapped in near
            if snapped.distance_m <= reach_m
            and self.heading_off_deg(Anchor(snapped.link, snapped.fraction), heading_deg) <= HEADING_TOLERANCE_DEG
        ]

    def _too_far(self, error: NoLinkNearError) -> str:
        if error.nearest is None:
            return f"{error}; nor is there one within {FAR_M:g} m"
        street = street_of(self.topology.links[error.nearest.link]) or "a street without a name"
        return f"{error}; the nearest, {street}, is {error.nearest.distance_m:.0f} m away"


class PlacesInForce:
    """Keeps the index of places of the network in force."""

    def __init__(self, max_distance_m: float) -> None:
        self._max_distance_m = max_distance_m
        self._places: Places | None = None

    def of(self, topology: Topology) -> Places:
        """Give the places of a network: those held, if they are of this one."""
        held = self._places  # read once: several threads ask, maybe for two networks while one replaces the other
        if held is None or held.topology is not topology:
            held = self._places = Places(topology, self._max_distance_m)
        return held


def _known(links: Sequence[int] | None, what: str) -> Sequence[int]:
    if not links:
        message = f"{what} is not in the active network"
        raise UnknownPlaceError(message)
    return links
