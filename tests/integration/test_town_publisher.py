"""The publisher of simulations and replays on real brokers, and the simulated sensors through it."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import paho.mqtt.client as mqtt
import pytest
from factories_ingest import eventually
from factories_ingest_proxy import proxying
from fixtures.brokers import Mosquitto
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from lotse_ingest.decode import Dialects
from lotse_ingest.messages import DecodeError
from lotse_shared.reading import Reading
from lotse_shared.settings import BrokerSettings
from lotse_shared.topics import EVERYTHING, batch_topic
from lotse_standalone.machine.ports import LOOPBACK, free_port
from lotse_standalone.simulation.publisher import Account, Publisher
from lotse_standalone.simulation.simulate import Simulation
from lotse_standalone.town import FOLDER

DIALECTS = Dialects((), max_payload_bytes=100_000)


class Listener:
    """Subscribes to everything on a thread of its own, and comes back with its session."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.ready = threading.Event()
        self.changed = threading.Condition()

    def on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(EVERYTHING, qos=1)

    def on_subscribe(self, _c: mqtt.Client, _d: Any, _mid: int, _codes: list[ReasonCode], _p: Properties) -> None:
        self.ready.set()

    def on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        with self.changed:
            self.heard.append((message.topic, bytes(message.payload)))
            self.changed.notify_all()

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 20) -> bool:
        with self.changed:
            return self.changed.wait_for(condition, timeout_s)


@contextmanager
def listening(settings: BrokerSettings) -> Iterator[Listener]:
    listener = Listener()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "listener", protocol=mqtt.MQTTv5)
    client.reconnect_delay_set(1, 1)
    client.on_connect, client.on_subscribe = listener.on_connect, listener.on_subscribe
    client.on_message = listener.on_message
    session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
    session.SessionExpiryInterval = 600
    client.connect(settings.host, settings.port, clean_start=False, properties=session)
    client.loop_start()
    try:
        assert listener.ready.wait(10)
        yield listener
    finally:
        client.disconnect()
        client.loop_stop()


def test_what_is_published_arrives_in_order_and_is_acknowledged(each_broker: BrokerSettings) -> None:
    with listening(each_broker) as listener, Publisher(each_broker.host, each_broker.port, bound=20) as publisher:
        for number in range(200):
            assert publisher.publish("lotse/v1/readings/A", b"%d" % number, wait_s=10)
        assert publisher.drain(10)
        assert publisher.acknowledged == 200
        assert listener.wait_for(lambda: len(listener.heard) >= 200)
        assert [payload for _, payload in listener.heard] == [b"%d" % number for number in range(200)]


def publish(publisher: Publisher, numbers: range) -> None:
    for number in numbers:
        assert publisher.publish("lotse/v1/readings/A", b"%d" % number, wait_s=10)


async def test_what_is_published_while_it_connects_does_not_overtake_what_was_published_before(
    each_broker: BrokerSettings,
) -> None:
    with listening(each_broker) as listener:
        async with proxying(each_broker.port) as proxy:
            proxy.hold()
            publisher = Publisher(LOOPBACK, proxy.port, bound=30)
            publish(publisher, range(10))
            with publisher:
                await eventually(lambda: proxy.greetings == 1)  # the broker has not answered yet
                publish(publisher, range(10, 20))
                proxy.let_go()
                assert await asyncio.to_thread(publisher.drain, 10)
                publish(publisher, range(20, 25))
                assert await asyncio.to_thread(publisher.drain, 10)
        assert listener.wait_for(lambda: len(listener.heard) >= 25)
        assert [int(payload) for _, payload in listener.heard] == list(range(25))


async def test_what_is_published_while_it_comes_back_does_not_overtake_what_is_sent_again(
    each_broker: BrokerSettings,
) -> None:
    with listening(each_broker) as listener:
        async with proxying(each_broker.port) as proxy:
            with Publisher(LOOPBACK, proxy.port, bound=30) as publisher:
                publish(publisher, range(5))
                assert await asyncio.to_thread(publisher.drain, 10)
                proxy.hold()
                publish(publisher, range(5, 10))  # the broker never gets these on this connection
                await proxy.end_connections()
                await eventually(lambda: proxy.greetings == 2)
                publish(publisher, range(10, 15))
                proxy.let_go()
                assert await asyncio.to_thread(publisher.drain, 10)
                assert publisher.acknowledged == 15
        assert listener.wait_for(lambda: len(listener.heard) >= 15)
        assert [int(payload) for _, payload in listener.heard] == list(range(15))


