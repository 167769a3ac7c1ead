"""Street networks as plain networkx graphs and GraphML, both ways: to look at, to edit, to compute with elsewhere.

Nodes are junctions with `x` and `y` (longitude, latitude). Edges are links, with the fields of `model.Link` as numbers
and text: `coordinates` as 'lon lat;lon lat;...', `ways` as '17 18', no limit as no attribute. The graph has
`drives_on`, and `banned_turns` and `conditions` as JSON. There and back gives the same version.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import networkx as nx

from lotse_routing.network.geometry import Coordinate
from lotse_routing.network.graphs.osmnx import is_osmnx_style, read_osmnx_style
from lotse_routing.network.graphs.rows import BanRows, ConditionRows, EdgeRow, GraphError, GraphRow, NodeRow, checked
from lotse_routing.network.model import (
    FLOATS,
    BannedTurn,
    Condition,
    Junction,
    Link,
    NetworkError,
    StreetNetwork,
    build_network,
)
from lotse_routing.network.summary import ImportSummary, outside_notes, summarize

SUFFIX = ".graphml"


def to_networkx(network: StreetNetwork) -> "nx.MultiDiGraph[str]":
    """Make a graph of plain values; edge keys are link ids."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(
        name=network.name,
        source=network.source,
        drives_on=network.drives_on,
        banned_turns=json.dumps([turn.key for turn in network.banned_turns]),
        conditions=json.dumps([condition.key for condition in network.conditions]),
    )
    for junction in network.junctions():
        graph.add_node(junction.node_id, x=float(junction.lon), y=float(junction.lat))
    for link in network.links():
        graph.add_edge(link.from_node, link.to_node, key=link.link_id, **_attributes(link))
    return graph


def from_networkx(graph: "nx.Graph[Any]", name: str, source: str) -> StreetNetwork:
    """Make a street network of a graph as `to_networkx` gives it, or as osmnx does.

    Raises
    ------
    GraphError
        Nodes or edges lack what they need, each named with its attribute and the reason.
    """
    return _read(graph, name, source)[0]


def export_graphml(network: StreetNetwork, path: Path) -> None:
    """Write a network as GraphML, which networkx, Gephi, igraph and others read."""
    nx.write_graphml_xml(to_networkx(network), path)


def import_graphml(path: Path, name: str) -> tuple[StreetNetwork, ImportSummary]:
    """Make a street network of a GraphML file: one of `export_graphml`, perhaps edited, or one that osmnx saved.

    Raises
    ------
    GraphError
        The file cannot be read, or is no street network.
    """
    try:
        graph = nx.read_graphml(path, edge_key_type=str, force_multigraph=True)
    except (OSError, ParseError, nx.NetworkXError, KeyError, ValueError) as error:
        raise GraphError([f"{path} cannot be read as GraphML: {error}"]) from error
    network, notes = _read(graph, name, path.name)
    return network, summarize(network, notes=notes | outside_notes(network))


def _read(graph: "nx.Graph[Any]", name: str, source: str) -> tuple[StreetNetwork, dict[str, int]]:
    if not isinstance(graph, nx.MultiDiGraph):
        raise GraphError(["the graph is no MultiDiGraph: links lead one way, and may be parallel"])
    if is_osmnx_style(graph):
        return read_osmnx_style(graph, name, source)
    try:
        return _build(graph, name, source), {}
    except NetworkError as error:
        raise GraphError([str(error)]) from error


def _build(graph: "nx.MultiDiGraph[Any]", name: str, source: str) -> StreetNetwork:
    problems: list[str] = []
    junctions = list(_junctions(graph, problems))
    links = list(_links(graph, {junction.node_id: (junction.lon, junction.lat) for junction in junctions}, problems))
    about = checked(GraphRow, dict(graph.graph), "the graph", problems)
    if not links and not problems:
        problems.append("the graph has no edge")
    if problems or about is None:
        raise GraphError(problems)
    return build_network(
        name,
        source,
        junctions,
        links,
        _banned_turns(about.banned_turns),
        conditions=_conditions(about.conditions),
        drives_on=about.drives_on,
    )


def _junctions(graph: "nx.MultiDiGraph[Any]", problems: list[str]) -> Iterator[Junction]:
    for node, data in graph.nodes(data=True):
        row = checked(NodeRow, {"node_id": str(node)} | data, f"node {node}", problems)
        if row:
            yield Junction(row.node_id, row.x, row.y)


def _links(graph: "nx.MultiDiGraph[Any]", places: Mapping[str, Coordinate], problems: list[str]) -> Iterator[Link]:
    for start, end, data in graph.edges(data=True):
        row = checked(EdgeRow, data, f"edge {start} to {end}", problems)
        ends = [places[node] for node in (str(start), str(end)) if node in places]
        if row and len(ends) == 2:  # noqa: PLR2004 - both ends
            yield _link(row, str(start), str(end), ends)


def _link(row: EdgeRow, start: str, end: str, ends: list[Coordinate]) -> Link:
    return Link(
        link_id=row.link_id,
        from_node=start,
        to_node=end,
        name=row.name,
        ref=row.ref,
        road_class=row.road_class,
        length_m=row.length_m,
        free_flow_kmh=row.free_flow_kmh,
        speed_source=row.speed_source,
        lanes=row.lanes,
        access=row.access,
        truck_access=row.truck_access or row.access,
        bus_access=row.bus_access or row.access,
        emergency_access=row.emergency_access or row.access,
        max_height_m=row.max_height_m,
        max_weight_t=row.max_weight_t,
        ways=row.ways,
        coordinates=row.coordinates or tuple(ends),
    )


def _attributes(link: Link) -> dict[str, str | float | int]:
    values = {field: getattr(link, field) for field in Link.__slots__ if field not in {"from_node", "to_node"}}
    values["ways"] = " ".join(map(str, link.ways))
    values["coordinates"] = ";".join(f"{float(lon)} {float(lat)}" for lon, lat in link.coordinates)
    present = {field: value for field, value in values.items() if value is not None}
    return {field: float(value) if field in FLOATS else value for field, value in present.items()}


def _banned_turns(rows: BanRows) -> Iterable[BannedTurn]:
    return (BannedTurn(links, frozenset(vehicles), during) for links, vehicles, during in rows)


def _conditions(rows: ConditionRows) -> Iterable[Condition]:
    return (Condition(link, frozenset(vehicles), access, during) for link, vehicles, access, during in rows)
