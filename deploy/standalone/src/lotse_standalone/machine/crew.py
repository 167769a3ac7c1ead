"""The threads that play the world outside: the sensors and the signs."""

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from lotse_standalone.machine.problems import StandaloneError

STOP_TIMEOUT_S = 15.0

Life = Callable[[threading.Event], None]
"""Lives until the event is set."""


class Crew:
    """Starts the given lives, each on a thread of its own; at the end asks all to stop and waits for them."""

    def __init__(self, lives: Mapping[str, Life]) -> None:
        self._stop = threading.Event()
        self._failure: tuple[str, BaseException] | None = None
        self._threads = [self._thread(name, life) for name, life in lives.items()]

    def __enter__(self) -> Self:
        try:
            for thread in self._threads:
                thread.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def join(self, name: str, life: Life) -> None:
        """Start one more, while the others live."""
        thread = self._thread(name, life)
        self._threads.append(thread)
        thread.start()

    def check(self) -> None:
        """Raise StandaloneError if one of them ended before it was asked to."""
        if self._failure is not None:
            name, error = self._failure
            message = f"{name} failed: {type(error).__name__}: {error}"
            raise StandaloneError(message) from error

    def _end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(STOP_TIMEOUT_S)

    def _thread(self, name: str, life: Life) -> threading.Thread:
        return threading.Thread(target=self._live, args=(name, life), name=name, daemon=True)

    def _live(self, name: str, life: Life) -> None:
        try:
            life(self._stop)
            if not self._stop.is_set():
                self._failure = name, RuntimeError("it ended by itself")
        except Exception as error:  # noqa: BLE001 - whatever it is, check() tells the main thread
            self._failure = name, error
