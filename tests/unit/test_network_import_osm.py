import gzip
from pathlib import Path

import osmium
import pytest
from factories_network import banned_links, osm_xml, read_osm, unwatched

from lotse_routing.network.import_osm import import_osm
from lotse_routing.network.model import Link, StreetNetwork
from lotse_routing.network.osm_file import OsmFileError

STREET = {"highway": "residential", "name": "Ringstraße", "maxspeed": "30", "lanes": "2"}
SQUARE = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1)}
RING = ([1, 2, 3, 4, 1], STREET)
CROSS = {1: (0, 0), 2: (-1, 0), 3: (1, 0), 4: (0, 1), 5: (0, -1)}
ARMS = {20: ([2, 1], STREET), 30: ([1, 3], STREET), 40: ([1, 4], STREET), 50: ([5, 1], STREET)}


def links(network: StreetNetwork) -> dict[str, Link]:
    return {link.link_id: link for link in network.links()}


def ids(network: StreetNetwork) -> set[str]:
    return set(links(network))


def turn(kind: str, from_way: int, to_way: int, **tags: str) -> tuple[list[tuple[str, int, str]], dict[str, str]]:
    members = [("way", from_way, "from"), ("node", 1, "via"), ("way", to_way, "to")]
    return members, {"type": "restriction", "restriction": kind} | tags


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


def test_link_ids_survive_a_way_that_was_split(tmp_path: Path) -> None:
    nodes = {n: (n, 0) for n in range(1, 6)} | {6: (3, 1)}
    side = ([3, 6], STREET)
    whole, _ = read_osm(tmp_path, nodes, {10: ([1, 2, 3, 4, 5], STREET), 11: side})
    parted, _ = read_osm(tmp_path, nodes, {10: ([1, 2], STREET), 77: ([2, 3, 4, 5], STREET), 11: side})
    assert ids(whole) == ids(parted)


def test_a_street_one_cannot_come_back_from_is_cut_off_and_listed(tmp_path: Path) -> None:
    trap = ([2, 8, 9], STREET | {"oneway": "yes", "name": "Falle"})
    network, summary = read_osm(tmp_path, SQUARE | {8: (2, 0), 9: (3, 0)}, {10: RING, 11: trap})
    assert {link.name for link in network.links()} == {"Ringstraße"}
    assert [(part.pieces, part.streets) for part in summary.cut_off] == [(1, ("Falle",))]


def test_a_bollard_ends_the_street_on_either_side(tmp_path: Path) -> None:
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (2, 1), 5: (0, 1)}
    ways = {10: ([1, 2, 3], STREET), 11: ([3, 4, 5, 1], STREET | {"name": "Umweg"})}
    network, summary = read_osm(tmp_path, nodes, ways, node_tags={2: {"barrier": "bollard"}})
    assert ids(network) == {"1-2.1-0", "2.1-1-0", "3-2.3-0", "2.3-3-0", "1-3-0", "3-1-0"}
    assert summary.notes["nodes that stop cars"] == 1


def test_a_way_is_parted_where_the_extract_lacks_its_nodes(tmp_path: Path) -> None:
    network, summary = read_osm(tmp_path, SQUARE, {10: RING, 11: ([2, 99, 3], STREET)})
    assert len(ids(network)) == 4
    assert summary.notes["nodes not in the file"] == 1


def test_no_turn_bans_one_turn_whatever_the_order_of_members(tmp_path: Path) -> None:
    members, tags = turn("no_left_turn", 20, 40)
    network, summary = read_osm(tmp_path, CROSS, ARMS, {1: (members[::-1], tags)})
    assert banned_links(network) == {("2-1-0", "1-4-0")}
    assert summary.restrictions_used == 1


def test_only_turn_bans_all_the_others(tmp_path: Path) -> None:
    network, _ = read_osm(tmp_path, CROSS, ARMS, {1: turn("only_straight_on", 20, 30)})
    assert banned_links(network) == {("2-1-0", "1-4-0"), ("2-1-0", "1-5-0"), ("2-1-0", "1-2-0")}


def test_links_do_not_run_across_the_node_of_a_restriction(tmp_path: Path) -> None:
    nodes = {2: (-1, 0), 1: (0, 0), 3: (1, 0)}
    network, _ = read_osm(tmp_path, nodes, {20: ([2, 1], STREET), 30: ([1, 3], STREET)}, {1: turn("no_u_turn", 20, 20)})
    assert banned_links(network) == {("2-1-0", "1-2-0")}


@pytest.mark.parametrize(
    ("relation", "reason"),
    [
        (turn("no_left_turn", 20, 40, **{"except": "bus;motorcar"}), "cars are excepted"),
        (turn("no_left_turn", 20, 40, hour_on="07:00", hour_off="09:00"), "at certain times only"),
        (turn("turn_maybe", 20, 40), "unknown kind turn_maybe"),
        (turn("no_left_turn", 20, 4711), "a way is missing in the file"),
        (turn("no_left_turn", 20, 60), "a way is left out: highway=service"),
        (turn("no_left_turn", 20, 70), "a way does not touch the junction, or only against its one-way"),
        (turn("no_left_turn", 80, 40), "a way goes on beyond the junction: which side is meant is open"),
        (([("way", 20, "from"), ("way", 40, "to")], turn("no_left_turn", 0, 0)[1]), "no via node"),
        (([("way", 20, "from"), ("node", 1, "via")], turn("no_left_turn", 0, 0)[1]), "from or to is missing"),
        (
            ([("way", 20, "from"), ("way", 30, "via"), ("way", 40, "to")], turn("no_u_turn", 0, 0)[1]),
            "via a way",
        ),
        (
            (turn("", 20, 40)[0], {"type": "restriction", "restriction:conditional": "no_left_turn @ (07:00-09:00)"}),
            "at certain times only",
        ),
        ((turn("", 20, 40)[0], {"type": "restriction", "restriction:hgv": "no_left_turn"}), "not for cars"),
    ],
)
def test_a_restriction_that_is_not_used_is_told_with_its_reason(
    tmp_path: Path, relation: tuple[list[tuple[str, int, str]], dict[str, str]], reason: str
) -> None:
    nodes = CROSS | {6: (1, 1), 7: (2, 0), 8: (-1, -1), 9: (1, 2)}
    ways = ARMS | {
        60: ([1, 6], {"highway": "service"}),
        70: ([3, 7], STREET | {"name": "Anderswo"}),
        80: ([8, 1, 9], STREET | {"name": "Durchgang"}),
    }
    network, summary = read_osm(tmp_path, nodes, ways, {5: relation})
    assert banned_links(network) == set()
    assert summary.restrictions_used == 0
    [(told, relations)] = summary.restrictions_dropped.items()
    assert told.startswith(reason)
    assert list(relations) == [5]


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