@pytest.mark.mosquitto
def test_nothing_is_lost_when_the_broker_restarts(mosquitto: Mosquitto) -> None:
    with (
        listening(mosquitto.settings) as listener,
        Publisher(mosquitto.settings.host, mosquitto.port, bound=500) as publisher,
    ):
        for number in range(50):
            assert publisher.publish("lotse/v1/readings/A", b"%d" % number, wait_s=10)
        assert publisher.drain(10)
        mosquitto.stop()
        for number in range(50, 100):
            assert publisher.publish("lotse/v1/readings/A", b"%d" % number, wait_s=10)
        mosquitto.start()
        assert publisher.drain(20)
        assert listener.wait_for(lambda: len({payload for _, payload in listener.heard}) == 100)


def test_a_broker_that_is_away_takes_no_more_than_the_bound() -> None:
    with Publisher(LOOPBACK, free_port(), bound=3) as publisher:
        assert [publisher.publish("lotse/v1/readings/A", b"", wait_s=0) for _ in range(5)] == [True] * 3 + [False] * 2
        assert not publisher.drain(0.1)


def test_the_simulated_sensors_send_what_ingest_understands(each_broker: BrokerSettings) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"items": [], "next_cursor": None}))
    stop = threading.Event()
    with httpx.Client(base_url="http://gateway", transport=transport) as client, listening(each_broker) as listener:
        simulation = Simulation(each_broker.host, each_broker.port, client, FOLDER)
        thread = threading.Thread(target=simulation.run, args=[stop])
        thread.start()
        detectors = {row["detector_id"] for row in msgspec.json.decode((FOLDER / "detectors.json").read_bytes())}
        everybody = listener.wait_for(lambda: {topic.split("/")[-1] for topic, _ in listener.heard} == detectors)
        stopped_at_s = time.monotonic()
        stop.set()
        thread.join(10)
        assert everybody
        assert not thread.is_alive()
        assert time.monotonic() - stopped_at_s < 3
    for topic, payload in listener.heard:
        (reading,) = DIALECTS.decode(topic, payload)
        assert isinstance(reading, Reading)
    assert simulation.lost == 0
    assert simulation.phase


def test_a_station_sends_for_all_sensors_on_its_own_topic(mosquitto: Mosquitto) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"items": [], "next_cursor": None}))
    stop = threading.Event()
    with (
        httpx.Client(base_url="http://gateway", transport=transport) as client,
        listening(mosquitto.settings) as listener,
    ):
        station = Account("demo", "of demo")
        simulation = Simulation(mosquitto.settings.host, mosquitto.port, client, FOLDER, station)
        thread = threading.Thread(target=simulation.run, args=[stop])
        thread.start()
        assert listener.wait_for(lambda: len(listener.heard) > 20)
        stop.set()
        thread.join(10)
    assert {topic for topic, _ in listener.heard} == {batch_topic("demo")}
    readings = [reading for heard in listener.heard for reading in DIALECTS.decode(*heard)]
    assert len({reading.detector_id for reading in readings if isinstance(reading, Reading)}) > 10


def test_the_half_message_of_the_morning_is_one_that_ingest_refuses(
    each_broker: BrokerSettings, tmp_path: Path
) -> None:
    for path in FOLDER.iterdir():
        if path.suffix in {".json", ".csv"}:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    scenario = msgspec.json.decode((FOLDER / "scenario.json").read_bytes())
    scenario["flaws"]["malformed_at_s"] = 0
    (tmp_path / "scenario.json").write_bytes(msgspec.json.encode(scenario))
    transport = httpx.MockTransport(lambda _: httpx.Response(503))
    stop = threading.Event()

    def refused(message: tuple[str, bytes]) -> bool:
        try:
            DIALECTS.decode(*message)
        except DecodeError:
            return True
        return False

    with httpx.Client(base_url="http://gateway", transport=transport) as client, listening(each_broker) as listener:
        thread = threading.Thread(
            target=Simulation(each_broker.host, each_broker.port, client, tmp_path).run, args=[stop]
        )
        thread.start()
        met = listener.wait_for(lambda: any(refused(message) for message in listener.heard))
        stop.set()
        thread.join(10)
    assert met
    assert sum(refused(message) for message in listener.heard) == 1
