"""The deployed access list on a real Mosquitto: a detector writes under its own name, and that is all it may."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from fixtures.brokers import DEPLOYED, Mosquitto, deployed_configuration
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from lotse_shared import topics
from lotse_standalone.machine.ports import LOOPBACK

pytestmark = pytest.mark.mosquitto
WAIT_S = 30.0
GRANTED, REFUSED = 1, 0x87
USERS = ("ingest", "KL-17", "KL-18", "station-1")


@pytest.fixture
def guarded(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Mosquitto]:
    """The deployed configuration, with users, and the deployed access list."""
    del mosquitto  # asks for the program, or says that it is absent
    folder = tmp_path / "guarded"
    folder.mkdir()
    passwords = folder / "passwords"
    passwords.touch(0o600)
    for user in USERS:
        subprocess.run(["mosquitto_passwd", "-b", passwords, user, f"of {user}"], check=True, capture_output=True)
    rights = folder / "acl"
    rights.write_text((DEPLOYED.parent / "acl").read_text())
    for file in (passwords, rights):
        file.chmod(0o644)
    guard = f"password_file {passwords}\nacl_file {rights}\n"
    configuration = deployed_configuration().replace("allow_anonymous true", "allow_anonymous false") + guard
    broker = Mosquitto(folder, configuration=configuration)
    broker.start()
    yield broker
    broker.stop()


class Device:
    """A client that knows what it was told: answers to what it asked, and messages."""

    def __init__(self, broker: Mosquitto, user: str, password: str | None = None, will: str | None = None) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        if will is not None:
            self._client.will_set(will, b"{}", qos=1)
        self._client.username_pw_set(user, password or f"of {user}")
        self._answers: SimpleQueue[int] = SimpleQueue()
        self._published: SimpleQueue[tuple[int, int]] = SimpleQueue()
        self.messages: SimpleQueue[str] = SimpleQueue()
        self._client.on_connect = lambda _c, _u, _f, reason, _p: self._answers.put(reason.value)
        self._client.on_subscribe = lambda _c, _u, _m, reasons, _p: self._answers.put(reasons[0].value)
        self._client.on_publish = lambda _c, _u, number, reason, _p: self._published.put((number, reason.value))
        self._client.on_message = self._note
        self._client.connect(LOOPBACK, broker.port)
        self._client.loop_start()
        self.connected = self._answers.get(timeout=WAIT_S)

    def _note(self, _client: object, _userdata: object, message: MQTTMessage) -> None:
        self.messages.put(message.topic)

    def subscribe(self, topic_filter: str) -> int:
        self._client.subscribe(topic_filter, options=SubscribeOptions(qos=1))
        return self._answers.get(timeout=WAIT_S)

    def publish(self, topic: str, *, is_retained: bool = False) -> int:
        """Give the broker's answer: 0x87 is "not authorised"; 0x10, that nobody listens, is an acceptance too."""
        sent = self._client.publish(topic, b"{}", qos=1, retain=is_retained)
        while True:  # Mosquitto 2.0.11 answers twice to what it refuses; the first answer is the one that counts
            number, answer = self._published.get(timeout=WAIT_S)
            if number == sent.mid:
                return answer

    def die(self) -> None:
        """Lose the connection without a word, so that the broker publishes the will."""
        sock = self._client.socket()
        assert isinstance(sock, socket.socket)
        sock.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def connected(broker: Mosquitto, user: str, password: str | None = None, will: str | None = None) -> Iterator[Device]:
    device = Device(broker, user, password, will)
    try:
        yield device
    finally:
        device.close()


def heard(device: Device) -> list[str]:
    """What has arrived, up to a message of its own station."""
    topics_heard = []
    while True:
        try:
            topics_heard.append(device.messages.get(timeout=1))
        except Empty:
            return topics_heard


def test_a_detector_writes_its_own_readings_and_nobody_elses(guarded: Mosquitto) -> None:
    with connected(guarded, "ingest") as ingest, connected(guarded, "KL-17") as detector:
        assert ingest.subscribe("lotse/v1/#") == GRANTED
        assert detector.publish(topics.reading_topic("KL-17")) != REFUSED
        for foreign in (topics.reading_topic("KL-18"), topics.batch_topic("station-1"), topics.WATERMARK, "other"):
            assert detector.publish(foreign) == REFUSED, foreign
        assert heard(ingest) == [topics.reading_topic("KL-17")]


def test_a_detector_hears_neither_others_nor_everything(guarded: Mosquitto) -> None:
    with connected(guarded, "KL-17") as listener, connected(guarded, "KL-18") as speaker:
        for topic_filter in ("#", "lotse/v1/#", topics.reading_topic("KL-18"), "$share/ingest/lotse/v1/#", "$SYS/#"):
            listener.subscribe(topic_filter)  # Mosquitto grants it to those who may read nothing, and delivers nothing
        assert speaker.publish(topics.reading_topic("KL-18")) != REFUSED
        assert heard(listener) == []


def test_no_last_will_says_what_its_detector_may_not(guarded: Mosquitto) -> None:
    """A will is published by the broker, once the detector is gone."""
    own, foreign = topics.reading_topic("KL-17"), topics.reading_topic("KL-18")
    with connected(guarded, "ingest") as ingest:
        assert ingest.subscribe("lotse/v1/#") == GRANTED
        for will in (foreign, own):
            with connected(guarded, "KL-17", will=will) as detector:
                detector.die()
        assert heard(ingest) == [own]


def test_what_was_retained_is_read_by_ingest_alone(guarded: Mosquitto) -> None:
    with connected(guarded, "KL-18") as speaker:
        assert speaker.publish(topics.reading_topic("KL-18"), is_retained=True) != REFUSED
    with connected(guarded, "KL-17") as listener, connected(guarded, "ingest") as ingest:
        for each in (listener, ingest):
            each.subscribe(topics.reading_topic("KL-18"))
        assert heard(ingest) == [topics.reading_topic("KL-18")]
        assert heard(listener) == []


def test_a_station_writes_its_own_arrays(guarded: Mosquitto) -> None:
    with connected(guarded, "station-1") as station:
        assert station.publish(topics.batch_topic("station-1")) != REFUSED
        assert station.publish(topics.batch_topic("station-2")) == REFUSED


def test_ingest_writes_nothing(guarded: Mosquitto) -> None:
    with connected(guarded, "ingest") as ingest:
        assert ingest.publish(topics.reading_topic("KL-17")) == REFUSED


@pytest.mark.parametrize(("user", "password"), [("KL-17", "of KL-18"), ("nobody", "x"), ("+", "x"), ("#", "x")])
def test_who_is_unknown_or_says_a_wrong_password_does_not_get_in(guarded: Mosquitto, user: str, password: str) -> None:
    with connected(guarded, user, password) as stranger:
        assert stranger.connected == REFUSED
