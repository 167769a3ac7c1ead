"""Keeping the decisions of signs where nothing new happens changes nothing of what is written."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from factories_decide import CENTRUM, NOON, SIGN, TOWN, U12, a_closure, a_snapshot, a_step, at
from factories_modes import ASKS_FIRST, a_lock, a_phase
from hypothesis import given, settings
from hypothesis import strategies as st

from lotse_routing.decide.candidates import Trees
from lotse_routing.decide.decision import Decision, Step, is_news
from lotse_routing.decide.modes import Rules
from lotse_routing.decide.orders import Lock, Orders
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.quiet import Quiet
from lotse_routing.decide.registry import Destination, Registry, Sign
from lotse_routing.decide.signs import decide_signs
from lotse_routing.settings import PolicySettings
from lotse_routing.state.snapshot import Snapshot
from lotse_shared.vehicle import VehicleClass

USUAL = Trees(TOWN.graphs.usual(NOON))
AGAIN_S = 30
NEAR = Destination("NEAR", "Vorstadt", "VORSTADT", "C")
NOWHERE = Destination("NOWHERE", "Nirgendwo", "NIRGENDWO", "Z")
TO_BOTH = replace(SIGN, destinations=("CENTRUM", "NEAR"))
ASKING = replace(ASKS_FIRST, sign_id="KL-08", destinations=("CENTRUM", "NOWHERE"))
ON_U12 = Sign("KL-09", "B-E-0", 3, 16, ("CENTRUM", "NEAR"))
ELSEWHERE = Sign("KL-10", "Y-Z-0", 3, 16, ("CENTRUM",))
SILENT = Sign("KL-11", "D-H-0", 3, 16, ())
SIGNS = (TO_BOTH, ASKING, ON_U12, ELSEWHERE, SILENT)
MOVED = replace(TO_BOTH, link_id="H-A-0", priority=7)
HERE = {d.destination_id: d for d in (CENTRUM, NEAR, NOWHERE)}
OF_ONE = replace(U12, signs=("KL-07",), destinations=("CENTRUM",))
FREE, WITH_CORRIDOR = Registry(SIGNS, HERE, ()), Registry(SIGNS, HERE, (U12,))
REGISTRIES = [
    FREE,
    WITH_CORRIDOR,
    Registry(SIGNS, HERE, (OF_ONE,)),
    Registry(SIGNS, HERE, (replace(U12, vehicles=(VehicleClass.TRUCK,)),)),
    Registry(SIGNS, HERE, (replace(U12, vehicles=(VehicleClass.CAR, VehicleClass.TRUCK)),)),
    *(
        Registry(signs, destinations, corridors)
        for signs, destinations in (((MOVED, *SIGNS[1:]), HERE), (SIGNS, HERE | {"NEAR": replace(NEAR, node_id="F")}))
        for corridors in ((), (U12,))
    ),
]


@dataclass(frozen=True)
class Then:
    """What one step of a day is made from; before it the service may be started again, after it publishing may fail."""

    snapshot: Snapshot
    registry: Registry
    rules: Rules
    epoch: int
    is_started: bool = False
    is_published: bool = True


def steps_of(day: Sequence[Then]) -> list[Step]:
    """Give the steps of a day, each 20 s after the one before."""
    steps = []
    for number, then in enumerate(day):
        snapshot = replace(then.snapshot, computed_until=at(20 * number))
        policy = PolicySettings(min_hold_s=50, min_gain_s=20)
        moment = Moment(at(20 * number), snapshot, then.registry, USUAL, Trees(snapshot.graph), policy)
        steps.append(replace(a_step(moment), epoch=then.epoch, rules=then.rules))
    return steps


def read_back(decision: Decision) -> Decision:
    return replace(decision, detours=tuple(json.loads(json.dumps(decision.detours))))


def written(day: Sequence[Then], *, keeps: bool) -> list[list[Decision]]:
    """Live a day; give what is news in each step."""
    quiet, in_force, news = Quiet(), dict[str, Decision](), list[list[Decision]]()
    for then, step in zip(day, steps_of(day), strict=True):
        if then.is_started or not keeps:
            quiet = Quiet()
        if then.is_started:
            in_force = {sign_id: read_back(decision) for sign_id, decision in in_force.items()}
        decisions, faults = decide_signs(step, in_force, quiet)
        assert not faults
        assert list(decisions) == [sign.sign_id for sign in then.registry.signs]
        news.append([d for sign_id, d in decisions.items() if is_news(d, in_force.get(sign_id), AGAIN_S)])
        if then.is_published:
            in_force |= {decision.sign_id: decision for decision in news[-1]}
    return news


usual_speeds = st.sampled_from(
    [{"B-C-0": 50.0}, {"B-C-0": 48.0, "C-D-0": 45.0}, {"B-C-0": 30.0}, {"B-C-0": 26.0, "D-H-0": 45.0}, {}]
)
jams = st.sampled_from(
    [{"B-C-0": 8.0, "C-D-0": 8.0}, {"B-C-0": 14.0}, {"B-C-0": 8.0, "E-F-0": 12.0}, {"E-F-0": 5.0}, {"D-H-0": 5.0}]
)
jitters = st.sampled_from([0.6, 0.95, 1.0, 1.0, 1.02, 1.4])
speeds = st.one_of(
    usual_speeds,
    st.builds(lambda jam, jitter: {link: speed * jitter for link, speed in jam.items()}, jams, jitters),
)
nothing_closed: st.SearchStrategy[list[str]] = st.just([])
closed = st.one_of(nothing_closed, nothing_closed, nothing_closed, st.sampled_from([["C-D-0"], ["E-F-0"], ["D-H-0"]]))
ends = st.sampled_from([None, at(3600), at(7200)])
no_locks = st.just(dict[str, list[Lock]]())
locks = st.one_of(no_locks, no_locks, st.just({"KL-07": [a_lock("LANGSAM", until_s=70)]}))
phases = st.sampled_from([(), (), (a_phase("STADION", starts_s=30, ends_s=65),)])
snapshots = st.builds(
    lambda speed, links, ends_at, confidence: a_snapshot(
        speed, [a_closure(*links, ends_at=ends_at)] if links else [], NOON, confidence
    ),
    speeds,
    closed,
    ends,
    st.sampled_from([1.0, 1.0, 1.0, 1.0, 0.4, 0.0]),
)
thens = st.builds(
    Then,
    snapshot=snapshots,
    registry=st.sampled_from([FREE] * 12 + [WITH_CORRIDOR] * 6 + REGISTRIES),
    rules=st.builds(lambda locks, phases: Rules(Orders(locks, phases)), locks, phases),
    epoch=st.sampled_from([1] * 9 + [2]),
    is_started=st.sampled_from([False] * 5 + [True]),
    is_published=st.sampled_from([True] * 5 + [False]),
)
days = st.lists(thens, min_size=1, max_size=10)


@settings(deadline=None, max_examples=200)
@given(days)
def test_with_quiet_signs_kept_or_decided_anew_the_same_is_written(day: list[Then]) -> None:
    assert written(day, keeps=True) == written(day, keeps=False)


def test_a_corridor_that_is_taken_back_is_shown_no_more() -> None:
    calm, jam, slow = (
        a_snapshot(speed, [], NOON) for speed in ({"B-C-0": 50.0}, {"B-C-0": 4.8, "C-D-0": 4.8}, {"B-C-0": 30.0})
    )
    known = [Then(snapshot, WITH_CORRIDOR, Rules(), 1) for snapshot in (calm, jam)]
    *_, shown, taken_back = written([*known, Then(slow, FREE, Rules(), 1)], keeps=True)
    assert {decision.sign_id: decision.state for decision in shown}["KL-07"] == "detour"
    assert {decision.sign_id: decision.state for decision in taken_back}["KL-07"] == "blank"


@settings(deadline=None)
@given(snapshots, st.sampled_from([FREE, WITH_CORRIDOR]), st.integers(3, 6))
def test_where_nothing_changes_a_sign_is_decided_for_once(snapshot: Snapshot, registry: Registry, steps: int) -> None:
    day = [Then(snapshot, registry, Rules(), 1)] * steps
    quiet, in_force = Quiet(), dict[str, Decision]()
    for step in steps_of(day):
        decisions, _ = decide_signs(step, in_force, quiet)
        for sign_id, before in in_force.items():
            reasons = {record["gist"]["reason"] for record in before.detours}
            is_free = registry is FREE and sign_id != ASKING.sign_id
            if is_free or (before.state != "detour" and reasons <= {"no delay", "not in network"}):
                assert decisions[sign_id] is before
        in_force |= {d.sign_id: d for d in decisions.values() if is_news(d, in_force.get(d.sign_id), AGAIN_S)}
