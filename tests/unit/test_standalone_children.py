"""What is told of a child that failed."""

import pytest

from lotse_standalone.children import LINE_CHARS, last_line


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (b"", "it said nothing"),
        (b"one\ntwo\n\n", "two"),
        (b'{"event": "cannot connect", "error": "refused", "level": "error"}\n', "cannot connect: refused"),
        (b'{"event": "stopped"}', "stopped"),
        (b'{"other": 1}', '{"other": 1}'),
        (b"[1, 2]", "[1, 2]"),
        (b"\xff broken", "\ufffd broken"),
    ],
)
def test_the_last_line_is_told_in_words(output: bytes, told: str) -> None:
    assert last_line(output) == told


def test_a_long_line_is_cut_to_its_end() -> None:
    assert last_line(b"x" * 1000 + b"cause") == "x" * (LINE_CHARS - 5) + "cause"
