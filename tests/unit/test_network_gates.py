"""Nodes that stop all vehicles part a street; those that stop some are links that the others may use."""

from pathlib import Path

import pytest
from factories_network import STREET, read_osm

from lotse_routing.network.model import Link, StreetNetwork

NODES = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (2, 1), 5: (0, 1)}
WAYS = {10: ([1, 2, 3], STREET), 11: ([3, 4, 5, 1], STREET | {"name": "Umweg"})}
PARTED = {"1-2.1-0", "2.1-1-0", "3-2.3-0", "2.3-3-0", "1-3-0", "3-1-0"}
GATE = {"2.1-2.3-0", "2.3-2.1-0"}


def links(network: StreetNetwork) -> dict[str, Link]:
    return {link.link_id: link for link in network.links()}


def test_a_bollard_ends_the_street_on_either_side(tmp_path: Path) -> None:
    network, summary = read_osm(tmp_path, NODES, WAYS, node_tags={2: {"barrier": "bollard"}})
    assert links(network).keys() == PARTED
    assert summary.notes["nodes that stop cars"] == 1


def test_a_bus_trap_is_a_link_for_buses_only(tmp_path: Path) -> None:
    network, summary = read_osm(tmp_path, NODES, WAYS, node_tags={2: {"barrier": "bus_trap"}})
    assert links(network).keys() == PARTED | GATE
    for gate in GATE:
        link = links(network)[gate]
        assert (link.access, link.truck_access, link.bus_access, link.emergency_access) == ("no", "no", "yes", "no")
        assert link.length_m == pytest.approx(2, abs=0.1)
    assert links(network)["1-2.1-0"].access == "yes"
    assert summary.notes["nodes that stop cars"] == 1


def test_a_gate_has_the_limits_and_hours_of_its_node(tmp_path: Path) -> None:
    tags = {"barrier": "height_restrictor", "maxheight": "2.2", "access:conditional": "no @ (22:00-06:00)"}
    network, summary = read_osm(tmp_path, NODES, WAYS, node_tags={2: tags})
    assert {links(network)[gate].max_height_m for gate in GATE} == {2.2}
    assert {(c.link_id, c.access, c.during) for c in network.conditions} == {
        (g, "no", "Mo-Su 22:00-06:00") for g in GATE
    }
    assert summary.notes["nodes that stop others only"] == 1


def test_a_gate_in_a_one_way_street_goes_one_way(tmp_path: Path) -> None:
    ways = {10: ([1, 2, 3], STREET | {"oneway": "yes"}), 11: WAYS[11]}
    network, _ = read_osm(tmp_path, NODES, ways, node_tags={2: {"barrier": "gate", "access": "destination"}})
    assert {link for link in links(network) if "." in link} == {"1-2.1-0", "2.1-2.3-0", "2.3-3-0"}
    assert links(network)["2.1-2.3-0"].access == "destination"


def test_a_gate_where_ways_meet_joins_every_pair_of_them(tmp_path: Path) -> None:
    nodes = NODES | {6: (1, -1)}
    ways = {10: ([1, 2], STREET), 12: ([2, 3], STREET), 13: ([6, 2], STREET), 11: WAYS[11], 14: ([6, 1], STREET)}
    network, _ = read_osm(tmp_path, nodes, ways, node_tags={2: {"barrier": "gate", "access": "private"}})
    gates = {link.link_id for link in network.links() if link.from_node[:2] == link.to_node[:2] == "2."}
    assert gates == {f"2.{a}-2.{b}-0" for a in (1, 3, 6) for b in (1, 3, 6) if a != b}
    assert {links(network)[gate].emergency_access for gate in gates} == {"yes"}
    assert {links(network)[gate].access for gate in gates} == {"no"}
