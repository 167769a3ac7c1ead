"""Messages, and a publisher quick enough to fill a broker: prepared packets over a bare socket."""

import json
import socket
import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from lotse_shared import topics

Message = tuple[str, bytes]
DETECTORS = 1_000
AT_ONCE = 5_000
"""Packets sent ahead of their PUBACK."""


def detector_ids() -> list[str]:
    """The detectors of the bench."""
    return [f"KL-{number:04}" for number in range(DETECTORS)]


def bodies(count: int) -> Iterator[dict[str, object]]:
    """Distinct readings, minute after minute, of every detector in turn."""
    ids = detector_ids()
    first = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=count // DETECTORS + 1)
    for number in range(count):
        minute, detector = divmod(number, DETECTORS)
        yield {
            "detector_id": ids[detector],
            "measured_at": (first + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z"),
            "interval_s": 60,
            "vehicle_count": number * 7 % 23 + 1,
            "heavy_count": number % 2,
            "mean_speed_kmh": 30 + number * 13 % 400 / 10,
            "occupancy_pct": number * 11 % 300 / 10,
            "seq": minute,
        }


def singles(count: int) -> list[Message]:
    """One reading a message."""
    return [(topics.reading_topic(str(body["detector_id"])), _json(body)) for body in bodies(count)]


def arrays(count: int, size: int = 50) -> list[Message]:
    """Arrays from one station for each `size` detectors."""
    flat = list(bodies(count))
    return [
        (topics.batch_topic(f"station-{start // size % (DETECTORS // size)}"), _json(flat[start : start + size]))
        for start in range(0, count, size)
    ]


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def publish_all(port: int, messages: Sequence[Message]) -> None:
    """Publish with QoS 1 (MQTT 3.1.1) and return once the broker has acknowledged all of them."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"\x10" + _length(14) + b"\x00\x04MQTT\x04\x02\x00\x00\x00\x02pb")
        assert connection.recv(4)[3] == 0
        for start in range(0, len(messages), AT_ONCE):
            part = messages[start : start + AT_ONCE]
            connection.sendall(b"".join(_packet(number + 1, *message) for number, message in enumerate(part)))
            _read_exactly(connection, 4 * len(part))


def _read_exactly(connection: socket.socket, size: int) -> None:
    while size > 0:
        chunk = connection.recv(min(size, 65536))
        if not chunk:
            message = "the broker closed the connection"
            raise ConnectionError(message)
        size -= len(chunk)


def _packet(packet_id: int, topic: str, payload: bytes) -> bytes:
    name = topic.encode()
    body = struct.pack(">H", len(name)) + name + struct.pack(">H", packet_id) + payload
    return b"\x32" + _length(len(body)) + body


def _length(value: int) -> bytes:
    encoded = bytearray()
    while True:
        value, byte = divmod(value, 128)
        encoded.append(byte | (128 if value else 0))
        if not value:
            return bytes(encoded)
