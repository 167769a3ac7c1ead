"""The line: a sensor message is received, decoded, judged, batched, stored, and only then acknowledged."""

import asyncio
import itertools
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from structlog.contextvars import bound_contextvars

from lotse_ingest.availability import Availability, GaveUpError
from lotse_ingest.batch import Batch, BatchReading, Item
from lotse_ingest.dead_letters import DeadLetter
from lotse_ingest.detectors import Detectors
from lotse_ingest.examine import Examiner
from lotse_ingest.inbox import Inbox
from lotse_ingest.judge import Moment
from lotse_ingest.messages import Decoded, Fate, Received, Watermark
from lotse_ingest.metrics import Metrics
from lotse_ingest.recollection import Recollection
from lotse_ingest.settings import IngestSettings
from lotse_ingest.store import RefusedError, Store, Stored
from lotse_shared.clock import DataClock
from lotse_shared.log import OnChange, get_logger, is_debugging
from lotse_shared.reading import Reading

log = get_logger(__name__)


Part = list[tuple[Received, Sequence[Decoded]]]
"""Messages with what was decoded from them."""


class Turns:
    """Lets others have the event loop now and then: the batch being written must not wait for us to answer."""

    ITEMS_A_TURN = 500

    def __init__(self) -> None:
        self._items = 0

    async def after(self, items: int) -> None:
        """Go on, or take a break if so many more items fill a turn."""
        self._items += items
        if self._items >= self.ITEMS_A_TURN:
            self._items = 0
            await asyncio.sleep(0)


