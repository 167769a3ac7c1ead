"""Networks as networkx graphs and GraphML: ours, edited by hand, and those of osmnx."""

from pathlib import Path
from typing import Any

import networkx as nx
import pytest
import shapely
from factories_network import a_network, both_ways, place

from lotse_routing.network.graphs.exchange import export_graphml, from_networkx, import_graphml, to_networkx
from lotse_routing.network.graphs.rows import GraphError

PLACES = {"A": place(0, 0), "B": place(1, 0), "C": place(2, 0)}
TOWN = a_network(PLACES, both_ways([("A", "B"), ("B", "C")], PLACES), [("A-B-0", "B-C-0")])


def osmnx_graph(**of_edges: Any) -> "nx.MultiDiGraph[int]":
    """What osmnx.graph_from_place gives, in small."""
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(crs="epsg:4326")
    for node, (lon, lat) in {17: PLACES["A"], 18: PLACES["B"], 19: PLACES["C"]}.items():
        graph.add_node(node, x=lon, y=lat, street_count=3)
    street = {"osmid": 5, "highway": "residential", "name": "Allee", "oneway": False, "length": 101.5, "lanes": "2"}
    for start, end in ((17, 18), (18, 17), (18, 19), (19, 18)):
        graph.add_edge(start, end, key=0, **street | of_edges)
    return graph


def test_attributes_are_plain_numbers_and_text() -> None:
    graph = to_networkx(TOWN)
    values = [*graph.graph.values(), *(v for _, d in graph.nodes(data=True) for v in d.values())]
    values += [v for _, _, d in graph.edges(data=True) for v in d.values()]
    assert {type(value) for value in values} == {str, float, int}


def test_a_file_that_was_written_is_read_as_the_same_network(tmp_path: Path) -> None:
    export_graphml(TOWN, tmp_path / "town.graphml")
    network, summary = import_graphml(tmp_path / "town.graphml", "Musterstadt")
    assert network.version == TOWN.version
    assert (network.name, network.source, summary.links) == ("Musterstadt", "town.graphml", 4)


def test_an_edited_graph_is_another_network() -> None:
    graph = to_networkx(TOWN)
    graph.edges["A", "B", "A-B-0"]["free_flow_kmh"] = 20
    graph.add_edge(
        "A", "C", link_id="A-C-0", road_class="primary", length_m=200, free_flow_kmh=50, lanes=1, access="yes"
    )
    graph.edges["A", "B", "A-B-0"]["colour"] = "red"
    network = from_networkx(graph, "town", "by hand")
    links = {link.link_id: link for link in network.links()}
    assert links["A-B-0"].free_flow_kmh == 20
    assert links["A-C-0"].coordinates == (PLACES["A"], PLACES["C"])
    assert links["A-C-0"].bus_access == "yes"


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"lanes": 0}, "edge A to B: lanes: Input should be greater than or equal to 1"),
        ({"access": "maybe"}, "edge A to B: access: Input should be 'yes', 'destination' or 'no'"),
        ({"coordinates": "7.7"}, "edge A to B: coordinates: should be 'lon lat;lon lat;...'"),
        ({"link_id": "B-A-0"}, "link B-A-0 stands twice"),
        ({"link_id": "A B"}, "edge A to B: link_id: String should match pattern"),
    ],
)
def test_what_is_no_network_is_told_with_its_place(edit: dict[str, Any], told: str) -> None:
    graph = to_networkx(TOWN)
    graph.edges["A", "B", "A-B-0"].update(edit)
    with pytest.raises(GraphError) as error:
        from_networkx(graph, "town", "by hand")
    assert str(error.value).startswith(told)


def test_what_is_missing_is_told_with_its_place() -> None:
    graph = to_networkx(TOWN)
    del graph.nodes["A"]["x"], graph.edges["A", "B", "A-B-0"]["length_m"]
    with pytest.raises(GraphError) as error:
        from_networkx(graph, "town", "by hand")
    assert error.value.problems == ["node A: x: Field required", "edge A to B: length_m: Field required"]


@pytest.mark.parametrize(
    ("graph", "told"),
    [
        (nx.DiGraph([(1, 2)]), "no MultiDiGraph"),
        (nx.MultiDiGraph([(1, 2)]), "node 1: x: Field required"),
        (nx.MultiDiGraph(), "has no edge"),
    ],
)
def test_a_graph_of_something_else_is_refused(graph: Any, told: str) -> None:
    with pytest.raises(GraphError, match=told):
        from_networkx(graph, "town", "something")


@pytest.mark.parametrize("content", [None, "no XML", "<graphml/>", "<a/>"])
def test_a_file_that_is_no_graphml_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "town.graphml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(GraphError):
        import_graphml(path, "town")


def test_a_graph_of_osmnx_becomes_a_network_by_the_rules_of_the_import() -> None:
    network = from_networkx(osmnx_graph(maxspeed=["50", "30"], hgv="no"), "town", "osmnx")
    assert {link.link_id for link in network.links()} == {"17-18-0", "18-17-0", "18-19-0", "19-18-0"}
    link = network.links()[0]
    assert (link.name, link.road_class, link.length_m, link.lanes, link.ways) == (
        "Allee",
        "residential",
        101.5,
        1,
        (5,),
    )
    assert (link.free_flow_kmh, link.speed_source) == (30.0, "maxspeed")


def test_a_graph_that_osmnx_saved_is_read_too(tmp_path: Path) -> None:
    """In GraphML its lists, booleans and lines are text."""
    graph = osmnx_graph(osmid="[5, 6]", oneway="False", geometry=None, lanes="['2', '4']")
    line = shapely.LineString([PLACES["A"], place(0.5, 0.5), PLACES["B"]])
    for _, _, data in graph.edges(data=True):
        del data["geometry"]
    graph.edges[17, 18, 0]["geometry"] = line.wkt
    nx.write_graphml_xml(graph, tmp_path / "osmnx.graphml")
    network, summary = import_graphml(tmp_path / "osmnx.graphml", "town")
    link = network.links()[0]
    assert (link.link_id, link.ways, len(link.coordinates)) == ("17-18-0", (5, 6), 3)
    assert summary.notes == {"speed by class default": 4}


def test_what_osmnx_has_and_we_do_not_is_counted(tmp_path: Path) -> None:
    graph = osmnx_graph()
    graph.add_edge(17, 19, osmid=7, highway="service", oneway=False, length=50)
    graph.add_edge(17, 17, osmid=8, highway="residential", oneway=True, length=50)
    nx.write_graphml_xml(graph, tmp_path / "osmnx.graphml")
    network, summary = import_graphml(tmp_path / "osmnx.graphml", "town")
    assert len(network.links()) == 4
    assert summary.notes["edges left out: highway=service"] == 1
    assert summary.notes["edges left out: they end where they begin"] == 1


def test_an_edge_of_osmnx_without_sense_is_told() -> None:
    graph = osmnx_graph()
    graph.edges[17, 18, 0]["geometry"] = "LINE(1"
    with pytest.raises(GraphError, match="edge 17 to 18: "):
        from_networkx(graph, "town", "osmnx")
