"""When a sign shows a detour, keeps it, replaces it, drops it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from factories_decide import (
    CENTRUM,
    NOON,
    SIGN,
    U12,
    a_closure,
    a_moment,
    a_registry,
    a_snapshot,
    at,
    ids,
)

from lotse_routing.core.routes import ReverseTree, tree_over
from lotse_routing.decide import candidates
from lotse_routing.decide.advice import Advice, Reason, SignState
from lotse_routing.decide.policy import advise
from lotse_routing.decide.registry import Corridor, Destination, Registry, Sign
from lotse_routing.settings import PolicySettings
from lotse_routing.state.roadwork import Roadwork
from lotse_shared.vehicle import VehicleClass

JAM = {"B-C-0": 8.0, "C-D-0": 8.0}
SLIGHT = {"B-C-0": 20.0, "C-D-0": 20.0}
GARDEN = Corridor("U7", ("B-G-0", "G-D-0"))
CLOSED = (a_closure("C-D-0"),)


def decide(
    speeds_kmh: Mapping[str, float] | None = None,
    roadworks: tuple[Roadwork, ...] = (),
    now_s: float = 0,
    previous: Advice | None = None,
    registry: Registry | None = None,
    **settings: Any,
) -> Advice:
    snapshot = a_snapshot(speeds_kmh, roadworks, at(now_s))
    return advise(a_moment(snapshot, registry, PolicySettings(**settings)), SIGN, CENTRUM, previous)


def via(advice: Advice) -> str | None:
    return advice.shown.via if advice.shown else None


def test_a_free_road_leaves_the_sign_blank() -> None:
    advice = decide()
    assert (advice.state, advice.reason) == (SignState.BLANK, Reason.NO_DELAY)
    assert advice.normal == advice.shown
    assert advice.normal
    assert ids(advice.normal.links) == ["A-B-0", "B-C-0", "C-D-0"]


def test_a_jam_shows_the_corridor() -> None:
    advice = decide(JAM)
    assert (advice.state, advice.reason, via(advice)) == (SignState.DETOUR, Reason.GAIN, "U12")
    assert advice.shown
    assert ids(advice.shown.links) == ["A-B-0", "B-E-0", "E-F-0", "F-D-0"]
    assert advice.gain_s == pytest.approx(450 - 129.6)
    assert advice.gain_pct == pytest.approx(100 * 320.4 / 486)
    assert advice.confidence == 1
    assert advice.since == NOON
    assert advice.told
    assert (advice.told.kind, advice.told.street) == ("jam", "Lauterstraße")


@pytest.mark.parametrize("thresholds", [{"min_gain_s": 321}, {"min_gain_pct": 66}])
def test_both_thresholds_have_to_be_reached(thresholds: dict[str, Any]) -> None:
    advice = decide(JAM, **thresholds)
    assert (advice.state, advice.reason) == (SignState.BLANK, Reason.TOO_LITTLE_GAIN)
    assert advice.candidate
    assert advice.candidate.via == "U12"


def test_a_corridor_is_preferred_to_a_quicker_free_route() -> None:
    quicker = a_registry(U12)
    assert via(decide(JAM, registry=quicker)) == "U12"
    assert via(decide(JAM | {"B-E-0": 30.0}, registry=quicker)) == "U12"


def test_the_cheapest_corridor_is_shown_not_the_quickest_one_through_minor_streets() -> None:
    advice = decide(JAM, registry=a_registry(GARDEN, U12))
    assert via(advice) == "U12"
    assert advice.shown
    assert advice.shown.travel_time_s > 36 + 120


def test_a_free_detour_is_shown_only_without_any_corridor_and_if_allowed() -> None:
    free = decide(JAM, registry=a_registry())
    assert free.shown
    assert (free.state, via(free), ids(free.shown.links)[1]) == (SignState.DETOUR, None, "B-E-0")
    assert decide(JAM, registry=a_registry(), free_detours=False).reason is Reason.NO_CANDIDATE


@pytest.mark.parametrize("other", [{"signs": ("KL-99",)}, {"destinations": ("AIRPORT",)}])
def test_a_corridor_applies_to_its_signs_and_destinations_only(other: dict[str, Any]) -> None:
    advice = decide(JAM, registry=a_registry(replace(U12, **other)), free_detours=False)
    assert advice.state is SignState.BLANK


def test_a_corridor_that_is_not_for_cars_is_neither_shown_nor_keeps_a_free_detour_away() -> None:
    for_trucks = replace(U12, vehicles=(VehicleClass.TRUCK,))
    assert decide(JAM, registry=a_registry(for_trucks)) == decide(JAM, registry=a_registry())
    assert decide(JAM, registry=a_registry(for_trucks), free_detours=False).reason is Reason.NO_CANDIDATE
    assert via(decide(JAM, registry=a_registry(replace(U12, vehicles=(VehicleClass.CAR, VehicleClass.TRUCK))))) == "U12"


def test_a_corridor_that_cars_are_no_longer_approved_for_is_left_at_once() -> None:
    shown = decide(JAM, registry=a_registry(U12))
    after = decide(JAM, now_s=1, previous=shown, registry=a_registry(replace(U12, vehicles=(VehicleClass.TRUCK,))))
    assert (via(shown), via(after)) == ("U12", None)


def test_a_corridor_that_the_network_does_not_have_is_not_shown() -> None:
    unknown = Corridor("U99", ("B-Z-0", "Z-D-0"))
    assert decide(JAM, registry=a_registry(unknown)).reason is Reason.NO_CANDIDATE


def test_recovery_blanks_the_sign_after_the_hold() -> None:
    shown = decide(JAM)
    held = decide(now_s=299, previous=shown)
    assert (held.state, held.reason, held.since) == (SignState.DETOUR, Reason.HELD, NOON)
    assert held.told == shown.told
    assert decide(now_s=300, previous=held).state is SignState.BLANK


def test_a_detour_stays_down_to_half_of_the_threshold() -> None:
    shown = decide(JAM)
    slight = decide(SLIGHT, now_s=400, previous=shown)
    assert slight.gain_s == pytest.approx(180 - 129.6)
    assert slight.state is SignState.DETOUR
    slighter = {"B-C-0": 23.0, "C-D-0": 23.0}
    assert decide(slighter).state is SignState.BLANK
    assert decide(slighter, now_s=400, previous=shown).state is SignState.DETOUR
    assert decide({"B-C-0": 25.0, "C-D-0": 25.0}, now_s=400, previous=shown).state is SignState.BLANK


def test_another_detour_replaces_the_shown_one_only_if_it_is_clearly_better_and_after_the_hold() -> None:
    both = a_registry(U12, GARDEN)
    shown = decide(JAM, registry=both)
    assert via(shown) == "U12"
    worse = JAM | {"E-F-0": 24.0}
    assert via(decide(worse, now_s=299, previous=shown, registry=both)) == "U12"
    assert via(decide(worse, now_s=300, previous=shown, registry=both)) == "U12"
    much_worse = JAM | {"E-F-0": 10.0}
    assert via(decide(much_worse, now_s=299, previous=shown, registry=both)) == "U12"
    replaced = decide(much_worse, now_s=300, previous=shown, registry=both)
    assert (via(replaced), replaced.since) == ("U7", at(300))


def test_a_closure_on_the_normal_route_acts_at_once() -> None:
    advice = decide(roadworks=CLOSED)
    assert (advice.state, advice.reason, via(advice)) == (SignState.DETOUR, Reason.CLOSURE, "U12")
    assert advice.gain_s is None
    assert advice.told
    assert advice.told.kind == "closed"


def test_a_closed_detour_is_left_at_once_whatever_the_hold_says() -> None:
    shown = decide(JAM)
    advice = decide(JAM, (a_closure("E-F-0"),), now_s=1, previous=shown)
    assert advice.state is SignState.BLANK
    replaced = decide(JAM, (a_closure("E-F-0"),), now_s=1, previous=shown, registry=a_registry(U12, GARDEN))
    assert via(replaced) == "U7"


def test_a_jam_told_turns_into_the_closure_at_once() -> None:
    advice = decide(JAM, CLOSED, now_s=1, previous=decide(JAM))
    assert advice.told
    assert advice.told.kind == "closed"


def test_the_end_of_a_closure_ends_its_message_at_once() -> None:
    assert decide(now_s=1, previous=decide(roadworks=CLOSED)).state is SignState.BLANK


def test_without_any_route_past_a_closure_the_sign_falls_back() -> None:
    advice = decide(roadworks=(a_closure("C-D-0", "F-D-0", "G-D-0"),), registry=a_registry())
    assert (advice.state, advice.reason, advice.shown) == (SignState.FALLBACK, Reason.NO_ROUTE, None)
    assert advice.cause
    assert advice.cause.roadwork == "Kanalbau"


def test_an_approved_corridor_that_is_closed_too_is_not_replaced_by_a_free_route() -> None:
    assert decide(roadworks=(a_closure("C-D-0", "F-D-0"),)).state is SignState.FALLBACK


def test_a_withdrawn_corridor_is_left_at_once() -> None:
    shown = decide(JAM)
    assert via(decide(JAM, now_s=1, previous=shown, registry=a_registry(GARDEN))) == "U7"


def test_the_told_cause_stays_for_the_hold() -> None:
    shown = decide(JAM)
    slow = {"B-C-0": 20.0, "C-D-0": 20.0}
    during, after = (decide(slow, now_s=s, previous=shown).told for s in (100, 300))
    assert during
    assert after
    assert (during.kind, after.kind) == ("jam", "slow")


def test_an_unreachable_destination_makes_the_sign_fall_back() -> None:
    advice = advise(a_moment(), SIGN, replace(CENTRUM, node_id="nowhere"), None)
    assert (advice.state, advice.reason) == (SignState.FALLBACK, Reason.NOT_IN_NETWORK)


def test_the_confidence_of_a_free_road_is_that_of_those_who_see_it() -> None:
    assert decide().confidence == 0
    seen = {"A-B-0": 50.0, "B-C-0": 50.0, "C-D-0": 50.0}
    assert decide(seen).confidence == pytest.approx(1)
    assert decide({"B-C-0": 50.0}).confidence == pytest.approx(1 / 3)


def test_a_speed_limit_of_a_roadwork_is_a_disturbance_too() -> None:
    limited = Roadwork("R2", "Markierung", "speed", 10, ("B-C-0", "C-D-0"), NOON)
    advice = decide(roadworks=(limited,))
    assert (advice.state, advice.confidence) == (SignState.DETOUR, 1)
    assert advice.cause
    assert (advice.cause.kind, advice.cause.roadwork) == ("slow", "Markierung")


def test_a_rat_run_that_is_always_quicker_is_no_reason_to_light_a_sign() -> None:
    slow_usual = {"B-C-0": 40.0, "C-D-0": 40.0}
    advice = decide(slow_usual, registry=a_registry(GARDEN), min_gain_s=1, min_gain_pct=0)
    assert advice.state is SignState.BLANK


def test_a_shown_corridor_that_was_registered_anew_is_shown_along_its_new_links() -> None:
    moved = a_registry(replace(U12, links=GARDEN.links))
    advice = decide(JAM, now_s=10, previous=decide(JAM), registry=moved)
    assert (via(advice), advice.since) == ("U12", at(10))
    assert advice.shown
    assert ids(advice.shown.links) == ["A-B-0", "B-G-0", "G-D-0"]


def test_a_closure_on_the_new_links_of_a_shown_corridor_ends_it_at_once() -> None:
    moved = a_registry(replace(U12, links=GARDEN.links))
    advice = decide(JAM, (a_closure("G-D-0"),), now_s=10, previous=decide(JAM), registry=moved)
    assert advice.state is SignState.BLANK


@pytest.mark.parametrize(
    ("sign", "destination"),
    [(replace(SIGN, link_id="B-C-0"), CENTRUM), (SIGN, replace(CENTRUM, node_id="C"))],
    ids=["sign", "destination"],
)
def test_a_detour_is_not_kept_when_its_sign_or_destination_was_moved(sign: Sign, destination: Destination) -> None:
    advice = advise(a_moment(a_snapshot(JAM, now=at(10))), sign, destination, decide(JAM))
    assert (advice.state, advice.shown) == (SignState.BLANK, advice.normal)


def test_one_search_into_a_corridor_serves_all_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[list[str]] = []

    def counted(via: Sequence[int], onward: ReverseTree) -> ReverseTree:
        searched.append(ids(via))
        return tree_over(via, onward)

    monkeypatch.setattr(candidates, "tree_over", counted)
    moment = a_moment(a_snapshot(JAM))
    for link_id in ("A-B-0", "D-H-0", "H-A-0"):
        advise(moment, replace(SIGN, link_id=link_id), CENTRUM, None)
    assert searched == [["B-E-0", "E-F-0", "F-D-0"]]
