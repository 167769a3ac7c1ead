"""Messages to those who are affected: when they are shown, held, replaced, dropped, and whom they address."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from factories_decide import NOON
from factories_relations import (
    ALONG_B,
    AT_B,
    EVERYWHERE,
    a_closure,
    a_knowledge,
    a_sign,
    a_snapshot,
    a_step,
    a_trip,
    lived,
    slowed,
    way,
)

from lotse_routing.decide.decision import Decision, is_news
from lotse_routing.decide.registry import Corridor
from lotse_routing.settings import PolicySettings
from lotse_shared.vehicle import VehicleClass

JAM = {"b1-b2-0": 6.0, "b2-b3-0": 6.0}
KNOWN = a_knowledge(ALONG_B)


def decide(
    *minutes: tuple[float, Mapping[str, float]], corridors: tuple[Corridor, ...] = (), **settings: Any
) -> list[Decision]:
    """What the sign on Row b shows, minute by minute, each given by its seconds after noon and its slow links."""
    policy = PolicySettings(**settings)
    steps = [
        a_step(
            a_snapshot(slowed(speeds), now=NOON + timedelta(seconds=at_s)), KNOWN, corridors=corridors, settings=policy
        )
        for at_s, speeds in minutes
    ]
    return [decided["S1"] for decided in lived(steps)]


def reasons(decision: Decision) -> list[str]:
    return [detour["gist"]["reason"] for detour in decision.detours]


def test_a_free_town_is_told_nothing() -> None:
    (decision,) = decide((0, {}))
    assert (decision.state, decision.detours) == ("blank", ())
    assert decision.explanation.startswith(
        "Nothing to show: on the usual ways of those who pass this sign nothing is known to be closed"
    )


def test_a_jam_is_led_around_and_back_to_where_the_usual_way_goes_on() -> None:
    (decision,) = decide((0, JAM))
    (detour,) = decision.detours
    assert decision.state == "detour"
    assert detour["normal"]["links"] == list(way("b0", "b1", "b2", "b3", "c3", "d3"))
    assert detour["shown"]["links"] == list(way("b0", "b1", "c1", "c2", "c3", "d3"))
    assert detour["relation"]["street"] == "Row b"
    assert detour["relation"]["links"] == ["b1-b2-0", "b2-b3-0"]
    assert detour["relation"]["vehicles_per_h"] == 200
    assert decision.lines == ("ROW B STAU", "COLUMN 3", "ÜBER ROW C")


def test_who_does_not_pass_the_jam_is_told_nothing() -> None:
    elsewhere = a_knowledge(a_trip("b0", "b1", "c1", "c2"), ALONG_B)
    signs = (AT_B, a_sign("S2", "c0-c1-0"))
    step = a_step(a_snapshot(slowed(JAM)), elsewhere, signs)
    (decided,) = lived([step])
    assert decided["S1"].detours[0]["relation"]["vehicles_per_h"] == 200
    assert decided["S2"].detours == ()


@pytest.mark.parametrize("settings", [{"min_gain_s": 600.0}, {"min_gain_pct": 90.0}])
def test_a_gain_below_either_threshold_shows_nothing(settings: dict[str, Any]) -> None:
    (decision,) = decide((0, JAM), **settings)
    assert (decision.state, reasons(decision)) == ("blank", ["too little gain"])


def test_one_slow_detector_is_not_believed_two_are() -> None:
    assert decide((0, {"b1-b2-0": 3.0}))[0].state == "blank"
    assert decide((0, {"b1-b2-0": 3.0}), witnesses=1)[0].state == "detour"


def test_a_street_that_is_a_little_slow_is_no_witness_until_a_sign_warns() -> None:
    liar_and_a_little = {"b1-b2-0": 3.0, "b2-b3-0": 30.0}
    assert decide((0, liar_and_a_little))[0].state == "blank"
    states = [decision.state for decision in decide((0, JAM), (600, liar_and_a_little), (660, {"b1-b2-0": 3.0}))]
    assert states == ["detour", "detour", "blank"]


def test_a_witness_on_another_street_may_recover_a_little_while_a_sign_warns() -> None:
    def beside(speed_kmh: float) -> Mapping[str, float]:
        return {"b1-b2-0": 3.0, "b2-c2-0": speed_kmh}

    states = [decision.state for decision in decide((0, beside(30.0)), (60, beside(6.0)), (660, beside(30.0)))]
    assert states == ["blank", "detour", "detour"]


def test_a_message_stays_for_its_hold_and_goes_then() -> None:
    states = [decision.state for decision in decide((0, JAM), (60, {}), (299, {}), (300, {}))]
    assert states == ["detour", "detour", "detour", "blank"]


def test_a_held_message_says_so() -> None:
    assert reasons(decide((0, JAM), (60, {}))[1]) == ["held"]


def test_a_corridor_that_turns_slow_is_withdrawn_at_once() -> None:
    first, then = decide((0, JAM), (60, JAM | {"b1-c1-0": 5.0, "c1-c2-0": 5.0, "c2-c3-0": 5.0, "b1-a1-0": 50.0}))
    assert first.state == "detour"
    shown = [detour["shown"]["links"] for detour in then.detours if detour["state"] == "detour"]
    assert all({"c1-c2-0", "c2-c3-0"}.isdisjoint(links) for links in shown)


def test_a_closure_acts_at_once_and_its_end_too() -> None:
    closed = a_snapshot(slowed({}), (a_closure("b1-b2-0"),))
    opened = a_snapshot(slowed({}), now=NOON + timedelta(seconds=10))
    first, then = lived([a_step(closed, KNOWN), a_step(opened, KNOWN)])
    assert (first["S1"].state, then["S1"].state) == ("detour", "blank")
    assert first["S1"].detours[0]["gain_s"] is None
    assert first["S1"].sensed_at is None
    assert first["S1"].explanation.startswith("Row b > ")


def test_only_approved_corridors_are_shown_where_there_are_any() -> None:
    over_a = Corridor("U7", way("b1", "a1", "a2", "a3"))
    (decision,) = decide((0, JAM), corridors=(over_a,))
    assert (decision.detours[0]["corridor"], decision.detours[0]["vehicles"]) == ("U7", ["car"])
    assert set(over_a.links) <= set(decision.detours[0]["shown"]["links"])
    assert decide((0, JAM), corridors=(replace(over_a, signs=("S9",)),), free_detours=False)[0].state == "blank"


def test_a_corridor_that_is_not_for_cars_is_neither_shown_nor_keeps_a_free_detour_away() -> None:
    for_trucks = Corridor("U7", way("b1", "a1", "a2", "a3"), vehicles=(VehicleClass.TRUCK,))
    (free,), (decision,) = decide((0, JAM)), decide((0, JAM), corridors=(for_trucks,))
    assert (decision.state, decision.detours) == (free.state, free.detours)
    assert decide((0, JAM), corridors=(for_trucks,), free_detours=False)[0].state == "blank"


def test_nothing_is_proposed_freely_where_that_is_not_allowed() -> None:
    (decision,) = decide((0, JAM), free_detours=False)
    assert decision.state == "blank"


def test_silent_detectors_end_what_they_caused() -> None:
    steps = [
        a_step(a_snapshot(slowed(JAM)), KNOWN),
        a_step(a_snapshot(slowed(JAM, freshness=0.0), now=NOON + timedelta(seconds=60)), KNOWN),
    ]
    first, then = lived(steps)
    assert (first["S1"].state, then["S1"].state) == ("detour", "blank")


def test_two_signs_share_what_a_corridor_bears() -> None:
    """Row c bears what one sign sends; the second, which knows of it, finds another way or none."""
    two = a_knowledge(
        a_trip("b0", "b1", "b2", "b3", "c3", "d3", vehicles=900.0),
        a_trip("a1", "b1", "b2", "b3", "c3", "d3", vehicles=900.0),
    )
    signs = (AT_B, a_sign("S2", "a1-b1-0"))
    settings = PolicySettings(compliance=1.0)
    (alone,) = lived([a_step(a_snapshot(slowed(JAM)), two, signs[:1], settings=settings)])
    (both,) = lived([a_step(a_snapshot(slowed(JAM)), two, signs, settings=settings)])
    told = {sign_id: reasons(decision) for sign_id, decision in both.items()}
    assert reasons(alone["S1"]) == ["gain"]
    assert sorted(told.values()) == [["gain"], ["too little gain"]]


def test_detectors_on_links_that_the_network_does_not_have_say_nothing() -> None:
    known = a_knowledge(ALONG_B, places=[*EVERYWHERE, replace(EVERYWHERE[0], link_id="x-y-0")])
    assert len(known.reach.measured) == len(EVERYWHERE)


def test_at_hours_without_a_trip_nothing_is_known_of_relations() -> None:
    assert KNOWN.at(NOON) is not None
    assert KNOWN.at(NOON - timedelta(hours=9)) is None


def test_trips_over_links_that_the_network_does_not_have_are_left_out() -> None:
    assert a_knowledge(ALONG_B, replace(ALONG_B, links=("x-y-0", "y-z-0"))).usual.left_out == 1


def test_a_corridor_that_is_no_longer_registered_is_left_at_once() -> None:
    over_a = Corridor("U7", way("b1", "a1", "a2", "a3"))
    first = a_step(a_snapshot(slowed(JAM)), KNOWN, corridors=(over_a,))
    withdrawn = a_step(a_snapshot(slowed(JAM), now=NOON + timedelta(seconds=60)), KNOWN, corridors=())
    before, after = lived([first, withdrawn])
    assert before["S1"].detours[0]["corridor"] == "U7"
    assert [detour["corridor"] for detour in after["S1"].detours] == [None]


def test_where_a_corridor_turns_slow_another_one_is_shown_in_the_same_step() -> None:
    over_c = {"b1-c1-0": 5.0, "c1-c2-0": 5.0, "c2-c3-0": 5.0}
    first, then = decide((0, JAM), (60, JAM | over_c))
    assert "c1-c2-0" in first.detours[0]["shown"]["links"]
    assert (then.state, "a1-a2-0" in then.detours[0]["shown"]["links"]) == ("detour", True)


def test_a_sign_on_a_closed_link_says_nothing() -> None:
    jam, closed = a_snapshot(slowed(JAM)), a_snapshot(slowed({}), (a_closure("b0-b1-0", "b1-b2-0"),))
    first, then = lived([a_step(jam, KNOWN), a_step(closed, KNOWN)])
    assert (first["S1"].state, then["S1"].state) == ("detour", "blank")


def test_two_closed_parts_of_one_street_are_told_apart_and_both_keep_since_when() -> None:
    parts = a_closure("b0-b1-0", "b2-b3-0")
    known = a_knowledge(a_trip("a0", "b0", "b1", "b2", "b3", "c3", "d3"))
    sign = a_sign("S1", "a0-b0-0")
    snapshots = [a_snapshot(slowed({}), (parts,), NOON + timedelta(seconds=at_s)) for at_s in (0, 60)]
    first, then = lived(a_step(snapshot, known, (sign,)) for snapshot in snapshots)
    assert len({detour["destination"] for detour in first["S1"].detours}) == 2
    assert first["S1"].display == then["S1"].display


def test_that_a_message_tells_of_fewer_links_is_news_though_the_display_stays() -> None:
    known = a_knowledge(a_trip("a0", "b0", "b1", "b2", "b3", "c3", "d3"))
    jams = [{"b0-b1-0": 6.0, **JAM}, {"b0-b1-0": 6.0, "b1-b2-0": 6.0}]
    snapshots = [
        a_snapshot(slowed(jam), now=NOON + timedelta(seconds=at_s)) for at_s, jam in zip((0, 60), jams, strict=True)
    ]
    first, then = (
        decided["S1"] for decided in lived(a_step(each, known, (a_sign("S1", "a0-b0-0"),)) for each in snapshots)
    )
    assert (first.state, first.display) == ("detour", then.display)
    assert is_news(then, first, 90)


def test_a_closure_past_which_too_little_is_gained_is_told_with_the_seconds_that_a_closure_asks_for() -> None:
    closed = a_snapshot(slowed({}), (a_closure("b1-b2-0"),))
    (only,) = lived([a_step(closed, KNOWN, settings=PolicySettings(min_gain_closed_s=600.0))])
    why = only["S1"].detours[0]["why"]
    assert (why["rule"], why["min_gain_s"], why["min_gain_pct"]) == ("too_little_gain", 600.0, 0.0)
    assert "shown from 600 s on, which is not gained" in why["words"]["en"]
    assert "gezeigt wird ab 600 s Gewinn" in why["words"]["de"]


def test_a_sign_is_not_lit_for_a_handful_and_says_so() -> None:
    few = a_knowledge(a_trip("b0", "b1", "b2", "b3", "c3", "d3", vehicles=4.0))
    jam = a_snapshot(slowed(JAM))
    (decided,) = lived([a_step(jam, few)])
    assert decided["S1"].state == "blank"
    why = decided["S1"].detours[0]["why"]
    (lack,) = why["lacks"]
    assert (why["rule"], lack["figure"], lack["needed"]) == ("too_few", "total_gain_veh_min_h", 45.0)
    assert lack["value"] == pytest.approx(4 * why["gain_s"] / 60, abs=0.1)
    assert f"gain too little together: {lack['value']:g} vehicle minutes an hour" in why["words"]["en"]
    assert "gewinnen zu wenig" in why["words"]["de"]
    (asked,) = lived([a_step(jam, few, settings=PolicySettings(min_total_gain_veh_min_h=20.0))])
    assert asked["S1"].state == "detour"


def test_what_is_shown_already_is_told_with_what_it_takes_to_stay() -> None:
    first, over = (decision.detours[0]["why"] for decision in decide((0, JAM), (600, {})))
    assert [(why["was_shown"], why["min_gain_s"], why["min_gain_pct"]) for why in (first, over)] == [
        (False, 45.0, 15.0),
        (True, 15.0, 0.0),
    ]
    assert "no longer disturbed" in over["words"]["en"]
    dropped = decide((0, JAM), (600, JAM), drop_gain_s=10_000.0)[1].detours[0]["why"]
    assert (dropped["rule"], dropped["lacks"][0]["needed"]) == ("too_little_gain", 10_000.0)
    assert "unter 10000 s Gewinn nicht mehr gezeigt" in dropped["words"]["de"]


def test_past_a_closure_a_sign_is_not_lit_for_a_handful_either() -> None:
    closed = a_snapshot(slowed({}), (a_closure("b1-b2-0"),))
    states = [
        lived([a_step(closed, a_knowledge(replace(ALONG_B, vehicles=vehicles)))])[0]["S1"].state
        for vehicles in (4.0, 200.0)
    ]
    assert states == ["blank", "detour"]


def test_what_is_not_lost_on_the_usual_way_is_no_reason_for_a_message() -> None:
    """By habit they drive around two blocks; a jam of 54 s on that way makes the straight one no detour."""
    by_habit = a_knowledge(a_trip("b0", "b1", "a1", "a2", "a3", "b3", "c3"))
    jam = a_snapshot(slowed({"a1-a2-0": 20.0, "a2-a3-0": 20.0}))

    def decided(min_gain_s: float) -> Decision:
        settings = PolicySettings(min_gain_s=min_gain_s)
        return lived([a_step(jam, by_habit, settings=settings)])[0]["S1"]

    assert decided(100.0).state == "detour"
    why = decided(120.0).detours[0]["why"]
    assert (why["rule"], why["gain_s"] > 120, why["delay_s"]) == ("too_little_gain", True, 108.0)
    assert "108 s of it lost on the usual way" in why["words"]["en"]


def test_a_corridor_for_many_replaces_one_for_few_that_each_gain_as_much() -> None:
    jam = slowed({"b1-b2-0": 6.0})
    few, many = a_trip("b0", "b1", "b2", "a2", "a3", vehicles=60.0), a_trip("b0", "b1", "b2", "c2", "c3")
    first, held, then = (
        decided["S1"]
        for decided in lived(
            a_step(
                a_snapshot(jam, now=NOON + timedelta(seconds=at_s)),
                a_knowledge(*trips),
                settings=PolicySettings(witnesses=1),
            )
            for at_s, trips in (
                (0, [few]),
                (299, [few, many]),
                (300, [few, many]),
            )
        )
    )
    toward = [decision.detours[0]["relation"]["toward"] for decision in (first, held, then)]
    assert toward == ["Row a", "Row a", "Row c"]
