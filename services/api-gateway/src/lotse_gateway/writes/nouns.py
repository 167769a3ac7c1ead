"""The four registered nouns, each with what the one mechanism in `registry` needs to know of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from lotse_gateway.answers.references import Fault, Known, Mention
from lotse_gateway.models.base import Body
from lotse_gateway.models.registry import (
    Corridor,
    CorridorPage,
    CorridorVersionPage,
    CorridorView,
    Destination,
    DestinationPage,
    DestinationVersionPage,
    DestinationView,
    Detector,
    DetectorPage,
    DetectorView,
    Sign,
    SignPage,
    SignVersionPage,
    SignView,
)

Row = TypeVar("Row", bound=Body)


def _no_more_rules(_row: Any, _known: Known) -> list[Fault]:  # noqa: ANN401 - any row
    return []


@dataclass(frozen=True, slots=True)
class Noun(Generic[Row]):
    """A registered noun: its words, its bodies, one that stands in the demo town, and what its rows mention."""

    name: str
    body: type[Row]
    view: type[Any]
    page: type[Any]
    what: str
    town_id: str
    mentions: Callable[[Row], list[Mention]]
    rules: Callable[[Row, Known], Sequence[Fault]] = _no_more_rules
    has_geometry: bool = True
    version_page: type[Any] | None = None
    """Of its versions, where they are counted."""
    retirement: str = ""
    """What it means to take one out of service, for people; empty: that is not possible."""

    @property
    def plural(self) -> str:
        """The word in paths."""
        return f"{self.name}s"

    @property
    def id_field(self) -> str:
        """The field and path parameter that holds its id."""
        return f"{self.name}_id"

    def id_of(self, row: Row) -> str:
        """Give a row's id."""
        noun_id: str = getattr(row, self.id_field)
        return noun_id


def _of_detector(row: Detector) -> list[Mention]:
    link = [] if row.link_id is None else [Mention("link", row.link_id, "link_id")]
    return [*link, *(Mention("detector", one, f"neighbours.{i}") for i, one in enumerate(row.neighbours))]


def _detector_is_no_neighbour_of_itself(row: Detector, _known: Known) -> list[Fault]:
    reason = "a detector cannot stand in for itself"
    return [Fault(f"neighbours.{i}", reason) for i, one in enumerate(row.neighbours) if one == row.detector_id]


def _of_destination(row: Destination) -> list[Mention]:
    return [Mention("junction", row.node_id, "node_id")]


def _of_sign(row: Sign) -> list[Mention]:
    destinations = [Mention("destination", one, f"destinations.{i}") for i, one in enumerate(row.destinations)]
    return [Mention("link", row.link_id, "link_id"), *destinations]


def _of_corridor(row: Corridor) -> list[Mention]:
    return [
        *(Mention("sign", one, f"signs.{i}") for i, one in enumerate(row.signs)),
        *(Mention("destination", one, f"destinations.{i}") for i, one in enumerate(row.destinations)),
    ]


DETECTORS = Noun(
    "detector",
    Detector,
    DetectorView,
    DetectorPage,
    "fixed sensors that measure a lane or a carriageway",
    "AB-05",
    _of_detector,
    _detector_is_no_neighbour_of_itself,
)
DESTINATIONS = Noun(
    "destination",
    Destination,
    DestinationView,
    DestinationPage,
    "places that signs lead to",
    "CENTRUM",
    _of_destination,
    has_geometry=False,
    version_page=DestinationVersionPage,
)
SIGNS = Noun(
    "sign",
    Sign,
    SignView,
    SignPage,
    "variable message signs",
    "S2",
    _of_sign,
    version_page=SignVersionPage,
    retirement="no decisions any more, and 410 for its display",
)
CORRIDORS = Noun(
    "corridor",
    Corridor,
    CorridorView,
    CorridorPage,
    "approved detour routes; all their `vehicles` must be able to drive their links one after the other",
    "U1",
    _of_corridor,
    version_page=CorridorVersionPage,
    retirement="no sign leads over it any more, and what leads over it now goes at once",
)
