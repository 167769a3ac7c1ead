"""Readings over HTTP, through the gateway into a running ingest, on real servers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from factories_gateway import open_gateway
from factories_ingest import (
    RunningIngest,
    Tables,
    as_json,
    eventually,
    holding_up,
    make_body,
    minute,
    publishing,
    running_ingest,
    serving,
)
from pydantic import SecretStr

from lotse_gateway.guards.keys import Scope
from lotse_gateway.settings import GatewaySettings
from lotse_ingest.decode.fiware import FiwareSettings
from lotse_shared import topics
from lotse_shared.migrate import migrate_database
from lotse_shared.settings import BrokerSettings, DatabaseSettings
from lotse_standalone.machine.ports import LOOPBACK, free_port
from lotse_standalone.servers.postgres import EmbeddedPostgres

PATH = "/v1/readings"
FIWARE = FiwareSettings(filter="fiware/+/flow", dialect="fiware")


class Intake:
    """An ingest, and a publisher's client of the gateway before it."""

    def __init__(self, client: httpx.AsyncClient, running: RunningIngest, tables: Tables) -> None:
        self.client = client
        self.running = running
        self.tables = tables

    async def publish(self, *bodies: dict[str, Any]) -> httpx.Response:
        return await self.client.post(PATH, json=list(bodies))

    async def publish_until_taken(self, *bodies: dict[str, Any]) -> dict[str, Any]:
        """Send again, as the answer says, until it is committed in time: what became of it the last time."""

        async def taken() -> httpx.Response | None:
            answer = await self.publish(*bodies)
            return answer if answer.is_success else None

        answer: httpx.Response = await eventually(taken)
        return dict(answer.json())


@asynccontextmanager
async def intake_on(database: DatabaseSettings, broker: BrokerSettings, **settings: Any) -> AsyncIterator[Intake]:
    async with (
        running_ingest(database, broker, dialects=(FIWARE,), **settings) as running,
        serving(running) as url,
        open_gateway(database, GatewaySettings(ingest_url=url)) as gateway,
        gateway.client(await gateway.key(Scope.PUBLISHER)) as client,
    ):
        yield Intake(client, running, Tables(database))


@pytest.fixture
async def intake(database: DatabaseSettings, embedded_broker: BrokerSettings) -> AsyncIterator[Intake]:
    async with intake_on(database, embedded_broker) as opened:
        yield opened


async def test_an_array_is_answered_once_it_is_committed_with_what_became_of_each(intake: Intake) -> None:
    bad = make_body(detector_id="D2", interval_s=-5)
    ahead = make_body(detector_id="D3", measured_at="2090-01-01T00:00:00Z")
    answer = await intake.publish(make_body(measured_at=minute(1)), bad, ahead, make_body(measured_at=minute(1)))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    outcomes = {"received": 4, "stored": 1, "duplicate": 1, "quarantined": 1, "rejected": 1}
    assert {name: told[name] for name in outcomes} == outcomes == await intake.tables.ledger()
    assert [(each["index"], each["outcome"], each["code"]) for each in told["not_stored"]] == [
        (1, "rejected", "value"),
        (2, "quarantined", "R9"),
    ]
    assert told["not_stored"][0]["reason"].startswith("interval_s: ")
    assert len(await intake.tables.rows("select * from reading")) == 1


async def test_a_reading_alone_is_taken_too_and_again_is_a_duplicate(intake: Intake) -> None:
    body = make_body(measured_at=minute(1))
    for stored, duplicate in ((1, 0), (0, 1)):
        told = (await intake.client.post(PATH, json=body)).json()
        assert (told["stored"], told["duplicate"], told["not_stored"]) == (stored, duplicate, [])


