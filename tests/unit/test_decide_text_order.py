"""In what order a sign tells of its detours."""

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotse_routing.decide.rules import limits_of
from lotse_routing.decide.text_order import UNPLACED, order_in_text, places_in_texts
from lotse_routing.settings import PolicySettings

LIMITS = limits_of(PolicySettings(replace_ratio=1.25, replace_extra_s=20.0))


def order(gains_s: list[float], before: list[int] | None = None) -> list[int]:
    places = [UNPLACED] * len(gains_s) if before is None else before
    found: list[int] = order_in_text(np.array(gains_s), np.array(places, np.intp), LIMITS).tolist()
    return found


def test_who_gains_most_is_told_first_and_a_closure_before_all() -> None:
    assert order([60.0, 90.0, 30.0, inf]) == [3, 1, 0, 2]
    assert order([]) == []


@pytest.mark.parametrize(
    ("gains_s", "expected"),
    [
        ([100.0, 124.0], [0, 1]),  # a quarter more it is not
        ([40.0, 59.0], [0, 1]),  # nor 20 s
        ([100.0, 125.0], [1, 0]),
        ([40.0, 60.0], [1, 0]),
        ([inf, inf], [0, 1]),
        ([500.0, inf], [1, 0]),
        ([-10.0, 20.0], [1, 0]),
    ],
)
def test_a_detour_passes_the_one_before_it_only_by_the_margin(gains_s: list[float], expected: list[int]) -> None:
    assert order(gains_s, [0, 1]) == expected


def test_one_that_gains_clearly_more_is_held_up_by_none_in_between() -> None:
    assert order([30.0, 49.0, 68.0], [0, 1, 2]) == [2, 0, 1]


def test_a_new_detour_comes_behind_unless_it_gains_clearly_more() -> None:
    assert order([100.0, 110.0], [0, UNPLACED]) == [0, 1]
    assert order([100.0, 110.0, 200.0], [1, 0, UNPLACED]) == [2, 1, 0]


@given(st.lists(st.floats(-300, 3_000) | st.just(inf), max_size=8), st.data())
def test_what_was_put_in_order_stays_so(gains_s: list[float], data: st.DataObject) -> None:
    before = data.draw(st.permutations(range(len(gains_s))))
    first = order(gains_s, before)
    places = [first.index(number) for number in range(len(gains_s))]
    assert sorted(first) == list(range(len(gains_s)))
    assert order(gains_s, places) == first
    told = [gains_s[number] for number in first]
    for place, gain_s in enumerate(told):
        assert all(gain_s <= other or gain_s < max(1.25 * other, other + 20) for other in told[:place])


@given(st.lists(st.lists(st.tuples(st.booleans(), st.floats(-300, 3_000)), max_size=5), max_size=4))
def test_all_signs_at_once_come_to_the_same(signs: list[list[tuple[bool, float]]]) -> None:
    pairs = [pair for sign in signs for pair in sign]
    is_shown = np.array([shown for shown, _ in pairs], np.bool_)
    gains_s = np.array([gain_s for _, gain_s in pairs], np.float64)
    before = np.arange(len(pairs), dtype=np.intp)
    of_sign = np.cumsum([0, *map(len, signs)])
    together = places_in_texts(of_sign, is_shown, gains_s, before, LIMITS).tolist()
    alone: list[int] = []
    for first, end in zip(of_sign[:-1].tolist(), of_sign[1:].tolist(), strict=True):
        shown = [number for number in range(first, end) if is_shown[number]]
        told = [shown[number] for number in order(gains_s[shown].tolist(), before[shown].tolist())]
        alone += [told.index(number) if number in told else UNPLACED for number in range(first, end)]
    assert together == alone
