import gzip
from pathlib import Path

import osmium
import pytest
from factories_network import ARMS, CROSS, STREET, osm_xml, read_osm, turn, unwatched

from lotse_routing.network.import_osm import import_osm
from lotse_routing.network.model import DrivesOn, Link, StreetNetwork
from lotse_routing.network.osm.file import OsmFileError
from lotse_shared.vehicle import VehicleClass

SQUARE = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1)}
RING = ([1, 2, 3, 4, 1], STREET)


def links(network: StreetNetwork) -> dict[str, Link]:
    return {link.link_id: link for link in network.links()}


def ids(network: StreetNetwork) -> set[str]:
    return set(links(network))


def test_ways_that_meet_end_to_end_become_one_link_each_way_with_their_geometry(tmp_path: Path) -> None:
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 1), 4: (3, 1)}
    network, _ = read_osm(tmp_path, nodes, {10: ([1, 2], STREET), 11: ([4, 3, 2], STREET)})
    assert ids(network) == {"1-4-0", "4-1-0"}
    there, back = links(network)["1-4-0"], links(network)["4-1-0"]
    assert there.coordinates == back.coordinates[::-1]
    assert len(there.coordinates) == 4
    assert (there.ways, back.ways) == ((10, 11), (11, 10))
    assert there.length_m == pytest.approx(100 + 141 + 100, rel=0.02)
    assert there.free_flow_time_s == pytest.approx(there.length_m / (30 / 3.6))


@pytest.mark.parametrize(
    "change",
    [{"name": "Gasse"}, {"highway": "tertiary"}, {"maxspeed": "50"}, {"lanes": "4"}, {"motor_vehicle": "destination"}],
)
def test_links_do_not_run_across_a_change(tmp_path: Path, change: dict[str, str]) -> None:
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 0)}
    network, _ = read_osm(tmp_path, nodes, {10: ([1, 2], STREET), 11: ([2, 3], STREET | change)})
    assert ids(network) == {"1-2-0", "2-1-0", "2-3-0", "3-2-0"}


def test_a_one_way_street_has_links_in_its_direction_only(tmp_path: Path) -> None:
    ways = {10: ([1, 2, 3], STREET), 11: ([1, 4, 3], STREET | {"oneway": "-1", "name": "Einbahn"})}
    network, _ = read_osm(tmp_path, SQUARE, ways)
    assert {(link.from_node, link.to_node) for link in network.links() if link.name == "Einbahn"} == {("3", "1")}


def test_a_loop_has_a_junction_in_its_middle_and_no_link_ends_where_it_begins(tmp_path: Path) -> None:
    network, _ = read_osm(tmp_path, SQUARE | {9: (-1, 0)}, {10: RING, 11: ([1, 9], STREET)})
    assert ids(network) == {"1-9-0", "9-1-0", "1-3-0", "1-3-1", "3-1-0", "3-1-1"}


def test_ordinals_of_parallel_links_do_not_depend_on_way_ids(tmp_path: Path) -> None:
    upper, lower = ([1, 2, 3], STREET), ([1, 4, 3], STREET | {"name": "Unten"})
    network, _ = read_osm(tmp_path, SQUARE, {10: upper, 11: lower})
    renumbered, _ = read_osm(tmp_path, SQUARE, {10: lower, 11: upper})
    names = {link.link_id: link.name for link in network.links()}
    assert len(names) == 4
    assert names == {link.link_id: link.name for link in renumbered.links()}


def test_streets_of_buses_and_emergency_vehicles_are_kept_where_they_hang_at_the_streets_of_cars(
    tmp_path: Path,
) -> None:
    nodes = SQUARE | {5: (2, 0), 6: (3, 0), 8: (8, 8), 9: (9, 8)}
    ways = {
        10: RING,
        11: ([2, 5], {"highway": "busway", "name": "Busstraße"}),
        12: ([5, 6], STREET | {"access": "private", "name": "Werkstraße"}),
        13: ([8, 9], STREET | {"access": "private", "name": "Insel"}),
    }
    network, summary = read_osm(tmp_path, nodes, ways)
    assert {link.name for link in network.links()} == {"Ringstraße", "Busstraße", "Werkstraße"}
    assert [(part.pieces, part.streets) for part in summary.cut_off] == [(1, ("Insel",))]
    assert summary.links_by_vehicle == {"car": 4, "truck": 4, "bus": 6, "emergency": 8}


def test_a_bus_lane_against_a_one_way_is_a_link_that_is_closed_to_cars(tmp_path: Path) -> None:
    ways = {10: ([1, 2, 3], STREET), 11: ([1, 4, 3], STREET | {"oneway": "yes", "oneway:bus": "no", "name": "Bus"})}
    network, _ = read_osm(tmp_path, SQUARE, ways)
    told = {
        (link.from_node, link.access, link.truck_access, link.bus_access, link.emergency_access)
        for link in network.links()
        if link.name == "Bus"
    }
    assert told == {("1", "yes", "yes", "yes", "yes"), ("3", "no", "no", "yes", "no")}


def test_limits_and_conditions_are_those_of_links(tmp_path: Path) -> None:
    tags = {"maxheight": "3.2", "hgv:conditional": "no @ (weight>7.5); no @ (22:00-06:00)"}
    network, summary = read_osm(tmp_path, SQUARE, {10: ([1, 2, 3], STREET), 11: ([1, 4, 3], STREET | tags)})
    limited = {link.link_id for link in network.links() if (link.max_height_m, link.max_weight_t) == (3.2, 7.5)}
    assert len(limited) == 2
    assert {(c.link_id, tuple(c.vehicles), c.access, c.during) for c in network.conditions} == {
        (link, (VehicleClass.TRUCK,), "no", "Mo-Su 22:00-06:00") for link in limited
    }
    assert (summary.limited_links, summary.conditions) == (2, 2)


