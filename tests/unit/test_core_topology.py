import pytest
from factories_network import a_link, a_network, both_ways, place

from lotse_routing.core.topology import Topology, build_topology

PLACES = {"A": place(0, 0), "B": place(1, 0), "C": place(2, 0), "D": place(1, 1)}
FORK = both_ways([("A", "B"), ("B", "C"), ("B", "D")], PLACES)


def turns(topology: Topology) -> set[str]:
    links, states = topology.links, topology.states
    pairs = zip(states.link[states.tail].tolist(), states.link[states.head].tolist(), strict=True)
    return {f"{links[i].link_id} {links[j].link_id}" for i, j in pairs}


def test_u_turns_exist_at_dead_ends_only() -> None:
    found = turns(build_topology(a_network(PLACES, FORK)))
    assert "B-C-0 C-B-0" in found
    assert "A-B-0 B-A-0" not in found
    assert {"A-B-0 B-C-0", "A-B-0 B-D-0", "C-B-0 B-D-0"} <= found


def test_banned_turns_are_absent_and_do_not_make_a_dead_end() -> None:
    banned = [("A-B-0", "B-C-0"), ("A-B-0", "B-D-0")]
    found = turns(build_topology(a_network(PLACES, FORK, banned)))
    assert not any(turn.startswith("A-B-0 ") for turn in found)


def test_back_by_the_other_carriageway_is_a_u_turn_but_by_a_loop_street_is_not() -> None:
    carriageway = a_link("B", "A", PLACES, coordinates=(PLACES["B"], place(0.5, 0.1), PLACES["A"]))
    loop = a_link("B", "A", PLACES, link_id="B-A-1", coordinates=(PLACES["B"], place(1, 1), place(0, 1), PLACES["A"]))
    links = [a_link("A", "B", PLACES), carriageway, loop, *both_ways([("B", "C")], PLACES)]
    found = turns(build_topology(a_network(PLACES, links)))
    assert "A-B-0 B-A-1" in found
    assert "A-B-0 B-A-0" not in found


def test_links_are_sorted_and_found_by_id_and_by_their_end() -> None:
    topology = build_topology(a_network(PLACES, reversed(FORK)))
    assert [link.link_id for link in topology.links] == sorted(link.link_id for link in FORK)
    assert all(topology.index[link.link_id] == i for i, link in enumerate(topology.links))
    assert [topology.links[i].link_id for i in topology.links_to["B"]] == ["A-B-0", "C-B-0", "D-B-0"]
    assert topology.base_travel_times_s.tolist() == pytest.approx([10.0] * 6)
    with pytest.raises(ValueError, match="read-only"):
        topology.base_travel_times_s[0] = 1.0
