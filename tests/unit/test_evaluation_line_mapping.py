"""Edges of SUMO on links of Lotse, and routes of links back as edges."""

from dataclasses import replace

from evaluation.line.link_map import LinkMap, cover, first_gap
from evaluation.line.mapping import Chain, Ends, Link, map_edges
from evaluation.nouns import Edge
from factories_evaluation_line import a_link, an_edge, links_along


def mapped(edges: list[Edge], ends: dict[str, Ends], links: list[Link]) -> LinkMap:
    chains = map_edges({edge.edge_id: edge for edge in edges}, ends, links)
    return LinkMap(chains, {link.link_id: link for link in links})


def test_an_edge_named_as_a_link_is_that_link() -> None:
    found = mapped([an_edge("A-B-0")], {"A-B-0": ("A", "B")}, links_along("A B C"))
    assert found.links_of("A-B-0") == ("A-B-0",)


def test_an_edge_that_merges_ways_is_all_their_links() -> None:
    links = [a_link("A", "B", "1"), a_link("B", "C", "2"), a_link("C", "D", "3")]
    found = mapped([an_edge("e", ways="1 2 3")], {"e": ("A", "D")}, links)
    assert found.links_of("e") == ("A-B-0", "B-C-0", "C-D-0")


def test_each_direction_of_a_street_has_its_own_links() -> None:
    links = links_along("A B C") + links_along("C B A")
    found = mapped([an_edge("1", ways="1"), an_edge("-1", ways="1")], {"1": ("A", "C"), "-1": ("C", "A")}, links)
    assert found.links_of("1") == ("A-B-0", "B-C-0")
    assert found.links_of("-1") == ("C-B-0", "B-A-0")


def test_a_chain_keeps_to_the_ways_of_its_edge() -> None:
    shortcut = a_link("A", "C", "9", length_m=1.0)
    found = mapped([an_edge("e", ways="1")], {"e": ("A", "C")}, [*links_along("A B C", "1"), shortcut])
    assert found.links_of("e") == ("A-B-0", "B-C-0")


def test_an_edge_whose_nodes_no_chain_joins_has_no_links() -> None:
    found = mapped([an_edge("e", ways="1")], {"e": ("C", "A")}, links_along("A B C"))
    assert found.links_of("e") == ()
    assert cover(found, {"e": an_edge("e")}).edges_without_links == ("e",)


def test_links_inside_a_joined_junction_have_no_edge_and_a_route_passes_over_them() -> None:
    links = links_along("A B C D")
    edges = [an_edge("in", ways="1", onward="out"), an_edge("out", ways="1")]
    found = mapped(edges, {"in": ("A", "B"), "out": ("C", "D")}, links)
    assert found.edges_along(("A-B-0", "B-C-0", "C-D-0")) == ["in", "out"]
    assert cover(found, {edge.edge_id: edge for edge in edges}).links_without_edge == ("B-C-0",)


def test_edges_that_sumo_cut_out_of_one_link_share_it() -> None:
    edges = [
        an_edge("first", ways="1", length_m=25, onward="second"),
        an_edge("second", ways="1", length_m=75),
    ]
    found = mapped(edges, {"first": ("A", "added"), "second": ("added", "B")}, links_along("A B"))
    assert found.chains == {"first": Chain(("A-B-0",), 0.0, 0.25), "second": Chain(("A-B-0",), 0.25, 1.0)}
    assert found.edges_along(("A-B-0",)) == ["first", "second"]
    assert cover(found, {edge.edge_id: edge for edge in edges}).doubled == ()


def test_an_edge_cut_at_no_junction_is_only_on_the_links_of_its_part() -> None:
    edges = [an_edge("first", ways="1", length_m=210), an_edge("second", ways="1", length_m=90)]
    ends = {"first": ("A", "added"), "second": ("added", "D")}
    found = mapped(edges, ends, links_along("A B C D"))
    assert found.links_of("first") == ("A-B-0", "B-C-0", "C-D-0")
    assert found.links_of("second") == ("C-D-0",)


def test_where_three_edges_meet_at_a_node_that_lotse_lacks_none_is_guessed() -> None:
    edges = [an_edge(name, ways="1") for name in ("in", "left", "right")]
    ends = {"in": ("A", "x"), "left": ("x", "B"), "right": ("x", "C")}
    found = mapped(edges, ends, [*links_along("A B"), *links_along("A C")])
    assert found.chains == {}


def test_a_chain_passes_the_gate_at_a_node_that_stops_some_vehicles() -> None:
    links = [a_link("A", "B.A"), a_link("B.A", "B.C", ""), a_link("B.C", "C")]
    found = mapped([an_edge("e", ways="1")], {"e": ("A", "C")}, links)
    assert found.links_of("e") == ("A-B.A-0", "B.A-B.C-0", "B.C-C-0")


def test_one_way_pairs_are_told_apart_by_their_nodes() -> None:
    links = links_along("A B", "1", street="Ring") + links_along("C D", "2", street="Ring")
    found = mapped([an_edge("1", ways="1"), an_edge("2", ways="2")], {"1": ("A", "B"), "2": ("C", "D")}, links)
    assert found.edges_along(("A-B-0",)) == ["1"]
    assert found.edges_along(("C-D-0",)) == ["2"]


def test_the_parts_of_a_roundabout_are_mapped_one_by_one_and_followed_around_it() -> None:
    circle = links_along("A B C D A", "7")
    names = ["7#0", "7#1", "7#2", "7#3"]
    onward = dict(zip(names, [*names[1:], names[0]], strict=True))
    edges = [an_edge(name, ways="7", onward=onward[name]) for name in names]
    found = mapped(
        edges, {name: (link.from_node, link.to_node) for name, link in zip(names, circle, strict=True)}, circle
    )
    around = found.edges_along(("C-D-0", "D-A-0", "A-B-0"))
    assert around == ["7#2", "7#3", "7#0"]
    assert first_gap(around, {edge.edge_id: edge for edge in edges}) is None


def test_a_ring_that_one_edge_makes_alone_is_all_its_links() -> None:
    found = mapped([an_edge("7", ways="7")], {"7": ("A", "A")}, links_along("A B C A", "7"))
    assert found.links_of("7") == ("A-B-0", "B-C-0", "C-A-0")


def test_a_place_on_an_edge_is_on_the_link_there() -> None:
    links = [a_link("A", "B"), a_link("B", "C", length_m=300.0)]
    found = mapped([an_edge("e", ways="1", length_m=380)], {"e": ("A", "C")}, links)
    assert [found.link_at("e", share) for share in (0.0, 0.2, 0.3, 1.0)] == ["A-B-0", "A-B-0", "B-C-0", "B-C-0"]


def test_a_turn_that_sumo_does_not_have_is_a_gap() -> None:
    edges = {"a": an_edge("a", onward="b"), "b": an_edge("b", onward="c"), "c": an_edge("c")}
    assert first_gap(("a", "b", "c"), edges) is None
    assert first_gap(("a", "b", "c"), edges | {"b": replace(edges["b"], onward=())}) == ("b", "c")


def test_coverage_counts_by_length() -> None:
    edges = [an_edge("known", ways="1", length_m=300), an_edge("lost", ways="5", length_m=100)]
    links = [*links_along("A B", "1"), a_link("X", "Y", "8", length_m=100.0)]
    found = cover(mapped(edges, {"known": ("A", "B"), "lost": ("Q", "R")}, links), {e.edge_id: e for e in edges})
    assert (found.edge_share, found.link_share) == (0.75, 0.5)
