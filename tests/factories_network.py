"""Builders of small street networks and OpenStreetMap files."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from xml.sax.saxutils import quoteattr

from lotse_routing.network.import_osm import import_osm
from lotse_routing.network.model import BannedTurn, Junction, Link, StreetNetwork, build_network
from lotse_routing.network.summary import ImportSummary
from lotse_shared.vehicle import ALL_VEHICLES

Tags = Mapping[str, str]
T = TypeVar("T")

STREET = {"highway": "residential", "name": "Ringstraße", "maxspeed": "30", "lanes": "2"}
CROSS = {1: (0, 0), 2: (-1, 0), 3: (1, 0), 4: (0, 1), 5: (0, -1)}
"""A crossroads: nodes, and in ARMS its ways."""
ARMS = {20: ([2, 1], STREET), 30: ([1, 3], STREET), 40: ([1, 4], STREET), 50: ([5, 1], STREET)}
Relation = tuple[list[tuple[str, int, str]], dict[str, str]]


def place(column: float, row: float) -> tuple[float, float]:
    """Longitude and latitude on a grid of about 100 m in Kaiserslautern."""
    return round(7.77 + column * 0.00138, 7), round(49.44 + row * 0.0009, 7)


def a_link(from_node: str, to_node: str, places: Mapping[str, tuple[float, float]], **fields: Any) -> Link:
    """A street between two junctions, 100 m at 36 km/h: 10 s."""
    given: dict[str, Any] = {
        "link_id": f"{from_node}-{to_node}-0",
        "from_node": from_node,
        "to_node": to_node,
        "name": "Hauptstraße",
        "ref": "",
        "road_class": "residential",
        "length_m": 100.0,
        "free_flow_kmh": 36.0,
        "speed_source": "given",
        "lanes": 1,
        "access": "yes",
        "max_height_m": None,
        "max_weight_t": None,
        "ways": (),
        "coordinates": (places[from_node], places[to_node]),
    }
    given |= fields
    others = dict.fromkeys(("truck_access", "bus_access", "emergency_access"), given["access"])
    return Link(**others | given)


def a_network(
    places: Mapping[str, tuple[float, float]],
    links: Iterable[Link],
    banned_turns: Iterable[tuple[str, ...]] = (),
    **more: Any,
) -> StreetNetwork:
    """A network; banned turns, given by their links, hold always and for all vehicles."""
    junctions = [Junction(node, lon, lat) for node, (lon, lat) in places.items()]
    turns = (BannedTurn(turn, ALL_VEHICLES) for turn in banned_turns)
    return build_network("a town", "a test", junctions, links, turns, **more)


def banned_links(network: StreetNetwork) -> set[tuple[str, ...]]:
    """The links of the banned turns."""
    return {turn.links for turn in network.banned_turns}


def both_ways(pairs: Iterable[tuple[str, str]], places: Mapping[str, tuple[float, float]], **fields: Any) -> list[Link]:
    """Streets in both directions."""
    ends = [ends for a, b in pairs for ends in ((a, b), (b, a))]
    return [a_link(start, end, places, **fields) for start, end in ends]


def osm_xml(
    nodes: Mapping[int, tuple[float, float]],
    ways: Mapping[int, tuple[Sequence[int], Tags]],
    relations: Mapping[int, tuple[Sequence[tuple[str, int, str]], Tags]] | None = None,
    node_tags: Mapping[int, Tags] | None = None,
) -> str:
    """An OpenStreetMap file whose timestamps and versions are stripped, as real extracts have it."""
    stripped = 'version="-1" timestamp="1969-12-31T23:59:59Z" changeset="-1"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    for node, (column, row) in nodes.items():
        lon, lat = place(column, row)
        inner = _tags((node_tags or {}).get(node, {}))
        lines.append(f'<node id="{node}" lat="{lat}" lon="{lon}" {stripped}>{inner}</node>')
    for way, (refs, tags) in ways.items():
        inner = "".join(f'<nd ref="{ref}"/>' for ref in refs) + _tags(tags)
        lines.append(f'<way id="{way}" {stripped}>{inner}</way>')
    for relation, (members, tags) in (relations or {}).items():
        inner = "".join(f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members)
        lines.append(f'<relation id="{relation}" {stripped}>{inner}{_tags(tags)}</relation>')
    return "\n".join([*lines, "</osm>"])


def read_osm(tmp_path: Path, *args: Any, **kwargs: Any) -> tuple[StreetNetwork, ImportSummary]:
    """Import what `osm_xml` makes of the arguments."""
    path = tmp_path / "town.osm"
    path.write_text(osm_xml(*args, **kwargs), encoding="utf-8")
    return import_osm(path, "town", unwatched)


def turn(kind: str, from_way: int, to_way: int, **tags: str) -> Relation:
    """A turn restriction at node 1."""
    members = [("way", from_way, "from"), ("node", 1, "via"), ("way", to_way, "to")]
    return members, {"type": "restriction"} | ({"restriction": kind} if kind else {}) | tags


def unwatched(items: Iterable[T], total: float | None = None, *, description: str = "") -> Iterable[T]:  # noqa: ARG001
    return items


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
