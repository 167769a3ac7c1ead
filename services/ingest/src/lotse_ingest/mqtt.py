"""paho's MQTT 5 client with a leaner way to read PUBLISH packets and to acknowledge many of them at once.

paho reads a packet in three system calls and makes a dozen Python objects of it, properties decoded and all. Here a
chunk is read at a time, PUBLISH packets are cut out of it in one loop, and all other packets go to paho's own handlers.
This leans on private hooks of paho, all of them in this file: `_packet_read`, `_sock_recv`, `_in_packet`,
`_packet_handle`, `_packet_queue`, `_ssl_wrap_socket`, `_ssl_context`, `_last_bytes_received` and `_msgtime_mutex`. The
dependency is therefore pinned to one version, and tests/unit/test_ingest_mqtt.py fails when one of them goes or
changes its meaning.
"""

import socket
import ssl
import struct
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MessageType, MQTTErrorCode
from paho.mqtt.exception import MalformedPacket

from lotse_ingest.messages import Origin, Received

CHUNK_BYTES = 64 * 1024
"""More than a record of TLS (16 KiB): nothing that was decrypted may be left waiting where no socket tells of it."""
MAX_TOPICS_KNOWN = 65_536
LONGEST_TOPIC_KNOWN_BYTES = 256
PUBLISH = 0x30
PUBACK_WITH_LENGTH = 0x4002  # a PUBACK without reason code has a length of 2
UNREADABLE_TOPIC = "(a topic that is not UTF-8)"
"""Which no broker should let pass; it finds no decoder."""


class MalformedError(ValueError):
    """The bytes are not MQTT 5 (OASIS standard, sections 2.1 and 3.3), or of a kind we did not ask for."""


