"""What has to hold of estimates whatever detectors say, and of decisions whatever is estimated."""

from collections.abc import Mapping

import numpy as np
from factories_decide import NOON, SIGN, TOPOLOGY, U12, a_moment, a_registry, a_snapshot, a_step
from factories_state import FREE_FLOW, SETTINGS, STREET, at_links, estimates, learned, saying
from hypothesis import given
from hypothesis import strategies as st

from lotse_routing.decide.advice import SignState
from lotse_routing.decide.decision import decide_sign
from lotse_routing.settings import PolicySettings
from lotse_routing.state.background import Background
from lotse_routing.state.neighbourhood import RATIOS, factors, find_neighbours
from lotse_routing.state.profile import Profile, empty_profile

LINKS = [link.link_id for link in STREET.links]

speeds_kmh = st.floats(0, 254)
said = st.dictionaries(st.sampled_from(LINKS), speeds_kmh, min_size=1)
like_minded = st.dictionaries(st.sampled_from(LINKS), st.floats(48, 50), min_size=4)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    known = draw(st.dictionaries(st.sampled_from(LINKS), st.floats(5, 80)))
    return learned([(NOON, known)]) if known else empty_profile()


@given(said, speeds_kmh, st.data(), profiles())
def test_whatever_one_detector_says_other_links_stay_within_what_the_others_allow(
    honest: Mapping[str, float], lie_kmh: float, data: st.DataObject, profile: Profile
) -> None:
    """The others allow what is usual, times any ratio between 1 and those that they give."""
    liar = data.draw(st.sampled_from(sorted(honest)))
    found = estimates({**honest, liar: lie_kmh}, profile)
    typical = estimates({}, profile, places=at_links(*honest)).speed_kmh
    others = [STREET.index[link] for link in honest if link != liar]
    said_kmh = np.array([honest[link] for link in honest if link != liar])
    ratios = np.array([1.0, *np.clip(said_kmh / typical[others], *RATIOS)])
    assert np.all(found.speed_kmh >= typical * ratios.min() - 1e-4)
    assert np.all(found.speed_kmh <= typical * ratios.max() + 1e-4)


@given(like_minded, speeds_kmh, st.data())
def test_whatever_one_detector_taught_other_links_stay_within_what_the_others_taught(
    honest: Mapping[str, float], lie_kmh: float, data: st.DataObject
) -> None:
    """The road class's ratio is one of theirs, or between; what is around it corrects it by how much they differ."""
    liar = data.draw(st.sampled_from(sorted(honest)))
    profile = learned([(NOON, {**honest, liar: lie_kmh})])
    background = Background(SETTINGS)
    found = background.estimate(STREET, at_links(*honest), {}, profile, NOON)
    taught = learned([(NOON, {link: speed for link, speed in honest.items() if link != liar})])
    allowed = np.array([1.0, *(taught.speed_kmh[row].max() / FREE_FLOW[link] for link, row in taught.rows.items())])
    spread = allowed.max() / allowed.min()
    ratios = (found.speed_kmh / np.array(list(FREE_FLOW.values())))[[link not in honest for link in LINKS]]
    assert np.all(ratios >= allowed.min() / spread - 1e-5)
    assert np.all(ratios <= allowed.max() * spread + 1e-5)


@given(said)
def test_the_factor_is_the_weighted_mean_of_those_around_without_the_extremes(known_kmh: Mapping[str, float]) -> None:
    around = find_neighbours(STREET, at_links(*known_kmh), SETTINGS)
    ratios = np.array([known_kmh[name] / 50 for name in around.detectors])
    found = factors(around, ratios, np.ones(len(ratios)), SETTINGS)
    for link in range(len(LINKS)):
        says = around.weights[:, link] > 0
        weights, said_here = around.weights[says, link], np.clip(ratios, *RATIOS)[around.near[says, link]]
        if len(said_here) < 3:
            assert (found.factor[link], found.weight[link]) == (1, 0)
            continue
        extremes = max(1, len(said_here) // 5)
        inner = np.sort(said_here)[extremes:-extremes]
        expected = 1 + np.sum(weights * (np.clip(said_here, inner.min(), inner.max()) - 1))
        assert abs(found.factor[link] - expected) < 1e-5
        assert 0 < found.weight[link] <= 1 + 1e-6


@given(said)
def test_no_detector_weighs_against_what_it_says_and_none_together_more_than_one(
    known_kmh: Mapping[str, float],
) -> None:
    """So an estimate lies between what is usual and what those around say: nothing is extrapolated."""
    weights = find_neighbours(STREET, at_links(*known_kmh), SETTINGS).weights
    assert np.all(weights >= 0)
    assert np.all(weights.sum(axis=0) <= 1 + 1e-6)


slowness = st.lists(st.floats(1, 20), min_size=len(TOPOLOGY.links), max_size=len(TOPOLOGY.links))
seen = st.dictionaries(st.sampled_from([link.link_id for link in TOPOLOGY.links]), st.floats(0, 120))
SETTLED = PolicySettings(min_gain_s=20)


@given(slowness)
def test_an_estimate_alone_lights_no_sign(factor: list[float]) -> None:
    snapshot = a_snapshot(estimated_times_s=TOPOLOGY.base_travel_times_s * factor)
    decision = decide_sign(a_step(a_moment(snapshot, settings=SETTLED)), SIGN, None)
    assert decision.state is SignState.BLANK
    assert "slow" not in decision.explanation


@given(seen, slowness)
def test_a_sign_that_is_lit_with_estimates_is_lit_without_them(
    measured: Mapping[str, float], factor: list[float]
) -> None:
    estimated_s = TOPOLOGY.base_travel_times_s * factor
    with_them = a_moment(a_snapshot(measured, estimated_times_s=estimated_s), a_registry(U12), SETTLED)
    without = a_moment(a_snapshot(measured), a_registry(U12), SETTLED)
    if decide_sign(a_step(with_them), SIGN, None).state is SignState.DETOUR:
        assert decide_sign(a_step(without), SIGN, None).state is SignState.DETOUR


@given(said, st.integers(0, 3600))
def test_estimates_are_finite_bounded_and_the_same_again(known_kmh: Mapping[str, float], age_s: int) -> None:
    first, again = (estimates(known_kmh, age_s=age_s) for _ in range(2))
    assert np.array_equal(first.travel_times_s, again.travel_times_s)
    assert np.all(np.isfinite(first.travel_times_s))
    assert np.all(first.travel_times_s >= STREET.base_travel_times_s - 1e-9)
    assert np.all((first.confidence >= 0) & (first.confidence < 0.3))
    assert np.all((first.confidence > 0) == (first.basis > 0))
    assert len(saying(known_kmh)) == len(known_kmh)
