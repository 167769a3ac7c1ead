"""Why a sign shows what it shows, as data: one account a destination, of every rule."""

import json
from dataclasses import replace
from typing import Any

import pytest
from factories_decide import (
    CENTRUM,
    SIGN,
    U12,
    a_closure,
    a_moment,
    a_registry,
    a_snapshot,
    a_step,
    at,
)

from lotse_routing.decide.decision import Decision, decide_sign, is_news
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.registry import Corridor, Registry
from lotse_routing.settings import PolicySettings
from lotse_routing.state.roadwork import Roadwork

JAM = {"B-C-0": 8.0, "C-D-0": 8.0}
FREE = {"A-B-0": 50.0, "B-C-0": 50.0, "C-D-0": 50.0}
U7 = Corridor("U7", ("B-G-0", "G-D-0"))


def moment(speeds_kmh: dict[str, float], now_s: float = 0, *corridors: Corridor, **settings: Any) -> Moment:
    registry = a_registry(*(corridors or (U12,)))
    return a_moment(a_snapshot(speeds_kmh, now=at(now_s)), registry, PolicySettings(**settings))


def closed(now_s: float = 0, speeds_kmh: dict[str, float] | None = None, *corridors: Corridor) -> Moment:
    snapshot = a_snapshot(speeds_kmh, [a_closure("C-D-0", ends_at=at(3600))], at(now_s))
    return a_moment(snapshot, a_registry(*(corridors or (U12,))))


def decided(moment: Moment, previous: Decision | None = None) -> Decision:
    return decide_sign(a_step(moment), SIGN, previous)


def why(decision: Decision) -> dict[str, Any]:
    """As it stands in the table."""
    (record,) = json.loads(json.dumps(decision.detours))
    return dict(record["why"])


def test_a_detour_that_gains_has_its_figures_and_the_thresholds_of_a_new_one() -> None:
    told = why(decided(moment(JAM)))
    assert {key: told[key] for key in told.keys() - {"cause", "words"}} == {
        "name": "Stadtmitte",
        "rule": "gain",
        "is_measured": True,
        "confidence": 1.0,
        "normal_s": 486.0,
        "usual_s": 108.0,
        "delay_s": 378.0,
        "estimated_s": 0.0,
        "shown_s": 165.6,
        "candidate_s": None,
        "via": "U12",
        "gain_s": 320.4,
        "gain_pct": 65.9,
        "seen_gain_s": 320.4,
        "min_gain_s": 45.0,
        "min_gain_pct": 15.0,
        "was_shown": False,
        "lacks": [],
        "held_until": "2026-11-23T12:05:00Z",
        "without_hold": None,
    }
    assert told["cause"] == {
        "kind": "jam",
        "street": "Lauterstraße",
        "since": "2026-11-23T12:00:00Z",
        "until": None,
        "roadwork": "",
        "speed_kmh": 8.0,
        "free_flow_kmh": 50.0,
        "detectors": ["at-B-C-0", "at-C-D-0"],
        "confidence": 1.0,
    }


def test_a_closure_has_no_figures_that_are_infinite_and_is_known_since_its_roadwork_began() -> None:
    told = why(decided(closed()))
    assert (told["rule"], told["normal_s"], told["usual_s"], told["gain_s"]) == ("closure", None, 108.0, None)
    assert (told["delay_s"], told["shown_s"], told["lacks"]) == (None, 165.6, [])
    cause = told["cause"]
    assert (cause["kind"], cause["roadwork"], cause["speed_kmh"]) == ("closed", "Kanalbau", None)
    assert (cause["since"], cause["until"]) == ("2026-11-23T11:00:00Z", "2026-11-23T13:00:00Z")


def test_a_message_that_is_held_says_until_when_what_it_lacks_and_what_would_be_shown_without_the_hold() -> None:
    told = why(decided(moment(FREE, 60), decided(moment(JAM))))
    assert (told["rule"], told["cause"], told["held_until"]) == ("held", None, "2026-11-23T12:05:00Z")
    assert told["without_hold"] == {"state": "blank", "rule": "no_delay", "via": None}
    assert (told["min_gain_s"], told["min_gain_pct"], told["was_shown"]) == (22.5, 7.5, True)
    assert {"figure": "gain_s", "value": -57.6, "needed": 22.5} in told["lacks"]


def test_a_message_that_keeps_a_better_one_off_says_which() -> None:
    slow_garden = moment(JAM | {"B-G-0": 20.0}, 0, U12, U7)
    told = why(decided(moment(JAM | {"B-E-0": 6.0}, 60, U12, U7), decided(slow_garden)))
    assert (told["via"], told["without_hold"]) == ("U12", {"state": "detour", "rule": "gain", "via": "U7"})


def test_past_a_closure_too_a_better_corridor_waits_for_the_end_of_the_hold() -> None:
    shown = decided(closed())
    told = why(decided(closed(60, {"B-E-0": 6.0}, U12, U7), shown))
    assert (told["rule"], told["via"]) == ("closure", "U12")
    assert told["without_hold"] == {"state": "detour", "rule": "closure", "via": "U7"}
    over = why(decided(closed(400, {"B-E-0": 6.0}, U12, U7), shown))
    assert (over["via"], over["without_hold"]) == ("U7", None)


