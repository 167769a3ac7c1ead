"""The picture of a sign's period: what counts of a gain, the thresholds, what was shown, and the axes."""

import re
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from factories_decide import NOON, SIGN, a_closure, a_moment, a_snapshot, a_step, at

from lotse_routing.decide.advice import SignState
from lotse_routing.decide.decision import Decision, decide_sign
from lotse_routing.replay.drawing import Bar, Point, counted_s, draw
from lotse_routing.replay.scale import Scale
from lotse_routing.settings import PolicySettings

MINUTE_S = 60.0
UTC = ZoneInfo("UTC")
BLANK = decide_sign(a_step(), SIGN, None)
SHOWN = decide_sign(a_step(a_moment(a_snapshot(dict.fromkeys(("B-C-0", "C-D-0"), 5.0)))), SIGN, BLANK)
CLOSED = decide_sign(a_step(a_moment(a_snapshot({}, [a_closure("C-D-0")]))), SIGN, BLANK)
POLICY = PolicySettings()


def points(*decisions: Decision) -> list[Point]:
    """A decision a minute, which is what the sign could show as well."""
    return [Point(at(minute * MINUTE_S), decision, decision) for minute, decision in enumerate(decisions)]


def drawn(*decisions: Decision, destination_id: str | None = "CENTRUM") -> str:
    ends_at = at(len(decisions) * MINUTE_S)
    return draw("KL-07", destination_id, [Bar("in force", points(*decisions))], POLICY, ends_at=ends_at, zone=UTC)


def to_a_relation(**changes: Any) -> dict[str, Any]:
    return {**SHOWN.detours[0], "relation": {"effect": "slow"}, "destination": "Lauterstraße > Ring", **changes}


def line(picture: str, kind: str) -> list[float]:
    """The heights of a line, in pixels from the top."""
    (places,) = re.findall(rf'<polyline class="{kind}" points="([^"]*)"', picture)
    return [float(place.split(",")[1]) for place in places.split()]


def test_of_a_gain_counts_what_is_seen_of_it_and_no_more_than_the_usual_way_loses() -> None:
    offer = SHOWN.detours[0]
    why = offer["why"]
    assert counted_s(offer) == min(offer["gain_s"], why["seen_gain_s"], why["delay_s"]) > 0
    assert counted_s({**offer, "why": {**why, "seen_gain_s": 7.0}}) == 7.0
    assert counted_s({**offer, "why": {**why, "delay_s": 5.0}}) == 5.0


def test_of_a_relation_the_whole_gain_counts() -> None:
    assert counted_s(to_a_relation(gain_s=80.0, why={"seen_gain_s": 7.0, "delay_s": 5.0})) == 80.0


def test_nothing_counts_where_there_is_no_detour_or_the_usual_way_is_closed() -> None:
    assert counted_s(None) == counted_s(BLANK.detours[0]) == counted_s(CLOSED.detours[0]) == 0.0


def test_a_closed_usual_way_is_shaded_as_long_as_it_is_closed() -> None:
    boxes = re.findall(
        r'<rect class="closed" x="([\d.]+)" y="78" width="([\d.]+)"', drawn(BLANK, CLOSED, CLOSED, BLANK)
    )
    scale = Scale(NOON, at(4 * MINUTE_S), 1.0)
    left, right = scale.x(at(MINUTE_S)), scale.x(at(3 * MINUTE_S))
    assert boxes == [(str(left), str(round(right - left, 1)))]


def test_moments_of_change_and_what_was_shown_can_be_read() -> None:
    picture = drawn(BLANK, BLANK, SHOWN, SHOWN, SHOWN, BLANK)
    assert re.findall(r">(12:0\d)</text>", picture.split('class="change"', 1)[1]) == ["12:02", "12:05"]
    assert f"<title>{' / '.join(SHOWN.lines)}</title>" in picture
    assert f">{' / '.join(SHOWN.lines)}</text>" in picture
    assert "local time, UTC" in picture


def test_the_line_from_which_on_a_detour_is_shown_is_the_higher_threshold_and_half_of_it_drops() -> None:
    picture = drawn(BLANK, SHOWN)
    zero = 298.0
    heights = [zero - y for y in line(picture, "show")]
    assert heights[1] > heights[0] > 0, "15 % of a slower way is more than 45 s"
    halves = [zero - y for y in line(picture, "drop")]
    assert all(abs(half - height / 2) <= 0.1 for half, height in zip(halves, heights, strict=True))


def test_a_sign_that_speaks_to_relations_is_drawn_though_it_has_no_destination() -> None:
    blank = replace(BLANK, detours=())
    shown = replace(SHOWN, detours=(to_a_relation(gain_s=50.0), to_a_relation(gain_s=200.0)))
    picture = drawn(blank, shown, shown, destination_id=None)
    assert "drivers who usually pass what is disturbed" in picture
    assert f'<rect class="{SignState.DETOUR}"' in picture
    gain, show = line(picture, "gain"), line(picture, "show")
    assert gain[0] == 298.0
    assert gain[-1] < show[-1], "the greatest gain is drawn"


def test_hours_on_the_axis_are_round_in_local_time() -> None:
    scale = Scale(at(7 * MINUTE_S), at(127 * MINUTE_S), 1.0)
    hours = [f"{hour:%H:%M}" for hour in scale.hours(ZoneInfo("Asia/Kathmandu"))]
    assert (hours[0], hours[1], hours[-1], len(hours)) == ("18:00", "18:10", "19:50", 12)


def test_gains_on_the_axis_are_round_and_few() -> None:
    assert Scale(NOON, at(60), 720.0).gains_s() == [0, 200, 400, 600]
    assert Scale(NOON, at(60), 49.5).gains_s() == [0, 10, 20, 30, 40]
