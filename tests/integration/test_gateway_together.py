"""Several gateways on one database: they agree, and one that stops is missed by nobody."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest
from factories_gateway import a_destination, a_detector, a_roadwork, add_decision, add_network, beat
from processes_gateway import serving, wait_until, wait_until_refused

from lotse_gateway.guards.keys import Scope
from lotse_gateway.writes.create_key import create_key
from lotse_shared.settings import DatabaseSettings

SPAN = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-03T00:00:00Z"}
QUERIES: Mapping[str, Mapping[str, str]] = {
    "/v1/detectors/{detector_id}/readings": SPAN,
    "/v1/detectors/{detector_id}/aggregates": SPAN,
    "/v1/detectors/{detector_id}/outages": {"from": "2026-03-02", "to": "2026-03-02"},
    "/v1/outages": {"day": "2026-03-02"},
    "/v1/ingest/ledger": SPAN,
    "/v1/ingest/ledger/gaps": SPAN | {"detector_id": "D1"},
}
"""What would else go up to now."""
LIVING = {"/v1/system"}
"""It tells the time."""
IDS = {
    "sign_id": "S1",
    "detector_id": "D1",
    "destination_id": "CENTRUM",
    "roadwork_id": "B1",
    "network_version": "active",
}
FOUND = {
    "/v1/signs/{sign_id}/display",
    "/v1/displays",
    "/v1/displays/{sign_id}",
    "/v1/detours",
    "/v1/decisions",
    "/v1/links",
    "/v1/link-states",
    "/v1/signs",
    "/v1/signs/{sign_id}",
    "/v1/roadworks",
    "/v1/roadworks/{roadwork_id}",
    "/v1/networks/{network_version}",
    "/v1/detectors/{detector_id}/readings",
    "/v1/alarms",
    "/v1/keys",
    "/v1/audit",
}
"""Of these at least there has to be something to agree upon."""


@pytest.fixture
async def key(database: DatabaseSettings, connection: asyncpg.Connection) -> str:
    """An administrator's key to a database in which there is a bit of everything."""
    await add_network(connection)
    for sign_id in ("S1", "S2"):
        await connection.execute("insert into sign (sign_id, link_id) values ($1, 'A-B-0')", sign_id)
        await add_decision(connection, sign_id)
    await connection.execute("insert into link_state values ('B-C-0', now(), 7, 'jam', 0.9, 'measured', '{D1}')")
    await connection.execute("select ensure_partition('reading', '2026-03-02')")
    await connection.execute(
        "insert into reading (detector_id, measured_at, interval_s, received_at)"
        " values ('D1', '2026-03-02 12:00Z', 60, now())"
    )
    await connection.execute("insert into alarm (kind, message, raised_at) values ('example', 'one', now())")
    await beat(connection)
    return await create_key(database, "test", (Scope.ADMIN,), None)


def _fill(client: httpx.Client) -> None:
    draft = a_roadwork(roadwork_id="B1", approve=False)
    for noun, row in {"detectors": a_detector(), "destinations": a_destination(), "roadworks": draft}.items():
        answer = client.post(f"/v1/{noun}", json=row)
        assert answer.status_code == 201, answer.text


def _reads(client: httpx.Client) -> Iterator[tuple[str, str]]:
    """Give every GET that has ETags: its path, and the address that asks for something there is."""
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        if path not in LIVING and "304" in methods.get("get", {"responses": {}})["responses"]:
            names = {each["name"] for each in methods["get"].get("parameters", ()) if each["in"] == "path"}
            yield path, path.format(**{name: IDS.get(name, "nothing") for name in names})


def _assert_agreement(one: httpx.Client, other: httpx.Client) -> None:
    tried = set()
    for path, address in _reads(one):
        query = QUERIES.get(path, {})
        for _ in range(5):  # something may happen in between, but not every time
            first, told, again = (client.get(address, params=query) for client in (one, other, one))
            if _told(told) in (_told(first), _told(again)):
                break
        else:
            pytest.fail(f"{address}: {_told(first)} and {_told(told)}: {first.text}, {told.text}")
        if told.is_success:
            tried.add(path)
            same = other.get(address, params=query, headers={"If-None-Match": first.headers["etag"]})
            assert same.status_code in (304, 200)
    assert tried >= FOUND
    display = "/v1/signs/S1/display"
    same = other.get(display, headers={"If-None-Match": one.get(display).headers["etag"]})
    assert same.status_code == 304


def _told(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.headers.get("etag")


async def test_gateways_give_the_same_etags_also_after_one_was_restarted(database: DatabaseSettings, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    with serving(database) as one, one.client(key) as asks:
        _fill(asks)
        for _ in ("beside it", "restarted"):
            with serving(database) as other, other.client(key) as asks_other:
                for gateway in (one, other):
                    wait_until(f"{gateway.url}/v1/signs/S1/display", headers)
                _assert_agreement(asks, asks_other)


def _hear(client: httpx.Client) -> Iterator[str]:
    with client.stream("GET", "/v1/events") as answer:
        yield from (line.removeprefix("event: ") for line in answer.iter_lines() if line.startswith("event: "))


@asynccontextmanager
async def _locked(connection: asyncpg.Connection, table: str) -> AsyncIterator[None]:
    """Let reads of a table wait."""
    async with connection.transaction():
        await connection.execute(f"lock table {table} in access exclusive mode")
        yield


async def _wait_for_a_waiting_read(connection: asyncpg.Connection) -> None:
    async with asyncio.timeout(60):
        while not await connection.fetchval("select count(*), pg_sleep(0.02) from pg_locks where not granted"):
            pass


async def test_a_gateway_that_stops_is_not_ready_first_and_ends_what_is_under_way(
    database: DatabaseSettings, connection: asyncpg.Connection, key: str
) -> None:
    with (
        serving(database, LOTSE_GATEWAY_DRAIN_S="25") as gateway,
        gateway.client(key) as kept,
        gateway.client(key) as listener,
        ThreadPoolExecutor() as beside,
    ):
        display = "/v1/signs/S1/display"
        wait_until(f"{gateway.url}{display}", dict(kept.headers))
        events = _hear(listener)
        assert next(events) == "hello"
        async with _locked(connection, "destination"):
            slow = beside.submit(gateway.client(key).get, "/v1/destinations")
            await _wait_for_a_waiting_read(connection)
            assert "connection" not in kept.get(display).headers
            gateway.process.send_signal(signal.SIGTERM)
            answer = wait_until(f"{gateway.url}/readyz", status=503)
            assert answer.json()["dependencies"] == {"keys": True, "signs": True, "staying": False}
            shown = kept.get(display)
            assert (shown.status_code, shown.headers["connection"]) == (200, "close")
            assert kept.get(display).status_code == 200, "over a new connection"
            gateway.process.send_signal(signal.SIGTERM)  # instead of waiting until the time is over
            assert list(events)[-1] == "bye"
            wait_until_refused(f"{gateway.url}/readyz")
            assert not slow.done()
        assert slow.result().status_code == 200
        assert gateway.process.wait(30) == 0
