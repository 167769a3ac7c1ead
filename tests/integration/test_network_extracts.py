"""Real street networks import, and routes in them obey their turns."""

from functools import cache
from pathlib import Path

import networkx as nx
import pytest
from factories_network import unwatched

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


def test_kaiserslautern_has_the_size_that_was_measured_before(shared_data: Path) -> None:
    """The shared statistics count 1,610 junctions and 4,130 links, merging whatever touches; we keep changes apart."""
    _, summary = imported(shared_data / KAISERSLAUTERN)
    assert 1_610 <= summary.junctions <= 1_900
    assert 4_130 <= summary.links <= 4_800
    assert summary.length_km == pytest.approx(423.0, rel=0.02)


def test_every_restriction_of_kaiserslautern_is_used_or_told(shared_data: Path) -> None:
    _, summary = imported(shared_data / KAISERSLAUTERN)
    dropped = {reason: len(relations) for reason, relations in summary.restrictions_dropped.items()}
    assert summary.restrictions_used == 39
    assert dropped == {"a way is left out: highway=service": 4, "via a way": 1}


@pytest.mark.parametrize("file", [KAISERSLAUTERN, MONACO])
def test_one_can_drive_from_everywhere_to_everywhere_by_directions(shared_data: Path, file: str) -> None:
    network, _ = imported(shared_data / file)
    assert nx.is_strongly_connected(network.graph)


@pytest.mark.parametrize("file", [KAISERSLAUTERN, MONACO])
def test_geometry_fits_junctions_and_lengths(shared_data: Path, file: str) -> None:
    network, _ = imported(shared_data / file)
    places = {junction.node_id: (junction.lon, junction.lat) for junction in network.junctions()}
    for link in network.links():
        assert (link.coordinates[0], link.coordinates[-1]) == (places[link.from_node], places[link.to_node])
        assert link.ways
