"""What has to hold for any readings, any closures, any texts."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate, pairwise

from factories_core import a_graph
from factories_decide import (
    CENTRUM,
    NOON,
    SIGN,
    TOPOLOGY,
    TOWN,
    U12,
    a_closure,
    a_moment,
    a_reading,
    a_registry,
    a_snapshot,
    a_step,
    at,
)
from hypothesis import given
from hypothesis import strategies as st

from lotse_routing.core.routes import is_route
from lotse_routing.decide.decision import Decision, decide_sign, is_news
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.registry import Corridor, Destination
from lotse_routing.decide.text import Language, Message, compose_lines
from lotse_routing.settings import EstimateSettings, PolicySettings
from lotse_routing.state.estimate import DetectorPlace, estimate_links
from lotse_routing.state.sense import Sensed, sense
from lotse_shared.level_of_service import LevelOfService

LINKS = [link.link_id for link in TOPOLOGY.links]
GARDEN = Corridor("U7", ("B-G-0", "G-D-0"))
PARTLY = Corridor("U9", ("B-E-0",))

speeds = st.dictionaries(st.sampled_from(LINKS), st.floats(0, 120))
closures = st.lists(st.sampled_from(LINKS), max_size=4, unique=True)
corridors = st.lists(st.sampled_from([U12, GARDEN, PARTLY]), max_size=3, unique=True)
names = st.text(max_size=40)


@st.composite
def moments(draw: st.DrawFn, now_s: float = 0) -> Moment:
    closed = draw(closures)
    roadworks = [a_closure(*closed)] if closed else []
    snapshot = a_snapshot(draw(speeds), roadworks, at(now_s), draw(st.floats(0, 1)))
    return a_moment(snapshot, a_registry(*draw(corridors)), PolicySettings(min_hold_s=120, min_gain_s=20))


days = st.lists(moments(), min_size=1, max_size=6).map(
    lambda day: [
        replace(moment, now=at(60 * n), snapshot=replace(moment.snapshot, computed_until=at(60 * n)))
        for n, moment in enumerate(day)
    ]
)


def lived(day: Sequence[Moment]) -> list[Decision]:
    decisions: list[Decision] = []
    for moment in day:
        decisions.append(decide_sign(a_step(moment), SIGN, decisions[-1] if decisions else None))
    return decisions


@given(days)
def test_no_closed_link_is_ever_shown(day: list[Moment]) -> None:
    for moment, decision in zip(day, lived(day), strict=True):
        closed = {TOPOLOGY.links[link].link_id for link in moment.snapshot.weights.closures}
        for record in decision.detours:
            if record["state"] != "fallback":
                assert closed.isdisjoint(record["shown"]["links"])


@given(days)
def test_a_shown_route_can_be_driven_from_the_sign_to_the_destination(day: list[Moment]) -> None:
    for decision in lived(day):
        for record in decision.detours:
            if record["state"] == "detour":
                links = [TOPOLOGY.index[link] for link in record["shown"]["links"]]
                assert record["shown"]["links"][0] == SIGN.link_id
                assert TOPOLOGY.links[links[-1]].to_node == CENTRUM.node_id
                assert is_route(a_graph(TOPOLOGY), links)
                assert record["shown"]["links"] != record["normal"]["links"]


@given(days)
def test_equal_days_give_equal_decisions(day: list[Moment]) -> None:
    assert lived(day) == lived(day)


@given(days)
def test_a_restart_changes_no_decision(day: list[Moment]) -> None:
    straight, interrupted = lived(day), []
    previous: Decision | None = None
    for moment in day:
        previous = decide_sign(a_step(moment), SIGN, previous)
        previous = replace(previous, detours=tuple(json.loads(json.dumps(previous.detours))))
        interrupted.append(previous.display.body)
    assert [decision.display.body for decision in straight] == interrupted


@given(days)
def test_the_number_rises_exactly_when_the_body_changes(day: list[Moment]) -> None:
    for before, after in pairwise(lived(day)):
        assert after.display.seq - before.display.seq == (after.display.body != before.display.body)


@given(days)
def test_what_was_written_last_is_all_that_a_decision_needs(day: list[Moment]) -> None:
    written: Decision | None = None
    for moment, straight in zip(day, lived(day), strict=True):
        decision = decide_sign(a_step(moment), SIGN, written)
        assert decision.display == straight.display
        written = decision if is_news(decision, written, 90) else written


@given(days)
def test_a_detour_is_dropped_before_its_hold_only_because_of_a_closure(day: list[Moment]) -> None:
    decisions = lived(day)
    for moment, before, after in zip(day[1:], decisions, decisions[1:], strict=False):
        told = before.detours[0]["told"]
        if before.state == "detour" and after.state == "blank" and told["kind"] != "closed":
            since = json.loads(before.display.body)["hold_until"]
            shown = {TOPOLOGY.index[link] for link in before.detours[0]["shown"]["links"]}
            is_closed = not shown.isdisjoint(moment.snapshot.weights.closures)
            via = before.detours[0]["corridor"]
            approved: set[str | None] = {corridor.corridor_id for corridor in moment.registry.corridors} or {None}
            assert is_closed or via not in approved or after.decided_at.isoformat() >= since.replace("Z", "+00:00")


@given(days)
def test_whatever_is_decided_has_its_reason_as_json_and_in_every_language(day: list[Moment]) -> None:
    for decision in lived(day):
        for record in decision.detours:
            why = record["why"]
            json.dumps(why, allow_nan=False)
            assert why["words"].keys() == decision.explanations.keys() == {"de", "en"}
            assert all(words and "None" not in words and "inf" not in words for words in why["words"].values())
            assert (why["shown_s"] is not None) == (record["state"] == "detour")
            assert all(shortfall["value"] <= shortfall["needed"] for shortfall in why["lacks"])
            assert why["rule"] != "held" or (why["lacks"] and why["held_until"] and why["without_hold"])
            assert why["rule"] != "too_little_gain" or why["lacks"]


@given(days)
def test_the_reason_makes_no_decision_news(day: list[Moment]) -> None:
    def without(decision: Decision) -> Decision:
        return replace(decision, detours=tuple({k: v for k, v in r.items() if k != "why"} for r in decision.detours))

    for before, after in pairwise(lived(day)):
        assert is_news(after, before, 90) == is_news(without(after), without(before), 90)


kinds = st.sampled_from(["closed", "jam", "slow"])
messages = st.builds(
    Message, names, kinds, names, st.none() | st.from_regex(r"[A-Z][A-Za-z0-9_.:-]{0,63}", fullmatch=True), names
)


@given(
    st.lists(messages, max_size=4), st.booleans(), st.integers(1, 8), st.integers(4, 64), st.sampled_from(["de", "en"])
)
def test_a_text_never_exceeds_its_sign(
    told: list[Message],
    addresses_all: bool,  # noqa: FBT001 - hypothesis passes what it draws
    line_count: int,
    line_chars: int,
    language: Language,
) -> None:
    lines = compose_lines(
        told,
        addresses_all=addresses_all,
        line_count=line_count,
        line_chars=line_chars,
        language=language,
    )
    assert len(lines) <= line_count
    assert all(len(line) <= line_chars for line in lines)
    assert bool(lines) == bool(told)


@given(names, names)
def test_any_name_gives_a_body_that_can_be_read(name: str, sign_text: str) -> None:
    centrum = Destination("CENTRUM", name, sign_text, "D")
    registry = replace(a_registry(), destinations={"CENTRUM": centrum})
    decision = decide_sign(a_step(a_moment(a_snapshot({"B-C-0": 5.0}), registry)), SIGN, None)
    assert json.loads(decision.display.body)["lines"] == list(decision.lines)


readings = st.lists(
    st.builds(
        a_reading,
        st.sampled_from(["d1", "d2", "d3"]),
        st.integers(0, 20).map(lambda minute: 60.0 * minute),
        vehicle_count=st.none() | st.floats(0, 100),
        mean_speed_kmh=st.none() | st.floats(0, 200),
    ),
    max_size=30,
    unique_by=lambda reading: (reading.detector_id, reading.measured_at),
)
DETECTORS = tuple(DetectorPlace(f"d{n}", link) for n, link in enumerate(["B-C-0", "B-C-0", "C-D-0", "C-D-0"]))


@given(readings, st.integers(0, 60))
def test_an_estimate_stays_within_what_was_measured(felt: list, minutes: int) -> None:  # type: ignore[type-arg]
    now = NOON + timedelta(minutes=minutes)
    known = sense(Sensed(), felt, DETECTORS, TOWN.free_flow_kmh, now=now, settings=EstimateSettings())
    measured = [reading.mean_speed_kmh for reading in felt if reading.mean_speed_kmh is not None]
    for state in known.links.values():
        assert min(measured) - 1e-9 <= state.speed_kmh <= max(measured) + 1e-9
        assert 0 <= state.confidence <= state.freshness <= 1
        assert (state.source == "decayed") <= (state.level_of_service is LevelOfService.UNKNOWN)
        assert (state.confidence == 0) == (state.detectors == ())


@given(readings, st.integers(0, 20))
def test_grouping_readings_into_steps_changes_no_speed(felt: list, cut_minute: int) -> None:  # type: ignore[type-arg]
    def sensed(known: Sensed, some: list, minutes: int) -> Sensed:  # type: ignore[type-arg]
        now = NOON + timedelta(minutes=minutes)
        return sense(known, some, DETECTORS, TOWN.free_flow_kmh, now=now, settings=EstimateSettings())

    cut = at(60 * cut_minute)
    early = [reading for reading in felt if reading.measured_at <= cut]
    late = [reading for reading in felt if reading.measured_at > cut]
    whole = sensed(Sensed(), felt, 20)
    parts = sensed(sensed(Sensed(), early, cut_minute), late, 20)
    assert whole.detectors == parts.detectors
    assert {link: state.speed_kmh for link, state in whole.links.items()} == {
        link: state.speed_kmh for link, state in parts.links.items()
    }


@given(readings, st.lists(st.integers(1, 400), min_size=1, max_size=12))
def test_links_nobody_spoke_of_are_what_estimating_them_anew_gives(felt: list, pauses_s: list[int]) -> None:  # type: ignore[type-arg]
    settings, known, before_s = EstimateSettings(), Sensed(), -1
    for now_s in accumulate(pauses_s):
        some = [reading for reading in felt if at(before_s) < reading.measured_at <= at(now_s)]
        step = sense(known, some, DETECTORS, TOWN.free_flow_kmh, now=at(now_s), settings=settings)
        anew = estimate_links(step.detectors, DETECTORS, TOWN.free_flow_kmh, known.links, at(now_s), settings)
        assert step.links == anew
        known, before_s = step, now_s
