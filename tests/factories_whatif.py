"""Builders of what-if questions, and of the internal HTTP that takes them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from factories_decide import NOON, a_registry, a_snapshot
from factories_network import a_network
from pydantic import SecretStr

from lotse_routing.core.topology import Topology, build_topology
from lotse_routing.decide.registry import Registry
from lotse_routing.http.app import Resources, create_app
from lotse_routing.network.model import Link
from lotse_routing.places import Place, Places
from lotse_routing.records import Records
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.roadwork import Roadwork
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.state.weights import derive_weights
from lotse_routing.town import build_town
from lotse_routing.whatif.closure_check import ClosureQuestion, ClosureReport, Surroundings, check_closure
from lotse_routing.whatif.description import Route
from lotse_routing.whatif.route import RouteQuestion, answer_routes
from lotse_routing.whatif.traffic import Counter
from lotse_routing.whatif.window import Window
from lotse_shared.database import create_pool
from lotse_shared.settings import DatabaseSettings

NOWHERE = DatabaseSettings(dsn=SecretStr("postgresql://nobody:x@127.0.0.1:1/none"))
STALE_AFTER_INTERVALS = 3.0


def routes(origin: Place, destination: Place, snapshot: Snapshot | None = None, **more: Any) -> list[Route]:
    snapshot = snapshot or a_snapshot()
    return answer_routes(snapshot, Places(snapshot.topology, 200), RouteQuestion(origin, destination, **more))


def route(origin: Place, destination: Place, snapshot: Snapshot | None = None, **more: Any) -> Route:
    """The best route."""
    return routes(origin, destination, snapshot, **more)[0]


def a_snapshot_on(topology: Topology) -> Snapshot:
    """A snapshot of any network, with nothing known and nothing closed."""
    settings = RoutingSettings()
    town = build_town(topology, settings.weights, ZoneInfo("UTC"))
    typical_s = topology.base_travel_times_s
    weights = derive_weights(topology, town.factors, (), typical_s, (), settings.estimate)
    usual, graph = town.graphs.usual(NOON), town.graphs.current(weights.costs_s, NOON)
    typical = typical_s, lambda _: typical_s
    return Snapshot(1, NOON, topology, town.base, weights, *typical, {}, (), graph, usual, town.graphs)


def a_snapshot_of(places: dict[str, tuple[float, float]], links: Sequence[Link], *bans: tuple[str, ...]) -> Snapshot:
    """The same of another network than the small town."""
    return a_snapshot_on(build_topology(a_network(places, links, bans)))


def check(  # noqa: PLR0913 - what surrounds a closure
    *links: str,
    roadworks: Sequence[Roadwork] = (),
    registry: Registry | None = None,
    counters: Sequence[Counter] = (),
    detours: dict[str, Any] | None = None,
    starts_at: datetime = NOON,
    ends_at: datetime | None = None,
    snapshot: Snapshot | None = None,
) -> ClosureReport:
    """What closing links of the small town would do."""
    snapshot = snapshot or a_snapshot(roadworks=roadworks)
    question = ClosureQuestion(tuple(snapshot.topology.index[link] for link in links), Window(starts_at, ends_at))
    around = Surroundings(registry or a_registry(), tuple(roadworks), tuple(counters), detours or {})
    return check_closure(snapshot, question, around, STALE_AFTER_INTERVALS)


def a_counter(link_id: str, count: float | None = 10.0, **fields: Any) -> Counter:
    """A detector that counted so many vehicles in the minute that ended now."""
    given: dict[str, Any] = {
        "detector_id": f"at-{link_id}",
        "link_id": link_id,
        "is_failed": False,
        "measured_at": NOON,
        "interval_s": 60.0,
        "vehicle_count": count,
        "last_hour_vehh": None,
        "week_before_vehh": None,
    }
    return Counter(**(given | fields))


@asynccontextmanager
async def routing_http(
    snapshot: Snapshot | None, database: DatabaseSettings = NOWHERE
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of routing's internal HTTP on a snapshot."""
    settings = RoutingSettings()
    async with await create_pool(database, "test-whatif") as pool:
        records = Records(pool, settings.loop)
        app = create_app(Resources(lambda: snapshot, lambda: {"database": True}, records, settings, lambda: None))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://routing") as client:
            yield client
