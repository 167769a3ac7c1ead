"""The bounded queue between receiving and storing."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Sequence

from lotse_ingest.batch import Linger
from lotse_ingest.messages import Received
from lotse_ingest.metrics import Metrics


class Inbox:
    """Messages received and not yet in a batch, in order.

    It never refuses a message: whoever puts asks `is_full` afterwards, stops reading, and is called back once half of
    the queue is free again.
    """

    def __init__(self, linger: Linger, max_messages: int, max_bytes: int, metrics: Metrics) -> None:
        self._linger = linger
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._messages: deque[Received] = deque()
        self._bytes = 0
        self._newest_s = 0.0
        self._oldest_s = 0.0
        self._wake = asyncio.Event()
        self._is_closed = False
        self._is_held = False
        self._on_room: Callable[[], None] | None = None
        metrics.queue_messages.set_function(lambda: len(self._messages))
        metrics.queue_bytes.set_function(lambda: self._bytes)

    @property
    def is_full(self) -> bool:
        """Tell whether a bound is reached."""
        return len(self._messages) >= self._max_messages or self._bytes >= self._max_bytes

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing waits."""
        return not self._messages

    @property
    def waiting_s(self) -> float:
        """Seconds for which messages have waited without any being taken; 0 if none waits."""
        return time.monotonic() - self._oldest_s if self._messages else 0.0

    def put(self, messages: Sequence[Received]) -> None:
        """Add messages."""
        self._newest_s = time.monotonic()
        if not self._messages:
            self._oldest_s = self._newest_s
        self._messages.extend(messages)
        self._bytes += sum(len(message.payload) + len(message.topic) for message in messages)
        self._wake.set()

    def when_room(self, callback: Callable[[], None]) -> None:
        """Call back once, when half of the queue is free."""
        self._on_room = callback

    def hold(self, *, is_held: bool) -> None:
        """Give nothing but large batches for a while: what takes them is busy, and small ones had better grow."""
        self._is_held = is_held
        self._wake.set()

    def close(self) -> None:
        """Let `take` give what is there without lingering, and then nothing."""
        self._is_closed = True
        self._wake.set()

    async def take(self) -> list[Received]:
        """Wait until a batch is due and give its messages; empty only after `close`."""
        while not self._is_closed and (pause_s := self._pause_s()) > 0:
            if pause_s == math.inf:
                self._wake.clear()
                await self._wake.wait()
            else:
                await asyncio.sleep(pause_s)
        return self._pop()

    def _pause_s(self) -> float:
        """Give the time until the next look, infinite where only an event can change the answer."""
        is_small = len(self._messages) < self._linger.max_messages and self._bytes < self._linger.max_bytes
        if not self._messages or (self._is_held and is_small):
            return math.inf
        now_s = time.monotonic()
        return self._linger.wait_s(len(self._messages), self._bytes, now_s - self._oldest_s, now_s - self._newest_s)

    def _pop(self) -> list[Received]:
        taken: list[Received] = []
        taken_bytes = 0
        while self._messages and len(taken) < self._linger.max_messages and taken_bytes < self._linger.max_bytes:
            taken.append(self._messages.popleft())
            taken_bytes += len(taken[-1].payload) + len(taken[-1].topic)
        self._bytes -= taken_bytes
        self._oldest_s = time.monotonic()
        self._call_back_if_room()
        return taken

    def _call_back_if_room(self) -> None:
        has_room = len(self._messages) <= self._max_messages // 2 and self._bytes <= self._max_bytes // 2
        if has_room and self._on_room is not None:
            callback, self._on_room = self._on_room, None
            callback()
