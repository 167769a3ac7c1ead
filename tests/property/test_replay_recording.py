"""Whatever the order of its moments, every row of a recording is played once, and time never goes back."""

import itertools

from factories_replay import a_measured
from hypothesis import given
from hypothesis import strategies as st

from lotse_standalone.replay.recording import cut

moments = st.lists(st.none() | st.integers(-50, 50), max_size=40)


@given(moments)
def test_every_row_is_played_once_in_its_order(numbers: list[int | None]) -> None:
    rows = [a_measured(number, str(index)) for index, number in enumerate(numbers)]
    assert [row for slot in cut(rows) for row in slot.rows] == rows


@given(moments)
def test_time_never_goes_back(numbers: list[int | None]) -> None:
    slots = list(cut(a_measured(number) for number in numbers))
    watermarks = [slot.covers_until for slot in slots if slot.covers_until is not None]
    assert all(earlier < later for earlier, later in itertools.pairwise(watermarks))
    assert all(slot.covers_until is not None for slot in slots[1:])


@given(st.lists(st.integers(0, 50), min_size=1).map(sorted))
def test_in_an_orderly_recording_every_row_is_covered_by_its_own_watermark(numbers: list[int]) -> None:
    slots = list(cut(a_measured(number) for number in numbers))
    assert all(row.measured_at == slot.covers_until for slot in slots for row in slot.rows)
    assert len(slots) == len(set(numbers))
