"""The composition root: puts the line together and runs it until SIGTERM."""

import asyncio
import gc
import signal
from collections.abc import Mapping
from typing import Any

import asyncpg
from fastapi import FastAPI

from lotse_ingest.app import create_app
from lotse_ingest.availability import Availability
from lotse_ingest.decode import Dialects
from lotse_ingest.detectors import TABLE, Detectors
from lotse_ingest.drain import Drain
from lotse_ingest.examine import Examiner
from lotse_ingest.housekeeping import Housekeeping
from lotse_ingest.inbox import Inbox
from lotse_ingest.intake import Intake
from lotse_ingest.intake_http import intake_router
from lotse_ingest.judge import Judge
from lotse_ingest.metrics import Metrics
from lotse_ingest.pipeline import Pipeline
from lotse_ingest.receive import Receiver
from lotse_ingest.recollection import Recollection
from lotse_ingest.replay import Replay
from lotse_ingest.replay_http import replay_router
from lotse_ingest.settings import IngestSettings
from lotse_ingest.store import Store
from lotse_ingest.watch import Watch
from lotse_shared.clock import DataClock, WallClock
from lotse_shared.database import load_queries, open_pool
from lotse_shared.hints import Hints
from lotse_shared.run import Loop, run_service
from lotse_shared.settings import BrokerSettings, ClockSettings, DatabaseSettings, HttpSettings

APPLICATION = "lotse-ingest"
KEEPS_UP_S = 5.0


class SlotError(Exception):
    """A slot cannot be drained, or not to its end."""


class Ingest:
    """The line and its loops, put together from settings and a pool."""

    def __init__(  # noqa: PLR0913 - the composition
        self,
        *,
        settings: IngestSettings,
        broker: BrokerSettings,
        database: DatabaseSettings,
        data_clock: DataClock | None,
        pool: "asyncpg.Pool[Any]",
        metrics: Metrics,
        receiver: type[Receiver] = Receiver,
    ) -> None:
        self._database = database
        self._application = settings.session_id
        self._drained = asyncio.Event()
        self._metrics = metrics
        self._availability = Availability(pool, metrics, settings.shutdown_grace_s)
        self.inbox = inbox = Inbox(settings.linger, settings.queue_messages, settings.queue_bytes, metrics)
        self.receiver = receiver(broker, settings, inbox, metrics)
        self._detectors = Detectors(pool, self._availability, settings.limits, metrics)
        judge = Judge(settings.limits, self._detectors.find)
        dialects = Dialects(settings.dialects, settings.max_payload_bytes)
        self._intake = intake_router(Intake(inbox, settings, metrics), dialects)
        self._replays = replay_router(Replay(pool, settings, self._detectors, data_clock, metrics))
        examiner = Examiner(dialects, judge, self._detectors.find, settings.dead_letter_bytes)
        self._pipeline = Pipeline(
            settings=settings,
            examiner=examiner,
            data_clock=data_clock,
            inbox=inbox,
            detectors=self._detectors,
            recollection=Recollection(pool, judge, self._detectors),
            store=Store(pool, dialects.cut),
            availability=self._availability,
            metrics=metrics,
        )
        self._housekeeping = Housekeeping(database, settings, (data_clock or WallClock()).now, metrics)
        self._watch = Watch(
            pool=pool,
            judge=judge,
            is_listening=self._is_listening,
            settings=settings,
            data_clock=data_clock,
            metrics=metrics,
        )

    @property
    def loops(self) -> Mapping[str, Loop]:
        """What runs side by side."""
        return {
            "receive": self._receive,
            "pipeline": self._store,
            "detectors": self._follow_registry,
            "housekeeping": self._housekeeping.run,
            "watch": self._watch.run,
        }

    @property
    def app(self) -> FastAPI:
        """The internal HTTP."""
        return create_app(self.ready, self._metrics.request_s, self._intake, self._replays)

    async def store_until(self, stop: asyncio.Event) -> None:
        """Receive and store, and nothing besides, until told to stop."""
        async with asyncio.TaskGroup() as group:
            for loop in (self._receive, self._store, self._follow_registry):
                group.create_task(loop(stop))

    def ready(self) -> Mapping[str, bool]:
        """Tell which dependencies are there."""
        return {"broker": self.receiver.is_subscribed, "database": self._availability.is_there}

    def _is_listening(self) -> bool:
        """Tell whether a detector that speaks is heard at once."""
        keeps_up = not self.inbox.is_full and self.inbox.waiting_s < KEEPS_UP_S
        return self.receiver.is_subscribed and self._availability.is_there and keeps_up

    async def _receive(self, stop: asyncio.Event) -> None:
        await self.receiver.run(stop, self._drained)

    async def _store(self, stop: asyncio.Event) -> None:
        try:
            await self._pipeline.run(stop)
        finally:
            self._drained.set()

    async def _follow_registry(self, stop: asyncio.Event) -> None:
        await self._detectors.follow(Hints(self._database, self._application, [TABLE], stop))


async def drain(slot: int) -> int:
    """Take a slot out of service, and give the number of messages that its session still held; all are stored.

    Raises
    ------
    SlotError
        It is running, or it was interrupted.
    """
    database, settings, stop = DatabaseSettings(), IngestSettings(slot=slot), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_pool(database, APPLICATION) as pool:
        if await pool.fetchval(load_queries("lotse_ingest", "sql/slots.sql")["is_running"], settings.session_id):
            message = f"slot {slot} is running: stop it for good first, then drain it"
            raise SlotError(message)
        ingest = Ingest(
            settings=settings,
            broker=BrokerSettings(),
            database=database,
            data_clock=None,
            pool=pool,
            metrics=Metrics(),
            receiver=Drain,
        )
        await ingest.store_until(stop)
        receiver = ingest.receiver
        assert isinstance(receiver, Drain)  # noqa: S101 - it was made as one above
        if receiver.is_empty:  # then nobody waits for it any more
            await pool.execute(load_queries("lotse_ingest", "sql/judge.sql")["forget_slot"], slot)
    if receiver.is_taken_over:
        message = f"slot {slot} is running: its process took the session back; {receiver.stored} messages were stored"
        raise SlotError(message)
    if not receiver.is_empty:
        message = f"interrupted; {receiver.stored} messages were stored, the broker keeps the others: drain again"
        raise SlotError(message)
    return receiver.stored


async def serve() -> None:
    """Run ingest with the settings of the environment."""
    database = DatabaseSettings()
    data_clock = DataClock() if ClockSettings().clock == "data" else None
    async with open_pool(database, APPLICATION) as pool:
        ingest = Ingest(
            settings=IngestSettings(),
            broker=BrokerSettings(),
            database=database,
            data_clock=data_clock,
            pool=pool,
            metrics=Metrics(),
        )
        collect_rarely()
        await run_service(ingest.app, HttpSettings(), ingest.loops)


def collect_rarely() -> None:
    """Spare the garbage collector most of its rounds: an eighth of the time of a message went there (decision 0010).

    What a message becomes is freed by counting references; cycles are rare. What was imported stays anyway.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
