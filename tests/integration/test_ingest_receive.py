"""The connection to a real broker while a full queue stops reading."""

import asyncio
from typing import Any

import pytest
from factories_ingest import (
    Tables,
    as_json,
    eventually,
    holding_up,
    make_body,
    minute,
    publishing,
    running_ingest,
)
from fixtures.brokers import Mosquitto

from lotse_shared import topics
from lotse_shared.settings import DatabaseSettings

pytestmark = pytest.mark.mosquitto
KEEPALIVE_S = 2


def readings(start: int, stop: int, **changes: Any) -> list[tuple[str, bytes]]:
    bodies = [make_body(measured_at=minute(number), seq=number, **changes) for number in range(start, stop)]
    return [(topics.reading_topic("KL-17"), as_json(body)) for body in bodies]


async def test_a_connection_outlives_a_long_time_in_which_the_full_queue_reads_nothing(
    database: DatabaseSettings, mosquitto: Mosquitto
) -> None:
    """Without a word from us for 1.5 keep-alives, the broker would close it (MQTT 5, section 3.1.2.10)."""
    broker = mosquitto.settings.model_copy(update={"keepalive_s": KEEPALIVE_S})
    bounds: dict[str, Any] = {"queue_messages": 10, "receive_maximum": 10, "batch_messages": 5}
    async with running_ingest(database, broker, **bounds) as running:
        async with holding_up(database):
            with publishing(mosquitto.settings) as publisher:
                for topic, payload in readings(0, 400):  # QoS 0 fills the queue whatever the receive maximum is
                    publisher.publish(topic, payload, qos=0).wait_for_publish(10)
                await eventually(lambda: running.metric("lotse_ingest_pauses_total") >= 1)
                publisher.publish_all(readings(400, 430))
            await asyncio.sleep(3 * KEEPALIVE_S)
            assert running.ingest.ready()["broker"]
        ledger = await Tables(database).received(430)
        assert running.metric("lotse_ingest_connections_total") == 1
    assert (ledger["received"], ledger["stored"]) == (430, 430)
