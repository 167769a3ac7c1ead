"""Ctrl-C, SIGTERM and SIGHUP, heard once: the first asks to stop, the ones after it do not disturb the stopping."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Turns the first signal into KeyboardInterrupt, ignores all others, and gives the handlers back at its end."""

    def __init__(self) -> None:
        self._is_armed = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._is_armed = True
        self._before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def last_chance(self) -> Iterator[None]:
        """End the block at a signal, quietly. After the block none is heard any more: we are stopping already."""
        try:
            yield
        except KeyboardInterrupt:
            pass
        finally:
            self._is_armed = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_armed:
            self._is_armed = False
            raise KeyboardInterrupt
