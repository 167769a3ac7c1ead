"""The composition root: makes what the app and its loop need, runs both, and puts it away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from lotse_gateway.app import create_app
from lotse_gateway.database import Database, load_all_queries
from lotse_gateway.feed import APPLICATION, Feed
from lotse_gateway.ingest_client import IngestClient
from lotse_gateway.key_uses import KeyUses
from lotse_gateway.keys import KeyRing
from lotse_gateway.live.hub import Hub
from lotse_gateway.live.watch import Watch
from lotse_gateway.memory import SignMemory
from lotse_gateway.resources import Resources
from lotse_gateway.routing_client import RoutingClient
from lotse_gateway.settings import GatewaySettings
from lotse_gateway.sign_watch import SignWatch
from lotse_shared.clock import DataClock, WallClock
from lotse_shared.database import close_pool, create_pool
from lotse_shared.log import get_logger
from lotse_shared.run import run_service
from lotse_shared.settings import ClockSettings, DatabaseSettings, HttpSettings
from lotse_shared.tls import trust

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
        }
        await run_service(create_app(resources, hub, watch), http, loops)


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
    pool = await create_pool(database, APPLICATION)
    feeding = await create_pool(database.model_copy(update={"pool_size": 1}), f"{APPLICATION}-feed")
    exporting = await create_pool(
        database.model_copy(update={"pool_size": settings.max_exports, "command_timeout_s": settings.export_timeout_s}),
        f"{APPLICATION}-export",
    )
    queries = load_all_queries()
    trusted = trust(settings.internal_ca)
    to_routing = httpx.AsyncClient(base_url=settings.routing_url, timeout=settings.routing_timeout_s, verify=trusted)
    to_ingest = httpx.AsyncClient(base_url=settings.ingest_url, timeout=settings.ingest_timeout_s, verify=trusted)
    try:
        yield Resources(
            settings=settings,
            database=Database(pool, queries, settings.database_wait_s),
            feeding=Database(feeding, queries, settings.database_wait_s),
            exporting=Database(exporting, queries, settings.database_wait_s),
            keys=KeyRing(),
            memory=SignMemory(),
            clock=DataClock() if clock.clock == "data" else WallClock(),
            routing=RoutingClient(to_routing),
            ingest=IngestClient(to_ingest),
        )
    finally:
        for client in (to_routing, to_ingest):
            await client.aclose()
        for each in (pool, feeding, exporting):
            await close_pool(each)
