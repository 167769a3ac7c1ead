"""A small town to decide in, and builders of what routing feels, knows and decides.

A ──Zufahrt──▶ B ──Lauterstraße──▶ C ──Lauterstraße──▶ D      the usual way: 72 s after the sign's link
               ├──Pariser Straße──▶ E ─▶ F ───────────▶ D     corridor U12: 130 s
               └──Gartenweg───────▶ G ────────────────▶ D     residential: 120 s, but 180 s as a cost
                                    H ◀──────────────── D ─▶ A the way back
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import asyncpg
from factories_network import a_link, a_network, place

from lotse_routing.core.topology import Seconds, Topology, build_topology
from lotse_routing.decide.candidates import Trees
from lotse_routing.decide.decision import Step
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.registry import Corridor, Destination, Registry, Sign
from lotse_routing.network.model import Link, StreetNetwork
from lotse_routing.network.store import save_network
from lotse_routing.pipeline import Planner
from lotse_routing.settings import (
    DisplaySettings,
    EstimateSettings,
    LoopSettings,
    PolicySettings,
    RoutingSettings,
    WeightSettings,
)
from lotse_routing.state.estimate import FeltReading, LinkState, Source
from lotse_routing.state.roadwork import Roadwork, active_roadworks
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.state.weights import derive_weights
from lotse_routing.town import Town, build_town
from lotse_shared.database import create_pool
from lotse_shared.level_of_service import LevelOfService
from lotse_shared.settings import DatabaseSettings

T = TypeVar("T")

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PLACES = {
    "A": place(0, 0),
    "B": place(5, 0),
    "C": place(10, 0),
    "D": place(15, 0),
    "E": place(5, 5),
    "F": place(15, 5),
    "G": place(10, -5),
    "H": place(7, -9),
}
PRIMARY: dict[str, Any] = {"road_class": "primary", "free_flow_kmh": 50.0}


def _links() -> list[Link]:
    def street(pairs: Sequence[str], name: str, **fields: Any) -> list[Link]:
        return [a_link(start, end, PLACES, name=name, **(PRIMARY | fields)) for start, end in map(tuple, pairs)]

    return [
        *street(["AB"], "Zufahrt", length_m=500.0),
        *street(["BC", "CD"], "Lauterstraße", length_m=500.0),
        *street(["BE", "EF", "FD"], "Pariser Straße", length_m=600.0),
        *street(["BG", "GD"], "Gartenweg", length_m=500.0, road_class="residential", free_flow_kmh=30.0),
        *street(["DH", "HA"], "Heimweg", length_m=800.0),
    ]


def the_network() -> StreetNetwork:
    return a_network(PLACES, _links())


TOPOLOGY: Topology = build_topology(the_network())
TOWN: Town = build_town(TOPOLOGY, WeightSettings(), ZoneInfo("UTC"))
CENTRUM = Destination("CENTRUM", "Stadtmitte", "CENTRUM", "D")
SIGN = Sign("KL-07", "A-B-0", 3, 16, ("CENTRUM",))
U12 = Corridor("U12", ("B-E-0", "E-F-0", "F-D-0"))


def a_registry(*corridors: Corridor, signs: Sequence[Sign] = (SIGN,)) -> Registry:
    return Registry(tuple(signs), {"CENTRUM": CENTRUM}, corridors)


def index(link_id: str) -> int:
    return TOPOLOGY.index[link_id]


def ids(links: Sequence[int]) -> list[str]:
    return [TOPOLOGY.links[i].link_id for i in links]


def a_reading(detector_id: str = "d1", at_s: float = 0, **fields: Any) -> FeltReading:
    """12 vehicles at 43 km/h in the minute that ends `at_s` after noon."""
    given: dict[str, Any] = {"interval_s": 60.0, "vehicle_count": 12.0, "mean_speed_kmh": 43.0}
    return FeltReading(detector_id, NOON + timedelta(seconds=at_s), **(given | fields))


def a_link_state(link_id: str, speed_kmh: float, confidence: float = 1.0, source: Source = "measured") -> LinkState:
    ratio = speed_kmh / TOPOLOGY.links[index(link_id)].free_flow_kmh
    level = LevelOfService.JAM if ratio < 0.3 else LevelOfService.SLOW if ratio < 0.5 else LevelOfService.FREE
    return LinkState(link_id, speed_kmh, level, confidence, confidence, NOON, source, (f"at-{link_id}",))


def a_closure(*links: str, roadwork_id: str = "R1", ends_at: datetime | None = None) -> Roadwork:
    return Roadwork(roadwork_id, "Kanalbau", "closed", None, links, NOON - timedelta(hours=1), ends_at)


def a_snapshot(
    speeds_kmh: Mapping[str, float] | None = None,
    roadworks: Sequence[Roadwork] = (),
    now: datetime = NOON,
    confidence: float = 1.0,
    estimated_times_s: Seconds | None = None,
) -> Snapshot:
    states = {link: a_link_state(link, speed, confidence) for link, speed in (speeds_kmh or {}).items()}
    active = active_roadworks(roadworks, now)
    free_flow_s = TOPOLOGY.base_travel_times_s
    estimated_s = free_flow_s if estimated_times_s is None else estimated_times_s
    weights = derive_weights(TOPOLOGY, TOWN.factors, tuple(states.values()), estimated_s, active, EstimateSettings())
    links = {index(link): state for link, state in states.items()}
    graphs = TOWN.graphs
    usual, graph = graphs.usual(now), graphs.current(weights.costs_s, now)
    return Snapshot(
        1, now, TOPOLOGY, TOWN.base, weights, free_flow_s, lambda _: free_flow_s, links, active, graph, usual, graphs
    )


def a_moment(
    snapshot: Snapshot | None = None, registry: Registry | None = None, settings: PolicySettings | None = None
) -> Moment:
    snapshot = snapshot or a_snapshot()
    return Moment(
        now=snapshot.computed_until,
        snapshot=snapshot,
        registry=registry or a_registry(U12),
        usual=Trees(snapshot.usual),
        current=Trees(snapshot.graph),
        settings=settings or PolicySettings(),
    )


def a_step(moment: Moment | None = None, sensed_at: datetime | None = NOON, **display: Any) -> Step:
    return Step(moment or a_moment(), DisplaySettings(**display), 1, sensed_at)


# What follows runs against a real database.

INTERVAL_S = 1.0
JAM = {"B-C-0": 8.0, "C-D-0": 8.0}
FREE = {"B-C-0": 50.0, "C-D-0": 50.0}
BRISK = RoutingSettings(
    policy=PolicySettings(min_hold_s=1.0, min_gain_s=20.0),
    loop=LoopSettings(step_every_s=0.1, hint_pause_s=0.02, heartbeat_s=0.2),
    estimate=EstimateSettings(stale_after_intervals=3600, smoothing_half_vehicles=0),
)


async def register_town(connection: asyncpg.Connection, *, corridor: bool = True) -> None:
    """The town above with a detector on each of its links, its sign and its corridor, as the gateway writes them."""
    await save_network(connection, the_network(), NOON)
    await connection.executemany(
        "insert into detector (detector_id, link_id, interval_s) values ($1, $2, $3)",
        [(f"at-{link.link_id}", link.link_id, INTERVAL_S) for link in TOPOLOGY.links],
    )
    await connection.execute("insert into destination values ('CENTRUM', 'Stadtmitte', 'CENTRUM', 'D', now())")
    await connection.execute("insert into sign (sign_id, link_id, destinations) values ('KL-07', 'A-B-0', '{CENTRUM}')")
    if corridor:
        await connection.execute("insert into corridor (corridor_id, links) values ('U12', $1)", list(U12.links))


async def measure(
    connection: asyncpg.Connection, speeds_kmh: Mapping[str, float], at: datetime | None = None
) -> datetime:
    """Store readings of detectors on these links as ingest does; give their `measured_at`."""
    at = at or datetime.now(UTC)
    await connection.execute("select ensure_partition('reading', $1)", at.astimezone(UTC).date())
    rows = [(f"at-{link}", at, INTERVAL_S, 12.0, speed_kmh) for link, speed_kmh in speeds_kmh.items()]
    async with connection.transaction():
        await connection.executemany(
            "insert into reading (detector_id, measured_at, interval_s, vehicle_count, corrected_vehicle_count,"
            " mean_speed_kmh, corrected_mean_speed_kmh, received_at) values ($1, $2, $3, $4, $4, $5, $5, now())",
            rows,
        )
        await connection.executemany(
            "insert into detector_state (detector_id, measured_at, interval_s, vehicle_count, mean_speed_kmh,"
            " received_at) values ($1, $2, $3, $4, $5, now()) on conflict (detector_id) do update set"
            " measured_at = excluded.measured_at, mean_speed_kmh = excluded.mean_speed_kmh"
            " where detector_state.measured_at < excluded.measured_at",
            rows,
        )
    return at


async def close_links(
    connection: asyncpg.Connection, *links: str, starts_at: datetime, ends_at: datetime | None, **fields: Any
) -> None:
    """An approved closure, as the gateway writes it."""
    given = {"roadwork_id": "R1", "name": "Kanalbau", "effect": "closed", "links": list(links), "status": "approved"}
    row = given | {"starts_at": starts_at, "ends_at": ends_at, "approved_at": starts_at} | fields
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await connection.execute(f"insert into roadwork ({', '.join(row)}) values ({places})", *row.values())  # noqa: S608 - ours


@asynccontextmanager
async def a_planner(
    database: DatabaseSettings, clock: Any = "wall", settings: RoutingSettings = BRISK
) -> AsyncIterator[Planner]:
    """A planner that runs until the block ends."""
    stop = asyncio.Event()
    async with await create_pool(database, "test-routing") as pool:
        planner = Planner(database, pool, clock, settings)
        running = asyncio.create_task(planner.run(stop))
        try:
            yield planner
        finally:
            stop.set()
            with suppress(asyncio.CancelledError):
                await asyncio.wait_for(running, 10)


async def newest(connection: asyncpg.Connection, sign_id: str = "KL-07") -> asyncpg.Record | None:
    return await connection.fetchrow(
        "select * from decision where sign_id = $1 order by epoch desc, seq desc, decision_id desc limit 1", sign_id
    )


async def until(ask: Callable[[], Awaitable[T | None]], within_s: float = 10.0) -> T:
    """Ask until there is an answer that is neither None nor False."""
    deadline = time.monotonic() + within_s
    while True:
        answer = await ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, "did not happen in time"
        await asyncio.sleep(0.02)


async def showing(connection: asyncpg.Connection, state: str, sign_id: str = "KL-07") -> asyncpg.Record | None:
    """The newest decision, if the sign shows this state."""
    row = await newest(connection, sign_id)
    return row if row and row["state"] == state else None


async def shows(connection: asyncpg.Connection, state: str, sign_id: str = "KL-07") -> asyncpg.Record:
    """Wait until the sign shows this state; give the decision."""
    return await until(lambda: showing(connection, state, sign_id))


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def retimed(snapshot: Snapshot, now: datetime) -> Snapshot:
    return replace(snapshot, computed_until=now)
