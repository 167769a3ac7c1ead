"""Who listens. Each has a bounded queue: one that takes too slowly loses what waits, and is told to read anew."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lotse_gateway.guards.keys import ApiKey
from lotse_gateway.live.events import Event, Position, Wish
from lotse_gateway.metrics import EVENTS, LISTENERS, LISTENERS_RESET
from lotse_shared.log import OnChange, get_logger

log = get_logger(__name__)


@dataclass(eq=False, slots=True)
class Listener:
    """One who listens; `None` in the queue is the end."""

    key: ApiKey
    wish: Wish
    queue: asyncio.Queue[bytes | None]

    def offer(self, event: Event) -> bool:
        """Put an event in the queue if it is wanted. Tell whether there was room."""
        wire = self.wish.pick(event)
        if wire is None:
            return True
        try:
            self.queue.put_nowait(wire)
        except asyncio.QueueFull:
            return False
        return True

    def replace_all(self, *wires: bytes | None) -> None:
        """Forget what waits; these come instead."""
        while not self.queue.empty():
            self.queue.get_nowait()
        for wire in wires:
            self.queue.put_nowait(wire)

    async def hear(self) -> AsyncIterator[bytes]:
        """Give what comes until the end."""
        while (wire := await self.queue.get()) is not None:
            yield wire


@dataclass(eq=False)
class Hub:
    """All who listen to this gateway."""

    most_listeners: int
    most_waiting: int
    _bye: Event | None = None
    _listeners: set[Listener] = field(default_factory=set)
    _slow: OnChange = field(default_factory=lambda: OnChange(log))

    @property
    def has_room(self) -> bool:
        """Tell whether one more may listen."""
        return self._bye is None and len(self._listeners) < self.most_listeners

    @property
    def is_anybody_there(self) -> bool:
        """Tell whether anybody listens."""
        return bool(self._listeners)

    @contextmanager
    def listen(self, key: ApiKey, wish: Wish) -> Iterator[Listener]:
        """Let somebody listen."""
        listener = Listener(key, wish, asyncio.Queue(self.most_waiting))
        self._listeners.add(listener)
        if self._bye is not None:  # it came while we closed
            listener.replace_all(self._bye.wire, None)
        LISTENERS.set(len(self._listeners))
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            LISTENERS.set(len(self._listeners))

    def publish(self, event: Event) -> None:
        """Tell an event to all who want it."""
        EVENTS.labels(event.kind).inc()
        slow = [listener for listener in self._listeners if not listener.offer(event)]
        for listener in slow:
            listener.replace_all(reset("this listener took events too slowly", event.position).wire)
        if slow:
            LISTENERS_RESET.inc(len(slow))
            self._slow.now("slow", "a listener takes events too slowly and reads anew; see the metric for more")

    def end(self, bye: Event) -> None:
        """Send all listeners away, and whoever still comes."""
        self._bye = bye
        self.close(bye)

    def close(self, event: Event, which: Callable[[ApiKey], bool] = lambda _: True) -> None:
        """Send some listeners away, with a last event."""
        for listener in [each for each in self._listeners if which(each.key)]:
            listener.replace_all(event.wire, None)


def reset(reason: str, position: Position) -> Event:
    """Make the event that says: what you know may be wrong, read everything anew."""
    return Event("reset", {"reason": reason}, position)
