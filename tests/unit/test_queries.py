"""The loader of named SQL queries."""

import pytest

from lotse_shared.database import QueriesError, parse_queries

TWO = """\
-- Comments may stand before the first query.

-- name: one
-- Gives one.
select 1;

-- name: two
-- Gives two,
-- in two lines of words.
select 2;
"""


def test_queries_are_split_by_their_headers() -> None:
    queries = parse_queries(TWO)
    assert list(queries) == ["one", "two"]
    assert queries["one"].endswith("select 1;")
    assert "in two lines" in queries["two"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("select 1;\n-- name: a\n-- A.\nselect 1;", "before the first"),
        ("-- name: a\nselect 1;", "description"),
        ("-- name: a\n-- Only words.", "SQL"),
        ("-- name: a\n-- A.\nselect 1;\n-- name: a\n-- A.\nselect 1;", "twice"),
        ("-- name: a\n-- name: b\n-- B.\nselect 1;", "description"),
    ],
)
def test_a_malformed_file_is_refused_with_its_fault(text: str, fault: str) -> None:
    with pytest.raises(QueriesError, match=fault):
        parse_queries(text)
