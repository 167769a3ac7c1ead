"""The service as one writes it first: paho's loop thread, pydantic, one INSERT a message, acknowledged after it.

Arguments: port of the broker, client id, database URL, number of messages (0: subscribe only).
"""

import asyncio
import sys
import threading
from datetime import UTC, datetime

import asyncpg
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import AwareDatetime, BaseModel

INSERT = """
insert into reading (detector_id, measured_at, interval_s, vehicle_count, mean_speed_kmh, occupancy_pct, received_at)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
"""


class Body(BaseModel):
    """What it takes from a message."""

    detector_id: str
    measured_at: AwareDatetime
    interval_s: float
    vehicle_count: float | None = None
    mean_speed_kmh: float | None = None
    occupancy_pct: float | None = None


async def store_all(client: mqtt.Client, queue: "asyncio.Queue[mqtt.MQTTMessage]", dsn: str, count: int) -> None:
    """Store message by message."""
    pool = await asyncpg.create_pool(dsn, min_size=1)
    for _ in range(count):
        message = await queue.get()
        body = Body.model_validate_json(message.payload)
        values = (body.vehicle_count, body.mean_speed_kmh, body.occupancy_pct)
        await pool.execute(INSERT, body.detector_id, body.measured_at, body.interval_s, *values, datetime.now(UTC))
        client.ack(message.mid, message.qos)
    await pool.close()


async def main(port: str, client_id: str, dsn: str, count: str) -> None:
    """Subscribe, store so many messages, end."""
    loop, subscribed = asyncio.get_running_loop(), threading.Event()
    queue: asyncio.Queue[mqtt.MQTTMessage] = asyncio.Queue()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5, manual_ack=True)
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
    properties.SessionExpiryInterval = 3600
    properties.ReceiveMaximum = 1000

    def on_connect(*_: object) -> None:
        client.subscribe("lotse/v1/#", qos=1)

    def on_message(_client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, message)

    client.on_connect = on_connect
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = on_message
    client.connect("127.0.0.1", int(port), clean_start=False, properties=properties)
    client.loop_start()
    await asyncio.to_thread(subscribed.wait)
    await store_all(client, queue, dsn, int(count))
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
