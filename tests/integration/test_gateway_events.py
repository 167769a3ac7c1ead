"""GET /v1/events over a real connection: what happens is told, once to all who want it, and nothing is missed."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
from factories_gateway import (
    Gateway,
    a_roadwork,
    a_routing,
    a_sign,
    add_decision,
    add_network,
    beat,
    open_gateway,
    post_all,
)
from pydantic import SecretStr

from lotse_gateway.guards.keys import Scope
from lotse_gateway.settings import GatewaySettings
from lotse_shared.database import create_pool
from lotse_shared.settings import DatabaseSettings
from lotse_standalone.servers.postgres import EmbeddedPostgres

PATIENCE_S = 40
QUICK = GatewaySettings(events_heartbeat_s=0.2, events_ingest_s=0.2, max_listeners=3)


@dataclass(frozen=True, slots=True)
class Heard:
    """An event as it was heard."""

    kind: str
    id: str
    data: Any


@dataclass(frozen=True, slots=True)
class Served:
    """A gateway behind a real socket."""

    gateway: Gateway
    url: str
    key: str
    stop: asyncio.Event

    def client(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=PATIENCE_S)


@asynccontextmanager
async def serve(database: DatabaseSettings, settings: GatewaySettings = QUICK) -> AsyncIterator[Served]:
    async with (
        await create_pool(database, "test-routing") as pool,
        open_gateway(database, settings, routing=a_routing(pool=pool, now=lambda: datetime.now(UTC))) as gateway,
    ):
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(gateway.app, log_config=None, lifespan="off"))
        stop = asyncio.Event()
        key = await gateway.key(Scope.ADMIN)
        tasks = [
            asyncio.create_task(server.serve(sockets=[listener])),
            asyncio.create_task(gateway.watch.run(stop)),
            asyncio.create_task(gateway.feed.run(stop)),
        ]
        try:
            yield Served(gateway, f"http://127.0.0.1:{listener.getsockname()[1]}", key, stop)
        finally:
            stop.set()
            server.should_exit = True
            await asyncio.gather(*tasks)
            listener.close()


@pytest.fixture
async def served(database: DatabaseSettings, connection: asyncpg.Connection) -> AsyncIterator[Served]:
    await add_network(connection)
    async with serve(database) as opened:
        async with opened.client() as client:
            await post_all(client, "signs", [a_sign("S1"), a_sign("S2", link_id="D-C-0")])
        await beat(connection)
        yield opened


@asynccontextmanager
async def listen(served: Served, last: str | None = None, **query: str) -> AsyncIterator[AsyncIterator[Heard]]:
    headers = {} if last is None else {"Last-Event-ID": last}
    async with served.client() as client, client.stream("GET", "/v1/events", params=query, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer)


async def _events(answer: httpx.Response) -> AsyncIterator[Heard]:
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield Heard(fields["event"], fields["id"], json.loads(fields["data"]))
            fields = {}


async def wait_for(events: AsyncIterator[Heard], kind: str) -> Heard:
    async with asyncio.timeout(PATIENCE_S):
        async for event in events:
            if event.kind == kind:
                return event
    message = f"the stream ended without {kind}"
    raise AssertionError(message)


async def put_state(connection: asyncpg.Connection, link: str, speed_kmh: float, level: str) -> None:
    await connection.execute(
        "insert into link_state values ($1, now(), $2, $3, 0.9, 'measured', '{D1}') on conflict (link_id)"
        " do update set speed_kmh = excluded.speed_kmh, level_of_service = excluded.level_of_service",
        link,
        speed_kmh,
        level,
    )


async def test_hello_comes_first_and_heartbeats_say_how_far_decisions_reach(
    served: Served, connection: asyncpg.Connection
) -> None:
    now = datetime.now(UTC)
    await beat(connection, covers_until=now)
    async with listen(served) as events:
        assert (await anext(events)).kind == "hello"
        async with asyncio.timeout(PATIENCE_S):
            async for event in events:
                if event.kind == "heartbeat" and event.data["covers_until"]:
                    assert datetime.fromisoformat(event.data["covers_until"]) == now
                    assert event.data["degraded"] is False
                    break


async def test_a_decision_is_told(served: Served, connection: asyncpg.Connection) -> None:
    async with listen(served) as events:
        await wait_for(events, "hello")
        await add_decision(connection, "S1")
        event = await wait_for(events, "decision")
    assert (event.data["sign_id"], event.data["state"], event.data["seq"]) == ("S1", "detour", 1)
    assert event.data["lines"] == ["STREET BC", "GESPERRT", "FOLGE U12"]


async def test_roadworks_and_alarms_are_told_as_their_lists_have_them(
    served: Served, connection: asyncpg.Connection
) -> None:
    async with listen(served) as events, served.client() as client:
        await wait_for(events, "hello")
        made = await client.post("/v1/roadworks", json=a_roadwork(roadwork_id="B1", approve=False))
        assert made.status_code == 201, made.text
        assert (await wait_for(events, "roadwork")).data == (await client.get("/v1/roadworks/B1")).json()
        await connection.execute(
            "insert into alarm (kind, subject, message, raised_at) values ('silent_detector', 'D1', 'silent', now())"
        )
        assert (await wait_for(events, "alarm")).data == (await client.get("/v1/alarms")).json()["items"][0]


async def test_only_the_links_that_changed_are_told(served: Served, connection: asyncpg.Connection) -> None:
    await put_state(connection, "A-B-0", 50, "free")
    await put_state(connection, "B-C-0", 50, "free")
    async with listen(served, types="link_states") as events:
        await wait_for(events, "hello")
        await put_state(connection, "B-C-0", 7, "jam")
        told = (await wait_for(events, "link_states")).data["links"]
    assert told == [
        {"link_id": "B-C-0", "level_of_service": "jam", "speed_kmh": 7.0, "confidence": 0.9, "source": "measured"}
    ]


async def test_readings_that_come_in_are_counted(served: Served) -> None:
    async with listen(served, types="ingest") as events:
        told = await wait_for(events, "ingest")
    assert {"received", "stored", "duplicate", "quarantined", "rejected", "newest_measured_at"} <= told.data.keys()


async def test_a_listener_hears_what_it_chose_alone(served: Served, connection: asyncpg.Connection) -> None:
    async with (
        listen(served, types="decision", signs="S2") as of_sign,
        listen(served, types="decision,link_states", bbox="7.705,49.405,7.73,49.42") as of_box,
    ):
        for events in (of_sign, of_box):
            await wait_for(events, "hello")
        await add_decision(connection, "S1")
        await add_decision(connection, "S2")
        assert (await wait_for(of_sign, "decision")).data["sign_id"] == "S2"
        assert (await wait_for(of_box, "decision")).data["sign_id"] == "S2"
        await put_state(connection, "A-B-0", 5, "jam")
        await put_state(connection, "D-C-0", 5, "jam")
        links = (await wait_for(of_box, "link_states")).data["links"]
        assert [state["link_id"] for state in links] == ["D-C-0"]


async def test_who_comes_back_to_another_gateway_misses_no_decision(
    served: Served, database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    async with listen(served) as events:
        await add_decision(connection, "S1", seq=1)
        heard = await wait_for(events, "decision")
    await add_decision(connection, "S1", seq=2)
    await add_decision(connection, "S2", seq=3)
    async with serve(database) as other, listen(other, last=heard.id) as events:
        told = [await wait_for(events, "decision") for _ in range(2)]
    assert [event.data["seq"] for event in told] == [2, 3]


@pytest.mark.parametrize("last", ["1-999999", "7-1"])
async def test_a_position_that_nobody_knows_is_answered_with_reset(
    served: Served, connection: asyncpg.Connection, last: str
) -> None:
    await add_decision(connection, "S1")
    async with listen(served, last=last) as events:
        assert (await wait_for(events, "reset")).data["reason"]


async def test_who_comes_back_while_the_database_is_away_is_told_to_read_anew(own_postgres: EmbeddedPostgres) -> None:
    database = DatabaseSettings(dsn=SecretStr(own_postgres.dsn()))
    async with serve(database) as served:
        await served.gateway.watch.read()
        await asyncio.to_thread(own_postgres.stop)
        async with listen(served, last=str(served.gateway.watch.position)) as events:
            assert (await anext(events)).kind == "hello"
            told = await anext(events)
            assert (told.kind, told.data["reason"]) == ("reset", "the database is away")
            while not (await wait_for(events, "heartbeat")).data["degraded"]:
                pass


async def test_a_roadwork_begins_by_the_clock_and_is_told(served: Served) -> None:
    starts_at = datetime.now(UTC) + timedelta(seconds=8)
    async with listen(served, types="roadwork") as events, served.client() as client:
        await wait_for(events, "hello")
        row = a_roadwork(roadwork_id="B2", links=["D-C-0"], starts_at=starts_at.isoformat())
        assert (await client.post("/v1/roadworks", json=row)).status_code == 201
        assert (await wait_for(events, "roadwork")).data["status"] == "approved"
        assert (await wait_for(events, "roadwork")).data["status"] == "active"


async def test_one_too_many_is_refused_and_a_stranger_hears_nothing(served: Served) -> None:
    async with listen(served), listen(served), listen(served), served.client() as client:
        while not served.gateway.hub.has_room:
            answer = await client.get("/v1/events")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
            break
    async with httpx.AsyncClient(base_url=served.url) as stranger:
        assert (await stranger.get("/v1/events")).status_code == 401


@pytest.mark.parametrize("query", [{"types": "gossip"}, {"signs": "S1,,"}, {"bbox": "1,2,3"}])
async def test_what_cannot_be_chosen_is_said(served: Served, query: dict[str, str]) -> None:
    async with served.client() as client:
        answer = await client.get("/v1/events", params=query)
    assert answer.status_code == 422
    assert f"query.{next(iter(query))}" in answer.json()["detail"]


async def test_a_revoked_key_hears_no_more(served: Served, connection: asyncpg.Connection) -> None:
    async with listen(served) as events:
        await wait_for(events, "hello")
        await connection.execute("update api_key set revoked_at = now()")
        assert "key" in (await wait_for(events, "bye")).data["reason"]
        with pytest.raises(StopAsyncIteration):
            await anext(events)


async def test_a_gateway_that_stops_says_goodbye(served: Served) -> None:
    async with listen(served) as events:
        await wait_for(events, "hello")
        served.stop.set()
        assert "stops" in (await wait_for(events, "bye")).data["reason"]
        with pytest.raises(StopAsyncIteration):
            await anext(events)
