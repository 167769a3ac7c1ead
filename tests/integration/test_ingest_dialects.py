"""Dialects and privacy on real brokers and databases."""

import asyncio
import json
import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories_ingest import START, Tables, as_json, make_body, publishing, running_ingest
from fixtures.absent import absent

from lotse_shared import topics
from lotse_shared.settings import BrokerSettings, DatabaseSettings

DIALECTS = [
    {"filter": "fiware/+/flow", "dialect": "fiware"},
    {
        "filter": "lines/+",
        "dialect": "delimited",
        "fields": {"detector_id": "mq", "vehicle_count": "q", "mean_speed_kmh": "v"},
        "time": {"columns": ["day", "hour"], "format": "%d.%m.%Y %H", "zone": "Europe/Berlin", "marks": "start"},
        "interval_s": 3600,
        "absent": ["-1"],
    },
]


def entity(number: int, **changes: Any) -> dict[str, Any]:
    end = START - timedelta(minutes=number)
    body = {"id": f"urn:ngsi-ld:TrafficFlowObserved:F{number}", "type": "TrafficFlowObserved", "intensity": number}
    times = {"dateObservedFrom": (end - timedelta(minutes=5)).isoformat(), "dateObservedTo": end.isoformat()}
    return body | {name: {"type": "Property", "value": value} for name, value in times.items()} | changes


async def test_fiware_and_delimited_messages_are_stored_beside_native_ones(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    lines = [f"TE{number};{yesterday:%d.%m.%Y};12;{number};-1" for number in (1, 2)]
    async with running_ingest(each_database, each_broker, dialects=DIALECTS):
        with publishing(each_broker) as publisher:
            publisher.publish_all(
                [
                    ("fiware/F1/flow", as_json(entity(1))),
                    ("fiware/broker/flow", as_json({"subscriptionId": "s", "data": [entity(2), {}, entity(3)]})),
                    ("lines/berlin", "\n".join(["mq;day;hour;q;v", lines[0], "TE 0;;;;", lines[1]]).encode()),
                    ("fiware/F1/other", b"not subscribed to"),
                    (topics.reading_topic("KL-17"), as_json(make_body())),
                ]
            )
        ledger = await tables.received(8)
        assert (ledger["stored"], ledger["rejected"]) == (6, 2)
    rows = await tables.rows('select * from reading order by detector_id collate "C"')
    assert [(row["detector_id"], row["vehicle_count"]) for row in rows] == [
        *(("F1", 1), ("F2", 2), ("F3", 3), ("KL-17", 12), ("TE1", 1), ("TE2", 2)),
    ]
    assert [row["interval_s"] for row in rows] == [300, 300, 300, 60, 3600, 3600]
    assert rows[4]["mean_speed_kmh"] is None
    letters = await tables.rows("select payload, reason_code from rejected_message order by topic")
    assert [(row["payload"], row["reason_code"]) for row in letters] == [
        (b"{}", "value"),
        (b"mq;day;hour;q;v\nTE 0;;;;", "value"),
    ]


async def test_the_first_readings_of_the_page_are_published_as_they_stand_there(
    database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    if shutil.which("mosquitto_pub") is None:
        absent("mosquitto_pub", "install Debian's package mosquitto-clients")
    page = (Path(__file__).parents[2] / "docs" / "ingest.md").read_text(encoding="utf-8")
    blocks = dict(reversed(re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)))
    on_this_port = re.sub(r"^PORT=\d+", f"PORT={each_broker.port}", blocks["sh"])
    tables = Tables(database)
    async with running_ingest(database, each_broker, dialects=json.loads(blocks["json"])):
        shell = await asyncio.create_subprocess_exec("sh", "-e", "-c", on_this_port, env=os.environ)
        assert await shell.wait() == 0
        assert (await tables.received(3))["stored"] == 3
    rows = await tables.rows("select detector_id, vehicle_count from reading order by detector_id")
    assert [tuple(row.values()) for row in rows] == [("KL-17", 12), ("KL-18", 12), ("KL-19", 120)]


@pytest.mark.mosquitto
async def test_every_dialect_is_shared_among_slots(database: DatabaseSettings, mosquitto: Any) -> None:
    shared: dict[str, Any] = {"dialects": DIALECTS, "share_group": "ingest", "client_id": "shared"}
    async with (
        running_ingest(database, mosquitto.settings, slot=0, **shared),
        running_ingest(database, mosquitto.settings, slot=1, **shared),
    ):
        with publishing(mosquitto.settings) as publisher:
            publisher.publish_all([(f"fiware/F{number}/flow", as_json(entity(number))) for number in range(50)])
        ledger = await Tables(database).received(50)
    assert (ledger["stored"], ledger["duplicate"]) == (50, 0)


async def test_number_plates_and_mac_addresses_are_in_no_table(
    each_database: DatabaseSettings, each_broker: BrokerSettings, caplog: pytest.LogCaptureFixture
) -> None:
    tables = Tables(each_database)
    mac, plate = "aa:bb:cc:dd:ee:ff", "KL-AB 123"
    future = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    messages = [
        (topics.reading_topic("KL-17"), as_json(make_body(plate="x"))),
        (topics.reading_topic("KL-17"), as_json(make_body(note=plate, interval_s=-1))),
        (topics.reading_topic("KL-17"), as_json(make_body(note=plate, measured_at=future))),
        (topics.reading_topic(mac), as_json(make_body(detector_id=mac))),
        (topics.reading_topic(mac), as_json(make_body(detector_id=mac, measured_at=future))),
        (topics.reading_topic(plate), b"{}"),
        (topics.batch_topic("s"), as_json([make_body(), make_body(detector_id="KL-AB-123"), {"sta": mac}])),
        ("fiware/F1/flow", as_json(entity(1, owner=plate))),
        ("lines/x", f"mq;day;hour;q;v;who\nTE1;24.12.2025;1;1;50;{plate}".encode()),
        ("lines/x", f"bssid;mq\n{mac};TE1".encode()),
    ]
    async with running_ingest(each_database, each_broker, dialects=DIALECTS):
        with publishing(each_broker) as publisher:
            publisher.publish_all(messages)
        ledger = await tables.received(12)
    assert (ledger["stored"], ledger["rejected"]) == (1, 11)
    letters = await tables.rows("select * from rejected_message")
    assert {(row["reason_code"], row["kind"], row["payload"]) for row in letters} == {("privacy", "rejected", b"")}
    everything = [
        str(row)
        for name in ("reading", "rejected_message", "ingest_ledger", "detector_state")
        for row in await tables.rows(f"select * from {name}")  # noqa: S608 - names of tables
    ]
    for personal in (mac, plate, "KL-AB-123"):
        assert not [row for row in everything if personal in row]
        assert personal not in caplog.text
