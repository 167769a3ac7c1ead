"""Hours of the week: whatever they are, they are written so that they are read back."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lotse_shared.weekly_times import ALWAYS, WEEK, WeeklyTimes

MONDAY = datetime(2026, 11, 23)  # noqa: DTZ001 - local time is what it is about


@st.composite
def hours(draw: st.DrawFn) -> WeeklyTimes:
    """Any minutes of the week, in whole quarters or not."""
    edges = draw(st.lists(st.integers(0, WEEK // 15).map(lambda q: q * 15) | st.integers(0, WEEK), max_size=8))
    pairs = sorted(set(edges))
    found = WeeklyTimes()
    for start, end in zip(pairs[::2], pairs[1::2], strict=False):
        found |= WeeklyTimes(((start, end),))
    return found


@given(hours())
def test_the_written_form_is_read_back_as_the_same_hours(given_hours: WeeklyTimes) -> None:
    assert WeeklyTimes.parse(str(given_hours)) == given_hours


@given(hours(), hours(), st.integers(0, WEEK - 1))
def test_sets_of_hours_are_sets_of_minutes(one: WeeklyTimes, other: WeeklyTimes, minute: int) -> None:
    moment = MONDAY + timedelta(minutes=minute)
    is_in, is_in_other = one.contains(moment), other.contains(moment)
    assert (one | other).contains(moment) is (is_in or is_in_other)
    assert (one & other).contains(moment) is (is_in and is_in_other)
    assert (one - other).contains(moment) is (is_in and not is_in_other)
    assert (ALWAYS - one).contains(moment) is not is_in
