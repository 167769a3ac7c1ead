"""What closing links would do, on a snapshot."""

from datetime import timedelta
from typing import Any

import pytest
from factories_decide import CENTRUM, NOON, SIGN, U12, a_closure, a_registry, a_snapshot, at
from factories_network import a_link, both_ways, place
from factories_whatif import a_counter, a_snapshot_of, check

from lotse_routing.decide.registry import Destination, Registry, Sign
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.whatif.closure_check import ClosureReport
from lotse_routing.whatif.findings import tell
from lotse_routing.whatif.traffic import week_before
from lotse_routing.whatif.window import Window, list_phases

HOUR = timedelta(hours=1)


def words(report: ClosureReport, registry: Registry | None = None) -> list[str]:
    return list(tell(report, registry or a_registry()))


def _a_ring() -> Snapshot:
    """A ring A-B-C-D of two-way streets, with Nebenweg from B over X to C, and the one-way Stichweg from X to Y."""
    places = {
        "A": place(0, 0),
        "B": place(8, 0),
        "C": place(8, 8),
        "D": place(0, 8),
        "X": place(12, 4),
        "Y": place(15, 4),
    }
    main = both_ways([("A", "B"), ("B", "C"), ("C", "D"), ("D", "A")], places, length_m=800.0)
    side = both_ways([("B", "X"), ("X", "C")], places, name="Nebenweg", length_m=500.0)
    return a_snapshot_of(places, [*main, *side, *both_ways([("X", "Y")], places, name="Stichweg", length_m=300.0)])


RING = _a_ring()
REGISTRY = Registry((Sign("S1", "X-Y-0", 3, 16, ()),), {"HOF": Destination("HOF", "Hof", "HOF", "Y")}, ())


def test_one_closure_cuts_nothing_off_where_another_street_is_open() -> None:
    report = check("B-X-0", "X-B-0", snapshot=RING, registry=REGISTRY)
    assert not report.isolates
    assert (report.cut_off, report.beside) == ((), ())


def test_a_second_closure_that_isolates_an_area_is_told_with_all_that_lies_there() -> None:
    other = a_closure("X-C-0", "C-X-0", roadwork_id="R7")
    counters = [a_counter("X-Y-0", detector_id="D1"), a_counter("A-B-0", detector_id="D2")]
    report = check("B-X-0", "X-B-0", snapshot=RING, registry=REGISTRY, roadworks=[other], counters=counters)
    assert report.isolates
    street, *others = report.cut_off[::-1]
    assert all(other.needs_turning for other in others)  # the ring, on which nobody can change direction any more
    assert (street.street, street.links, street.junctions) == ("Stichweg", ("X-Y-0", "Y-X-0"), ("X", "Y"))
    assert (street.has_way_in, street.has_way_out, street.since) == (False, False, NOON)
    assert (street.length_m, street.together_with) == (600, ("R7",))
    assert [roadwork.roadwork_id for roadwork in report.beside] == ["R7"]
    assert (report.lying.destinations, report.lying.signs, report.lying.detectors) == (("HOF",), ("S1",), ("D1",))
    assert words(report, REGISTRY)[:2] == [
        "Stichweg cannot be reached or left any more (600 m, together with R7).",
        "Hof cannot be reached any more.",
    ]
    assert "Sign S1 cannot be reached any more." in words(report, REGISTRY)


def test_a_sign_that_drivers_get_to_by_turning_in_its_street_is_not_unreachable() -> None:
    signs = (Sign("S1", "C-B-0", 3, 16, ()), Sign("S2", "B-C-0", 3, 16, ()))
    registry = Registry(signs, {}, ())
    places = {name: place(3 * i, 0) for i, name in enumerate("ABCDE")} | {"F": place(3, 3)}
    ends = [("A", "B"), ("B", "C"), ("C", "D"), ("D", "E"), ("B", "F"), ("F", "D")]
    snapshot = a_snapshot_of(places, both_ways(ends, places))
    report = check("C-D-0", "D-C-0", snapshot=snapshot, registry=registry)
    assert [street.links for street in report.cut_off] == [("B-C-0", "C-B-0")]
    assert (report.isolates, report.lying.signs, report.lying.closed_signs) == (False, (), ())


