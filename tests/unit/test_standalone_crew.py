"""The threads of a demo."""

import threading
import time

import pytest

from lotse_standalone.machine.crew import Crew
from lotse_standalone.machine.problems import StandaloneError


def check_for_seconds(crew: Crew, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        crew.check()
        time.sleep(0.005)


def test_everybody_lives_until_asked_to_stop_and_is_waited_for() -> None:
    ended = []

    def life(stop: threading.Event) -> None:
        stop.wait()
        ended.append(threading.current_thread().name)

    with Crew({"one": life, "two": life}) as crew:
        crew.check()
        assert not ended
    assert sorted(ended) == ["one", "two"]


def test_a_life_that_fails_is_told_with_its_name() -> None:
    def life(_stop: threading.Event) -> None:
        message = "no streets"
        raise LookupError(message)

    with (
        Crew({"the simulation": life}) as crew,
        pytest.raises(StandaloneError, match=r"^the simulation failed: LookupError: no streets$"),
    ):
        check_for_seconds(crew, 30)


def test_a_life_that_ends_unasked_is_told() -> None:
    with Crew({"sign S1": lambda _stop: None}) as crew, pytest.raises(StandaloneError, match=r"^sign S1 failed"):
        check_for_seconds(crew, 30)
