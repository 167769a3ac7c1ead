"""Cursors: what went in comes out, and nothing else ever does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotse_gateway.answers.paging import MAX_CURSOR_CHARS, CursorError, decode_cursor, encode_cursor
from lotse_shared.identifiers import IDENTIFIER_PATTERN

identifiers = st.from_regex(IDENTIFIER_PATTERN, fullmatch=True)
int64 = st.integers(-(2**63), 2**63 - 1)


@given(identifiers, int64)
def test_a_sort_key_survives_the_way(text: str, number: int) -> None:
    cursor = encode_cursor(text, number)
    assert decode_cursor(cursor, (str, int)) == [text, number]
    assert len(cursor) <= MAX_CURSOR_CHARS


@given(st.text(max_size=60))
def test_nonsense_is_refused_and_never_breaks_anything(cursor: str) -> None:
    with pytest.raises(CursorError, match="next_cursor"):
        decode_cursor(cursor, (str, int))


@given(st.integers())
def test_what_the_database_cannot_hold_is_refused(number: int) -> None:
    cursor = encode_cursor(number)
    if -(2**63) <= number < 2**63:
        assert decode_cursor(cursor, (int,)) == [number]
    else:
        with pytest.raises(CursorError):
            decode_cursor(cursor, (int,))


@pytest.mark.parametrize("key", [("a\0b",), ("\ud800",), (1,), ("a", "b"), ()])
def test_a_cursor_of_another_list_is_refused(key: tuple[str | int, ...]) -> None:
    with pytest.raises(CursorError):
        decode_cursor(encode_cursor(*key), (str,))
