"""The composition root of the service: settings, pool, planner, HTTP."""

import asyncio
import time

from lotse_routing.core.jit import are_kept
from lotse_routing.http.app import Resources, create_app
from lotse_routing.pipeline import Planner
from lotse_routing.records import Records
from lotse_routing.settings import RoutingSettings
from lotse_routing.warm import warm_up
from lotse_shared.database import open_pool
from lotse_shared.log import configure_logging, get_logger
from lotse_shared.run import run_service
from lotse_shared.settings import ClockSettings, DatabaseSettings, HttpSettings

log = get_logger(__name__)


async def serve() -> None:
    """Run the routing service until it is told to stop (command `lotse-routing serve`)."""
    configure_logging("routing")
    database, settings = DatabaseSettings(), RoutingSettings()
    await _warm_up()
    async with open_pool(database, "lotse-routing") as pool:
        planner = Planner(database, pool, ClockSettings().clock, settings)
        resources = Resources(
            snapshot=lambda: planner.snapshot,
            ready=lambda: {"database": planner.has_database},
            records=Records(pool, settings.loop),
            settings=settings,
            town=lambda: planner.town,
        )
        await run_service(create_app(resources), HttpSettings(), {"planner": planner.run})


async def _warm_up() -> None:
    started = time.perf_counter()
    await asyncio.to_thread(warm_up)
    log.info("routing core ready", seconds=round(time.perf_counter() - started, 2), kept=are_kept())
