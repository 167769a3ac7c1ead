"""The line, end to end: a sensor publishes at MQTT, and a sign that polls REST is told a detour because of it."""

import csv
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from lotse_standalone import town
from lotse_standalone.servers.postgres import EmbeddedPostgres
from lotse_standalone.signs.sign_client import SignClient
from lotse_standalone.stack.registry import register
from lotse_standalone.stack.stack import Stack, StackOptions

JAMMED_STREET = "Lindenbrücke"
SIGN = "S2"
DEADLINE_S = 40.0


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    settings = json.loads((town.FOLDER / "settings.json").read_text(encoding="utf-8"))
    with Stack(StackOptions(tmp_path / "data", settings=settings)) as stack, stack.client() as client:
        stack.import_links(town.FOLDER, "town")
        register(client, town.FOLDER)
        yield stack
    EmbeddedPostgres(tmp_path / "data" / "postgres", 1).discard()


@pytest.fixture
def sensors(stack: Stack) -> Iterator[mqtt.Client]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect(*stack.broker)
    client.loop_start()
    yield client
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def sign(stack: Stack) -> Iterator[SignClient]:
    """The reference sign on the approach to the bridge, alive."""
    stop = threading.Event()
    with stack.client() as client:
        sign = SignClient(client, SIGN)
        thread = threading.Thread(target=sign.run, args=[stop])
        thread.start()
        yield sign
        stop.set()
        thread.join()


def detectors_on(street: str) -> list[str]:
    with (town.FOLDER / "links.csv").open(newline="", encoding="utf-8") as file:
        links = {f"{row['from_node']}-{row['to_node']}-0" for row in csv.DictReader(file) if row["name"] == street}
    rows = json.loads((town.FOLDER / "detectors.json").read_text(encoding="utf-8"))
    return [row["detector_id"] for row in rows if row["link_id"] in links]


def publish(sensors: mqtt.Client, detector_id: str, speed_kmh: float, count: int, occupancy_pct: float) -> None:
    reading = {
        "detector_id": detector_id,
        "measured_at": datetime.now(UTC).isoformat(),
        "interval_s": 2,
        "vehicle_count": count,
        "mean_speed_kmh": speed_kmh,
        "occupancy_pct": occupancy_pct,
    }
    sensors.publish(f"lotse/v1/readings/{detector_id}", json.dumps(reading), qos=1)


def publish_until_shown(sensors: mqtt.Client, sign: SignClient, *, is_jam: bool) -> tuple[str, ...]:
    """Publish every half second, as a sensor goes on doing, until the sign shows something (jam) or nothing."""
    deadline = time.monotonic() + DEADLINE_S
    while bool(sign.shown.lines) != is_jam or not sign.is_answered:
        assert time.monotonic() < deadline, sign.shown
        for detector_id in detectors_on(JAMMED_STREET):
            if is_jam:
                publish(sensors, detector_id, 4.0, 1, 70.0)
            else:
                publish(sensors, detector_id, 48.0, 1, 5.0)
        time.sleep(0.5)
    return sign.shown.lines


def newest_explanation(client: httpx.Client) -> str:
    newest = client.get(f"/v1/signs/{SIGN}/decisions", params={"limit": 1}).raise_for_status().json()["items"][0]
    return str(newest["explanation"])


def test_readings_of_a_jam_put_a_detour_on_the_sign_and_readings_of_free_traffic_take_it_off(
    stack: Stack, sensors: mqtt.Client, sign: SignClient
) -> None:
    with stack.client() as client:
        publish_until_shown(sensors, sign, is_jam=False)
        lines = publish_until_shown(sensors, sign, is_jam=True)
        assert JAMMED_STREET in newest_explanation(client)
        assert lines[0] == "LINDENBRÜCKE"
        detours = client.get("/v1/detours", params={"sign": SIGN}).raise_for_status().json()["items"]
        assert any(detour["state"] == "detour" and detour["gain_s"] > 0 for detour in detours)
        publish_until_shown(sensors, sign, is_jam=False)
    stack.check()
