"""A publisher that outlives brokers: it sends until acknowledged, and again what a killed broker may have forgotten."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from faults.messages import Message
from lotse_standalone.machine.ports import LOOPBACK

IN_FLIGHT = 1_000
TURN_S = 0.01
RETRY_S = 0.1
CONNECT_S = 2.0
NOBODY_SUBSCRIBED = 0x10
"""MQTT 5: the broker took the message and gave it to no session. It is not published then, whatever QoS 1 promised."""


@dataclass
class _Connection:
    client: mqtt.Client
    pending: dict[int, int] = field(default_factory=dict)
    answers: "deque[tuple[int, int]]" = field(default_factory=deque)
    is_up: bool = False

    def turn(self) -> bool:
        """Let paho send and receive for a moment; tell whether the connection still stands."""
        return self.client.loop(TURN_S) == MQTTErrorCode.MQTT_ERR_SUCCESS


class Publisher(threading.Thread):
    """Publishes message 0, 1, 2, … of a load with QoS 1, about `rate` of them a second, until told to finish.

    Whenever its connection breaks it sends again what was not acknowledged, and what was within the last `keep_s`:
    a broker that is killed forgets what it had not yet written to its disk.
    """

    def __init__(self, port: int, message: Callable[[int], Message], rate: float, keep_s: float) -> None:
        super().__init__(name="publisher", daemon=True)
        self._port = port
        self._message = message
        self._rate = rate
        self._keep_s = keep_s
        self._again: deque[int] = deque()
        self._open: set[int] = set()
        self._recent: deque[tuple[float, int]] = deque()
        self._started_s = time.monotonic()
        self._silent_until_s = 0.0
        self._is_finishing = threading.Event()
        self._end = 0
        self._failure: Exception | None = None
        self.next_number = 0
        self.acknowledged_s: dict[int, float] = {}
        self.sent_again = 0
        self.unheard = 0

    def publish_only(self, count: int) -> None:
        """Publish the first `count` messages, and return once all are acknowledged."""
        self._end = count
        self._is_finishing.set()
        self._publish()

    def finish(self, timeout_s: float) -> None:
        """Begin nothing new, and return once everything is acknowledged."""
        self._is_finishing.set()
        self.join(timeout_s)
        if self._failure is not None:
            raise self._failure
        assert not self.is_alive(), f"{len(self._open)} messages were not acknowledged within {timeout_s} s"

    def run(self) -> None:
        try:
            self._publish()
        except Exception as error:  # noqa: BLE001 - told to whoever waits for the end
            self._failure = error

    def _publish(self) -> None:
        while not self._is_done():
            connection = self._connect()
            if connection is None:
                time.sleep(RETRY_S)
                continue
            self._talk(connection)
            if self._is_done():
                connection.client.disconnect()
            else:
                self._take_back(connection)

    def _is_done(self) -> bool:
        return self._is_finishing.is_set() and not self._open and self.next_number >= self._end

    def _connect(self) -> _Connection | None:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        connection = _Connection(client)
        client.max_inflight_messages_set(2 * IN_FLIGHT)

        def on_connect(*_: object) -> None:
            connection.is_up = True

        def on_publish(_client: object, _data: object, mid: int, reason: ReasonCode, _properties: object) -> None:
            connection.answers.append((mid, reason.value))

        client.on_connect, client.on_publish = on_connect, on_publish
        deadline_s = time.monotonic() + CONNECT_S
        try:
            client.connect(LOOPBACK, self._port, keepalive=5)
            while not connection.is_up and connection.turn() and time.monotonic() < deadline_s:
                pass
        except OSError:
            return None
        return connection if connection.is_up else None

    def _talk(self, connection: _Connection) -> None:
        while not self._is_done() and connection.turn():
            self._hear(connection)
            while len(connection.pending) < IN_FLIGHT and (number := self._next()) is not None:
                self._send(connection, number)

    def _next(self) -> int | None:
        """Give what is to be sent again, else the next new message if it is time: sensors measure on in any case."""
        now_s = time.monotonic()
        if now_s < self._silent_until_s:
            return None
        if self._again:
            return self._again.popleft()
        is_over = self._is_finishing.is_set() and self.next_number >= self._end
        if is_over or self.next_number >= (now_s - self._started_s) * self._rate:
            return None
        number = self.next_number
        self.next_number += 1
        self._open.add(number)
        return number

    def _send(self, connection: _Connection, number: int) -> None:
        message = self._message(number)
        sent = connection.client.publish(message.topic, message.payload, qos=1)
        connection.pending[sent.mid] = number

    def _hear(self, connection: _Connection) -> None:
        now = time.monotonic()
        while connection.answers:
            mid, reason = connection.answers.popleft()
            number = connection.pending.pop(mid)
            if reason == NOBODY_SUBSCRIBED:
                self.unheard += 1
                self._again.append(number)
                self._silent_until_s = now + RETRY_S
                continue
            assert reason == 0, f"the broker refused message {number}: {reason:#x}"
            self._recent.append((now, number))
            self.acknowledged_s[number] = now
            self._open.discard(number)
        while self._recent and self._recent[0][0] < now - self._keep_s:
            self._recent.popleft()

    def _take_back(self, connection: _Connection) -> None:
        self._hear(connection)
        again = dict.fromkeys(number for _, number in self._recent)
        self._open.update(again)
        again |= dict.fromkeys(connection.pending.values())
        self._recent.clear()
        self.sent_again += len(again)
        self._again.extendleft(reversed(again))
