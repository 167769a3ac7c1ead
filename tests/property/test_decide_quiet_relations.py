"""Keeping the decisions of signs that have nothing to say to anybody changes nothing of what is written."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from factories_decide import NOON
from factories_relations import ALONG_B, AT_B, TOWN, a_closure, a_knowledge, a_sign, a_snapshot, a_step, a_trip, slowed
from hypothesis import given, settings
from hypothesis import strategies as st

from lotse_routing.decide.candidates import Trees
from lotse_routing.decide.decision import Decision, Step, is_news
from lotse_routing.decide.quiet import Quiet
from lotse_routing.decide.signs import decide_signs
from lotse_routing.state.estimate import LinkState
from lotse_routing.state.roadwork import Roadwork

KNOWN = a_knowledge(ALONG_B, a_trip("c0", "c1", "c2", "c3", "d3"))
SIGNS = (AT_B, a_sign("S2", "c0-c1-0"), a_sign("S3", "y-z-0"))
USUAL = Trees(TOWN.graphs.usual(NOON))
AGAIN_S = 30

jams = st.sampled_from([{"b1-b2-0": 8.0, "b2-b3-0": 8.0}, {"b1-b2-0": 8.0}, {"c1-c2-0": 10.0, "c2-c3-0": 10.0}])
states = st.one_of(st.just(slowed({})), st.just(slowed({"b1-b2-0": 45.0})), jams.map(slowed))
closures = st.sampled_from([(), (), (), (a_closure("b1-b2-0"),)])
days = st.lists(st.tuples(states, closures), min_size=1, max_size=6)
Day = Sequence[tuple[dict[str, LinkState], tuple[Roadwork, ...]]]


def steps_of(day: Day) -> list[Step]:
    """Give the steps of a day, each two minutes after the one before."""
    steps = []
    for number, (links, roadworks) in enumerate(day):
        snapshot = a_snapshot(links, roadworks, NOON + timedelta(minutes=2 * number))
        step = a_step(snapshot, KNOWN, SIGNS)
        steps.append(replace(step, moment=replace(step.moment, usual=USUAL)))
    return steps


def written(day: Day, *, keeps: bool) -> tuple[list[list[Decision]], int]:
    """Live a day; give what is news in each step, and how often a sign kept its decision."""
    quiet, in_force, news, kept = Quiet(), dict[str, Decision](), list[list[Decision]](), 0
    for step in steps_of(day):
        decisions, faults = decide_signs(step, in_force, quiet if keeps else None)
        assert not faults
        kept += sum(decision is in_force.get(sign_id) for sign_id, decision in decisions.items())
        news.append([d for sign_id, d in decisions.items() if is_news(d, in_force.get(sign_id), AGAIN_S)])
        in_force |= {decision.sign_id: decision for decision in news[-1]}
    return news, kept


@settings(deadline=None, max_examples=50)
@given(days)
def test_with_quiet_signs_kept_or_decided_anew_the_same_is_said(day: Day) -> None:
    assert written(day, keeps=True)[0] == written(day, keeps=False)[0]


def test_signs_with_nothing_to_say_are_decided_for_once() -> None:
    free = [(slowed({}), ())] * 3
    assert written(free, keeps=True)[1] == 2 * len(SIGNS)
    assert written(free, keeps=False)[1] == 0
