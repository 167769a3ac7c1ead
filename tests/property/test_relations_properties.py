"""What has to hold for messages to relations, whoever drives where, whatever closes or slows down."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil, log2
from random import Random
from typing import Any

from drivers_relations import drive, messages
from factories_decide import a_reading
from factories_relation_days import LINKS, MINUTE_S, Day, Minute, at_minute, days
from factories_relations import EVERYWHERE, GRID, TOWN, a_snapshot, lived
from hypothesis import given, settings
from hypothesis import strategies as st

from lotse_routing.decide.decision import Decision, Step, advices_before, is_news
from lotse_routing.decide.display import Display
from lotse_routing.decide.relations.advices import said_before
from lotse_routing.decide.relations.disturbance import View, closures, slow_sections
from lotse_routing.decide.relations.guide import guide
from lotse_routing.decide.signs import decide_signs
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.estimate import NEGLIGIBLE_FRESHNESS
from lotse_routing.state.sense import Sensed, sense

Decided = dict[str, Decision]


def disturbed_links(step: Step, before: Decided) -> set[str]:
    """What is closed or slow in a step, given what signs warn of."""
    relations, snapshot = step.moment.relations, step.moment.snapshot
    assert relations is not None
    warned = {
        GRID.index[link]
        for decision in before.values()
        for record in messages(decision)
        if record["relation"]["effect"] == "slow"
        for link in record["relation"]["links"]
    }
    closed = snapshot.weights.closures.keys()
    slowness = relations.reach.slowness(relations.streets, snapshot.links, snapshot.typical_times_s)
    view = View(relations.streets, relations.reach, slowness)
    found = [
        *closures(relations.streets, closed),
        *slow_sections(view, closed, warned, step.moment.settings),
    ]
    return {GRID.links[link].link_id for disturbance in found for link in disturbance.links}


@settings(deadline=None, max_examples=60)
@given(days())
def test_what_is_closed_or_disturbed_is_on_no_shown_way(day: Day) -> None:
    steps = day.steps()
    decided = lived(steps)
    for step, before, now in zip(steps, [{}, *decided], decided, strict=False):
        barred = disturbed_links(step, before)
        closed = {GRID.links[link].link_id for link in step.moment.snapshot.weights.closures}
        for decision in now.values():
            for record in messages(decision):
                assert closed.isdisjoint(record["shown"]["links"])
                assert barred.isdisjoint(record["shown"]["links"][1:])


@settings(deadline=None, max_examples=60)
@given(days())
def test_a_hold_is_respected_as_long_as_what_is_said_is_true(day: Day) -> None:
    steps = day.steps()
    decided = lived(steps)
    for step, minute, before, now in zip(steps[1:], day.minutes[1:], decided, decided[1:], strict=False):
        barred = disturbed_links(step, before)
        for sign_id, decision in before.items():
            still = {(tuple(r["shown"]["links"]), r["since"]) for r in messages(now[sign_id])}
            told_of = [set(r["relation"]["links"]) for r in messages(now[sign_id])]
            for record in messages(decision):
                is_held = step.moment.now - datetime.fromisoformat(record["since"]) < hold(step)
                if is_held and (tuple(record["shown"]["links"]), record["since"]) not in still:
                    assert (
                        is_over(record, step)
                        or minute.freshness == 0
                        or not barred.isdisjoint(record["shown"]["links"][1:])
                        or not is_registered(record, step, sign_id)
                        or sign_link(step, sign_id) in barred
                        or any(not links.isdisjoint(record["relation"]["links"]) for links in told_of)
                    )


def hold(step: Step) -> timedelta:
    return timedelta(seconds=step.moment.settings.min_hold_s)


def sign_link(step: Step, sign_id: str) -> str:
    return next(sign.link_id for sign in step.moment.registry.signs if sign.sign_id == sign_id)


def is_over(record: dict[str, Any], step: Step) -> bool:
    """Whether a message tells of a closure of which nothing is left."""
    closed = {GRID.links[link].link_id for link in step.moment.snapshot.weights.closures}
    return record["relation"]["effect"] == "closed" and closed.isdisjoint(record["relation"]["links"])


def is_registered(record: dict[str, Any], step: Step, sign_id: str) -> bool:
    approved: set[str | None] = {
        c.corridor_id for c in step.moment.registry.corridors if not c.signs or sign_id in c.signs
    } or {None}
    return record["corridor"] in approved


@settings(deadline=None, max_examples=25)
@given(days(most_minutes=3))
def test_constant_input_changes_nothing_after_the_first_decision_where_few_drive(day: Day) -> None:
    few = tuple(replace(trip, vehicles=trip.vehicles / 1000) for trip in day.trips)
    first, *others = lived(replace(day, trips=few, minutes=day.minutes[:1] * 12).steps())
    for later in others:
        assert displays(later) == displays(first)


@settings(deadline=None, max_examples=25)
@given(days(most_minutes=3, min_hold_s=120.0))
def test_constant_input_comes_to_rest_however_many_drive(day: Day) -> None:
    """What one sign diverts may give another one something to say, and a corridor of its own load a better one."""
    decided = lived(replace(day, minutes=day.minutes[:1] * 14).steps())
    assert displays(decided[-3]) == displays(decided[-1])
    for sign in day.signs:
        assert sum(a[sign.sign_id].display != b[sign.sign_id].display for a, b in pairwise(decided)) <= 2


def displays(decided: Decided) -> dict[str, Display]:
    return {sign_id: decision.display for sign_id, decision in decided.items()}


@settings(deadline=None, max_examples=60)
@given(days())
def test_no_message_starts_below_the_thresholds(day: Day) -> None:
    said: Decided = {}
    for step in day.steps():
        moment, policy = step.moment, step.moment.settings
        assert moment.relations is not None
        before = {k: said_before(advices_before(moment, d).values()) for k, d in said.items()}
        for those in guide(moment.relations, moment.snapshot, moment.registry, before, policy).messages.values():
            for message in those:
                if message.since == moment.now:
                    assert message.detour is not None
                    least_s = policy.min_gain_closed_s if message.pair.is_closure else policy.min_gain_s
                    assert message.detour.gain_s >= least_s
                    assert message.pair.is_closure or 100 * message.detour.gain_share >= policy.min_gain_pct
                    assert message.pair.is_closure or message.detour.lost_s >= policy.min_gain_s
                    assert message.detour.total_gain_veh_min_h >= policy.min_total_gain_veh_min_h
        said, _ = decide_signs(step, said)


@settings(deadline=None, max_examples=80)
@given(days(), st.randoms(use_true_random=False))
def test_whoever_follows_every_sign_arrives_even_while_signs_change(day: Day, random: Random) -> None:
    steps = day.steps()
    decided = lived(steps)
    for step, before, now in zip(steps[1:], decided, decided[1:], strict=False):
        closed = {GRID.links[link].link_id for link in step.moment.snapshot.weights.closures}
        mixed = {sign_link(step, sign_id): messages(random.choice([before, now])[sign_id]) for sign_id in now}
        for trip in day.trips:
            assert drive(trip.links, mixed, closed) is not None


@settings(deadline=None, max_examples=40)
@given(days(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_changes_nothing(day: Day, random: Random) -> None:
    def shuffled(items: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(random.sample(list(items), len(items)))

    other = replace(
        day,
        trips=shuffled(day.trips),
        signs=shuffled(day.signs),
        minutes=tuple(
            replace(
                minute,
                speeds_kmh=dict(shuffled(list(minute.speeds_kmh.items()))),
                closed=shuffled(minute.closed),
            )
            for minute in day.minutes
        ),
    )
    assert lived(day.steps()) == lived(other.steps())


@settings(deadline=None, max_examples=60)
@given(days())
def test_what_was_written_last_is_all_that_a_decision_needs(day: Day) -> None:
    written: Decided = {}
    for step, straight in zip(day.steps(), lived(day.steps()), strict=True):
        decisions, _ = decide_signs(step, written)
        for sign_id, decision in decisions.items():
            assert decision.display == straight[sign_id].display
            if is_news(decision, written.get(sign_id), 90):
                written[sign_id] = replace(decision, detours=tuple(json.loads(json.dumps(decision.detours))))


@settings(deadline=None, max_examples=8)
@given(days(most_minutes=3), st.integers(0))
def test_noise_switches_a_sign_at_most_once_an_hour(day: Day, seed: int) -> None:
    """Far from the borders of slowness: on these, a link that comes or goes changes what is wrong."""
    random = Random(seed)
    steady = day.minutes[0]
    base_kmh = {link: min(speed_kmh, 18.0) for link, speed_kmh in steady.speeds_kmh.items() if speed_kmh < 30}
    noisy = tuple(
        replace(
            steady,
            speeds_kmh={link: random.uniform(0.9, 1.1) * base_kmh.get(link, 50.0) for link in LINKS},
            freshness=1.0,
        )
        for _ in range(60)
    )
    decided = lived(replace(day, minutes=noisy).steps())
    for sign in day.signs:
        ways = [[record["shown"]["links"] for record in messages(each[sign.sign_id])] for each in decided]
        assert sum(before != after for before, after in pairwise(ways)) <= 1


@settings(deadline=None, max_examples=15)
@given(days(closures=False, most_minutes=3), st.sampled_from([1.0, 3.0, 5.0]), st.integers(1, 4))
def test_where_detectors_fall_silent_advice_ends(day: Day, stale_after: float, minutes: int) -> None:
    estimate = EstimateSettings(stale_after_intervals=stale_after)
    known, sensed = day.knowledge(), Sensed()
    decided: Decided = {}
    decay = log2(1 / NEGLIGIBLE_FRESHNESS)
    gone_after = minutes + ceil(stale_after + decay + day.policy.min_hold_s / MINUTE_S)
    for number in range(gone_after + 1):
        speeds = day.minutes[0].speeds_kmh
        readings = [
            a_reading(f"at-{link}", MINUTE_S * number, mean_speed_kmh=speeds.get(link, 50.0))
            for link in (LINKS if number < minutes else [])
        ]
        now = at_minute(number)
        sensed = sense(sensed, readings, EVERYWHERE, TOWN.free_flow_kmh, now=now, settings=estimate)
        decided, _ = decide_signs(day.step_of(known, a_snapshot(sensed.links, (), now)), decided)
    assert all(decision.state == "blank" for decision in decided.values())


@settings(deadline=None, max_examples=40)
@given(
    days(closures=False, most_minutes=3), st.sampled_from(LINKS), st.lists(st.floats(0, 200), min_size=1, max_size=6)
)
def test_one_faulty_detector_alone_lights_no_sign(day: Day, link: str, speeds_kmh: list[float]) -> None:
    faulty = replace(day, minutes=tuple(Minute({link: speed}, (), day.minutes[0].corridors) for speed in speeds_kmh))
    for decided in lived(faulty.steps()):
        assert all(decision.state == "blank" for decision in decided.values())
