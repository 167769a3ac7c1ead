"""Dead letters looked at, downloaded and replayed through the gateway, with a real ingest on real servers behind it."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from factories_gateway import open_gateway
from factories_ingest import Tables, as_json, eventually, make_body, minute, publishing, running_ingest, serving

from lotse_gateway.guards.keys import Scope
from lotse_gateway.settings import GatewaySettings
from lotse_ingest.decode.fiware import FiwareSettings
from lotse_shared import topics
from lotse_shared.settings import BrokerSettings, DatabaseSettings
from lotse_standalone.machine.ports import LOOPBACK, free_port

PATH = "/v1/dead-letters"
EVERY_BYTE = bytes(range(256)) * 3
TOPIC = topics.reading_topic("KL-17")


def id_of(topic: str, payload: bytes) -> str:
    return hashlib.sha256(topic.encode() + b"\0" + payload).hexdigest()


@asynccontextmanager
async def operating(
    database: DatabaseSettings, broker: BrokerSettings, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """An operator's client, before an ingest."""
    async with (
        running_ingest(database, broker, **settings) as running,
        serving(running) as url,
        open_gateway(database, GatewaySettings(ingest_url=url)) as gateway,
        gateway.client(await gateway.key(Scope.OPERATOR)) as client,
    ):
        yield client


@pytest.fixture
async def letters(database: DatabaseSettings, embedded_broker: BrokerSettings) -> AsyncIterator[httpx.AsyncClient]:
    """Five rejected messages, one of them received twice, and one quarantined."""
    ahead = as_json(make_body(detector_id="D9", measured_at="2090-01-01T00:00:00Z", seq=8))
    bad = as_json(make_body(detector_id="D1", interval_s=0, seq=7))
    messages = [
        (TOPIC, EVERY_BYTE),
        (TOPIC, EVERY_BYTE),
        (TOPIC, b"no reading"),
        (topics.reading_topic("D1"), bad),
        (topics.reading_topic("D9"), ahead),
        (TOPIC, b"x" * 300_000),
        (topics.WATERMARK, b"{}"),
    ]
    async with operating(database, embedded_broker) as client:
        with publishing(embedded_broker) as publisher:
            for number, message in enumerate(messages, start=1):
                publisher.publish_all([message])
                if message[0] != topics.WATERMARK:
                    await Tables(database).received(number)

        async def all_are_there() -> bool:
            return len((await client.get(PATH)).json()["items"]) == 6

        await eventually(all_are_there)
        yield client


async def listed(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_the_newest_stand_first_each_with_its_reason_and_the_beginning_of_its_payload(
    letters: httpx.AsyncClient,
) -> None:
    items = await listed(letters)
    assert [item["reason_code"] for item in items] == ["value", "size", "R9", "value", "json", "json"]
    cut, ahead, bad, plain, odd = items[1:]
    assert (cut["payload_bytes"], cut["kept_bytes"], cut["is_replayable"]) == (300_000, 65_536, False)
    assert cut["preview"] == "x" * 500
    assert (ahead["kind"], ahead["seq"], ahead["measured_at"]) == ("quarantined", 8, "2090-01-01T00:00:00Z")
    assert (bad["detector_id"], bad["seq"], bad["measured_at"]) == ("D1", 7, None)
    assert (plain["preview"], plain["is_replayable"], plain["times_received"]) == ("no reading", True, 1)
    assert (odd["id"], odd["times_received"]) == (id_of(TOPIC, EVERY_BYTE), 2)
    assert not items[0]["is_replayable"]  # a watermark
    one = (await letters.get(f"{PATH}/{odd['id']}")).json()
    assert one == odd


async def test_pages_join_without_gap_or_repetition(letters: httpx.AsyncClient) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await letters.get(PATH, params={"limit": 2, **cursor})).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [item["id"] for item in await listed(letters)]


async def test_filters_narrow_lists_summaries_and_downloads_alike(letters: httpx.AsyncClient) -> None:
    now = datetime.now(UTC).isoformat()
    ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    for query, expected in (
        ({"kind": "quarantined"}, 1),
        ({"reason_code": "json"}, 2),
        ({"detector_id": "D1"}, 1),
        ({"topic": TOPIC}, 3),
        ({"topic": "lotse/+/readings/#"}, 5),
        ({"topic": "lotse/v1/+"}, 1),
        ({"from": now}, 0),
        ({"from": ago, "to": now}, 6),
        ({"kind": "rejected", "topic": "#", "reason_code": "value"}, 2),
    ):
        assert len(await listed(letters, **query)) == expected, query
        summary = (await letters.get(f"{PATH}/summary", params=query)).json()["items"]
        assert sum(item["letters"] for item in summary) == expected, query
        lines = (await letters.get(f"{PATH}/export", params=query)).text.splitlines()
        assert len(lines) == expected, query
    counts = (await letters.get(f"{PATH}/summary")).json()["items"]
    assert {item["reason_code"]: item["times_received"] for item in counts}["json"] == 3


async def test_a_payload_comes_byte_for_byte_as_an_attachment(letters: httpx.AsyncClient) -> None:
    answer = await letters.get(f"{PATH}/{id_of(TOPIC, EVERY_BYTE)}/payload")
    assert answer.content == EVERY_BYTE
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["lotse-payload-bytes"] == str(len(EVERY_BYTE))
    cut = await letters.get(f"{PATH}/{id_of(TOPIC, b'x' * 300_000)}/payload")
    assert (len(cut.content), cut.headers["lotse-payload-bytes"]) == (65_536, "300000")


