"""What a row of /v1/detours becomes for drivers of SUMO."""

import pytest
from evaluation.line.link_map import LinkMap
from evaluation.line.mapping import Chain
from evaluation.line.messages import Detour, Lost, Translator, part, read_detour
from evaluation.nouns import Edge, Message
from factories_evaluation_line import an_edge, links_along

STREETS = {
    "A B": "Zufahrt",
    "B C D": "Hauptstraße",
    "D M": "Brücke",
    "M E F": "Ausfahrt",
    "B X D": "Ring",
    "M Y E": "Umweg",
    "D Z": "Seitenweg",
}
NORMAL = ("A-B-0", "B-C-0", "C-D-0", "D-M-0")
SHOWN = ("A-B-0", "B-X-0", "X-D-0", "D-M-0")


def a_town(without_turn: tuple[str, str] | None = None) -> dict[str, Edge]:
    """A street A to F, beside it from B to D a ring over X, from M to E a way over Y; every link is an edge."""
    links = [link for nodes in STREETS for link in links_along(nodes)]
    turns = {one.link_id: [two.link_id for two in links if two.from_node == one.to_node] for one in links}
    if without_turn:
        turns[without_turn[0]].remove(without_turn[1])
    return {name: an_edge(name, onward=" ".join(onward)) for name, onward in turns.items()}


def a_translator(edges: dict[str, Edge]) -> Translator:
    links = {link.link_id: link for nodes, street in STREETS.items() for link in links_along(nodes, street=street)}
    link_map = LinkMap({edge_id: Chain((edge_id,)) for edge_id in edges}, links)
    return Translator(link_map, edges, {"S1": "A-B-0"})


def a_detour(*, normal: tuple[str, ...] = NORMAL, shown: tuple[str, ...] = SHOWN, cause: str = "") -> Detour:
    return Detour("S1", "OUT", normal, shown, cause)


def the_messages(detour: Detour, edges: dict[str, Edge] | None = None) -> list[Message]:
    found = a_translator(edges or a_town()).messages(detour, "GESPERRT")
    assert isinstance(found, list)
    return found


def test_a_message_leaves_out_what_the_detour_leaves_out_and_comes_back_where_both_ways_meet() -> None:
    assert the_messages(a_detour()) == [
        Message("S1", frozenset({"B-C-0", "C-D-0"}), ("A-B-0", "B-X-0", "X-D-0", "D-M-0"), "D-M-0", "GESPERRT")
    ]


def test_who_passes_the_trouble_and_the_place_where_ways_meet_is_addressed_whatever_their_goal() -> None:
    (message,) = the_messages(a_detour())
    assert message.way(("A-B-0", "B-C-0", "C-D-0", "D-M-0", "M-E-0")) == (
        *("A-B-0", "B-X-0", "X-D-0", "D-M-0"),
        "M-E-0",
    )
    assert message.way(("A-B-0", "B-C-0")) is None


def test_ways_that_meet_at_the_destination_only_come_back_on_every_edge_onward() -> None:
    detour = a_detour(normal=NORMAL[:3], shown=SHOWN[:3])
    found = the_messages(detour)
    assert {message.avoids for message in found} == {frozenset({"B-C-0", "C-D-0"})}
    assert [message.corridor for message in found] == [(*SHOWN[:3], "D-M-0"), (*SHOWN[:3], "D-Z-0")]


def test_ways_that_end_where_nobody_goes_on_are_no_message() -> None:
    edges = a_town() | {"C-D-0": an_edge("C-D-0")}
    found = a_translator(edges).messages(a_detour(normal=NORMAL[:3], shown=SHOWN[:3]), "GESPERRT")
    assert found == Lost("ways never meet again")


def test_a_detour_that_sumo_cannot_drive_is_no_message_and_says_where() -> None:
    found = a_translator(a_town(without_turn=("B-X-0", "X-D-0"))).messages(a_detour(), "GESPERRT")
    assert found == Lost("cannot be driven", ("B-X-0", "X-D-0"))


def test_a_route_that_does_not_pass_the_sign_is_no_message() -> None:
    found = a_translator(a_town()).messages(a_detour(shown=("B-X-0", "X-D-0")), "GESPERRT")
    assert found == Lost("sign not on its route")


@pytest.mark.parametrize(
    ("cause", "avoids", "rejoin"),
    [("Hauptstraße", {"B-C-0", "C-D-0"}, "D-M-0"), ("Ausfahrt", {"M-E-0"}, "E-F-0"), ("", {"B-C-0", "C-D-0"}, "D-M-0")],
)
def test_of_several_partings_the_first_with_the_cause_counts(cause: str, avoids: set[str], rejoin: str) -> None:
    normal = ("A-B-0", "B-C-0", "C-D-0", "D-M-0", "M-E-0", "E-F-0")
    shown = ("A-B-0", "B-X-0", "X-D-0", "D-M-0", "M-Y-0", "Y-E-0", "E-F-0")
    (found,) = the_messages(a_detour(normal=normal, shown=shown, cause=cause))
    assert (set(found.avoids), found.rejoin) == (avoids, rejoin)


def test_ways_may_part_more_than_once() -> None:
    first, second = part(("a", "b", "c", "d", "e"), ("a", "x", "c", "y", "e"))
    assert (first.avoids, first.corridor, first.rejoin) == (("b",), ("a", "x"), "c")
    assert (second.avoids, second.corridor, second.rejoin) == (("d",), ("a", "x", "c", "y"), "e")


@pytest.mark.parametrize(
    ("normal", "shown"), [(("a", "b"), ("a", "b")), (("a", "b"), ("a", "x", "b")), (("a",), ("a", "x"))]
)
def test_ways_that_leave_nothing_out_do_not_part(normal: tuple[str, ...], shown: tuple[str, ...]) -> None:
    assert part(normal, shown) == []


@pytest.mark.parametrize(("cause", "street"), [({"street": "Hauptstraße"}, "Hauptstraße"), (None, "")])
def test_the_cause_is_the_street_that_the_reason_names(cause: dict[str, str] | None, street: str) -> None:
    ways = {"normal": {"links": list(NORMAL)}, "shown": {"links": list(SHOWN)}}
    row = {"sign": "S1", "destination": "OUT", "why": {"cause": cause}, "relation": None, **ways}
    assert read_detour(row) == a_detour(cause=street)
