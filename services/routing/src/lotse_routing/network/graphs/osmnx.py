"""Graphs as osmnx makes them (osmnx.graph_from_place and the like, also saved by osmnx.save_graphml).

Their edges carry OpenStreetMap's tags, several values as a list, and in GraphML everything as text; the tags are read
by the same rules as an import of the data itself. osmnx keeps neither turn restrictions nor barriers, and of the
tags only a choice: an import of the data itself knows more.
"""

from ast import literal_eval
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import networkx as nx
import shapely

from lotse_routing.network.geometry import Coordinate, line_length_m
from lotse_routing.network.graphs.rows import GraphError, NodeRow, checked
from lotse_routing.network.model import Junction, Link, StreetNetwork, build_network
from lotse_routing.network.osm.tags import Carriageway, LeftOut, read_road
from lotse_routing.network.stable_ids import node_id, number_links

TAGS = ("highway", "name", "ref", "maxspeed", "lanes", "access", "junction", "service", "area")
JOINED = frozenset({"maxspeed", "lanes"})
"""Tags whose several values all count; of the others the first does."""


class _Edge(NamedTuple):
    start: str
    end: str
    line: tuple[Coordinate, ...]
    side: Carriageway
    length_m: float
    ways: tuple[int, ...]


def is_osmnx_style(graph: "nx.MultiDiGraph[Any]") -> bool:
    """Tell whether edges have OpenStreetMap's tags instead of ours."""
    first: Mapping[str, Any] = next((data for _, _, data in graph.edges(data=True)), {})
    return "highway" in first and "road_class" not in first


def read_osmnx_style(graph: "nx.MultiDiGraph[Any]", name: str, source: str) -> tuple[StreetNetwork, dict[str, int]]:
    """Make a street network, and count what was left out and assumed.

    Raises
    ------
    GraphError
        Nodes or edges lack what they need.
    """
    problems: list[str] = []
    notes: Counter[str] = Counter()
    places = dict(_places(graph, problems))
    if problems:
        raise GraphError(problems)
    edges = sorted(
        _edges(graph, places, notes, problems), key=lambda edge: (edge.start, edge.end, edge.line, edge.ways)
    )
    if problems or not edges:
        raise GraphError(problems or ["the graph has no street for our vehicles"])
    ids = number_links((edge.start, edge.end) for edge in edges)
    links = [_link(link_id, edge) for link_id, edge in zip(ids, edges, strict=True)]
    used = {node for edge in edges for node in (edge.start, edge.end)}
    junctions = [Junction(node, *places[node]) for node in sorted(used)]
    return build_network(name, source, junctions, links), dict(notes)


def _places(graph: "nx.MultiDiGraph[Any]", problems: list[str]) -> Iterator[tuple[str, Coordinate]]:
    for node, data in graph.nodes(data=True):
        row = checked(NodeRow, {"node_id": _name(node)} | data, f"node {node}", problems)
        if row:
            yield row.node_id, (row.x, row.y)


def _name(node: object) -> str:
    return node_id(int(str(node))) if str(node).lstrip("-").isdigit() else str(node)


def _edges(
    graph: "nx.MultiDiGraph[Any]", places: Mapping[str, Coordinate], notes: Counter[str], problems: list[str]
) -> Iterator[_Edge]:
    for start, end, data in graph.edges(data=True):
        if start == end:
            notes["edges left out: they end where they begin"] += 1
            continue
        side = _side(data, notes)
        if side is None:
            continue
        try:
            yield _edge(_name(start), _name(end), data, side, places)
        except (ValueError, TypeError, shapely.errors.ShapelyError) as error:
            problems.append(f"edge {start} to {end}: {error}")


def _edge(start: str, end: str, data: Mapping[str, Any], side: Carriageway, places: Mapping[str, Coordinate]) -> _Edge:
    line = tuple(_line(data.get("geometry"), (places[start], places[end])))
    length_m = float(data.get("length") or line_length_m(line))
    if length_m <= 0:
        message = "length: should be above 0"
        raise ValueError(message)
    return _Edge(start, end, line, side, length_m, tuple(int(way) for way in _values(data.get("osmid", ()))))


def _side(data: Mapping[str, Any], notes: Counter[str]) -> Carriageway | None:
    """Read the tags of an edge in its own direction: osmnx has an edge for each direction that is open to its kind."""
    tags = {key: (";" if key in JOINED else "\n").join(map(str, _values(data[key]))) for key in TAGS if key in data}
    tags = {key: value.partition("\n")[0] for key, value in tags.items()}
    road = read_road(tags | {"oneway": "yes" if str(data.get("oneway")).lower() in {"true", "yes", "1"} else "no"})
    if isinstance(road, LeftOut):
        notes[f"edges left out: {road.reason}"] += 1
        return None
    notes.update(road.notes)
    return road.forward


def _values(value: object) -> Sequence[Any]:
    """Give the values of an attribute; GraphML has lists as text."""
    if isinstance(value, str) and value.startswith("["):
        value = literal_eval(value)
    return value if isinstance(value, list | tuple) else [value]


def _line(geometry: str | shapely.Geometry | None, straight: Sequence[Coordinate]) -> Iterator[Coordinate]:
    line = shapely.from_wkt(geometry) if isinstance(geometry, str) else geometry
    if line is None:
        yield from straight
    else:
        yield from ((float(lon), float(lat)) for lon, lat in shapely.get_coordinates(line))


def _link(link_id: str, edge: _Edge) -> Link:
    permission = edge.side.permission
    return Link(
        link_id=link_id,
        from_node=edge.start,
        to_node=edge.end,
        name=edge.side.name,
        ref=edge.side.ref,
        road_class=edge.side.road_class,
        length_m=edge.length_m,
        free_flow_kmh=edge.side.free_flow_kmh,
        speed_source=edge.side.speed_source,
        lanes=edge.side.lanes,
        access=permission.car.value,
        truck_access=permission.truck.value,
        bus_access=permission.bus.value,
        emergency_access=permission.emergency.value,
        max_height_m=edge.side.max_height_m,
        max_weight_t=edge.side.max_weight_t,
        ways=edge.ways,
        coordinates=edge.line,
    )
