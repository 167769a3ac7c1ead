"""Turn restrictions of OpenStreetMap become banned sequences of links, or are told with their reason."""

from pathlib import Path

import pytest
from factories_network import ARMS, CROSS, STREET, Relation, banned_links, read_osm, turn

from lotse_routing.network.model import StreetNetwork
from lotse_shared.vehicle import VehicleClass

CAR, TRUCK, BUS = VehicleClass.CAR, VehicleClass.TRUCK, VehicleClass.BUS
BOUND = {CAR, TRUCK, BUS}
LEFT = ("2-1-0", "1-4-0")

# Two carriageways, 1-2-3 to the east and 6-5-4 to the west, joined at their ends and by the way 50 from 2 to 5.
DUAL = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (0, 1), 5: (1, 1), 6: (2, 1), 7: (1, -1)}
ONEWAY = STREET | {"oneway": "yes"}
CARRIAGEWAYS = {
    20: ([1, 2], ONEWAY),
    21: ([2, 3], ONEWAY),
    30: ([6, 5], ONEWAY),
    31: ([5, 4], ONEWAY),
    40: ([3, 6], STREET),
    41: ([4, 1], STREET),
    50: ([2, 5], STREET | {"name": "Durchlass"}),
}


def via_ways(kind: str, from_way: int, ways: list[int], to_way: int, **tags: str) -> Relation:
    members = [("way", from_way, "from"), *(("way", way, "via") for way in ways), ("way", to_way, "to")]
    return members, {"type": "restriction", "restriction": kind} | tags


def bound(network: StreetNetwork) -> dict[tuple[tuple[str, ...], str], set[VehicleClass]]:
    """Vehicles by banned sequence and hours."""
    return {(ban.links, ban.during): set(ban.vehicles) for ban in network.banned_turns}


def test_no_turn_bans_one_turn_whatever_the_order_of_members(tmp_path: Path) -> None:
    members, tags = turn("no_left_turn", 20, 40)
    network, summary = read_osm(tmp_path, CROSS, ARMS, {1: (members[::-1], tags)})
    assert bound(network) == {(LEFT, ""): BOUND}
    assert summary.restrictions_used == 1


def test_only_turn_bans_all_the_others(tmp_path: Path) -> None:
    network, _ = read_osm(tmp_path, CROSS, ARMS, {1: turn("only_straight_on", 20, 30)})
    assert banned_links(network) == {("2-1-0", "1-4-0"), ("2-1-0", "1-5-0"), ("2-1-0", "1-2-0")}


def test_links_do_not_run_across_the_node_of_a_restriction(tmp_path: Path) -> None:
    nodes = {2: (-1, 0), 1: (0, 0), 3: (1, 0)}
    network, _ = read_osm(tmp_path, nodes, {20: ([2, 1], STREET), 30: ([1, 3], STREET)}, {1: turn("no_u_turn", 20, 20)})
    assert banned_links(network) == {("2-1-0", "1-2-0")}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, BOUND),
        ({"except": "psv"}, {CAR, TRUCK}),
        ({"except": "bus;bicycle"}, {CAR, TRUCK}),
        ({"except": "bus, hgv"}, {CAR}),
        ({"except": "motorcar"}, {TRUCK, BUS}),
        ({"except": "emergency"}, BOUND),
    ],
)
def test_those_that_are_excepted_are_not_bound_and_emergency_vehicles_never(
    tmp_path: Path, tags: dict[str, str], expected: set[VehicleClass]
) -> None:
    network, _ = read_osm(tmp_path, CROSS, ARMS, {1: turn("no_left_turn", 20, 40, **tags)})
    assert bound(network) == {(LEFT, ""): expected}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("restriction:hgv", {TRUCK}),
        ("restriction:bus", {BUS}),
        ("restriction:psv", {BUS}),
        ("restriction:motorcar", {CAR}),
        ("restriction:motor_vehicle", BOUND),
    ],
)
def test_a_restriction_may_be_for_some_vehicles_only(tmp_path: Path, key: str, expected: set[VehicleClass]) -> None:
    network, _ = read_osm(tmp_path, CROSS, ARMS, {1: turn("", 20, 40, **{key: "no_left_turn"})})
    assert bound(network) == {(LEFT, ""): expected}


