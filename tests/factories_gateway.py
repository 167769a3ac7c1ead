"""Builders for tests of the gateway: a network, registrations, decisions as routing writes them, an app and keys."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import httpx
from factories_network import a_link, a_network
from factories_whatif import a_snapshot_on
from fastapi import FastAPI

from lotse_gateway.app import create_app
from lotse_gateway.guards.keys import Scope
from lotse_gateway.live.hub import Hub
from lotse_gateway.live.watch import Watch
from lotse_gateway.loops.feed import Feed
from lotse_gateway.neighbours.routing_client import RoutingClient
from lotse_gateway.resources import Resources
from lotse_gateway.serve import open_hub, open_resources
from lotse_gateway.settings import GatewaySettings
from lotse_gateway.writes.create_key import create_key
from lotse_routing.core.topology import build_topology
from lotse_routing.http.app import Resources as RoutingResources
from lotse_routing.http.app import create_app as create_routing
from lotse_routing.records import Records
from lotse_routing.settings import RoutingSettings, WeightSettings
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.town import Town, build_town
from lotse_shared.settings import ClockSettings, DatabaseSettings

VERSION = "a" * 64
NODES = {"A": (7.70, 49.40), "B": (7.71, 49.40), "C": (7.72, 49.40), "D": (7.71, 49.41)}
LINKS = ("A-B-0", "B-A-0", "B-C-0", "B-D-0", "D-C-0")
"""A main street A-B-C and a way round by D."""


async def add_network(connection: asyncpg.Connection, version: str = VERSION) -> None:
    await connection.execute(
        "insert into network (network_version, name, source, imported_at, is_active)"
        " values ($1, 'four', 'test', now(), true)",
        version,
    )
    await connection.executemany(
        "insert into junction values ($1, $2, $3, $4)", [(version, node, *place) for node, place in NODES.items()]
    )
    await connection.executemany(
        "insert into link (network_version, link_id, from_node, to_node, name, road_class, length_m, free_flow_kmh,"
        " speed_source, lanes, access, truck_access, bus_access, emergency_access, ways, coordinates)"
        " values ($1, $2, $3, $4, $5, 'primary', 700, 50, 'tagged', 1, 'yes', 'no', 'yes', 'yes', $6, $7)",
        [
            (version, link, link[0], link[2], f"Street {link[0]}{link[2]}", [17], [*NODES[link[0]], *NODES[link[2]]])
            for link in LINKS
        ],
    )


def a_sign(sign_id: str = "S1", **fields: Any) -> dict[str, Any]:
    return {"sign_id": sign_id, "link_id": "A-B-0", **fields}


def a_detector(detector_id: str = "D1", **fields: Any) -> dict[str, Any]:
    return {"detector_id": detector_id, "link_id": "A-B-0", **fields}


def a_destination(destination_id: str = "CENTRUM", **fields: Any) -> dict[str, Any]:
    return {"destination_id": destination_id, "name": "Stadtmitte", "sign_text": "CENTRUM", "node_id": "C", **fields}


def a_roadwork(**fields: Any) -> dict[str, Any]:
    return {"name": "Kanalbau", "effect": "closed", "links": ["B-C-0"], **fields}


def display_body(sign_id: str = "S1", epoch: int = 1, seq: int = 1, **fields: Any) -> bytes:
    """As routing composes it (field notes, 6)."""
    body = {
        "schema": 1,
        "sign": sign_id,
        "epoch": epoch,
        "seq": seq,
        "plan": "sha256:9f2c",
        "state": "detour",
        "ttl_s": 300,
        "poll_s": 30,
        "hold_until": "2026-11-23T07:35:00Z",
        "valid_until": None,
        "priority": 5,
        "source": "automatic",
        "lines": ["STREET BC", "GESPERRT", "FOLGE U12"],
        "destinations": [{"id": "CENTRUM", "arrow": "left", "via": "U12", "delay_min": 5}],
        "fallback": "blank",
    }
    return json.dumps(body | fields, separators=(",", ":")).encode()


def etag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()}"'


WHY = {
    "name": "Stadtmitte",
    "rule": "closure",
    "cause": {
        "kind": "closed",
        "street": "Street BC",
        "since": "2026-11-23T06:00:00Z",
        "until": None,
        "roadwork": "Kanalbau",
        "speed_kmh": None,
        "free_flow_kmh": None,
        "detectors": [],
        "confidence": 1.0,
    },
    "is_measured": True,
    "confidence": 1.0,
    "normal_s": None,
    "usual_s": 100.0,
    "delay_s": None,
    "estimated_s": 0.0,
    "shown_s": 180.5,
    "candidate_s": None,
    "via": "U12",
    "gain_s": None,
    "gain_pct": None,
    "seen_gain_s": None,
    "min_gain_s": 22.5,
    "min_gain_pct": 7.5,
    "was_shown": True,
    "lacks": [],
    "held_until": "2026-11-23T07:35:00Z",
    "without_hold": {"state": "detour", "rule": "closure", "via": "U7"},
    "words": {"de": "Street BC ist gesperrt.", "en": "Street BC is closed."},
}
DETOURS: list[dict[str, Any]] = [
    {
        "destination": "CENTRUM",
        "state": "detour",
        "normal": {"links": ["A-B-0", "B-C-0"], "travel_time_s": 400.0},
        "shown": {"links": ["A-B-0", "B-D-0", "D-C-0"], "via": "U12", "travel_time_s": 180.5},
        "gain_s": 219.5,
        "confidence": 0.8,
        "vehicles": ["car"],
        "why": WHY,
    }
]


async def add_decision(
    connection: asyncpg.Connection, sign_id: str = "S1", epoch: int = 1, seq: int = 1, **fields: Any
) -> bytes:
    """Write a decision the way routing does; give the bytes of its body."""
    body = display_body(sign_id, epoch, seq, **fields)
    await connection.execute(
        "insert into decision (sign_id, epoch, seq, state, lines, explanation, explanations, decided_at, sensed_at,"
        " network_version, detours, body, etag)"
        " values ($1, $2, $3, 'detour', $4, 'Street BC is closed.', $5, now(), now(), $6, $7, $8, $9)",
        sign_id,
        epoch,
        seq,
        ["STREET BC", "GESPERRT", "FOLGE U12"],
        {"de": "Street BC ist gesperrt.", "en": "Street BC is closed."},
        VERSION,
        DETOURS,
        body,
        etag_of(body),
    )
    return body


async def beat(
    connection: asyncpg.Connection, at: datetime | None = None, covers_until: datetime | None = None
) -> None:
    """Write the planner's heartbeat."""
    await connection.execute(
        "insert into planner (heartbeat_at, covers_until) values ($1, $2) on conflict (only_row)"
        " do update set heartbeat_at = excluded.heartbeat_at, covers_until = excluded.covers_until",
        at or datetime.now(UTC),
        covers_until,
    )


