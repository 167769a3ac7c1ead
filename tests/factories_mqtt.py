"""Builders for tests of the lean client: MQTT 5 packets as bytes, and a peer that speaks only when told."""

import select
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from lotse_ingest.messages import Received
from lotse_ingest.mqtt import LeanClient

WAIT_S = 10.0
KEEPALIVE_S = 60
CONNACK = b"\x20\x03\x00\x00\x00"
PINGREQ = b"\xc0\x00"
PINGRESP = b"\xd0\x00"
TAKEN_OVER = b"\xe0\x02\x8e\x00"
"""DISCONNECT, session taken over."""


def variable(value: int) -> bytes:
    """A variable byte integer (MQTT 5, section 1.5.5)."""
    encoded = bytearray()
    while True:
        value, byte = divmod(value, 128)
        encoded.append(byte | (128 if value else 0))
        if not value:
            return bytes(encoded)


def packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + variable(len(body)) + body


def publish(topic: str, payload: bytes, packet_id: int = 0, properties: bytes = b"", flags: int = 0) -> bytes:
    """A PUBLISH; with QoS 1 if it has a packet id. `flags` are those of DUP (8) and RETAIN (1)."""
    name = topic.encode()
    head = len(name).to_bytes(2, "big") + name + (packet_id.to_bytes(2, "big") if packet_id else b"")
    return packet(0x30 | flags | (2 if packet_id else 0), head + variable(len(properties)) + properties + payload)


def suback(packet_id: int) -> bytes:
    return packet(0x90, packet_id.to_bytes(2, "big") + b"\x00\x01")


class ScriptedPeer:
    """The other end of a connection, byte by byte: no broker can be told to split its packets just so."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.received: list[Received] = []
        self.client = LeanClient("test", self.received.extend)
        self.client.on_socket_register_write = lambda *_: None  # as where an event loop drives it: nothing sends itself

    def __enter__(self) -> Self:
        port = self._listener.getsockname()[1]
        self.client.connect_async("127.0.0.1", port, KEEPALIVE_S)
        self.client.begin(self)
        self.client.reconnect()
        self._socket, _ = self._listener.accept()
        self._socket.settimeout(WAIT_S)
        self.flush()
        assert self._socket.recv(4096)[0] == 0x10
        self.say(CONNACK)
        self.read_until(self.client.is_connected)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.client.disconnect()
        self.flush()
        self._socket.close()
        self._listener.close()

    def acknowledge(self, *_: object) -> None:
        """Take no note: it is the origin of what it says."""

    def say(self, words: bytes) -> None:
        """Send bytes to the client."""
        self._socket.sendall(words)

    def read_until(self, condition: Callable[[], object]) -> None:
        """Let the client read until a condition is true."""
        deadline = time.monotonic() + WAIT_S
        while not condition():
            assert time.monotonic() < deadline, "what was waited for did not come"
            sock = self.client.socket()
            if sock is not None and select.select([sock], [], [], 0.01)[0]:
                self.client.loop_read()

    def flush(self) -> None:
        """Let the client send all that it has to send."""
        while self.client.want_write():
            self.client.loop_write()

    def hear(self, size: int) -> bytes:
        """Read so many bytes of what the client sent."""
        self.flush()
        heard = b""
        while len(heard) < size:
            heard += self._socket.recv(size - len(heard))
        return heard
