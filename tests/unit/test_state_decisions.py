"""What estimates do to decisions: they time routes and keep drivers off slow detours; they are no cause."""

from collections.abc import Mapping

import numpy as np
import pytest
from factories_decide import (
    CENTRUM,
    SIGN,
    TOPOLOGY,
    U12,
    a_moment,
    a_registry,
    a_snapshot,
    a_step,
    index,
)

from lotse_routing.core.topology import Seconds
from lotse_routing.decide.advice import Advice, Reason, SignState
from lotse_routing.decide.cause import find_cause
from lotse_routing.decide.decision import decide_sign
from lotse_routing.decide.policy import Moment, advise
from lotse_routing.settings import PolicySettings

JAM = {"B-C-0": 8.0, "C-D-0": 8.0}


def estimated(**speeds_kmh: float) -> Seconds:
    """Link B-E is called B_E here."""
    times_s = TOPOLOGY.base_travel_times_s.copy()
    for name, speed in speeds_kmh.items():
        link = index(f"{name.replace('_', '-')}-0")
        times_s[link] = TOPOLOGY.links[link].length_m / (speed / 3.6)
    return times_s


def moment(measured: Mapping[str, float], times_s: Seconds) -> Moment:
    return a_moment(a_snapshot(measured, estimated_times_s=times_s), a_registry(U12), PolicySettings())


def decide(measured: Mapping[str, float], **speeds_kmh: float) -> Advice:
    return advise(moment(measured, estimated(**speeds_kmh)), SIGN, CENTRUM, None)


def explained(measured: Mapping[str, float], **speeds_kmh: float) -> str:
    return decide_sign(a_step(moment(measured, estimated(**speeds_kmh))), SIGN, None).explanation


def test_a_way_that_is_slow_by_estimate_alone_lights_no_sign_and_has_no_cause() -> None:
    advice = decide({}, B_C=5, C_D=5)
    assert (advice.state, advice.reason, advice.cause) == (SignState.BLANK, Reason.NO_DELAY, None)
    assert advice.normal
    assert advice.normal.travel_time_s > 600
    assert (advice.confidence, advice.is_measured) == (0, False)
    snapshot = a_snapshot(estimated_times_s=estimated(B_C=5))
    assert find_cause(snapshot, [index("B-C-0")]) is None


def test_what_is_measured_a_little_slow_is_not_made_a_jam_by_what_is_estimated_beside_it() -> None:
    assert decide({"B-C-0": 40.0}, C_D=4).state is SignState.BLANK


def test_a_detour_that_is_probably_as_slow_is_not_shown() -> None:
    assert decide(JAM).state is SignState.DETOUR
    slow = decide(JAM, B_E=6, E_F=6, F_D=6)
    assert (slow.state, slow.reason) == (SignState.BLANK, Reason.TOO_LITTLE_GAIN)


def test_a_gain_that_is_only_estimated_is_told_as_such_and_not_enough() -> None:
    some = {"B-C-0": 17.0, "C-D-0": 17.0}
    advice = decide(some, A_B=5)
    assert advice.gain_s == pytest.approx(advice.seen_gain_s)  # the estimated link is on both ways
    jammed = decide({"C-D-0": 14.0}, B_C=10)
    assert jammed.reason is Reason.TOO_LITTLE_GAIN
    assert jammed.gain_s
    assert jammed.gain_s > PolicySettings().min_gain_s > (jammed.seen_gain_s or 0)
    told = explained({"C-D-0": 14.0}, B_C=10)
    assert "s without estimates" in told
    assert "s, 144 s of it estimated (108 s without traffic)" in told


def test_no_explanation_calls_an_estimate_measured() -> None:
    told = explained({}, B_C=5, C_D=5)
    assert told == "No detector measures the usual way to Stadtmitte now (108 s without traffic)."


def test_without_estimates_everything_is_explained_as_before() -> None:
    assert "estimate" not in explained(JAM)


def test_a_silent_detectors_delay_is_seen_in_proportion_to_its_freshness_only() -> None:
    snapshot = a_snapshot({"B-C-0": 10.0}, confidence=0.25, estimated_times_s=estimated(B_C=20))
    link = index("B-C-0")
    assert snapshot.weights.travel_times_s[link] == pytest.approx(0.25 * 180 + 0.75 * 90)
    assert snapshot.weights.seen_times_s[link] == pytest.approx(0.25 * 180 + 0.75 * 36)
    assert np.all(snapshot.weights.travel_times_s >= snapshot.weights.seen_times_s - 1e-9)
