"""What saving costs Mosquitto, by its settings and by what waits (docs/decisions/0015): `python -m faults.autosave`."""

import tempfile
import time
from pathlib import Path

from fixtures.brokers import Mosquitto, deployed_configuration
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from rich.console import Console
from rich.table import Table

from faults.messages import Message
from faults.publisher import Publisher
from lotse_standalone.machine.ports import LOOPBACK

EVERY_SECOND, EVERY_CHANGE = "autosave_interval 1", "autosave_interval 1\nautosave_on_changes true"
CASES = ((EVERY_SECOND, 1_000), (EVERY_SECOND, 100_000), (EVERY_SECOND, 300_000), (EVERY_CHANGE, 10_000))
PAYLOAD = b"x" * 250
PROBED_S = 8.0
STALL_S = 0.01


def measure(saving: str, waiting: int, folder: Path) -> tuple[float, list[float], int]:
    """Give messages published a second, the probes' round trips that were stalls, and the file's size."""
    lines = [line for line in deployed_configuration().splitlines() if not line.startswith("autosave")]
    broker = Mosquitto(folder, configuration="\n".join([*lines, saving, ""]))
    broker.start()
    try:
        _make_session(broker.port)
        started_s = time.monotonic()
        publisher = Publisher(broker.port, lambda number: Message(f"lotse/v1/{number % 50}", PAYLOAD), 1e9, keep_s=0)
        publisher.publish_only(waiting)
        rate = waiting / (time.monotonic() - started_s)
        stalls = [took_s for took_s in _probe(broker.port) if took_s > STALL_S]
    finally:
        broker.stop()
    return rate, stalls, (folder / "mosquitto.db").stat().st_size


def _make_session(port: int) -> None:
    """Leave a session behind that queues everything."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "waiting", protocol=mqtt.MQTTv5)
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
    properties.SessionExpiryInterval = 3600
    subscribed: list[object] = []
    client.on_subscribe = lambda *_: subscribed.append(True)
    client.connect(LOOPBACK, port, clean_start=False, properties=properties)
    client.loop_start()
    client.subscribe("lotse/v1/#", qos=1)
    while not subscribed:
        time.sleep(0.01)
    client.disconnect()
    client.loop_stop()


def _probe(port: int) -> list[float]:
    """Time one acknowledged message after the other."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect(LOOPBACK, port)
    client.loop_start()
    took: list[float] = []
    started_s = time.monotonic()
    while time.monotonic() - started_s < PROBED_S:
        sent_s = time.monotonic()
        client.publish("probe", b"x", qos=1).wait_for_publish(10)
        took.append(time.monotonic() - sent_s)
        time.sleep(0.005)
    client.disconnect()
    client.loop_stop()
    return took


def main() -> None:
    table = Table("saved", "waiting", "published/s", "stalls", "ms in all", "longest ms", "file MB")
    for saving, waiting in CASES:
        with tempfile.TemporaryDirectory(prefix="lotse-autosave-") as name:
            rate, stalls, size_bytes = measure(saving, waiting, Path(name))
        figures = (len(stalls), 1000 * sum(stalls), 1000 * max(stalls, default=0.0), size_bytes / 1e6)
        how = "every change" if saving == EVERY_CHANGE else "every second"
        table.add_row(how, f"{waiting:,}", f"{rate:,.0f}", *(f"{figure:,.0f}" for figure in figures))
    Console().print(table)


if __name__ == "__main__":
    main()
