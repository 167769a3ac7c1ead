"""Routes of a past moment: what was known then, on the network of now."""

from dataclasses import replace
from datetime import timedelta

import pytest
from factories_decide import NOON, a_closure, a_link_state, a_snapshot, at, ids
from factories_whatif import route

from lotse_routing.places import Place
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.whatif.past import NotKnownError, Past, check_moment, snapshot_then

A, D = Place(node="A"), Place(node="D")
THEN = NOON - timedelta(days=2)
JAM = a_link_state("B-C-0", 5.0)


def test_traffic_and_roadworks_are_those_of_then() -> None:
    now = a_snapshot(roadworks=[a_closure("B-E-0")])
    then = snapshot_then(now, Past(THEN, (JAM,), []), EstimateSettings())
    found = route(A, D, then)
    assert found.links == ("A-B-0", "B-E-0", "E-F-0", "F-D-0")
    assert found.avoids == ("Lauterstraße is jammed (5 of 50 km/h; detector at-B-C-0)",)
    assert (then.computed_until, then.topology) == (THEN, now.topology)
    closed = Roadwork("R1", "Kanalbau", "closed", None, ("B-E-0",), THEN, THEN + timedelta(hours=1))
    then = snapshot_then(now, Past(THEN, (JAM,), [closed]), EstimateSettings())
    assert ids(list(then.weights.closures)) == ["B-E-0"]
    assert "B-E-0" not in route(A, D, then).links


def test_of_links_that_nobody_measured_then_what_was_usual_at_that_time_is_assumed() -> None:
    doubled_s = 2 * a_snapshot().base.travel_times_s
    usual = {THEN: doubled_s}
    now = replace(a_snapshot(), typical_at=usual.__getitem__)
    found = route(A, D, snapshot_then(now, Past(THEN, (), []), EstimateSettings()))
    assert found.usual_time_s == found.travel_time_s == 2 * found.free_flow_time_s


def test_the_snapshot_of_then_leaves_that_of_now_alone() -> None:
    now = a_snapshot({"C-D-0": 20.0})
    before = now.weights.travel_times_s.copy()
    snapshot_then(now, Past(THEN, (JAM,), []), EstimateSettings())
    assert (now.weights.travel_times_s == before).all()
    assert route(A, D, now).links == route(A, D, a_snapshot({"C-D-0": 20.0})).links


@pytest.mark.parametrize("moment", [THEN, THEN + timedelta(hours=5), NOON])
def test_moments_from_the_beginning_of_history_until_now_are_known(moment: object) -> None:
    check_moment(moment, THEN, NOON)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moment", "begins_at", "why"),
    [
        (at(1), THEN, r"lies in the future; allowed: 'now', or from 2026-11-21T12:00:00\+00:00 to 2026-11-23T12:00:00"),
        (THEN - timedelta(seconds=1), THEN, "lies before the history begins; allowed: 'now', or from 2026-11-21"),
        (THEN, None, "nothing is known of the past yet; allowed: 'now'"),
    ],
)
def test_other_moments_are_refused_with_what_is_allowed(moment: object, begins_at: object, why: str) -> None:
    with pytest.raises(NotKnownError, match=why):
        check_moment(moment, begins_at, NOON)  # type: ignore[arg-type]
