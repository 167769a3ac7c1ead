"""Real street networks import, and routes in them obey their turns."""

from functools import cache
from pathlib import Path

import networkx as nx
import osmium
import pytest
from factories_network import banned_links, unwatched

from lotse_routing.network.compare.difference import compare_networks
from lotse_routing.network.graphs.exchange import export_graphml, import_graphml
from lotse_routing.network.import_osm import import_osm
from lotse_routing.network.model import StreetNetwork
from lotse_routing.network.summary import ImportSummary

pytestmark = pytest.mark.data

KAISERSLAUTERN, MONACO = "osm-kaiserslautern/kaiserslautern.osm.pbf", "osm-monaco/monaco.osm.gz"


@cache
def imported(path: Path) -> tuple[StreetNetwork, ImportSummary]:
    return import_osm(path, path.name.partition(".")[0], unwatched)


def test_both_forms_of_kaiserslautern_are_one_network(shared_data: Path) -> None:
    binary, summary = imported(shared_data / KAISERSLAUTERN)
    zipped, other_summary = imported(shared_data / "osm-kaiserslautern/kaiserslautern.osm.gz")
    assert binary.version == zipped.version
    assert summary.left_out == other_summary.left_out


def for_cars(network: StreetNetwork) -> "nx.DiGraph[str]":
    return nx.DiGraph((link.from_node, link.to_node) for link in network.links() if link.access != "no")


def test_kaiserslautern_has_the_size_that_was_measured_before(shared_data: Path) -> None:
    """The shared statistics count 1,610 junctions and 4,130 links, merging whatever touches; we keep changes apart.

    They count cars' streets; we have those of buses and emergency vehicles besides.
    """
    network, summary = imported(shared_data / KAISERSLAUTERN)
    assert 1_610 <= summary.junctions <= 1_900
    assert 4_130 <= summary.links_by_vehicle["car"] <= 4_800
    length_km = sum(link.length_m for link in network.links() if link.access != "no") / 1000
    assert length_km == pytest.approx(423.0, rel=0.02)


def test_every_restriction_of_kaiserslautern_is_used_or_told(shared_data: Path) -> None:
    _, summary = imported(shared_data / KAISERSLAUTERN)
    dropped = {reason: len(relations) for reason, relations in summary.restrictions_dropped.items()}
    assert summary.restrictions_used == 40
    assert dropped == {"a way is left out: highway=service": 4}


def test_kaiserslautern_has_streets_for_each_vehicle_class(shared_data: Path) -> None:
    _, summary = imported(shared_data / KAISERSLAUTERN)
    by_vehicle = summary.links_by_vehicle
    assert by_vehicle["emergency"] == summary.links
    assert by_vehicle["truck"] < by_vehicle["car"] < by_vehicle["bus"] < by_vehicle["emergency"]
    assert summary.limited_links > 0
    assert summary.unread == {}


def test_the_one_u_turn_of_kaiserslautern_that_is_banned_via_a_way_is_a_sequence(shared_data: Path) -> None:
    network, _ = imported(shared_data / KAISERSLAUTERN)
    assert [len(links) for links in banned_links(network) if len(links) > 2] == [3]


@pytest.mark.parametrize("file", [KAISERSLAUTERN, MONACO])
def test_cars_can_drive_from_everywhere_to_everywhere_by_directions(shared_data: Path, file: str) -> None:
    network, _ = imported(shared_data / file)
    assert nx.is_strongly_connected(for_cars(network))
    assert nx.is_strongly_connected(network.graph)


@pytest.mark.parametrize("file", [KAISERSLAUTERN, MONACO])
def test_geometry_fits_junctions_and_lengths(shared_data: Path, file: str) -> None:
    network, _ = imported(shared_data / file)
    places = {junction.node_id: (junction.lon, junction.lat) for junction in network.junctions()}
    for link in network.links():
        assert (link.coordinates[0], link.coordinates[-1]) == (places[link.from_node], places[link.to_node])
        assert link.ways


def write_newer_extract(older: Path, newer: Path) -> None:
    """Split every third way that no relation names, under new ids, and move every tenth point by some centimetres."""
    named = {
        member.ref
        for relation in osmium.FileProcessor(older, osmium.osm.RELATION)
        if isinstance(relation, osmium.osm.Relation)
        for member in relation.members
    }
    with osmium.SimpleWriter(str(newer)) as writer:
        for thing in osmium.FileProcessor(older):
            if isinstance(thing, osmium.osm.Node):
                step = 1e-7 if thing.id % 10 == 0 else 0
                writer.add(thing.replace(location=(thing.location.lon + step, thing.location.lat + step)))
            elif (
                isinstance(thing, osmium.osm.Way)
                and thing.id % 3 == 0
                and thing.id not in named
                and len(thing.nodes) > 2
            ):
                nodes = [node.ref for node in thing.nodes]
                middle = len(nodes) // 2
                writer.add(thing.replace(id=thing.id + 10**9, nodes=nodes[middle:]))
                writer.add(thing.replace(nodes=nodes[: middle + 1]))
            else:
                writer.add(thing)


def test_a_newer_extract_of_kaiserslautern_keeps_the_ids_of_all_links(shared_data: Path, tmp_path: Path) -> None:
    older, _ = imported(shared_data / KAISERSLAUTERN)
    write_newer_extract(shared_data / KAISERSLAUTERN, tmp_path / "newer.osm.pbf")
    newer, _ = import_osm(tmp_path / "newer.osm.pbf", "newer", unwatched)
    difference = compare_networks(older, newer, [])
    assert (difference.gone, difference.new) == ((), ())
    assert {field for fields in difference.changed.values() for field in fields} <= {"coordinates", "length_m"}
    assert len(difference.changed) > 1000
    assert difference.banned_turns_new == 0


@pytest.mark.parametrize("file", [KAISERSLAUTERN, MONACO])
def test_a_city_goes_through_graphml_and_comes_back_as_the_same_version(
    shared_data: Path, tmp_path: Path, file: str
) -> None:
    network, _ = imported(shared_data / file)
    export_graphml(network, tmp_path / "city.graphml")
    assert import_graphml(tmp_path / "city.graphml", "city")[0].version == network.version