def test_a_sign_on_a_street_that_cannot_be_left_is_still_read() -> None:
    report = check("Y-X-0", snapshot=RING, registry=REGISTRY)
    assert [(street.links, street.has_way_in) for street in report.cut_off] == [(("X-Y-0",), True)]
    assert report.lying.signs == ()


def test_a_sign_on_a_closed_link_is_told() -> None:
    report = check("X-Y-0", "Y-X-0", snapshot=RING, registry=REGISTRY)
    assert (report.lying.signs, report.lying.closed_signs) == ((), ("S1",))
    assert words(report, REGISTRY)[:2] == ["Hof cannot be reached any more.", "Sign S1 stands on a closed link."]


def test_a_street_is_cut_off_together_with_those_roadworks_only_that_are_needed_for_it() -> None:
    needed = a_closure("X-C-0", "C-X-0", roadwork_id="R7")
    others = [a_closure("D-A-0", roadwork_id="R1"), a_closure("Y-Z-0", roadwork_id="R2")]
    report = check("B-X-0", "X-B-0", snapshot=RING, registry=REGISTRY, roadworks=[needed, *others])
    together = {street.street: street.together_with for street in report.cut_off if not street.needs_turning}
    assert together["Stichweg"] == ("R7",)
    assert [roadwork.roadwork_id for roadwork in report.beside] == ["R1", "R7"]  # R2 closes nothing in this network


def test_where_two_roadworks_close_the_same_both_are_named_but_none_of_another_network() -> None:
    twice = [a_closure("X-C-0", "C-X-0", roadwork_id=name) for name in ("R7", "R8")]
    unknown = a_closure("Y-Z-0", roadwork_id="R2")
    report = check("B-X-0", "X-B-0", snapshot=RING, registry=REGISTRY, roadworks=[*twice, unknown])
    assert {s.street: s.together_with for s in report.cut_off}["Stichweg"] == ("R7", "R8")


def test_what_one_closure_cuts_off_by_itself_is_not_put_down_to_others() -> None:
    report = check("X-Y-0", "Y-X-0", snapshot=RING, registry=REGISTRY, roadworks=[a_closure("A-B-0")])
    assert report.cut_off == ()  # nothing lies behind but the junction itself
    assert report.lying.destinations == ("HOF",)
    assert report.isolates
    inward = check("X-Y-0", snapshot=RING, registry=REGISTRY, roadworks=[a_closure("A-B-0")])
    assert [(s.links, s.has_way_in, s.has_way_out, s.together_with) for s in inward.cut_off] == [
        (("Y-X-0",), False, True, ())
    ]
    assert words(inward, REGISTRY)[0] == "Stichweg cannot be reached any more (300 m)."


def test_what_is_reached_by_turning_only_and_then_not_at_all_is_told() -> None:
    """Nebenweg and Stichweg are a way through; each end closed makes a dead end, both an island."""
    places = {"A": place(0, 0), "B": place(8, 0), "C": place(8, 8), "X": place(12, 2), "Y": place(12, 6)}
    ends = [("A", "B"), ("B", "C"), ("C", "A")]
    more = {"D": place(0, 8), "E": place(-4, -4)}
    main = both_ways([*ends, ("A", "D"), ("D", "C"), ("A", "E"), ("E", "B")], places | more, length_m=800.0)
    side = both_ways([("B", "X"), ("X", "Y"), ("Y", "C")], places, name="Nebenweg")
    snapshot = a_snapshot_of(places | more, [*main, *side])
    other = a_closure("Y-C-0", "C-Y-0", roadwork_id="R7")
    first = check("Y-C-0", "C-Y-0", snapshot=snapshot, registry=REGISTRY)
    assert [(s.street, s.needs_turning) for s in first.cut_off] == [("Nebenweg", True)]
    second = check("B-X-0", "X-B-0", snapshot=snapshot, registry=REGISTRY, roadworks=[other])
    assert [(s.links, s.needs_turning, s.together_with) for s in second.cut_off] == [
        (("X-Y-0", "Y-X-0"), False, ("R7",))
    ]
    later = Roadwork("R8", "", "closed", None, ("Y-C-0", "C-Y-0"), NOON + HOUR, None)
    planned = check("B-X-0", "X-B-0", snapshot=snapshot, registry=REGISTRY, roadworks=[later])
    assert [(s.links, s.needs_turning, s.since) for s in planned.cut_off] == [
        (("C-Y-0", "Y-C-0"), True, NOON),  # until R8 closes them
        (("X-Y-0", "Y-X-0"), False, NOON + HOUR),
    ]