def test_bans_of_several_relations_on_one_turn_are_one_ban(tmp_path: Path) -> None:
    relations = {
        1: turn("", 20, 40, **{"restriction:hgv": "no_left_turn"}),
        2: turn("no_left_turn", 20, 40, **{"except": "hgv"}),
    }
    network, summary = read_osm(tmp_path, CROSS, ARMS, relations)
    assert bound(network) == {(LEFT, ""): BOUND}
    assert summary.restrictions_used == 2


@pytest.mark.parametrize(
    ("kind", "tags", "expected"),
    [
        ("", {"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00)"}, {"Mo-Fr 07:00-09:00": BOUND}),
        ("", {"restriction:hgv:conditional": "no_left_turn @ (22:00-06:00)"}, {"Mo-Su 22:00-06:00": {TRUCK}}),
        ("", {"restriction:conditional": "no_left_turn @ (weight>7.5)"}, {"": {TRUCK, BUS}}),
        ("no_left_turn", {"hour_on": "07:00", "hour_off": "09:00"}, {"Mo-Su 07:00-09:00": BOUND}),
        (
            "no_left_turn",
            {"day_on": "Monday", "day_off": "Friday", "hour_on": "0700", "hour_off": "0930"},
            {"Mo-Fr 07:00-09:30": BOUND},
        ),
        ("", {"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00; PH off)"}, {"": BOUND}),
        ("no_left_turn", {"hour_on": "dawn"}, {"": BOUND}),
    ],
)
def test_a_ban_holds_at_its_hours_or_always_if_they_are_not_understood(
    tmp_path: Path, kind: str, tags: dict[str, str], expected: dict[str, set[VehicleClass]]
) -> None:
    network, summary = read_osm(tmp_path, CROSS, ARMS, {7: turn(kind, 20, 40, **tags)})
    assert bound(network) == {(LEFT, during): vehicles for during, vehicles in expected.items()}
    is_guess = "" in expected
    assert [list(ids) for ids in summary.unread.values()] == ([[7]] if is_guess else [])


def test_no_turn_via_a_way_bans_the_sequence_and_not_its_parts(tmp_path: Path) -> None:
    network, summary = read_osm(tmp_path, DUAL, CARRIAGEWAYS, {1: via_ways("no_u_turn", 20, [50], 31)})
    assert bound(network) == {(("1-2-0", "2-5-0", "5-4-0"), ""): BOUND}
    assert summary.restrictions_used == 1
    assert summary.restrictions_dropped == {}


def test_junctions_at_both_ends_of_a_via_way_are_kept(tmp_path: Path) -> None:
    """The way goes on at both ends of the via with nothing else there: merged, it would have no sequence left."""
    nodes = {n: (n, 0) for n in range(1, 5)} | {5: (2, 1)}
    ways = {10: ([1, 2], STREET), 11: ([2, 3], STREET), 12: ([3, 4], STREET)}
    network, _ = read_osm(tmp_path, nodes, ways, {1: via_ways("no_straight_on", 10, [11], 12)})
    assert banned_links(network) == {("1-2-0", "2-3-0", "3-4-0")}


def test_several_via_ways_and_several_via_nodes_are_followed(tmp_path: Path) -> None:
    nodes = {n: (n, 0) for n in range(1, 6)}
    ways = {10 + n: ([n, n + 1], STREET) for n in range(1, 5)}
    expected = ("1-2-0", "2-3-0", "3-4-0", "4-5-0")
    by_ways, _ = read_osm(tmp_path, nodes, ways, {1: via_ways("no_straight_on", 11, [13, 12], 14)})
    assert banned_links(by_ways) == {expected}
    members = [("way", 11, "from"), *(("node", n, "via") for n in (4, 2, 3)), ("way", 14, "to")]
    by_nodes, _ = read_osm(tmp_path, nodes, ways, {1: (members, {"type": "restriction", "restriction": "no_exit"})})
    assert banned_links(by_nodes) == {expected}


