"""The street network as people read, edit and test it: junctions, links and banned turns in a networkx graph."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import networkx as nx

from lotse_routing.network.geometry import Coordinate

KMH_PER_MS = 3.6
FLOATS = frozenset({"length_m", "free_flow_kmh"})


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

    `access` is 'yes', or 'destination' for streets that only those may use who start or end there. `ways` are the
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
    ways: tuple[int, ...]
    coordinates: tuple[Coordinate, ...]

    @property
    def free_flow_time_s(self) -> float:
        """Seconds to traverse it without traffic."""
        return self.length_m / self.free_flow_kmh * KMH_PER_MS


@dataclass(frozen=True)
class StreetNetwork:
    """A network: `graph` has node attribute `junction`, link ids as edge keys, edge attribute `link`.

    `banned_turns` are pairs of link ids. `version` is the SHA-256 of the content; name and source do not count.
    """

    name: str
    source: str
    graph: "nx.MultiDiGraph[str]"
    banned_turns: frozenset[tuple[str, str]]
    version: str

    def junctions(self) -> list[Junction]:
        """All junctions, sorted by id."""
        junctions: list[Junction] = [data["junction"] for _, data in self.graph.nodes(data=True)]
        return sorted(junctions, key=lambda junction: junction.node_id)

    def links(self) -> list[Link]:
        """All links, sorted by id."""
        links: list[Link] = [data["link"] for _, _, data in self.graph.edges(data=True)]
        return sorted(links, key=lambda link: link.link_id)


def build_network(
    name: str,
    source: str,
    junctions: Iterable[Junction],
    links: Iterable[Link],
    banned_turns: Iterable[tuple[str, str]],
) -> StreetNetwork:
    """Make a network whose graph and version do not depend on the order of what it is made from.

    Raises
    ------
    NetworkError
        An id stands twice, a link ends at an unknown junction or where it begins, or a banned turn is none.
    """
    sorted_junctions = sorted(junctions, key=lambda junction: junction.node_id)
    sorted_links = sorted(links, key=lambda link: link.link_id)
    turns = frozenset(banned_turns)
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
    for first, then in turns:
        _check(first in by_id and then in by_id, f"the banned turn {first} to {then} names an unknown link")
        _check(by_id[first].to_node == by_id[then].from_node, f"{first} to {then} is no turn")
    return StreetNetwork(name, source, graph, turns, _version(sorted_junctions, sorted_links, turns))


def _check(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - a condition
    if not holds:
        raise NetworkError(otherwise)


def _version(junctions: list[Junction], links: list[Link], turns: frozenset[tuple[str, str]]) -> str:
    """SHA-256 of one canonical JSON line per thing. JSON writes floats so that they are read back exactly.

    Integers among them become floats, which is what the database gives back.
    """
    digest = hashlib.sha256()
    for junction in junctions:
        _add(digest, ["junction", junction.node_id, float(junction.lon), float(junction.lat)])
    for link in links:
        _add(digest, ["link", *(_canonical(field, getattr(link, field)) for field in Link.__slots__)])
    for turn in sorted(turns):
        _add(digest, ["banned_turn", *turn])
    return digest.hexdigest()


def _canonical(field: str, value: Any) -> object:  # noqa: ANN401 - any of a link's values
    if field == "coordinates":
        return [[float(lon), float(lat)] for lon, lat in value]
    return float(value) if field in FLOATS else value


def _add(digest: "hashlib._Hash", row: list[object]) -> None:
    digest.update(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode())
    digest.update(b"\n")