def test_what_was_cut_off_before_is_not_told_again() -> None:
    others = [a_closure("X-C-0", "C-X-0", "B-X-0", "X-B-0")]
    report = check("A-B-0", snapshot=RING, registry=REGISTRY, roadworks=others)
    assert "Stichweg" not in [street.street for street in report.cut_off]
    assert report.lying.destinations == ()


def test_a_street_that_becomes_a_dead_end_is_reached_and_left_by_turning_in_it() -> None:
    places = {name: place(3 * i, 0) for i, name in enumerate("ABCDE")} | {"F": place(3, 3)}
    ends = [("A", "B"), ("B", "C"), ("C", "D"), ("D", "E"), ("B", "F"), ("F", "D")]
    snapshot = a_snapshot_of(places, both_ways(ends, places))
    report = check("C-D-0", "D-C-0", snapshot=snapshot, registry=REGISTRY)
    assert [(street.links, street.needs_turning) for street in report.cut_off] == [(("B-C-0", "C-B-0"), True)]
    assert not report.isolates
    assert words(report, REGISTRY)[0] == "Hauptstraße can be reached and left only by turning round in it (200 m)."


@pytest.mark.parametrize(
    ("starts_h", "ends_h", "since_h"),
    [(0, 1, 0), (1, 2, 1), (-1, 2, 0), (3, 5, None), (-2, 0, None), (1, None, 1)],
    ids=["same", "later within", "around", "after", "over", "open end"],
)
def test_roadworks_count_that_overlap_in_time(starts_h: int, ends_h: int | None, since_h: int | None) -> None:
    ends_at = None if ends_h is None else NOON + ends_h * HOUR
    other = Roadwork("R7", "Kanalbau", "closed", None, ("X-C-0", "C-X-0"), NOON + starts_h * HOUR, ends_at)
    links = ("B-X-0", "X-B-0")
    report = check(*links, snapshot=RING, registry=REGISTRY, roadworks=[other], ends_at=NOON + 3 * HOUR)
    since = [street.since for street in report.cut_off if street.street == "Stichweg"]
    assert since == ([] if since_h is None else [NOON + since_h * HOUR])


def test_roadworks_that_do_not_overlap_each_other_isolate_nothing_together() -> None:
    first = Roadwork("R1", "", "closed", None, ("X-C-0", "C-X-0"), NOON, NOON + HOUR)
    second = Roadwork("R2", "", "closed", None, ("B-X-0", "X-B-0"), NOON + HOUR, None)
    assert not check("D-A-0", snapshot=RING, registry=REGISTRY, roadworks=[first, second]).isolates
    phases = list_phases(Window(NOON, None), [first, second])
    assert [[r.roadwork_id for r in phase.roadworks] for phase in phases] == [["R1"], ["R2"]]


def test_a_roadwork_called_off_before_it_began_holds_never() -> None:
    off = Roadwork("R1", "", "closed", None, ("A-B-0",), NOON + HOUR, None, ended_at=NOON)
    assert [phase.roadworks for phase in list_phases(Window(NOON, None), [off])] == [()]


