"""Durations as people type them: 45, 60s, 2m, 1h."""

import re

UNITS_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(?P<number>\d{1,6}(\.\d{1,3})?)(?P<unit>[smh]?)", re.ASCII)


def parse_duration(text: str) -> float:
    """Give the seconds of a duration.

    Raises
    ------
    ValueError
        It is none, or nothing at all.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        message = f"{text!r} is not a duration: give seconds (45, 60s), minutes (2m) or hours (1h)"
        raise ValueError(message)
    duration_s = float(found["number"]) * UNITS_S[found["unit"]]
    if duration_s <= 0:
        message = f"{text!r} is no time at all: give one above zero, like 60s"
        raise ValueError(message)
    return duration_s
