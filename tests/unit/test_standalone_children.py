"""What is told of a child that failed."""

import traceback

import pytest

from lotse_standalone.machine.children import LINE_CHARS, last_line


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


TRACEBACK = b"""\
Traceback (most recent call last):
  File "settings.py", line 3, in <module>
    Settings()
pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings
smoothing
  Input should be a valid number [type=float_parsing, input_value='plenty', input_type=str]
    For further information visit https://errors.pydantic.dev/2.14/v/float_parsing
"""


def test_of_a_traceback_the_cause_is_told_in_one_line() -> None:
    told = last_line(TRACEBACK)
    assert told.startswith(
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings smoothing Input"
    )
    assert told.endswith("input_type=str]")


GROUP = b"""\
  + Exception Group Traceback (most recent call last):
  |   File "serve.py", line 3, in <module>
  |     asyncio.run(serve())
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "serve.py", line 2, in serve
    | OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', 18080): address already in use
    +------------------------------------
"""


def test_of_an_exception_group_the_innermost_cause_is_told() -> None:
    assert last_line(GROUP) == (
        "OSError: [Errno 98] error while attempting to bind on address ('127.0.0.1', 18080): address already in use"
    )


def test_of_a_real_exception_group_in_another_the_innermost_cause_is_told() -> None:
    group = ExceptionGroup("outer", [ValueError("first"), ExceptionGroup("inner", [OSError("in use")])])
    printed = "".join(traceback.format_exception(group))
    assert last_line(printed.encode()) == "OSError: in use"


def test_a_long_line_keeps_its_beginning_and_its_end() -> None:
    told = last_line(b"what " + b"x" * 1000 + b" why")
    assert told.startswith("what ")
    assert told.endswith(" why")
    assert len(told) < LINE_CHARS + 10
