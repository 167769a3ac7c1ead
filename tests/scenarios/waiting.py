"""Waiting on the wall for what no clock of Lotse's tells."""

import time
from collections.abc import Callable

DEADLINE_S = 60.0


def until(is_so: Callable[[], bool], within_s: float = DEADLINE_S) -> None:
    """Return once it is so."""
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s"
        time.sleep(0.05)
