"""Durations on the command line."""

import pytest

from lotse_standalone.demo.duration import parse_duration


@pytest.mark.parametrize(
    ("text", "duration_s"), [("45", 45.0), ("60s", 60.0), ("2m", 120.0), ("1.5m", 90.0), ("1h", 3600.0), (" 5s ", 5.0)]
)
def test_a_duration_is_seconds_unless_its_unit_says_otherwise(text: str, duration_s: float) -> None:
    assert parse_duration(text) == duration_s


@pytest.mark.parametrize("text", ["", "-5", "5 s", "5x", "s", "1e3", "nan", "inf", "1:30", "٣"])
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"give seconds \(45, 60s\), minutes \(2m\) or hours \(1h\)"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0", "0s", "0.0m"])
def test_no_time_at_all_is_refused_as_such(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no time at all: give one above zero, like 60s"):
        parse_duration(text)
