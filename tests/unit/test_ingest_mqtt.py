"""The lean client leans on private hooks of paho: these fail when one goes, or means something else."""

import inspect
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest
from factories_ingest import NOBODY, NOON
from factories_mqtt import CONNACK, KEEPALIVE_S, PINGREQ, PINGRESP, TAKEN_OVER, ScriptedPeer, publish, suback
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from lotse_ingest.messages import Received
from lotse_ingest.mqtt import CHUNK_BYTES, LONGEST_TOPIC_KNOWN_BYTES, UNREADABLE_TOPIC, Frames, MalformedError

INGEST = Path(__file__).parents[2] / "services/ingest/pyproject.toml"
HOOKS = {
    "_packet_read": ["self"],
    "_ssl_wrap_socket": ["self", "tcp_sock"],
    "_sock_recv": ["self", "bufsize"],
    "_packet_handle": ["self"],
    "_packet_queue": ["self", "command", "packet", "mid", "qos", "info"],
}


@pytest.fixture
def peer() -> Iterator[ScriptedPeer]:
    with ScriptedPeer() as connected:
        yield connected


def test_paho_is_pinned_to_the_version_that_is_installed() -> None:
    dependencies = tomllib.loads(INGEST.read_text())["project"]["dependencies"]
    assert f"paho-mqtt=={version('paho-mqtt')}" in dependencies


@pytest.mark.parametrize(("hook", "parameters"), HOOKS.items())
def test_the_hooks_are_there_and_take_what_we_pass(hook: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(mqtt.Client, hook)).parameters) == parameters


def test_what_paho_keeps_of_a_packet_is_what_we_hand_it(peer: ScriptedPeer) -> None:
    fresh = mqtt.Client(CallbackAPIVersion.VERSION2)
    assert peer.client._in_packet.keys() == fresh._in_packet.keys()  # noqa: SLF001 - the hook under test
    assert type(peer.client._in_packet["packet"]) is type(fresh._in_packet["packet"])  # noqa: SLF001


def test_publish_packets_come_in_runs_and_in_order(peer: ScriptedPeer) -> None:
    abc = [("a", b"1", 1), ("b", b"2", 2), ("c", b"3", 0)]
    peer.say(b"".join(publish(*one) for one in abc))
    peer.read_until(lambda: len(peer.received) == 3)
    expected = [Received(topic, payload, NOON, peer, packet_id) for topic, payload, packet_id in abc]
    assert [msgspec.structs.replace(message, received_at=NOON) for message in peer.received] == expected


def test_a_packet_is_put_together_from_its_pieces(peer: ScriptedPeer) -> None:
    whole = publish("t", b"x" * 300, 7)
    for piece in (whole[:1], whole[1:2], whole[2:3], whole[3:50], whole[50:]):
        assert not peer.received
        peer.say(piece)
        peer.client.loop_read()
    peer.read_until(lambda: peer.received)
    assert peer.received[0].payload == b"x" * 300