def test_only_turn_via_a_way_bans_leaving_it_anywhere(tmp_path: Path) -> None:
    ways = CARRIAGEWAYS | {60: ([7, 2], STREET | {"name": "Zufahrt"})}
    network, _ = read_osm(tmp_path, DUAL, ways, {1: via_ways("only_left_turn", 60, [50], 31)})
    assert {links[0] for links in banned_links(network)} == {"7-2-0"}
    last = {links[-1] for links in banned_links(network) if len(links) == 2}
    after_via = {links[-1] for links in banned_links(network) if len(links) == 3}
    assert "2-5-0" not in last
    assert {link.link_id for link in network.links() if link.from_node == "2"} == last | {"2-5-0"}
    onward = {link.link_id for link in network.links() if link.from_node == "5"}
    assert len(onward - after_via) == 1
    assert after_via < onward


def test_no_entry_may_have_several_from_and_no_exit_several_to(tmp_path: Path) -> None:
    entry, exit_ = turn("no_entry", 20, 40), turn("no_exit", 20, 40)
    entry[0].append(("way", 50, "from"))
    exit_[0].append(("way", 30, "to"))
    network, _ = read_osm(tmp_path, CROSS, ARMS, {1: entry})
    assert banned_links(network) == {LEFT, ("5-1-0", "1-4-0")}
    network, _ = read_osm(tmp_path, CROSS, ARMS, {1: exit_})
    assert banned_links(network) == {LEFT, ("2-1-0", "1-3-0")}


def test_of_a_way_that_goes_on_beyond_the_junction_the_side_is_meant_that_fits_the_kind(tmp_path: Path) -> None:
    ways = {20: ([2, 1, 3], STREET), 40: ([1, 4], STREET)}
    network, summary = read_osm(tmp_path, CROSS, ways, {1: turn("no_left_turn", 20, 40)})
    assert banned_links(network) == {LEFT}
    network, summary = read_osm(tmp_path, CROSS, ways, {1: turn("no_entry", 20, 40)})
    assert banned_links(network) == set()
    assert [list(ids) for ids in summary.restrictions_dropped.values()] == [[1]]


@pytest.mark.parametrize(
    ("relation", "reason"),
    [
        (turn("no_left_turn", 20, 40, **{"except": "motor_vehicle"}), "not for our vehicles"),
        (turn("", 20, 40, **{"restriction:bicycle": "no_left_turn"}), "not for our vehicles"),
        (turn("turn_maybe", 20, 40), "unknown kind turn_maybe"),
        (turn("no_left_turn", 20, 4711), "a way is missing in the file"),
        (turn("no_left_turn", 20, 60), "a way is left out: highway=service"),
        (turn("no_left_turn", 20, 70), "a way does not touch the junction, or only against its one-way"),
        (turn("no_entry", 80, 40), "a way goes on beyond the junction: which side is meant is open"),
        (([("way", 20, "from"), ("way", 40, "to")], turn("no_left_turn", 0, 0)[1]), "no via"),
        (([("way", 20, "from"), ("node", 1, "via")], turn("no_left_turn", 0, 0)[1]), "from or to is missing"),
        (([*turn("", 20, 40)[0], ("way", 30, "to")], turn("only_left_turn", 0, 0)[1]), "only_* with several to"),
        (via_ways("no_u_turn", 20, [70], 40), "its ways do not lead from one to the next"),
        (via_ways("no_u_turn", 20, [4711], 40), "a way is missing in the file"),
    ],
)
def test_a_restriction_that_is_not_used_is_told_with_its_reason(
    tmp_path: Path, relation: Relation, reason: str
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
    assert {why: list(ids) for why, ids in summary.restrictions_dropped.items()} == {reason: [5]}