async def test_what_cannot_be_read_at_all_is_refused_in_words_and_kept_byte_for_byte(intake: Intake) -> None:
    headers = {"Content-Type": "application/json"}
    payload = b'{"detector_id":"KL-17", "half a message \xff'
    for _ in range(2):  # a second time it is known, and no better
        answer = await intake.client.post(PATH, content=payload, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert answer.json()["type"] == "/problems/invalid-input"
    answer = await intake.publish(make_body(interval_s=0), make_body(seq=-1))
    assert [(error["index"], error["field"]) for error in answer.json()["errors"]] == [
        (0, "body.interval_s"),
        (1, "body.seq"),
    ]
    letters = await intake.tables.rows("select payload, topic, times_received from rejected_message order by 3 desc")
    assert (letters[0]["payload"], letters[0]["times_received"]) == (payload, 2)
    assert letters[0]["topic"].startswith("lotse/v1/batches/http:")
    assert (await intake.tables.ledger())["rejected"] == 3


async def test_a_body_that_is_too_large_or_of_another_kind_is_not_taken(intake: Intake) -> None:
    too_large = await intake.client.post(PATH, json=["x" * 300_000])
    assert (too_large.status_code, too_large.json()["type"]) == (413, "/problems/too-large")
    assert "262144" in too_large.json()["detail"]
    for headers in ({"Content-Type": "text/csv"}, {"Content-Type": "application/json", "Content-Encoding": "gzip"}):
        answer = await intake.client.post(PATH, content=as_json([make_body()]), headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-media-type")
    assert await intake.tables.ledger() == dict.fromkeys(await intake.tables.ledger(), 0)


async def test_other_dialects_are_taken_as_if_published_on_their_topic(intake: Intake) -> None:
    entity = {
        "id": "urn:ngsi-ld:TrafficFlowObserved:KL-18",
        "type": "TrafficFlowObserved",
        "dateObserved": f"{minute(5)}/{minute(0)}",
        "intensity": 12,
    }
    notification = json.dumps({"subscriptionId": "s", "data": [entity]})
    headers = {"Content-Type": "application/ld+json"}
    answer = await intake.client.post(
        PATH, params={"topic": "fiware/broker/flow"}, content=notification, headers=headers
    )
    assert answer.json()["stored"] == 1, answer.text
    assert [row["detector_id"] for row in await intake.tables.rows("select detector_id from reading")] == ["KL-18"]


@pytest.mark.parametrize(
    ("topic", "status"),
    [("elsewhere/x", 404), ("lotse/v1/watermark", 422), ("lotse/v1/readings/KL-17", 422), ("fiware/+/flow", 422)],
)
async def test_a_topic_must_be_one_of_a_configured_dialect(intake: Intake, topic: str, status: int) -> None:
    answer = await intake.client.post(PATH, params={"topic": topic}, content=b"{}")
    assert answer.status_code == status, answer.text
    assert (await intake.tables.ledger())["received"] == 0


async def test_only_a_publisher_publishes_and_does_nothing_else(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    async with intake_on(database, embedded_broker) as intake:
        for path in ("/v1/system", "/v1/ingest/ledger", "/v1/signs/S1/display"):
            assert (await intake.client.get(path)).status_code == 403, path


async def test_many_publishers_at_once_are_told_their_own_share(
    intake: Intake, embedded_broker: BrokerSettings
) -> None:
    async def publish(number: int) -> int:
        good = [make_body(detector_id=f"H{number}", measured_at=minute(one + 1)) for one in range(number)]
        answer = await intake.publish(*good, make_body(detector_id=f"H{number}", interval_s=0), good[0])
        told = answer.json()
        assert (told["received"], told["rejected"], told["duplicate"]) == (number + 2, 1, 1)
        return int(told["stored"])

    with publishing(embedded_broker) as publisher:
        for one in range(20):
            publisher.publish(topics.reading_topic("M"), as_json(make_body(detector_id="M", measured_at=minute(one))))
        stored = await asyncio.gather(*(publish(number) for number in range(1, 31)))
    assert stored == list(range(1, 31))
    ledger = await intake.tables.received(20 + sum(stored) + 60)
    assert (ledger["stored"], ledger["rejected"], ledger["duplicate"]) == (20 + sum(stored), 30, 30)


async def test_a_commit_that_takes_too_long_is_told_and_sending_again_does_no_harm(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    async with intake_on(database, embedded_broker, intake_wait_s=0.3) as intake:
        body = make_body(measured_at=minute(1))
        async with holding_up(database):
            answer = await intake.publish(body)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert "send it again" in answer.json()["detail"]
        await intake.tables.received(1)
        assert (await intake.publish_until_taken(body))["duplicate"] == 1
        assert await intake.tables.rows("select count(*) as n from reading") == [{"n": 1}]


async def test_requests_that_nobody_waits_for_do_not_fill_the_queue(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    async with intake_on(database, embedded_broker, intake_wait_s=0.1, intake_requests=3) as intake:
        async with holding_up(database):
            answers = [await intake.publish(make_body(measured_at=minute(number))) for number in range(5)]
            assert [answer.status_code for answer in answers] == [503] * 5
            words = [answer.json()["detail"] for answer in answers]
            assert ["not committed yet" in each for each in words] == [True] * 3 + [False] * 2
            assert all("queue is full" in each for each in words[3:])
        assert (await intake.tables.received(3))["stored"] == 3
        await eventually(lambda: intake.running.metric("lotse_ingest_queue_messages") == 0)
        assert (await intake.publish_until_taken(make_body(measured_at=minute(9))))["received"] == 1
        assert (await intake.tables.stored(4))["stored"] == 4


async def test_a_database_that_goes_away_and_comes_back_costs_nothing_but_patience(
    embedded_broker: BrokerSettings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = EmbeddedPostgres(tmp_path_factory.mktemp("own"), free_port())
    await asyncio.to_thread(server.start)
    database = DatabaseSettings(dsn=SecretStr(server.dsn()))
    try:
        await migrate_database(database)
        async with intake_on(database, embedded_broker, intake_wait_s=0.5) as intake:
            bodies = [make_body(measured_at=minute(number)) for number in range(3)]
            await intake.publish_until_taken(bodies[0])
            await asyncio.to_thread(server.kill)
            assert (await intake.publish(bodies[1])).status_code == 503
            await asyncio.to_thread(server.start)
            await intake.publish_until_taken(bodies[2])
            assert (await intake.publish_until_taken(*bodies))["duplicate"] == 3
            assert await intake.tables.rows("select count(*) as n from reading") == [{"n": 3}]
    finally:
        await asyncio.to_thread(server.stop)


async def test_without_an_ingest_publishers_are_told_to_come_back(database: DatabaseSettings) -> None:
    settings = GatewaySettings(ingest_url=f"http://{LOOPBACK}:{free_port()}")
    async with (
        open_gateway(database, settings) as gateway,
        gateway.client(await gateway.key(Scope.PUBLISHER)) as client,
    ):
        answer = await client.post(PATH, json=[make_body()])
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "ingest does not answer" in answer.json()["detail"]