def test_a_packet_may_be_larger_than_many_chunks(peer: ScriptedPeer) -> None:
    payload = bytes(range(256)) * (5 * CHUNK_BYTES // 256)
    whole = publish("big", payload, 1) + publish("small", b"after", 2)
    for start in range(0, len(whole), CHUNK_BYTES):
        peer.say(whole[start : start + CHUNK_BYTES])
        peer.client.loop_read()
    peer.read_until(lambda: len(peer.received) == 2)
    assert [m.payload for m in peer.received] == [payload, b"after"]


def test_other_packets_reach_pahos_own_handlers_between_publishes(peer: ScriptedPeer) -> None:
    told: list[object] = []
    peer.client.on_subscribe = lambda _client, _data, mid, reasons, _p: told.append((mid, reasons[0].value))
    peer.client.on_pong = lambda: told.append(len(peer.received))
    _, mid = peer.client.subscribe("t", qos=1)
    assert mid is not None
    peer.say(publish("t", b"1", 1) + suback(mid) + publish("t", b"2", 2) + PINGRESP + publish("t", b"3", 3))
    peer.read_until(lambda: len(peer.received) == 3)
    assert told == [(mid, 1), 2]


def test_the_brokers_reason_for_a_disconnect_is_told(peer: ScriptedPeer) -> None:
    reasons: list[int] = []
    peer.client.on_disconnect = lambda _client, _data, _flags, reason, _p: reasons.append(reason.value)
    peer.say(TAKEN_OVER)
    peer.read_until(lambda: reasons)
    assert reasons == [0x8E]


def test_a_refused_connection_is_told() -> None:
    reasons: list[bool] = []
    with ScriptedPeer() as peer:
        peer.client.on_connect = lambda _client, _data, _flags, reason, _p: reasons.append(reason.is_failure)
        peer.say(CONNACK[:3] + b"\x87\x00")  # not authorised
        peer.read_until(lambda: reasons)
    assert reasons == [True]


def test_acknowledgements_travel_as_one_run_of_puback_packets(peer: ScriptedPeer) -> None:
    peer.client.acknowledge([1, 2, 65535])
    assert peer.hear(12) == b"\x40\x02\x00\x01\x40\x02\x00\x02\x40\x02\xff\xff"


def test_a_long_run_of_acknowledgements_survives_a_socket_that_takes_little_at_a_time(peer: ScriptedPeer) -> None:
    packet_ids = [1 + number % 65535 for number in range(200_000)]
    peer.client.acknowledge(packet_ids)
    heard = peer.hear(4 * len(packet_ids))
    assert heard == b"".join(b"\x40\x02" + packet_id.to_bytes(2, "big") for packet_id in packet_ids)


def test_a_ping_is_sent_whether_paho_wants_one_or_not(peer: ScriptedPeer) -> None:
    peer.client.ping()
    assert peer.hear(2) == PINGREQ


def test_what_is_read_counts_as_a_sign_of_life(peer: ScriptedPeer) -> None:
    """paho closes a connection from which it believes to have heard nothing for a keep-alive after its PINGREQ."""
    asked = mqtt.time_func() + KEEPALIVE_S + 1
    with patch.object(mqtt, "time_func", lambda: asked):
        peer.client.loop_misc()
    assert peer.hear(2) == PINGREQ
    with patch.object(mqtt, "time_func", lambda: asked + KEEPALIVE_S - 1):
        peer.say(publish("t", b"alive", 1))
        peer.read_until(lambda: peer.received)
    with patch.object(mqtt, "time_func", lambda: asked + KEEPALIVE_S + 1):
        peer.client.loop_misc()
    assert peer.client.socket() is not None


@pytest.mark.parametrize(
    "malformed",
    [
        pytest.param(b"\x30\xff\xff\xff\xff\x01", id="a length of five bytes"),
        pytest.param(b"\x32\x03\x00\x09t", id="a topic longer than its packet"),
        pytest.param(b"\x32\x04\x00\x01t\x00", id="no whole packet id"),
        pytest.param(b"\x32\x06\x00\x01t\x00\x01\x09", id="properties longer than their packet"),
        pytest.param(b"\x34\x06\x00\x01t\x00\x01\x00", id="QoS 2"),
    ],
)
def test_malformed_packets_end_the_connection(peer: ScriptedPeer, malformed: bytes) -> None:
    ended: list[object] = []
    peer.client.on_disconnect = lambda *_: ended.append(True)
    peer.say(malformed + publish("t", b"never read", 1))
    peer.read_until(lambda: ended)
    assert not peer.received
    assert peer.client.socket() is None


def test_a_topic_that_is_not_utf_8_is_named_as_such() -> None:
    frames = Frames()
    frames.feed(publish("x", b"", 1).replace(b"x", b"\xff"))
    run, _ = frames.next_run(NOON, NOBODY)
    assert [message.topic for message in run] == [UNREADABLE_TOPIC]


def test_publish_is_read_as_by_pahos_own_handler() -> None:
    """With every property that a broker may hand on."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho leaves it untyped
    properties.MessageExpiryInterval = 7
    properties.PayloadFormatIndicator = 1
    properties.ContentType = "application/json"
    properties.ResponseTopic = "answers"
    properties.CorrelationData = b"\x00\x01"
    properties.SubscriptionIdentifier = 200
    properties.UserProperty = [("station", "KL"), ("long", "y" * 200)]
    packed = properties.pack()  # type: ignore[no-untyped-call]
    length = len(packed) - (2 if packed[0] > 127 else 1)
    whole = publish("lotse/v1/readings/ü", b"payload", 4711, packed[-length:], flags=8)
    frames = Frames()
    frames.feed(whole)
    (ours,), _ = frames.next_run(NOON, NOBODY)
    assert (ours.topic, ours.payload, ours.packet_id) == _as_paho_reads_it(whole)


def _as_paho_reads_it(whole: bytes) -> tuple[str, bytes, int]:
    """Let an untouched client of paho read a packet from a socket."""
    read: list[mqtt.MQTTMessage] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5, manual_ack=True)
    client.on_message = lambda _client, _data, message: read.append(message)
    stream = iter([whole[:1], whole[1:2], whole[2:3], whole[3:]])
    with patch.object(client, "_sock_recv", lambda _size: next(stream)):
        client._packet_read()  # noqa: SLF001 - the oracle
    return read[0].topic, bytes(read[0].payload), read[0].mid


def test_frames_tell_malformed_from_incomplete() -> None:
    frames = Frames()
    frames.feed(b"\x30")
    assert frames.next_run(NOON, NOBODY) == ([], None)
    frames.feed(b"\x80\x80\x80")
    assert frames.next_run(NOON, NOBODY) == ([], None)
    frames.feed(b"\x80")
    with pytest.raises(MalformedError):
        frames.next_run(NOON, NOBODY)


def test_only_short_topics_are_remembered() -> None:
    """Thousands of long ones, each published once, would fill the memory."""
    frames, long = Frames(), "t" * (LONGEST_TOPIC_KNOWN_BYTES + 1)
    frames.feed(b"".join(publish(topic, b"1") for topic in (long, "short", long, "short")))
    run, _ = frames.next_run(NOON, NOBODY)
    assert [message.topic for message in run] == [long, "short", long, "short"]
    assert run[1].topic is run[3].topic
    assert run[0].topic is not run[2].topic
