"""A sign's decision in all: text, explanation, display body, record."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from factories_core import a_graph
from factories_decide import (
    CENTRUM,
    NOON,
    SIGN,
    TOPOLOGY,
    U12,
    a_closure,
    a_moment,
    a_registry,
    a_snapshot,
    a_step,
    at,
    index,
    the_network,
)

from lotse_routing.core.topology import build_topology
from lotse_routing.decide.advice import Advice, Reason, Route, SignState
from lotse_routing.decide.candidates import Trees
from lotse_routing.decide.decision import Decision, decide_sign, fall_back, is_news
from lotse_routing.decide.display import Display, arrow, compose_face, delay_min
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.record import read_advices
from lotse_routing.decide.registry import Registry, Sign
from lotse_routing.decide.signs import decide_signs
from lotse_routing.network.model import BannedTurn, build_network
from lotse_routing.settings import DisplaySettings
from lotse_shared.vehicle import ALL_VEHICLES

JAM = {"B-C-0": 8.0, "C-D-0": 8.0}


def decided(moment: Moment | None = None, previous: Decision | None = None, sign: Sign = SIGN, **step: Any) -> Decision:
    return decide_sign(a_step(moment, **step), sign, previous)


def jam(now_s: float = 0) -> Moment:
    return a_moment(a_snapshot(JAM, now=at(now_s)))


def free(now_s: float = 0) -> Moment:
    return a_moment(a_snapshot({"A-B-0": 50.0, "B-C-0": 50.0, "C-D-0": 50.0}, now=at(now_s)))


def closed(**closure: Any) -> Moment:
    return a_moment(a_snapshot(roadworks=[a_closure("C-D-0", **closure)]))


def body(decision: Decision) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(decision.display.body)
    return parsed


def test_the_display_body_is_that_of_the_field_notes() -> None:
    shown = body(decided(closed(ends_at=at(3600))))
    assert shown.pop("plan").startswith("sha256:")
    assert shown == {
        "schema": 1,
        "sign": "KL-07",
        "epoch": 1,
        "seq": 1,
        "state": "detour",
        "ttl_s": 300,
        "poll_s": 30,
        "hold_until": "2026-11-23T12:05:00Z",
        "valid_until": "2026-11-23T13:00:00Z",
        "priority": 5,
        "source": "automatic",
        "lines": ["LAUTERSTR.", "GESPERRT", "FOLGE U12"],
        "destinations": [{"id": "CENTRUM", "arrow": "left", "via": "U12", "delay_min": 0}],
        "fallback": "blank",
    }


def test_a_blank_sign_has_a_body_of_its_own() -> None:
    shown = body(decided())
    assert (shown["state"], shown["lines"], shown["destinations"]) == ("blank", [], [])
    assert (shown["hold_until"], shown["valid_until"]) == (None, None)


def test_equal_decisions_are_equal_bytes_under_an_equal_number() -> None:
    first = decided(jam())
    later = decided(jam(60), first)
    assert later.display == first.display
    assert not is_news(later, first, 0)
    assert first.display.etag == f'"{hashlib.sha256(first.display.body).hexdigest()[:32]}"'


def test_the_number_rises_when_the_body_changes_and_goes_on_after_a_restart() -> None:
    blank = decided()
    detour = decided(jam(), blank)
    assert (blank.display.seq, detour.display.seq) == (1, 2)
    assert is_news(detour, blank, 3600)
    restarted = replace(detour, display=Display(1, 2, detour.display.body))
    assert decided(jam(60), restarted).display == detour.display


def test_a_cause_that_has_gone_is_news_at_once_under_the_same_number() -> None:
    shown = decided(jam())
    held = decided(free(1), shown)
    assert held.display == shown.display
    assert is_news(held, shown, 3600)
    assert held.explanation.startswith("Stadtmitte: the usual way is free again")


def test_another_cause_is_news_after_a_while() -> None:
    shown = decided(jam())
    slow = {"B-C-0": 20.0, "C-D-0": 20.0}
    assert not is_news(decided(a_moment(a_snapshot(slow, now=at(29))), shown), shown, 30)
    later = decided(a_moment(a_snapshot(slow, now=at(30))), shown)
    assert (is_news(later, shown, 30), later.display) == (True, shown.display)
    assert not is_news(decided(a_moment(a_snapshot(slow, now=at(90))), later), later, 30)


def test_on_a_blank_sign_a_jam_that_is_over_is_news_at_once() -> None:
    blank = decided(a_moment(a_snapshot({"B-C-0": 20.0, "C-D-0": 25.0})))
    assert (blank.state, is_news(decided(free(1), blank), blank, 3600)) == (SignState.BLANK, True)


def test_a_way_that_nobody_saw_is_news_at_once_when_somebody_does_and_later_when_nobody_does_again() -> None:
    unseen, seen = decided(), decided(free(1))
    assert is_news(decided(free(1), unseen), unseen, 3600)
    unseen_again = decided(a_moment(a_snapshot(now=at(30))), seen)
    assert (is_news(unseen_again, seen, 30), is_news(unseen_again, seen, 29)) == (False, True)


def test_figures_alone_are_no_news() -> None:
    first = decided(a_moment(a_snapshot({"B-C-0": 20.0, "C-D-0": 25.0})))
    later = decided(a_moment(a_snapshot({"B-C-0": 21.0, "C-D-0": 24.0}, now=at(3600))), first)
    assert later.explanation != first.explanation
    assert not is_news(later, first, 30)


def test_a_record_without_a_gist_is_renewed() -> None:
    first = decided(free())
    (record,) = first.detours
    old = replace(first, detours=({key: record[key] for key in record if key != "gist"},))
    assert is_news(decided(free(1), old), old, 3600)


def test_a_sign_whose_trouble_is_another_one_is_news() -> None:
    misplaced = decided(sign=replace(SIGN, link_id="Y-Z-0"))
    assert is_news(fall_back(a_step(), SIGN, misplaced), misplaced, 3600)


def test_a_new_epoch_is_a_new_body() -> None:
    first = decided()
    later = decide_sign(replace(a_step(), epoch=2), SIGN, first)
    assert (later.display.epoch, later.display.seq) == (2, 2)
    assert body(later)["plan"] == body(first)["plan"]


def test_the_explanation_of_a_jam_names_street_speeds_detectors_times_and_gain() -> None:
    assert decided(jam()).explanation == (
        "Stadtmitte: Lauterstraße is jammed (8 of 50 km/h; detectors at-B-C-0, at-C-D-0; since 2026-11-23 12:00 UTC);"
        " by U12 it takes 166 s instead of 486 s (108 s without traffic): gain 320 s (66 %), confidence 1.00."
    )


def test_the_explanation_of_a_closure_names_the_roadwork_and_its_end() -> None:
    assert decided(closed(ends_at=at(3600))).explanation == (
        "Stadtmitte: Lauterstraße is closed (Kanalbau, since 2026-11-23 11:00 UTC, until 2026-11-23 13:00 UTC);"
        " by U12 it takes 166 s, the usual way 108 s when it is open."
    )


def test_the_explanation_of_a_blank_sign_says_why_nothing_is_shown() -> None:
    assert decided(free()).explanation == (
        "Nothing to show: the usual ways are free enough, to Stadtmitte 108 s (108 s without traffic)."
    )
    slight = a_moment(a_snapshot({"B-C-0": 20.0, "C-D-0": 25.0}))
    assert decided(slight).explanation == (
        "Stadtmitte: Lauterstraße is slow (22 of 50 km/h; detectors at-B-C-0, at-C-D-0; since 2026-11-23 12:00 UTC);"
        " by U12 it would take 166 s instead of 198 s (108 s without traffic): gain 32 s (16 %), confidence 1.00: shown"
        " from 45 s and 15 % on."
    )


def test_where_nothing_is_measured_the_explanation_does_not_call_the_way_free() -> None:
    nobody = "No detector measures the usual way to Stadtmitte now (108 s without traffic)."
    assert decided().explanation == nobody
    silent = a_moment(a_snapshot({"B-C-0": 50.0, "C-D-0": 50.0}, confidence=0.0))
    assert decided(silent).explanation == nobody
    held = decided(a_moment(a_snapshot(now=at(60))), decided(jam()))
    assert held.explanation.startswith("Stadtmitte: no detector measures the usual way now; by U12 it takes 166 s")


def test_of_two_ways_the_explanation_tells_which_one_is_not_measured() -> None:
    near = replace(CENTRUM, destination_id="NEAR", name="Vorstadt", sign_text="VORSTADT", node_id="G")
    both = replace(SIGN, destinations=("CENTRUM", "NEAR"))
    registry = Registry((both,), {"CENTRUM": CENTRUM, "NEAR": near}, (U12,))
    assert decided(a_moment(a_snapshot({"C-D-0": 50.0}), registry), sign=both).explanation == (
        "Nothing to show: the usual ways are free enough, to Stadtmitte 108 s (108 s without traffic)."
        " No detector measures the usual way to Vorstadt now (96 s without traffic)."
    )


def test_a_sign_holds_until_the_first_of_its_messages_may_go() -> None:
    shown = [Advice(name, SignState.DETOUR, Reason.GAIN, since=at(s)) for name, s in (("A", 60), ("B", 0), ("C", 90))]
    face = compose_face(SignState.DETOUR, ("UMLEITUNG",), shown, (), min_hold_s=300)
    assert face.hold_until == at(300)


def test_a_detour_that_is_slower_is_not_told_as_a_gain() -> None:
    shown = decided(jam())
    over = decided(a_moment(a_snapshot({"B-C-0": 20.0}, now=at(300))), shown)
    assert over.explanation == (
        "Stadtmitte: Lauterstraße is slow (20 of 50 km/h; detector at-B-C-0; since 2026-11-23 12:00 UTC); the usual"
        " way takes 162 s (108 s without traffic), and by U12 it would take 166 s: no detour that the"
        " sign may show is quicker."
    )


def test_a_sign_that_goes_blank_over_next_to_no_delay_says_that_the_way_is_free() -> None:
    over = decided(a_moment(a_snapshot({"B-C-0": 40.0, "C-D-0": 50.0}, now=at(300))), decided(jam()))
    assert over.explanation == (
        "Nothing to show: the usual ways are free enough, to Stadtmitte 117 s (108 s without traffic)."
    )


@pytest.mark.parametrize(
    ("speed_kmh", "expected"),
    [(45.0, "the usual way is free again"), (40.0, "Lauterstraße is a little slower (40 of 50 km/h")],
)
def test_a_delay_that_nobody_notices_is_no_cause(speed_kmh: float, expected: str) -> None:
    held = decided(a_moment(a_snapshot({"B-C-0": speed_kmh}, now=at(60))), decided(jam()))
    assert held.explanation.startswith(f"Stadtmitte: {expected}")


def test_the_explanation_of_a_held_detour_says_until_when() -> None:
    held = decided(free(60), decided(jam()))
    assert held.explanation == (
        "Stadtmitte: the usual way is free again; by U12 it takes 166 s instead of 108 s (108 s without traffic):"
        " gain -58 s (-53 %), confidence 1.00; held until 2026-11-23 12:05 UTC although that is less than a detour"
        " is shown for; without the hold nothing would be shown."
    )


def test_without_a_route_the_explanation_names_the_closure() -> None:
    moment = a_moment(a_snapshot(roadworks=[a_closure("C-D-0", "F-D-0")]))
    decision = decided(moment)
    assert (decision.state, decision.lines) == (SignState.FALLBACK, ())
    assert decision.explanation == (
        "Stadtmitte: Lauterstraße is closed (Kanalbau, since 2026-11-23 11:00 UTC), and no route past it is left"
        " that may be shown: fallback."
    )
    assert decision.detours[0]["shown"] is None
    assert decision.detours[0]["normal"]["travel_time_s"] is None


@pytest.mark.parametrize(("moment", "expected"), [(jam(), NOON), (closed(), None), (a_moment(), NOON)])
def test_what_a_closure_caused_was_not_sensed(moment: Moment, expected: object) -> None:
    assert decided(moment).sensed_at == expected


def test_the_end_of_a_closure_was_not_sensed() -> None:
    assert decided(previous=decided(closed())).sensed_at is None


def test_a_free_detour_tells_the_street_it_takes() -> None:
    decision = decided(a_moment(jam().snapshot, a_registry()))
    assert decision.lines == ("LAUTERSTR.", "STAU", "PARISER STR.")
    assert decision.detours[0]["shown"]["via"] == "Pariser Straße"
    assert body(decision)["destinations"][0]["via"] == "Pariser Straße"
    assert read_advices(decision.detours, Trees(a_graph(TOPOLOGY)))["CENTRUM"].shown == Route(
        tuple(index(link) for link in ("A-B-0", "B-E-0", "E-F-0", "F-D-0")), 165.6, None
    )


def test_a_decision_read_back_is_continued_like_the_one_in_memory() -> None:
    shown = decided(jam())
    stored = replace(shown, detours=tuple(json.loads(json.dumps(shown.detours))))
    moment = a_moment(a_snapshot({"B-C-0": 23.0, "C-D-0": 23.0}, now=at(400)))
    assert decided(moment, stored) == decided(moment, shown)
    assert decided(moment, stored).state is SignState.DETOUR


def test_a_detour_that_the_network_no_longer_has_is_decided_anew() -> None:
    shown = decided(jam())
    (record,) = shown.detours
    elsewhere = record | {"shown": record["shown"] | {"links": ["A-B-0", "B-X-0"]}}
    assert decided(a_moment(a_snapshot(now=at(1))), replace(shown, detours=(elsewhere,))).state is SignState.BLANK


def test_a_detour_with_a_turn_that_the_network_now_bans_is_decided_anew() -> None:
    network = the_network()
    turn = BannedTurn(("B-E-0", "E-F-0"), ALL_VEHICLES)
    banned = build_network("anew", "a test", network.junctions(), network.links(), [turn])
    assert read_advices(decided(jam()).detours, Trees(a_graph(build_topology(banned)))) == {}


def test_a_sign_on_a_link_that_the_network_does_not_have_falls_back() -> None:
    decision = decided(sign=replace(SIGN, link_id="Y-Z-0"))
    assert decision.state is SignState.FALLBACK
    assert "Y-Z-0" in decision.explanation


def test_a_sign_without_destinations_is_blank() -> None:
    decision = decided(sign=replace(SIGN, destinations=()))
    assert (decision.state, decision.detours) == (SignState.BLANK, ())
    assert "no destination" in decision.explanation


def test_only_the_destinations_that_a_closure_concerns_are_diverted() -> None:
    near = replace(CENTRUM, destination_id="NEAR", name="Vorstadt", sign_text="VORSTADT", node_id="C")
    both = replace(SIGN, destinations=("CENTRUM", "NEAR"))
    registry = Registry((both,), {"CENTRUM": CENTRUM, "NEAR": near}, (U12,))
    moment = a_moment(a_snapshot(roadworks=[a_closure("C-D-0")]), registry)
    decision = decided(moment, sign=both)
    assert decision.lines == ("LAUTERSTR.", "GESPERRT", "CENTRUM U12")
    assert [record["state"] for record in decision.detours] == ["detour", "blank"]
    assert "Stadtmitte: Lauterstraße is closed" in decision.explanation
    assert "Vorstadt" not in decision.explanation


def test_a_sign_whose_decision_fails_takes_no_other_with_it() -> None:
    broken = replace(SIGN, sign_id="broken", line_chars="sixteen")  # type: ignore[arg-type]
    moment = a_moment(jam().snapshot, a_registry(U12, signs=(broken, SIGN)))
    decisions, faults = decide_signs(a_step(moment), {})
    assert {sign: decision.state.value for sign, decision in decisions.items()} == {
        "broken": "fallback",
        "KL-07": "detour",
    }
    assert list(faults) == ["broken"]
    again, _ = decide_signs(a_step(moment), decisions)
    assert again["broken"].display == decisions["broken"].display
    assert fall_back(a_step(moment), broken, None).display == decisions["broken"].display


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (["A-B-0", "B-C-0"], "straight"),
        (["A-B-0", "B-E-0"], "left"),
        (["A-B-0", "B-G-0"], "right"),
        (["A-B-0"], "straight"),
    ],
)
def test_the_arrow_follows_the_turn_off_the_link_of_the_sign(route: list[str], expected: str) -> None:
    assert arrow(TOPOLOGY, [index(link) for link in route]) == expected


@pytest.mark.parametrize(
    ("minutes", "previous", "expected"),
    [
        (-1, None, 0),
        (2.4, None, 0),
        (2.6, None, 5),
        (7.6, None, 10),
        (3.4, 0, 0),
        (3.6, 0, 5),
        (1.6, 5, 5),
        (1.4, 5, 0),
        (20, 5, 20),
    ],
)
def test_delays_are_told_in_steps_that_do_not_flicker(minutes: float, previous: int | None, expected: int) -> None:
    advice = Advice("CENTRUM", SignState.DETOUR, Reason.GAIN, usual_s=100, shown=Route((0,), 100 + 60 * minutes, "U12"))
    assert delay_min(advice, previous, DisplaySettings()) == expected
