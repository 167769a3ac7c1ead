"""Builders of streets that SUMO and Lotse cut differently, and of the demo town as SUMO would drive it."""

import csv
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

from evaluation.line.mapping import Link
from evaluation.nouns import City, Edge, Knowledge, SignPost, Station, StationReading

from lotse_standalone.town import FOLDER

LINK_M = 100.0
SLOTS = 12
USUAL_VEHICLES_PER_H = 600.0
USUAL_SHARE = 0.9
JAM_KMH = 4.0


def an_edge(edge_id: str, *, onward: str = "", ways: str = "", length_m: float = LINK_M) -> Edge:
    """An edge; `onward` and `ways` are ids with blanks between them."""
    return Edge(
        edge_id=edge_id,
        name="",
        road_class="primary",
        length_m=length_m,
        speed_kmh=50.0,
        lanes=1,
        from_node="",
        to_node="",
        onward=tuple(onward.split()),
        ways=tuple(ways.split()),
    )


def a_link(from_node: str, to_node: str, ways: str = "1", *, street: str = "", length_m: float = LINK_M) -> Link:
    return Link(f"{from_node}-{to_node}-0", from_node, to_node, length_m, street, tuple(ways.split()))


def links_along(nodes: str, ways: str = "1", *, street: str = "") -> list[Link]:
    """Links from each of these nodes to the next."""
    names = nodes.split()
    return [a_link(first, then, ways, street=street) for first, then in pairwise(names)]


def town_city(folder: Path, stations: dict[str, str], signs: dict[str, str], destinations: dict[str, str]) -> City:
    """The demo town without SUMO: its links as edges, and as much of a network file as the line reads."""
    edges = _town_edges()
    return City(
        name="town",
        net_file=_write_net(folder / "town.net.xml", edges),
        source=FOLDER,
        edges=edges,
        stations=tuple(Station(name, edge, edges[edge].length_m / 2) for name, edge in stations.items()),
        signs=tuple(SignPost(name, edge) for name, edge in signs.items()),
        destinations=destinations,
    )


def a_knowledge(city: City) -> Knowledge:
    """Usual mornings at nine tenths of the speed limit."""
    return Knowledge(
        city=city,
        trips=(),
        sample_share=0.1,
        typical_kmh={s.station_id: (USUAL_SHARE * city.edges[s.edge_id].speed_kmh,) * SLOTS for s in city.stations},
        usual_vehicles_per_h={station.edge_id: USUAL_VEHICLES_PER_H for station in city.stations},
        usual_time_s={},
    )


def a_reading(city: City, station: Station, number: int, *, jammed: bool) -> StationReading:
    """What a station measures in a minute: as usual, or (that of the highest number) a jam."""
    if jammed and station is city.stations[-1]:
        return StationReading(station.station_id, 4, JAM_KMH + number % 2, 60.0)
    speed_kmh = USUAL_SHARE * city.edges[station.edge_id].speed_kmh + 0.1 * (number % 5)
    return StationReading(station.station_id, 10 + number % 3, round(speed_kmh, 1), 8.0)


def _town_edges() -> dict[str, Edge]:
    with (FOLDER / "links.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["access"] == "yes"]
    return {edge.edge_id: edge for edge in (_town_edge(row, rows) for row in rows)}


def _town_edge(row: dict[str, str], rows: list[dict[str, str]]) -> Edge:
    begin, end = row["from_node"], row["to_node"]
    onward = tuple(f"{end}-{r['to_node']}-0" for r in rows if r["from_node"] == end and r["to_node"] != begin)
    return Edge(
        edge_id=f"{begin}-{end}-0",
        name=row["name"],
        road_class=row["road_class"],
        length_m=float(row["length_m"]),
        speed_kmh=float(row["free_flow_kmh"]),
        lanes=int(row["lanes"] or 1),
        from_node=begin,
        to_node=end,
        onward=onward,
    )


def _write_net(path: Path, edges: dict[str, Edge]) -> Path:
    root = ET.Element("net")
    for edge in edges.values():
        ET.SubElement(root, "edge", {"id": edge.edge_id, "from": edge.from_node, "to": edge.to_node})
    ET.ElementTree(root).write(path)
    return path
