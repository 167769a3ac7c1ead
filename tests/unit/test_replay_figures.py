"""What signs did in a period, added up turn by turn."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from factories_decide import SIGN, a_moment, a_snapshot, a_step, at

from lotse_routing.decide.decision import Decision, decide_sign
from lotse_routing.replay.figures import Figures, Tally

BLANK = decide_sign(a_step(), SIGN, None)
SHOWN = decide_sign(a_step(a_moment(a_snapshot({"B-C-0": 5.0, "C-D-0": 5.0}))), SIGN, BLANK)
MINUTE_S = 60.0


def showing(decision: Decision = SHOWN, sign_id: str = "KL-07", **detour: Any) -> Decision:
    """A decision whose one detour has other fields."""
    return replace(decision, sign_id=sign_id, detours=({**decision.detours[0], **detour},))


def held(decision: Decision) -> Decision:
    return showing(decision, gist={"reason": "held"})


def tally(*minutes: tuple[Decision, ...], in_force: Decision | None = None) -> Tally:
    added = Tally({in_force.sign_id: in_force} if in_force else {})
    for minute, decisions in enumerate(minutes):
        added.add(at(minute * MINUTE_S), decisions)
    added.end(end_of(minutes))
    return added


def end_of(minutes: tuple[tuple[Decision, ...], ...]) -> datetime:
    return at(len(minutes) * MINUTE_S)


def test_nothing_shown_has_no_gain_and_no_change() -> None:
    assert tally((BLANK,), (BLANK,)).in_all() == Figures(2 / 60, 0, 0.0, None, 0, 0)


def test_changes_count_from_what_was_in_force_and_gains_by_their_time() -> None:
    minutes = (showing(gain_s=100.0),), (showing(gain_s=100.0),), (showing(gain_s=400.0),), (BLANK,)
    figures = tally(*minutes, in_force=BLANK).in_all()
    assert (figures.changes, figures.shown_min) == (2, 3.0)
    assert figures.mean_gain_s == pytest.approx(200.0)
    assert figures.changes_per_hour == pytest.approx(2 / (4 / 60))
    assert tally(*minutes).in_all().changes == 1


def test_a_closure_is_shown_and_has_no_gain() -> None:
    figures = tally((showing(gain_s=None),), (showing(gain_s=None),)).in_all()
    assert (figures.shown_min, figures.mean_gain_s) == (2.0, None)


def test_a_hold_counts_once_however_long_it_lasts() -> None:
    minutes = (SHOWN,), (held(SHOWN),), (held(SHOWN),), (SHOWN,), (held(SHOWN),)
    assert tally(*minutes).in_all().holds == 2


def test_a_circle_counts_once_while_it_lasts_and_for_each_of_its_signs() -> None:
    one = showing(shown={"links": ["a", "b"], "travel_time_s": 1.0, "via": None})
    other = showing(sign_id="KL-08", shown={"links": ["b", "a"], "travel_time_s": 1.0, "via": None})
    added = tally((one, other), (one, other), (one, replace(BLANK, sign_id="KL-08")), (one, other))
    assert [moment for moment, _ in added.circles] == [at(0), at(3 * MINUTE_S)]
    assert added.in_all().contradictions == 2
    assert [figures.contradictions for figures in added.by_sign().values()] == [2, 2]