def test_roadworks_that_only_slow_traffic_cut_nothing_off() -> None:
    slow = Roadwork("R7", "", "speed", 10.0, ("X-C-0", "C-X-0"), NOON, None)
    assert not check("B-X-0", "X-B-0", snapshot=RING, registry=REGISTRY, roadworks=[slow]).isolates


def test_the_way_around_a_stretch_is_told_for_who_goes_straight_on() -> None:
    report = check("A-B-0", "B-C-0", snapshot=RING, registry=REGISTRY)
    assert [stretch.links for stretch in report.stretches] == [("A-B-0", "B-C-0")]
    (stretch,) = report.stretches
    assert (stretch.streets, stretch.from_node, stretch.to_node, stretch.length_m) == (("Hauptstraße",), "A", "C", 1600)
    # What leads into it straight is cut off as far back as C: who comes from X turns there, all around the ring.
    assert stretch.around.through_s == pytest.approx(4 * 80)
    assert stretch.around.around_s == pytest.approx(4 * 80)


def test_nobody_is_led_around_a_street_that_leads_back_only() -> None:
    report = check("X-Y-0", snapshot=RING, registry=REGISTRY)
    (stretch,) = report.stretches
    assert (stretch.around.added_s, stretch.around.streets) == (None, ())
    assert stretch.around.problem == "no street goes on from it"


def test_a_way_around_has_its_streets_and_seconds() -> None:
    report = check("B-C-0", snapshot=RING, registry=REGISTRY)
    (stretch,) = report.stretches
    assert (stretch.around.through_s, stretch.around.around_s, stretch.around.added_s) == pytest.approx((80, 100, 20))
    assert stretch.around.streets == ("Nebenweg",)
    sentence = "Hauptstraße from B to C: the way around by Nebenweg takes 20 s more."
    assert words(report, REGISTRY) == [sentence]


def test_the_way_around_is_that_of_the_worst_phase() -> None:
    later = Roadwork("R7", "Kanalbau", "closed", None, ("X-C-0",), NOON + HOUR, None)
    around = check("B-C-0", snapshot=RING, registry=REGISTRY, roadworks=[later]).stretches[0].around
    assert around.added_s is None or around.added_s > 20


def test_a_stretch_that_another_roadwork_closes_anyway_has_no_way_around_of_its_own() -> None:
    report = check("B-C-0", snapshot=RING, registry=REGISTRY, roadworks=[a_closure("B-C-0")])
    assert report.stretches[0].around.problem == "Kanalbau closes it at the same time"


def test_both_directions_of_a_street_are_two_stretches() -> None:
    report = check("A-B-0", "B-C-0", "C-B-0", "B-A-0", snapshot=RING, registry=REGISTRY)
    assert [stretch.links for stretch in report.stretches] == [("A-B-0", "B-C-0"), ("C-B-0", "B-A-0")]


def test_a_circle_is_one_stretch() -> None:
    places = {"A": place(0, 0), "B": place(4, 0), "C": place(2, 3)}
    links = [a_link("A", "B", places), a_link("B", "C", places), a_link("C", "A", places)]
    report = check(*(link.link_id for link in links), snapshot=a_snapshot_of(places, links), registry=REGISTRY)
    assert [stretch.links for stretch in report.stretches] == [("A-B-0", "B-C-0", "C-A-0")]
    assert report.stretches[0].around.problem == "no street leads into it"


