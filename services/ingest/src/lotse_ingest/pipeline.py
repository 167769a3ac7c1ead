"""The line: a sensor message is received, decoded, judged, batched, stored, and only then acknowledged."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from lotse_ingest.availability import Availability, GaveUpError
from lotse_ingest.batch import Batch, BatchReading, Item
from lotse_ingest.dead_letters import Cause, DeadLetter, Envelope, dead_letter, rejected
from lotse_ingest.decode import decode
from lotse_ingest.detectors import Detectors
from lotse_ingest.inbox import Inbox
from lotse_ingest.judge import CLOCK, Moment, find_clock_fault, judge
from lotse_ingest.messages import Decoded, DecodedReading, DecodeError, Received, RefusedElement, Watermark
from lotse_ingest.metrics import Metrics
from lotse_ingest.settings import IngestSettings
from lotse_ingest.store import RefusedError, Store, Stored
from lotse_shared import topics
from lotse_shared.clock import DataClock
from lotse_shared.log import OnChange, get_logger

REFUSED = "refused"
"""Reason code of a reading that the database does not take."""

log = get_logger(__name__)


class Pipeline:
    """Takes messages out of the inbox until it is closed and empty.

    `data_clock` is None in wall time.
    """

    def __init__(  # noqa: PLR0913 - what the line is made of
        self,
        *,
        settings: IngestSettings,
        data_clock: DataClock | None,
        inbox: Inbox,
        detectors: Detectors,
        store: Store,
        availability: Availability,
        acknowledge: Callable[[Sequence[Received]], None],
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._limits = settings.limits
        self._data_clock = data_clock
        self._inbox = inbox
        self._detectors = detectors
        self._tables = store
        self._availability = availability
        self._acknowledge = acknowledge
        self._metrics = metrics
        self._watermark_state = OnChange(log)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set and what was received is stored, or the database has not come back in time."""
        closer = asyncio.create_task(stop.wait())
        closer.add_done_callback(self._finish)
        try:
            await self._restore_clock()
            while received := await self._inbox.take():
                await self.handle(received)
        except GaveUpError:
            log.warning("stopped while the database is away; what was not stored stays with the broker")
        finally:
            closer.cancel()

    def _finish(self, _stopped: object) -> None:
        self._inbox.close()
        self._availability.hurry()

    async def handle(self, received: Sequence[Received]) -> None:
        """Take messages down the whole line, in parts that a transaction and the event loop can bear."""
        for part in self._parts(received):
            decoded = [(message, element) for message, elements in part for element in elements]
            await self._look_up_detectors(element for _, element in decoded)
            batch = Batch(tuple(item for message, element in decoded for item in self._judge(message, element)))
            await self._store(batch)
            self._acknowledge([message for message, _ in part])
            self._metrics.age_s.observe((datetime.now(UTC) - part[0][0].received_at).total_seconds())

    def _parts(self, received: Iterable[Received]) -> Iterator[list[tuple[Received, Sequence[Decoded]]]]:
        """Decode message by message; a part ends with the message that makes it `transaction_items` or more."""
        part: list[tuple[Received, Sequence[Decoded]]] = []
        items = 0
        for message in received:
            part.append((message, self._decode(message)))
            items += len(part[-1][1])
            if items >= self._settings.transaction_items:
                yield part
                part, items = [], 0
        if part:
            yield part

    def _decode(self, message: Received) -> Sequence[Decoded]:
        try:
            return decode(message.topic, message.payload, self._settings.max_payload_bytes)
        except DecodeError as error:
            return [RefusedElement(error, message.payload)]

    async def _look_up_detectors(self, decoded: Iterable[Decoded]) -> None:
        detector_ids = {element.reading.detector_id for element in decoded if isinstance(element, DecodedReading)}
        await self._availability.until_done(lambda: self._detectors.learn(detector_ids))

    def _judge(self, message: Received, element: Decoded) -> Iterator[Item]:
        if isinstance(element, Watermark):
            yield from self._advance(element)
        elif isinstance(element, RefusedElement):
            yield rejected(element.error, element.raw, self._envelope(message))
        else:
            yield self._judge_reading(message, element)

    def _judge_reading(self, message: Received, element: DecodedReading) -> BatchReading | DeadLetter:
        reading, moment = element.reading, self._moment(message)
        site = self._detectors.find(reading.detector_id)
        if fault := find_clock_fault(reading, site, moment, self._limits):
            cause = Cause("quarantined", CLOCK, fault, reading.detector_id)
            return dead_letter(cause, element.raw, self._envelope(message))
        verdict = judge(reading, site, moment, self._limits)
        return BatchReading(verdict, message.received_at, message.topic, element.raw)

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

    async def _store(self, batch: Batch) -> None:
        """Store all of a batch; what the database refuses is found by halving, and becomes a dead letter."""
        started_s = time.monotonic()
        try:
            stored = await self._availability.until_done(lambda: self._tables.write(batch))
        except RefusedError as error:
            for part in self._without_refused(batch, error):
                await self._store(part)
        else:
            self._metrics.commit_s.observe(time.monotonic() - started_s)
            self._count(stored)

    def _without_refused(self, batch: Batch, error: RefusedError) -> Iterator[Batch]:
        if len(batch.items) > 1:
            yield from batch.halves()
            return
        item = batch.items[0]
        if not isinstance(item, BatchReading):
            raise error  # our own rows: nobody's message is to blame, and nothing may be dropped
        log.warning("the database refuses a reading", detector_id=item.key[0], error=str(error))
        envelope = Envelope(item.topic, item.received_at, self._settings.dead_letter_bytes)
        cause = Cause("rejected", REFUSED, str(error), item.key[0])
        yield Batch((dead_letter(cause, item.raw, envelope),))

    def _count(self, stored: Stored) -> None:
        self._metrics.batch_items.observe(len(stored.batch.items))
        for item, outcome in zip(stored.batch.items, stored.outcomes, strict=True):
            if outcome is not None:
                self._metrics.readings.labels(outcome).inc()
            if isinstance(item, DeadLetter) and outcome != "duplicate":
                self._metrics.dead_letters.labels(item.kind, item.reason_code).inc()
            elif isinstance(item, BatchReading) and outcome == "stored":
                for code in item.judged.rule_codes:
                    self._metrics.rule_codes.labels(code).inc()

    def _envelope(self, message: Received) -> Envelope:
        is_reading = message.topic != topics.WATERMARK
        return Envelope(message.topic, message.received_at, self._settings.dead_letter_bytes, is_reading)

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
