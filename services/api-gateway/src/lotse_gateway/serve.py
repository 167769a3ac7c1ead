"""The composition root: makes what the app and its loop need, runs both, and puts it away."""

import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import httpx

from lotse_gateway.app import create_app
from lotse_gateway.database import Database, HeavyReads, Limits, load_all_queries
from lotse_gateway.drain import Drain
from lotse_gateway.guards.keys import KeyRing
from lotse_gateway.live.hub import Hub
from lotse_gateway.live.watch import Watch
from lotse_gateway.loops.copier import Copier
from lotse_gateway.loops.feed import APPLICATION, Feed
from lotse_gateway.loops.key_uses import KeyUses
from lotse_gateway.loops.sign_watch import SignWatch
from lotse_gateway.neighbours.ingest_client import IngestClient
from lotse_gateway.neighbours.routing_client import RoutingClient
from lotse_gateway.recall.copies import Copies
from lotse_gateway.recall.memory import SignMemory
from lotse_gateway.resources import Resources
from lotse_gateway.settings import GatewaySettings
from lotse_gateway.turns import Turns
from lotse_shared.clock import DataClock, WallClock
from lotse_shared.database import open_pool
from lotse_shared.log import get_logger
from lotse_shared.run import run_service
from lotse_shared.settings import ClockSettings, DatabaseSettings, HttpSettings
from lotse_shared.tls import trust

WATCHERS = 2
FEED_TIMEOUT_S = 10.0
"""A database that is cut off without a word is noticed by then."""

GARBAGE_AFTER = 50_000
"""Objects more than before; those that are gone again do not count. A hundred requests under way have fewer."""

log = get_logger(__name__)


async def serve() -> None:
    """Serve until told to stop."""
    database, http = DatabaseSettings(), HttpSettings()
    async with open_resources(database, GatewaySettings(), ClockSettings()) as resources:
        log.info("serving", host=http.host, port=http.port, clock=resources.clock_name)
        hub = open_hub(resources.settings)
        watch = Watch(resources, hub, database)
        loops = {
            "feed": Feed(resources, database).run,
            "signs": SignWatch(resources).run,
            "key uses": KeyUses(resources).run,
            "events": watch.run,
            "copies": Copier(resources, database).run,
        }
        app = create_app(resources, hub, watch)
        spare_the_collector()
        await run_service(app, http, loops, resources.drain.run)


def spare_the_collector() -> None:
    """Let Python look for garbage in what comes and goes only, and seldom.

    What was made by now stays: looking through all of it took 100 ms, in which every poll waited. What requests leave
    is hardly ever garbage of that kind; what was found, after each 700 objects, were those that were still under way.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER, 10, 10)


def open_hub(settings: GatewaySettings) -> Hub:
    """Make what events are told through."""
    return Hub(settings.max_listeners, settings.max_events_waiting)


async def describe_api() -> dict[str, Any]:
    """Give the OpenAPI document of the app, without serving it."""
    nowhere = DatabaseSettings(dsn="postgresql://nowhere/nowhere")  # never connected to
    async with open_resources(nowhere, GatewaySettings(), ClockSettings()) as resources:
        hub = open_hub(resources.settings)
        return create_app(resources, hub, Watch(resources, hub, nowhere)).openapi()


@asynccontextmanager
async def open_resources(
    database: DatabaseSettings, settings: GatewaySettings, clock: ClockSettings
) -> AsyncIterator[Resources]:
    """Make what the app is built from. The database, routing and ingest may be away."""
    queries = load_all_queries()
    trusted = trust(settings.internal_ca)
    async with AsyncExitStack() as opened:

        async def pool(purpose: str, size: int, timeout_s: float) -> "asyncpg.Pool[Any]":
            sized = database.model_copy(update={"pool_size": size, "command_timeout_s": timeout_s})
            return await opened.enter_async_context(open_pool(sized, f"{APPLICATION}{purpose}"))

        async def plain(purpose: str, size: int, timeout_s: float) -> Database:
            return Database(await pool(purpose, size, timeout_s), queries, settings.database_wait_s)

        async def heavy(kind: str, size: int, timeout_s: float) -> HeavyReads:
            limits = Limits(Turns(kind, size), timeout_s, settings.history_wait_s)
            return HeavyReads(await pool(f"-{kind}", size, timeout_s), queries, settings.database_wait_s, limits)

        async def client(url: str, timeout_s: float) -> httpx.AsyncClient:
            return await opened.enter_async_context(httpx.AsyncClient(base_url=url, timeout=timeout_s, verify=trusted))

        yield Resources(
            settings=settings,
            database=await plain("", database.pool_size, database.command_timeout_s),
            history=await heavy("history", settings.max_history_reads, settings.history_timeout_s),
            exporting=await heavy("export", settings.max_exports, settings.export_timeout_s),
            watching=await plain("-watch", WATCHERS, database.command_timeout_s),
            feeding=await plain("-feed", 1, min(FEED_TIMEOUT_S, database.command_timeout_s)),
            keys=KeyRing(),
            memory=SignMemory(settings.routing_late_after_s),
            copies=Copies(),
            drain=Drain(settings.drain_s),
            clock=DataClock() if clock.clock == "data" else WallClock(),
            routing=RoutingClient(await client(settings.routing_url, settings.routing_timeout_s)),
            ingest=IngestClient(await client(settings.ingest_url, settings.ingest_timeout_s)),
        )