@dataclass(frozen=True, slots=True)
class Gateway:
    """An app in this process, fed when a test says so."""

    app: FastAPI
    resources: Resources
    feed: Feed
    hub: Hub
    watch: Watch
    database: DatabaseSettings

    async def refresh(self) -> None:
        await self.feed.read(self.feed.tables)

    async def key(self, *scopes: Scope, sign: str | None = None) -> str:
        text = await create_key(self.database, "test", scopes, sign)
        await self.refresh()
        return text

    def client(self, key: str | None) -> httpx.AsyncClient:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers)


def the_town() -> Town:
    """The network of above, as routing knows it."""
    links = [a_link(link[0], link[2], NODES, road_class="primary") for link in LINKS]
    return build_town(build_topology(a_network(NODES, links)), WeightSettings(), ZoneInfo("UTC"))


def a_routing(
    town: Town | None = None, pool: "asyncpg.Pool[Any] | None" = None, now: Callable[[], datetime] | None = None
) -> FastAPI:
    """The internal HTTP of a routing that knows a network, by default that of above.

    With a clock it has made a step just now, by default none; without a pool nothing is known of any moment.
    """
    known, settings = town or the_town(), RoutingSettings()
    records = Records(pool or asyncpg.create_pool(min_size=0), settings.loop)

    def snapshot() -> Snapshot | None:
        return None if now is None else replace(a_snapshot_on(known.topology), computed_until=now())

    return create_routing(RoutingResources(snapshot, dict, records, settings, lambda: known))


@asynccontextmanager
async def open_gateway(
    database: DatabaseSettings,
    settings: GatewaySettings | None = None,
    clock: str = "wall",
    routing: FastAPI | None = None,
) -> AsyncIterator[Gateway]:
    """A gateway; routing is away where no app of it is given."""
    settings = settings or GatewaySettings()
    async with open_resources(database, settings, ClockSettings(clock=clock)) as opened, AsyncExitStack() as stack:
        resources = opened
        if routing is not None:
            transport = httpx.ASGITransport(routing, raise_app_exceptions=False)
            http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://routing"))
            resources = replace(opened, routing=RoutingClient(http))
        hub = open_hub(settings)
        watch = Watch(resources, hub, database)
        app = create_app(resources, hub, watch)
        yield Gateway(app, resources, Feed(resources, database), hub, watch, database)


async def post_all(client: httpx.AsyncClient, noun: str, rows: Sequence[dict[str, Any]]) -> None:
    answer = await client.post(f"/v1/{noun}/bulk", json=list(rows))
    assert answer.status_code == 200, answer.text
