"""Who obeys the signs one after the other arrives, unless a contradiction is told; and the other way round."""

from collections.abc import Mapping
from dataclasses import replace

from factories_decide import CENTRUM, SIGN, TOPOLOGY, a_moment, a_registry, a_snapshot, a_step
from hypothesis import given
from hypothesis import strategies as st

from lotse_routing.decide.signs import decide_signs
from lotse_routing.replay.contradictions import Telling, find_contradictions, tellings
from lotse_routing.settings import PolicySettings

LINKS = [link.link_id for link in TOPOLOGY.links]
STREETS = "abcdefgh"
speeds = st.dictionaries(st.sampled_from(LINKS), st.floats(0, 120))
routes = st.lists(st.sampled_from(STREETS), min_size=1, max_size=6, unique=True).map(tuple)
plans = st.lists(routes, max_size=6, unique_by=lambda route: route[0])


def arrives(start: str, ways: Mapping[str, tuple[str, ...]]) -> bool:
    """Drive street by street, obeying each sign that is passed, for longer than any way without a circle is."""
    street, plan = start, list(ways[start])
    for _ in range(len(STREETS) ** 3):
        plan = list(ways[street]) if street in ways else plan
        plan = plan[plan.index(street) + 1 :]
        if not plan:
            return True
        street = plan[0]
    return False


@given(plans)
def test_a_contradiction_is_told_exactly_if_somebody_never_arrives(plan: list[tuple[str, ...]]) -> None:
    found = find_contradictions(Telling(f"at {route[0]}", "CENTRUM", route) for route in plan)
    ways = {route[0]: route for route in plan}
    assert bool(found) == (not all(arrives(start, ways) for start in ways))
    for contradiction in found:
        assert not any(arrives(sign_id.removeprefix("at "), ways) for sign_id in contradiction.sign_ids)


@given(speeds)
def test_detours_that_are_the_best_ways_of_one_moment_never_contradict(speeds_kmh: dict[str, float]) -> None:
    signs = tuple(
        replace(SIGN, sign_id=f"at {link.link_id}", link_id=link.link_id)
        for link in TOPOLOGY.links
        if link.to_node != CENTRUM.node_id
    )
    settings = PolicySettings(min_gain_s=1.0, min_gain_pct=0.0)
    moment = a_moment(a_snapshot(speeds_kmh), a_registry(signs=signs), settings)
    decisions, faults = decide_signs(a_step(moment), {})
    assert not faults
    assert find_contradictions(tellings(decisions.values())) == ()