async def test_what_is_not_there_is_not_found(letters: httpx.AsyncClient) -> None:
    for path in (f"{PATH}/{'0' * 64}", f"{PATH}/{'0' * 64}/payload", f"{PATH}/xyz"):
        assert (await letters.get(path)).status_code == 404
    for path in (f"{PATH}?kind=lost", f"{PATH}?cursor=WyJTMSJd", f"{PATH}?topic=%00"):
        assert (await letters.get(path)).status_code == 422, path


async def test_a_download_goes_on_where_it_broke_off(letters: httpx.AsyncClient) -> None:
    whole = [json.loads(line) for line in (await letters.get(f"{PATH}/export")).text.splitlines()]
    assert [line["id"] for line in whole] == [item["id"] for item in reversed(await listed(letters))]
    assert base64.b64decode(whole[0]["payload_base64"]) == EVERY_BYTE
    first = (await letters.get(f"{PATH}/export", params={"limit": 2})).text.splitlines()
    assert [json.loads(line)["id"] for line in first] == [line["id"] for line in whole[:2]]
    rest = await letters.get(f"{PATH}/export", params={"cursor": json.loads(first[-1])["cursor"]})
    assert [json.loads(line)["id"] for line in rest.text.splitlines()] == [line["id"] for line in whole[2:]]


async def test_a_download_of_more_than_a_page_is_whole(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    async with operating(database, embedded_broker) as client:
        with publishing(embedded_broker) as publisher:
            publisher.publish_all([(topics.batch_topic("s"), as_json([f"element {n}" for n in range(170)]))])
            await Tables(database).received(170)
        lines = [json.loads(line) for line in (await client.get(f"{PATH}/export")).text.splitlines()]
        few = (await client.get(f"{PATH}/export", params={"limit": 120})).text.splitlines()
    payloads = {base64.b64decode(line["payload_base64"]) for line in lines}
    assert payloads == {as_json(f"element {n}") for n in range(170)}
    assert (len(lines), len(few)) == (170, 120)


async def test_an_operator_replays_after_a_dialect_was_configured_and_it_is_on_record(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    entities = [
        {
            "id": f"urn:ngsi-ld:TrafficFlowObserved:F{number}",
            "type": "TrafficFlowObserved",
            "dateObserved": f"{minute(5)}/{minute(0)}",
            "intensity": number,
        }
        for number in range(25)
    ]
    wrong = FiwareSettings(filter="fiware/+/flow", dialect="fiware", prefix="not an identifier ")
    right = FiwareSettings(filter="fiware/+/flow", dialect="fiware")
    tables = Tables(database)
    async with running_ingest(database, embedded_broker, dialects=(wrong,)):
        with publishing(embedded_broker) as publisher:
            publisher.publish_all([("fiware/a/flow", as_json(entity)) for entity in entities])
        assert (await tables.received(25))["rejected"] == 25
    async with operating(database, embedded_broker, dialects=(right,)) as client:
        wanted = {"topic": "fiware/#", "kind": "rejected"}
        told = (await client.post(f"{PATH}/replay", json=wanted | {"dry_run": True})).json()
        assert (told["settled"], told["stored"]) == (25, 25)
        assert await tables.rows("select 1 from reading") == []
        assert await tables.rows("select 1 from audit_event where action = 'replay'") == []
        sums = dict.fromkeys(("examined", "settled", "stored"), 0)
        cursor: str | None = None
        requests = 0
        while requests < 9:
            requests += 1
            answer = await client.post(f"{PATH}/replay", json=wanted | {"limit": 10, "cursor": cursor})
            assert answer.status_code == 200, answer.text
            told = answer.json()
            sums = {name: sums[name] + told[name] for name in sums}
            if (cursor := told["next_cursor"]) is None:
                break
        assert requests <= 4
        assert sums == {"examined": 25, "settled": 25, "stored": 25}
        assert await listed(client) == []
        totals = (await client.get("/v1/ingest/ledger")).status_code
    assert totals == 200
    ledger = await tables.ledger()
    assert (ledger["received"], ledger["stored"], ledger["rejected"]) == (25, 25, 0)
    events = await tables.rows("select noun, detail from audit_event where action = 'replay' order by audit_id")
    assert len(events) == requests
    assert events[0]["noun"] == "dead_letter"
    assert events[0]["detail"]["topic"] == "fiware/#"


async def test_only_operators_replay_and_a_false_cursor_is_refused(
    database: DatabaseSettings, letters: httpx.AsyncClient
) -> None:
    for cursor in ("nonsense", "2026-01-01T00:00:00+00:00~zz", "2026-01-01T00:00:00+00:00~00"):
        answer = await letters.post(f"{PATH}/replay", json={"cursor": cursor, "dry_run": True})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.cursor")
    async with open_gateway(database) as gateway, gateway.client(await gateway.key(Scope.VIEWER)) as viewer:
        assert (await viewer.get(PATH)).status_code == 200
        assert (await viewer.post(f"{PATH}/replay", json={"dry_run": True})).status_code == 403


async def test_a_replay_without_an_ingest_is_told_so(database: DatabaseSettings) -> None:
    settings = GatewaySettings(ingest_url=f"http://{LOOPBACK}:{free_port()}")
    async with (
        open_gateway(database, settings) as gateway,
        gateway.client(await gateway.key(Scope.OPERATOR)) as client,
    ):
        answer = await client.post(f"{PATH}/replay", json={"dry_run": True})
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