def test_where_the_hold_changes_nothing_nothing_is_told_of_it() -> None:
    told = why(decided(moment(JAM, 60), decided(moment(JAM))))
    assert (told["rule"], told["without_hold"], told["was_shown"]) == ("gain", None, True)


def test_a_free_detour_that_would_be_shown_without_the_hold_is_called_by_its_street() -> None:
    snapshot = a_snapshot(JAM | {"B-G-0": 5.0})
    shown = decided(a_moment(snapshot, a_registry()))
    later = a_snapshot(JAM | {"B-E-0": 4.0}, now=at(60))
    told = why(decided(a_moment(later, a_registry()), shown))
    assert (told["via"], told["without_hold"]["via"]) == ("Pariser Straße", "Gartenweg")


@pytest.mark.parametrize(
    ("speeds_kmh", "estimate", "lacking"),
    [
        ({"B-C-0": 20.0, "C-D-0": 25.0}, {}, ["gain_s", "seen_gain_s"]),
        ({"B-C-0": 20.0, "C-D-0": 25.0}, {"min_gain_s": 30.0, "min_gain_pct": 20.0}, ["gain_pct"]),
    ],
)
def test_a_blank_sign_tells_its_best_candidate_and_what_it_lacked(
    speeds_kmh: dict[str, float], estimate: dict[str, float], lacking: list[str]
) -> None:
    told = why(decided(moment(speeds_kmh, 0, U12, **estimate)))
    assert (told["rule"], told["via"], told["candidate_s"], told["shown_s"]) == ("too_little_gain", "U12", 165.6, None)
    assert [shortfall["figure"] for shortfall in told["lacks"]] == lacking
    assert all(shortfall["value"] < shortfall["needed"] for shortfall in told["lacks"])


def test_a_detour_that_was_dropped_tells_the_thresholds_of_one_that_was_shown() -> None:
    told = why(decided(moment({"B-C-0": 20.0, "C-D-0": 30.0}, 400), decided(moment(JAM))))
    assert (told["rule"], told["min_gain_s"], told["was_shown"]) == ("too_little_gain", 22.5, True)
    assert told["lacks"][0] == {"figure": "gain_s", "value": 20.4, "needed": 22.5}


def test_a_free_way_tells_what_it_would_have_to_lose() -> None:
    told = why(decided(moment(FREE)))
    assert (told["rule"], told["cause"], told["via"], told["is_measured"]) == ("no_delay", None, None, True)
    assert told["lacks"] == [{"figure": "delay_s", "value": 0.0, "needed": 45.0}]
    assert not why(decided(moment({})))["is_measured"]


def test_without_another_way_the_cause_is_told_and_no_candidate() -> None:
    snapshot = a_snapshot(JAM)
    nothing_else = a_moment(snapshot, a_registry(), PolicySettings(free_detours=False))
    told = why(decided(nothing_else))
    assert (told["rule"], told["via"], told["cause"]["street"]) == ("no_candidate", None, "Lauterstraße")
    shut = a_moment(a_snapshot(roadworks=[a_closure("C-D-0", "F-D-0")]))
    assert (why(decided(shut))["rule"], why(decided(shut))["cause"]["kind"]) == ("no_route", "closed")


def test_a_destination_that_the_network_does_not_have_has_no_figures() -> None:
    lost = Registry((SIGN,), {"CENTRUM": replace(CENTRUM, node_id="NOWHERE")}, (U12,))
    told = why(decided(a_moment(a_snapshot(), lost)))
    assert (told["rule"], told["normal_s"], told["usual_s"], told["cause"]) == ("not_in_network", None, None, None)


def test_a_street_is_slow_since_it_was_first_told_whether_slow_or_jammed() -> None:
    slow = decided(moment({"B-C-0": 20.0, "C-D-0": 20.0}))
    jammed = decided(moment(JAM, 60), slow)
    assert (why(slow)["cause"]["kind"], why(jammed)["cause"]["kind"]) == ("slow", "jam")
    assert why(decided(moment(JAM, 120), jammed))["cause"]["since"] == "2026-11-23T12:00:00Z"
    free = decided(moment(FREE, 180), jammed)
    assert why(decided(moment(JAM, 240), free))["cause"]["since"] == "2026-11-23T12:04:00Z"


def test_a_closure_that_leaves_a_jam_behind_does_not_make_it_older() -> None:
    jam = why(decided(moment(JAM, 60), decided(closed())))
    assert jam["cause"]["since"] == "2026-11-23T12:01:00Z"


def test_a_street_that_only_a_roadwork_slows_is_slow_since_that_began() -> None:
    limit = Roadwork("R2", "Fräsarbeiten", "speed", 10.0, ("B-C-0", "C-D-0"), at(-600))
    unmeasured = a_moment(a_snapshot(roadworks=[limit]))
    assert why(decided(unmeasured))["cause"]["since"] == "2026-11-23T11:50:00Z"
    measured = a_moment(a_snapshot(JAM, [limit]))
    assert why(decided(measured))["cause"]["since"] == "2026-11-23T12:00:00Z"


def test_the_record_of_an_earlier_version_has_no_account_and_is_continued() -> None:
    shown = decided(moment(JAM))
    (record,) = shown.detours
    old = replace(shown, detours=({key: record[key] for key in record if key != "why"},))
    later = decided(moment(JAM, 60), old)
    assert (later.display, why(later)["cause"]["since"]) == (shown.display, "2026-11-23T12:01:00Z")
    assert not is_news(later, old, 0)
