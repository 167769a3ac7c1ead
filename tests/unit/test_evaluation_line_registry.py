"""What Lotse is told of a city: where its detectors, signs and destinations are, and its usual mornings."""

from datetime import date
from itertools import pairwise
from pathlib import Path

from evaluation.line.link_map import LinkMap
from evaluation.line.mapping import Chain, Link
from evaluation.line.registry import make_registry
from evaluation.line.usual_days import WORKING_DAYS, usual_mornings, usual_quarters
from evaluation.nouns import MORNING, City, Edge, SignPost, Station
from factories_evaluation_line import USUAL_VEHICLES_PER_H, a_knowledge, a_link, an_edge, links_along

LONG = an_edge("long", length_m=300, onward="rim")
RIM = an_edge("rim")


def a_city(
    *edges: Edge, station_m: float = 250.0, destinations: dict[str, str] | None = None, sign_edge: str = "long"
) -> City:
    return City(
        name="anywhere",
        net_file=Path("none"),
        source=Path("none"),
        edges={edge.edge_id: edge for edge in edges},
        stations=(Station("D1", "long", station_m),),
        signs=(SignPost("S1", sign_edge),),
        destinations=destinations or {"OUT": "long"},
    )


def a_map(*links: Link) -> LinkMap:
    """All links make the edge `long`."""
    return LinkMap({"long": Chain(tuple(link.link_id for link in links))}, {link.link_id: link for link in links})


def test_a_detector_measures_the_link_that_its_loops_lie_on() -> None:
    link_map = a_map(*links_along("A B C D"))
    for station_m, link in ((10.0, "A-B-0"), (150.0, "B-C-0"), (290.0, "C-D-0")):
        (detector,) = make_registry(a_city(LONG, station_m=station_m), link_map).detectors
        assert detector["link_id"] == link


def test_a_sign_stands_where_drivers_may_turn_off_and_leads_to_all_destinations() -> None:
    registry = make_registry(a_city(LONG, destinations={"B": "long", "A": "long"}), a_map(*links_along("A B C D")))
    (sign,) = registry.signs
    assert (sign["link_id"], sign["destinations"]) == ("C-D-0", ["A", "B"])
    assert [row["node_id"] for row in registry.destinations] == ["D", "D"]


def test_a_destination_beyond_the_streets_of_lotse_is_the_last_node_on_the_way_there() -> None:
    registry = make_registry(a_city(LONG, RIM, destinations={"OUT": "rim"}), a_map(a_link("A", "B")))
    assert [row["node_id"] for row in registry.destinations] == ["B"]
    assert registry.left_out == ()


def test_what_stands_where_lotse_has_no_street_is_left_out_and_told() -> None:
    city = a_city(LONG, RIM, sign_edge="rim", destinations={"NOWHERE": "rim"})
    registry = make_registry(city, LinkMap({}, {}))
    assert registry.left_out == ("D1", "S1", "NOWHERE")
    assert registry.by_noun() == {"destinations": (), "detectors": (), "signs": ()}


def test_usual_mornings_are_working_days_before_the_one_that_is_evaluated() -> None:
    mornings = usual_mornings()
    assert len(mornings) == WORKING_DAYS
    assert [morning.date() for morning in mornings[-2:]] == [date(2026, 3, 6), date(2026, 3, 9)]
    assert mornings == sorted(mornings)
    assert mornings[-1] < MORNING


def test_a_usual_quarter_has_the_typical_speed_and_flow_and_never_the_same_values_twice_in_a_row() -> None:
    quarters = list(usual_quarters(a_knowledge(a_city(LONG))))
    assert [until_s for until_s, _ in quarters][:3] == [900, 1800, 2700]
    readings = [reading for _, (reading,) in quarters]
    assert {reading.vehicle_count for reading in readings} == {round(USUAL_VEHICLES_PER_H / 4)}
    assert all(reading.mean_speed_kmh is not None and abs(reading.mean_speed_kmh - 45) < 0.2 for reading in readings)
    assert all(one != then for one, then in pairwise(readings))