def test_what_was_not_understood_is_told_with_the_ids_of_its_ways(tmp_path: Path) -> None:
    tags = {"motor_vehicle:conditional": "no @ (snow)"}
    _, summary = read_osm(tmp_path, SQUARE, {10: ([1, 2, 3], STREET), 11: ([1, 4, 3], STREET | tags)})
    assert summary.unread == {"motor_vehicle:conditional=no @ (snow): route ends only": (11,)}
    assert any("(11)" in line for line in summary.lines())


@pytest.mark.parametrize(
    ("tags", "given", "expected"),
    [
        ({}, None, "right"),
        ({"driving_side": "left"}, None, "left"),
        ({"driving_side": "left"}, "right", "right"),
        ({}, "left", "left"),
    ],
)
def test_the_side_one_drives_on_is_tagged_or_given(
    tmp_path: Path, tags: dict[str, str], given: DrivesOn | None, expected: str
) -> None:
    (tmp_path / "town.osm").write_text(osm_xml(SQUARE, {10: (RING[0], STREET | tags)}), encoding="utf-8")
    network, _ = import_osm(tmp_path / "town.osm", "town", unwatched, drives_on=given)
    assert network.drives_on == expected


def test_link_ids_survive_a_newer_extract(tmp_path: Path) -> None:
    """Ways are split and renumbered, points moved, a side street is new: what it touches gets new ids, nothing else."""
    nodes = {n: (n, 0) for n in range(1, 8)} | {8: (3, 1), 9: (5, 1)}
    side = ([3, 8], STREET | {"name": "Seitenstraße"})
    older, _ = read_osm(tmp_path, nodes, {10: ([1, 2, 3, 4, 5, 6, 7], STREET), 11: side})
    parted = {70: ([1, 2], STREET), 71: ([5, 4, 3, 2], STREET), 72: ([5, 6, 7], STREET), 11: side}
    moved = nodes | {2: (2, 0.1), 4: (4, 0.2)}
    newer, _ = read_osm(tmp_path, moved, parted)
    assert ids(newer) == ids(older) == {"1-3-0", "3-1-0", "3-7-0", "7-3-0", "3-8-0", "8-3-0"}
    assert newer.version != older.version
    built, _ = read_osm(tmp_path, moved, parted | {12: ([5, 9], STREET | {"name": "Neubau"})})
    assert ids(built) & ids(older) == ids(older) - {"3-7-0", "7-3-0"}
    assert ids(built) - ids(older) == {"3-5-0", "5-3-0", "5-7-0", "7-5-0", "5-9-0", "9-5-0"}


def test_a_street_one_cannot_come_back_from_is_cut_off_and_listed(tmp_path: Path) -> None:
    trap = ([2, 8, 9], STREET | {"oneway": "yes", "name": "Falle"})
    network, summary = read_osm(tmp_path, SQUARE | {8: (2, 0), 9: (3, 0)}, {10: RING, 11: trap})
    assert {link.name for link in network.links()} == {"Ringstraße"}
    assert [(part.pieces, part.streets) for part in summary.cut_off] == [(1, ("Falle",))]


def test_a_way_is_parted_where_the_extract_lacks_its_nodes(tmp_path: Path) -> None:
    network, summary = read_osm(tmp_path, SQUARE, {10: RING, 11: ([2, 99, 3], STREET)})
    assert len(ids(network)) == 4
    assert summary.notes["nodes not in the file"] == 1


def test_all_three_kinds_of_file_give_the_same_network(tmp_path: Path) -> None:
    plain, zipped, binary = (tmp_path / f"town{suffix}" for suffix in (".osm", ".osm.gz", ".osm.pbf"))
    plain.write_text(osm_xml(CROSS, ARMS, {1: turn("no_left_turn", 20, 40)}), encoding="utf-8")
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    with osmium.SimpleWriter(str(binary)) as writer:
        for thing in osmium.FileProcessor(plain):
            writer.add(thing)
    versions = {import_osm(path, "town", unwatched)[0].version for path in (plain, zipped, binary)}
    assert len(versions) == 1


def test_a_file_that_is_not_sorted_gives_the_same_network(tmp_path: Path) -> None:
    text = osm_xml(CROSS, ARMS, {1: turn("no_left_turn", 20, 40)})
    head, *lines, tail = text.splitlines()
    (tmp_path / "sorted.osm").write_text(text, encoding="utf-8")
    (tmp_path / "mixed.osm").write_text("\n".join([head, lines[0], *lines[:0:-1], tail]), encoding="utf-8")
    versions = {import_osm(tmp_path / f"{name}.osm", "town", unwatched)[0].version for name in ("sorted", "mixed")}
    assert len(versions) == 1


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("town.shp", b"", "must end in .osm, .osm.gz, .osm.pbf"),
        ("absent.osm", None, "is not there"),
        ("broken.osm", b"<osm version='0.6'><node id=", "cannot be read"),
        ("broken.osm.gz", b"not gzip", "cannot be read"),
        ("broken.osm.pbf", b"not protobuf", "cannot be read"),
        ("empty.osm", b"<osm version='0.6'></osm>", "no street for cars"),
    ],
)
def test_a_file_without_a_network_is_refused_in_one_line(
    tmp_path: Path, file: str, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(OsmFileError, match=told) as error:
        import_osm(tmp_path / file, "town", unwatched)
    assert "\n" not in str(error.value)