class Pipeline:
    """Takes messages out of the inbox until it is closed and empty.

    `data_clock` is None in wall time.
    """

    def __init__(  # noqa: PLR0913 - what the line is made of
        self,
        *,
        settings: IngestSettings,
        examiner: Examiner,
        data_clock: DataClock | None,
        inbox: Inbox,
        detectors: Detectors,
        recollection: Recollection,
        store: Store,
        availability: Availability,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._examiner = examiner
        self._data_clock = data_clock
        self._inbox = inbox
        self._detectors = detectors
        self._recollection = recollection
        self._tables = store
        self._availability = availability
        self._metrics = metrics
        self._watermark_state = OnChange(log)
        self._name = secrets.token_hex(3)
        self._numbers = itertools.count(1)
        self._writing: asyncio.Task[None] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set and what was received is stored, or the database has not come back in time."""
        closer = asyncio.create_task(stop.wait())
        closer.add_done_callback(self._finish)
        try:
            await self._restore_clock()
            while received := await self._inbox.take():
                await self.handle(received)
            await self._written()
        except GaveUpError:
            log.warning("stopped while the database is away; what was not stored stays with the broker")
        finally:
            closer.cancel()
            if self._writing is not None:
                self._writing.cancel()

    def _finish(self, _stopped: object) -> None:
        self._inbox.close()
        self._availability.hurry()

    async def handle(self, received: Sequence[Received]) -> None:
        """Take messages down the line, in parts that a transaction and the event loop can bear.

        While a part is being written, the next one is decoded and judged; it is written once the one before is. Log
        lines that it leads to carry its id, which no other batch of any process has.
        """
        async for part in self._parts(received):
            with bound_contextvars(batch=f"{self._name}-{next(self._numbers)}"):
                await self._look_up_detectors(part)
                batch = Batch(tuple([item async for item in self._judge(part)]))
                await self._written()
                messages = [message for message, _ in part]
                self._inbox.hold(is_held=True)
                self._writing = asyncio.create_task(self._write(messages, batch))
                self._writing.add_done_callback(self._go_on)

    def _go_on(self, writing: asyncio.Task[None]) -> None:
        """Take small batches again; or no more, so that `run` ends, if the last one could not be written."""
        self._inbox.hold(is_held=False)
        if not writing.cancelled() and writing.exception() is not None:
            self._inbox.close()

    async def _written(self) -> None:
        """Wait until what is being written is committed and acknowledged."""
        if self._writing is not None:
            await self._writing

    async def _write(self, messages: Sequence[Received], batch: Batch) -> None:
        stored = await self._store(batch)
        for origin in dict.fromkeys(message.origin for message in messages):  # a connection, maybe also the HTTP intake
            origin.acknowledge([message for message in messages if message.origin is origin], lambda: _fates(stored))
        age_s = (datetime.now(UTC) - messages[0].received_at).total_seconds()
        self._metrics.age_s.observe(age_s)
        if is_debugging():
            outcomes = Counter(outcome for part in stored for outcome in part.outcomes if outcome is not None)
            log.debug("batch stored", messages=len(messages), age_s=round(age_s, 4), outcomes=dict(outcomes))

    async def _parts(self, received: Iterable[Received]) -> AsyncIterator[Part]:
        """Decode message by message; a part ends with the message that makes it `transaction_items` or more."""
        turns = Turns()
        part: Part = []
        items = 0
        for message in received:
            part.append((message, self._examiner.decode(message)))
            items += len(part[-1][1])
            await turns.after(len(part[-1][1]))
            if items >= self._settings.transaction_items:
                yield part
                part, items = [], 0
        if part:
            yield part

    async def _look_up_detectors(self, part: Part) -> None:
        readings = [element for _, elements in part for element in elements if isinstance(element, Reading)]
        detector_ids = {reading.detector_id for reading in readings}
        await self._availability.until_done(lambda: self._detectors.learn(detector_ids))
        await self._availability.until_done(lambda: self._recollection.recall(detector_ids, readings))

    async def _judge(self, part: Part) -> AsyncIterator[Item]:
        turns = Turns()
        for message, elements in part:
            await turns.after(len(elements))
            moment = self._moment(message)
            for index, element in enumerate(elements):
                if isinstance(element, Reading):
                    yield self._examiner.judge(element, message, index, moment, elements)
                elif isinstance(element, Watermark):
                    for watermark in self._advance(element):
                        yield watermark
                    moment = self._moment(message)
                else:
                    yield self._examiner.refuse(element, message, index)

    def _advance(self, watermark: Watermark) -> Iterator[Watermark]:
        """Let data time advance for all that comes after, and hand on only a watermark that did it."""
        if self._data_clock is None:
            self._watermark_state.now("ignored", "watermarks are ignored: LOTSE_CLOCK is not data")
            self._metrics.watermarks.labels("ignored").inc()
        elif self._data_clock.advance(watermark.covers_until):
            self._metrics.watermarks.labels("advanced").inc()
            yield watermark
        else:
            self._metrics.watermarks.labels("not later").inc()

    async def _store(self, batch: Batch) -> list[Stored]:
        """Store all of a batch; what the database refuses is found by halving, and becomes a dead letter."""
        started_s = time.monotonic()
        try:
            stored = await self._availability.until_done(lambda: self._tables.write(batch))
        except RefusedError as error:
            return [stored for part in self._without_refused(batch, error) for stored in await self._store(part)]
        self._metrics.commit_s.observe(time.monotonic() - started_s)
        self._count(stored)
        return [stored]

    def _without_refused(self, batch: Batch, error: RefusedError) -> Iterator[Batch]:
        if len(batch.items) > 1:
            yield from batch.halves()
            return
        item = batch.items[0]
        if not isinstance(item, BatchReading):
            raise error  # our own rows: nobody's message is to blame, and nothing may be dropped
        log.warning("the database refuses a reading", detector_id=item.key[0], error=str(error))
        yield Batch((self._examiner.refused_by_database(item, str(error)),))

    def _count(self, stored: Stored) -> None:
        self._metrics.batch_items.observe(len(stored.batch.items))
        for outcome, count in Counter(stored.outcomes).items():
            if outcome is not None:
                self._metrics.readings.labels(outcome).inc(count)
        letters: Counter[tuple[str, str]] = Counter()
        for item, outcome in zip(stored.batch.items, stored.outcomes, strict=True):
            if isinstance(item, BatchReading):
                if item.judged.rule_codes and outcome == "stored":
                    for code in item.judged.rule_codes:
                        self._metrics.rule_codes.labels(code).inc()
            elif isinstance(item, DeadLetter) and outcome != "duplicate":
                letters[item.kind, item.reason_code] += 1
        for (kind, reason_code), count in letters.items():
            self._metrics.dead_letters.labels(kind, reason_code).inc(count)

    def _moment(self, message: Received) -> Moment:
        """Give the time of judgement: on the wall that of receipt, so that a wait for the database changes nothing."""
        if self._data_clock is None:
            return Moment(message.received_at)
        return Moment(self._data_clock.now(), self._data_clock.covers_until)

    async def _restore_clock(self) -> None:
        if self._data_clock is not None:
            newest = await self._availability.until_done(self._tables.newest_watermark)
            if newest is not None:
                self._data_clock.advance(newest)


def _fates(stored: Iterable[Stored]) -> Iterator[Fate]:
    for part in stored:
        yield from part.fates()