def test_corridors_and_shown_detours_over_it_are_told_with_their_links() -> None:
    registry = a_registry(U12)
    shown = {"links": ["A-B-0", "B-E-0", "E-F-0", "F-D-0"], "via": "U12", "travel_time_s": 130.0}
    detours = {
        "KL-07": [{"destination": "CENTRUM", "state": "detour", "shown": shown}],
        "KL-08": [{"destination": "CENTRUM", "state": "blank", "shown": shown}],
        "KL-09": [{"destination": "CENTRUM", "state": "fallback", "shown": None}],
    }
    report = check("E-F-0", registry=registry, detours=detours)
    assert [(c.corridor_id, c.links) for c in report.corridors] == [("U12", ("B-E-0", "E-F-0", "F-D-0"))]
    (hit,) = report.detours
    assert (hit.sign_id, hit.destination_id, hit.via) == (SIGN.sign_id, CENTRUM.destination_id, "U12")
    assert "E-F-0" in hit.links
    assert check("C-D-0", registry=registry, detours=detours).corridors == ()


def test_traffic_is_that_of_the_busiest_link_whose_lanes_add_up() -> None:
    counters = [
        a_counter("B-C-0", 5.0, detector_id="lane1", week_before_vehh=400.0),
        a_counter("B-C-0", 10.0, detector_id="lane2", week_before_vehh=500.0),
        a_counter("C-D-0", 12.0),
    ]
    (stretch,) = check("B-C-0", "C-D-0", counters=counters).stretches
    assert (stretch.traffic.flow_vehh, stretch.traffic.week_before_vehh) == (900, 900)
    assert stretch.traffic.detectors == ("at-C-D-0", "lane1", "lane2")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"is_failed": True}, "of its detectors, none counts now: at-B-C-0"),
        ({"measured_at": at(-181)}, "of its detectors, none counts now: at-B-C-0"),
        ({"vehicle_count": None}, "of its detectors, none counts now: at-B-C-0"),
        ({"measured_at": None, "interval_s": None}, "of its detectors, none counts now: at-B-C-0"),
    ],
)
def test_where_nothing_counts_traffic_is_unknown_and_why_is_told(fields: dict[str, Any], problem: str) -> None:
    (stretch,) = check("B-C-0", counters=[a_counter("B-C-0", **fields)]).stretches
    assert (stretch.traffic.flow_vehh, stretch.traffic.problem) == (None, problem)


def test_where_no_detector_stands_traffic_is_unknown() -> None:
    (stretch,) = check("B-C-0", counters=[a_counter("C-D-0")]).stretches
    assert (stretch.traffic.flow_vehh, stretch.traffic.problem) == (None, "no detector stands on it")


def test_the_greatest_flow_known_is_told_for_a_standing_jam_counts_nothing() -> None:
    report = check("B-C-0", counters=[a_counter("B-C-0", 0.0, last_hour_vehh=310.0, week_before_vehh=450.0)])
    assert words(report)[-1].endswith("for up to 450 vehicles an hour.")


def test_a_way_around_a_jam_takes_no_longer() -> None:
    report = check("C-D-0", "B-C-0", snapshot=a_snapshot({"B-C-0": 4.0}))
    assert words(report)[-1] == "Lauterstraße from B to D: the way around by Pariser Straße takes no longer."


def test_a_count_is_fresh_for_three_intervals() -> None:
    (stretch,) = check("B-C-0", counters=[a_counter("B-C-0", measured_at=at(-180))]).stretches
    assert stretch.traffic.flow_vehh == 600


@pytest.mark.parametrize(("ahead", "back"), [(0, 1), (3, 1), (6.9, 1), (7, 2), (20, 3)])
def test_the_week_before_is_the_last_one_of_which_the_hour_is_over(ahead: float, back: int) -> None:
    moment = NOON + timedelta(days=ahead)
    assert week_before(moment, NOON) == moment - timedelta(weeks=back)


def test_equal_questions_have_equal_reports() -> None:
    roadworks = [a_closure("B-G-0")]
    assert check("B-C-0", "E-F-0", roadworks=roadworks) == check("E-F-0", "B-C-0", roadworks=roadworks)


def test_the_snapshot_of_now_is_not_changed() -> None:
    snapshot = a_snapshot()
    before = snapshot.weights.costs_s.copy()
    check("B-C-0", snapshot=snapshot)
    assert (snapshot.weights.costs_s == before).all()