class Frames:
    """Cuts packets out of a stream of bytes.

    Pure: `feed` takes a chunk, `next_run` gives the PUBLISH packets up to the first other packet.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._at = 0
        self._topics: dict[bytes, str] = {}

    def feed(self, chunk: bytes) -> None:
        """Add bytes as they came."""
        self._buffer = self._buffer[self._at :] + chunk if self._at < len(self._buffer) else chunk
        self._at = 0

    def next_run(  # noqa: C901 - one tight loop
        self, received_at: datetime, origin: Origin
    ) -> tuple[list[Received], "tuple[int, bytes] | None"]:
        """Give the next PUBLISH packets, and the packet of another kind (first byte, body) that ended the run.

        None instead of that packet: the rest is incomplete, feed more.

        Raises
        ------
        MalformedError
            What follows is not MQTT.
        """
        buffer, at, size, topics = self._buffer, self._at, len(self._buffer), self._topics
        run: list[Received] = []
        try:
            while size - at >= 2:  # noqa: PLR2004 - the shortest packet
                first, length, start = buffer[at], buffer[at + 1], at + 2
                if length > 127 and size - at > 2 and buffer[start] < 128:  # noqa: PLR2004 - two bytes: nearly always
                    length, start = length - 128 + (buffer[start] << 7), start + 1
                elif length > 127:  # noqa: PLR2004 - the top bit says that the length goes on
                    found = _variable_length(buffer, at + 1)
                    if found is None:
                        break
                    length, start = found
                end = start + length
                if end > size:
                    break
                at = end
                if first & 0xF0 != PUBLISH:
                    return run, (first, buffer[start:end])
                name_end = start + 2 + (buffer[start] << 8 | buffer[start + 1])
                name = buffer[start + 2 : name_end]
                packet_id, rest = 0, name_end
                if first & 6:
                    if first & 6 != 2:  # noqa: PLR2004 - QoS 1
                        message = f"PUBLISH with QoS {first >> 1 & 3}; we subscribe with QoS 1 at most"
                        raise MalformedError(message)
                    packet_id, rest = buffer[rest] << 8 | buffer[rest + 1], rest + 2
                rest = rest + 1 if buffer[rest] == 0 else _after_properties(buffer, rest)
                if rest > end:
                    message = "PUBLISH is shorter than its parts"
                    raise MalformedError(message)
                topic = topics.get(name) or self._learn(name)
                run.append(Received(topic, buffer[rest:end], received_at, origin, packet_id))
        except IndexError:
            message = "PUBLISH is shorter than its parts"
            raise MalformedError(message) from None
        finally:
            self._at = at
        return run, None

    def _learn(self, name: bytes) -> str:
        """Decode a topic once; detectors publish on the same ones, short ones, again and again."""
        try:
            topic = name.decode()
        except UnicodeDecodeError:
            return UNREADABLE_TOPIC
        if len(name) <= LONGEST_TOPIC_KNOWN_BYTES and len(self._topics) < MAX_TOPICS_KNOWN:
            self._topics[name] = topic
        return topic


def _variable_length(buffer: bytes, at: int) -> tuple[int, int] | None:
    """Read a variable byte integer (section 1.5.5): the number and where it ends, None if it is incomplete."""
    value = 0
    for place in range(4):
        if at + place >= len(buffer):
            return None
        byte = buffer[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:  # noqa: PLR2004 - the top bit says that it goes on
            return value, at + place + 1
    message = "a length of more than four bytes"
    raise MalformedError(message)


def _after_properties(buffer: bytes, at: int) -> int:
    """Skip properties: none of them changes what a reading says."""
    found = _variable_length(buffer, at)
    if found is None:
        message = "PUBLISH is shorter than its parts"
        raise MalformedError(message)
    return found[0] + found[1]


class LeanClient(mqtt.Client):
    """paho's client; PUBLISH packets go to `on_messages` in runs, and are acknowledged by `acknowledge`."""

    def __init__(self, client_id: str, on_messages: Callable[[list[Received]], None]) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5, manual_ack=True)
        self.on_messages = on_messages
        self.on_pong: Callable[[], None] = _nothing
        self._frames = Frames()
        self._origin: Any = None
        self.heard_s = 0.0
        """When the other end was last heard (monotonic)."""

    def begin(self, origin: Origin) -> None:
        """Get ready for a new connection, whose messages have this origin."""
        self._origin = origin
        self._frames = Frames()
        self.heard_s = time.monotonic()

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        """Acknowledge PUBLISH packets of QoS 1, all in one write."""
        words = chain.from_iterable(zip(repeat(PUBACK_WITH_LENGTH), packet_ids))
        self._packet_queue(MessageType.PUBACK, struct.pack(f">{2 * len(packet_ids)}H", *words), 0, 0)

    def ping(self) -> None:
        """Send a PINGREQ, whether its answer will be read or not."""
        self._packet_queue(MessageType.PINGREQ, b"\xc0\x00", 0, 0)

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        """Shake hands, and close what came of it if that fails: paho leaves it open, and we try again for days."""
        assert self._ssl_context is not None  # noqa: S101 - paho asks for this only where TLS was set
        wrapped = self._ssl_context.wrap_socket(tcp_sock, server_hostname=self.host, do_handshake_on_connect=False)
        try:
            wrapped.settimeout(self.connect_timeout)
            wrapped.do_handshake()
        except OSError:
            wrapped.close()
            raise
        return wrapped

    def _packet_read(self) -> MQTTErrorCode:
        """Read one chunk and handle all that is whole in it (called by paho's `loop_read`)."""
        try:
            chunk = self._sock_recv(CHUNK_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        except OSError:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        if not chunk:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        self.heard_s = time.monotonic()
        with self._msgtime_mutex:
            self._last_bytes_received = mqtt.time_func()
        self._frames.feed(chunk)
        try:
            return self._handle_chunk(datetime.now(UTC))
        except (MalformedError, MalformedPacket):
            return MQTTErrorCode.MQTT_ERR_PROTOCOL

    def _handle_chunk(self, received_at: datetime) -> MQTTErrorCode:
        frames = self._frames
        while True:
            run, other = frames.next_run(received_at, self._origin)
            if run:
                self.on_messages(run)
            if other is None:
                return MQTTErrorCode.MQTT_ERR_SUCCESS
            code = self._handle_other(*other)
            if code != MQTTErrorCode.MQTT_ERR_SUCCESS or frames is not self._frames:
                return code

    def _handle_other(self, first: int, body: bytes) -> MQTTErrorCode:
        """Let paho handle a packet that is no PUBLISH, as if it had read it itself."""
        self._in_packet = {
            "command": first,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": bytearray(body),
            "to_process": 0,
            "pos": 0,
        }
        code = self._packet_handle()
        if first == MessageType.PINGRESP:
            self.on_pong()
        return code


def _nothing() -> None:
    """Nobody waits for a PINGRESP."""
