"""Intake over HTTP: a request is a message like any other, and is answered once it is committed."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from lotse_ingest.inbox import Inbox
from lotse_ingest.messages import Fate, Received
from lotse_ingest.metrics import Metrics
from lotse_ingest.settings import IngestSettings
from lotse_shared.log import OnChange, get_logger, is_debugging
from lotse_shared.request_id import current_request_id

log = get_logger(__name__)


class BusyError(Exception):
    """The queue takes no more at the moment. Nothing was received."""


class NotYetError(Exception):
    """It was received, but not committed in time. It may still be: whoever sends it again does no harm."""


def _future() -> "asyncio.Future[list[Fate]]":
    return asyncio.get_running_loop().create_future()


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request that waits for its commit."""

    answer: "asyncio.Future[list[Fate]]" = field(default_factory=_future)
    request_id: str | None = field(default_factory=current_request_id)


class Intake:
    """Puts requests into the inbox (an `Origin` of messages, one for all requests).

    At most `intake_requests` of them wait in the queue at a time, those among them that nobody waits for any more, so
    that vendors who try again and again during an outage cannot fill it.
    """

    def __init__(self, inbox: Inbox, settings: IngestSettings, metrics: Metrics) -> None:
        self._inbox = inbox
        self._most = settings.intake_requests
        self._wait_s = settings.intake_wait_s
        self._metrics = metrics
        self._state = OnChange(log)
        self._numbers = count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._queued = 0

    async def take(self, topic: str, payload: bytes) -> list[Fate]:
        """Take a message, and tell what became of every reading of it once that is committed.

        Raises
        ------
        BusyError
            The queue is full.
        NotYetError
            It was not committed within `intake_wait_s`.
        """
        if self._inbox.is_full or self._queued >= self._most:
            self._tell("full", "requests over HTTP are refused: the queue is full")
            raise BusyError
        number = next(self._numbers)
        waiting = self._waiting[number] = _Waiting()
        self._queued += 1
        self._inbox.put([Received(topic, payload, datetime.now(UTC), self, number)])
        try:
            fates = await asyncio.wait_for(waiting.answer, self._wait_s)
        except TimeoutError:
            self._tell("late", "requests over HTTP are not committed in time")
            raise NotYetError from None
        finally:
            self._waiting.pop(number, None)
        self._tell("committed", "requests over HTTP are committed in time")
        return fates

    def acknowledge(self, messages: Sequence[Received], fates: Callable[[], Iterable[Fate]]) -> None:
        """Answer the requests whose messages are committed."""
        self._queued -= len(messages)
        told: dict[int, list[Fate]] = {message.packet_id: [] for message in messages}
        for fate in fates():
            if fate.message.origin is self and fate.message.packet_id in told:
                told[fate.message.packet_id].append(fate)
        for number, own in told.items():
            waiting = self._waiting.get(number)
            if waiting is None or waiting.answer.done():
                continue
            waiting.answer.set_result(own)
            if is_debugging():  # in the task of the batch, whose id the line has, too
                log.debug("request stored", request_id=waiting.request_id)

    def _tell(self, answer: str, event: str) -> None:
        self._metrics.intake_requests.labels(answer).inc()
        self._state.now(answer, event)
