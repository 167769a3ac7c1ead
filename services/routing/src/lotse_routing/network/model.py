"""The street network as people read, edit and test it: junctions, links and banned turns in a networkx graph."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import networkx as nx

from lotse_routing.network.geometry import Coordinate
from lotse_shared.vehicle import VehicleClass
from lotse_shared.weekly_times import WeeklyTimes

KMH_PER_MS = 3.6
FLOATS = frozenset({"length_m", "free_flow_kmh", "max_height_m", "max_weight_t"})

DrivesOn = Literal["right", "left"]


class NetworkError(ValueError):
    """Junctions, links and banned turns do not make a network: something is named twice or not there."""


@dataclass(frozen=True, slots=True)
class Junction:
    """A point where links meet or end."""

    node_id: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Link:
    """A directed piece of road between two junctions.

    `access` is that of cars: 'yes', 'no', or 'destination' for streets that only those may use who start or end there;
    the other vehicle classes have their own. No `max_height_m` or `max_weight_t` is no limit. `ways` are the
    OpenStreetMap ways it was made from, in driving order; `coordinates` its line with both ends.
    """

    link_id: str
    from_node: str
    to_node: str
    name: str
    ref: str
    road_class: str
    length_m: float
    free_flow_kmh: float
    speed_source: str
    lanes: int
    access: str
    truck_access: str
    bus_access: str
    emergency_access: str
    max_height_m: float | None
    max_weight_t: float | None
    ways: tuple[int, ...]
    coordinates: tuple[Coordinate, ...]

    @property
    def free_flow_time_s(self) -> float:
        """Seconds to traverse it without traffic."""
        return self.length_m / self.free_flow_kmh * KMH_PER_MS

    def access_of(self, vehicle: VehicleClass) -> str:
        """Tell whether vehicles of a class may use it: 'yes', 'destination' or 'no'."""
        return {
            VehicleClass.CAR: self.access,
            VehicleClass.TRUCK: self.truck_access,
            VehicleClass.BUS: self.bus_access,
            VehicleClass.EMERGENCY: self.emergency_access,
        }[vehicle]


@dataclass(frozen=True, slots=True)
class BannedTurn:
    """Links, two or more, head to tail, that certain vehicles may not drive one after the other.

    `during` are opening hours in local time ('Mo-Fr 07:00-09:00'), empty for always.
    """

    links: tuple[str, ...]
    vehicles: frozenset[VehicleClass]
    during: str = ""

    @property
    def key(self) -> tuple[tuple[str, ...], tuple[str, ...], str]:
        """What banned turns are told apart and sorted by."""
        return self.links, tuple(sorted(self.vehicles)), self.during


@dataclass(frozen=True, slots=True)
class Condition:
    """Access to a link that differs from the link's own during certain hours (local time) for certain vehicles.

    Those of one link and vehicle class should not overlap: they have no order. Imports see to it.
    """

    link_id: str
    vehicles: frozenset[VehicleClass]
    access: str
    during: str

    @property
    def key(self) -> tuple[str, tuple[str, ...], str, str]:
        """What conditions are told apart and sorted by."""
        return self.link_id, tuple(sorted(self.vehicles)), self.access, self.during


@dataclass(frozen=True)
class StreetNetwork:
    """A network: `graph` has node attribute `junction`, link ids as edge keys, edge attribute `link`.

    `banned_turns` and `conditions` are sorted. `version` is the SHA-256 of the content; name and source do not count.
    """

    name: str
    source: str
    graph: "nx.MultiDiGraph[str]"
    banned_turns: tuple[BannedTurn, ...]
    conditions: tuple[Condition, ...]
    drives_on: DrivesOn
    version: str

    def junctions(self) -> list[Junction]:
        """All junctions, sorted by id."""
        junctions: list[Junction] = [data["junction"] for _, data in self.graph.nodes(data=True)]
        return sorted(junctions, key=lambda junction: junction.node_id)

    def links(self) -> list[Link]:
        """All links, sorted by id."""
        links: list[Link] = [data["link"] for _, _, data in self.graph.edges(data=True)]
        return sorted(links, key=lambda link: link.link_id)


def build_network(  # noqa: PLR0913 - the parts of a network
    name: str,
    source: str,
    junctions: Iterable[Junction],
    links: Iterable[Link],
    banned_turns: Iterable[BannedTurn] = (),
    *,
    conditions: Iterable[Condition] = (),
    drives_on: DrivesOn = "right",
) -> StreetNetwork:
    """Make a network whose graph and version do not depend on the order of what it is made from.

    Raises
    ------
    NetworkError
        An id stands twice, a link ends at an unknown junction or where it begins, a banned turn is none, a condition
        is on an unknown link, or hours are not understood.
    """
    sorted_junctions = sorted(junctions, key=lambda junction: junction.node_id)
    sorted_links = sorted(links, key=lambda link: link.link_id)
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for junction in sorted_junctions:
        _check(junction.node_id not in graph, f"junction {junction.node_id} stands twice")
        graph.add_node(junction.node_id, junction=junction)
    by_id: dict[str, Link] = {}
    for link in sorted_links:
        _check(link.link_id not in by_id, f"link {link.link_id} stands twice")
        _check(link.from_node in graph and link.to_node in graph, f"link {link.link_id} ends at no junction")
        _check(link.from_node != link.to_node, f"link {link.link_id} ends where it begins")
        by_id[link.link_id] = link
        graph.add_edge(link.from_node, link.to_node, key=link.link_id, link=link)
    turns = tuple(sorted(set(banned_turns), key=lambda turn: turn.key))
    for turn in turns:
        _check_turn(turn, by_id)
    differing = tuple(sorted(set(conditions), key=lambda condition: condition.key))
    for condition in differing:
        _check(condition.link_id in by_id, f"a condition is on the unknown link {condition.link_id}")
        _check_hours(condition.during)
    version = _version(drives_on, sorted_junctions, sorted_links, turns, differing)
    return StreetNetwork(name, source, graph, turns, differing, drives_on, version)


def _check_turn(turn: BannedTurn, by_id: Mapping[str, Link]) -> None:
    told = " to ".join(turn.links)
    _check(all(link in by_id for link in turn.links), f"the banned turn {told} names an unknown link")
    is_line = all(by_id[first].to_node == by_id[then].from_node for first, then in pairwise(turn.links))
    _check(is_line and len(turn.links) > 1, f"{told} is no turn")
    if turn.during:
        _check_hours(turn.during)


def _check_hours(during: str) -> None:
    try:
        WeeklyTimes.parse(during)
    except ValueError as error:
        raise NetworkError(str(error)) from error


def _check(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - a condition
    if not holds:
        raise NetworkError(otherwise)


def _version(
    drives_on: DrivesOn,
    junctions: Iterable[Junction],
    links: Iterable[Link],
    turns: Iterable[BannedTurn],
    conditions: Iterable[Condition],
) -> str:
    """SHA-256 of one canonical JSON line per thing. JSON writes floats so that they are read back exactly.

    Integers among them become floats, which is what the database gives back.
    """
    digest = hashlib.sha256()
    _add(digest, ["drives_on", drives_on])
    for junction in junctions:
        _add(digest, ["junction", junction.node_id, float(junction.lon), float(junction.lat)])
    for link in links:
        _add(digest, ["link", *(_canonical(field, getattr(link, field)) for field in Link.__slots__)])
    for turn in turns:
        _add(digest, ["banned_turn", *turn.key])
    for condition in conditions:
        _add(digest, ["condition", *condition.key])
    return digest.hexdigest()


def _canonical(field: str, value: Any) -> object:  # noqa: ANN401 - any of a link's values
    if field == "coordinates":
        return [[float(lon), float(lat)] for lon, lat in value]
    return float(value) if field in FLOATS and value is not None else value


def _add(digest: "hashlib._Hash", row: list[object]) -> None:
    digest.update(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode())
    digest.update(b"\n")
