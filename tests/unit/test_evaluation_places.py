"""Where stations and signs may stand."""

from evaluation.cities.places import choose_signs, choose_stations, only_connected
from evaluation.nouns import Edge


def an_edge(name: str, ends: str, onward: tuple[str, ...]) -> Edge:
    return Edge(name, name, "primary", 200.0, 50.0, 1, ends[0], ends[1], onward)


EDGES = {
    edge.edge_id: edge
    for edge in (
        an_edge("in", "AB", ("east",)),
        an_edge("east", "BC", ("round", "short", "out")),
        an_edge("round", "CB", ("east",)),
        an_edge("short", "CB", ("east",)),
        an_edge("out", "CD", ()),
    )
}


def test_what_one_cannot_come_to_and_leave_again_is_left_out_with_the_turns_into_it() -> None:
    inside = only_connected(EDGES)
    assert set(inside) == {"east", "round", "short"}
    assert inside["east"].onward == ("round", "short")


def test_neither_stations_nor_signs_stand_on_the_ends_of_one_way_streets_at_the_rim() -> None:
    route = ("in", "east", "round", "east", "out")
    stations = choose_stations(only_connected(EDGES), dict.fromkeys(EDGES, 100.0), 5)
    signs = choose_signs(only_connected(EDGES), [route], 5)
    assert {station.edge_id for station in stations} == {"east", "round", "short"}
    assert {sign.edge_id for sign in signs} == {"east"}
