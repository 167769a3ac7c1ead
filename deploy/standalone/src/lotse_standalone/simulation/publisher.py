"""An MQTT publisher at QoS 1 with a bound on what is under way, for simulated sensors and for replays."""

import threading
from collections import deque
from types import TracebackType
from typing import Any, NamedTuple, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from lotse_shared.log import OnChange, get_logger

RECONNECT_AFTER_S = 1
RECONNECT_AT_MOST_AFTER_S = 5

log = get_logger(__name__)


class Account(NamedTuple):
    """A user of the broker."""

    name: str
    password: str


class Publisher:
    """Publishes in order on paho's own thread, comes back after a broker was away, and counts what became of it.

    What was under way when the connection broke is sent again: the receiver may see it twice, never not at all.

    The order is not paho's: while it connects it sends new messages at once, and older ones that it still holds only
    when the broker has answered. So from before each attempt to connect, messages wait here until the broker has
    answered and acknowledged all that paho holds.

    Parameters
    ----------
    host, port
        Where the broker is. It may be away for now.
    bound
        Messages that may be under way, not yet acknowledged by the broker.
    account
        As whom it connects; None: as anybody.

    Attributes
    ----------
    acknowledged
        Messages that the broker has taken.
    refused
        Messages that the broker answered with an error.
    """

    def __init__(self, host: str, port: int, bound: int, account: Account | None = None) -> None:
        self._room = threading.BoundedSemaphore(bound)
        self._bound = bound
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._handing_over = threading.Lock()
        self._handed_over = 0
        self._is_open = False  # only paho's thread changes it
        self._state = OnChange(log)
        self.acknowledged = 0
        self.refused = 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        if account is not None:
            self._client.username_pw_set(account.name, account.password)
        self._client.max_inflight_messages_set(bound)
        self._client.reconnect_delay_set(RECONNECT_AFTER_S, RECONNECT_AT_MOST_AFTER_S)
        self._client.on_publish = self._on_publish
        self._client.on_pre_connect = self._on_pre_connect
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        # paho would want its session back when it comes back; rumqttd refuses that to a client without a name for good.
        self._client.connect_async(host, port, clean_start=True)

    def __enter__(self) -> Self:
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.on_disconnect = None  # from here on it is no loss
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, wait_s: float) -> bool:
        """Hand a message over; False if there was no room for it within `wait_s`."""
        if not self._room.acquire(timeout=wait_s):
            return False
        self._waiting.append((topic, payload))
        self._hand_over()
        return True

    def drain(self, wait_s: float) -> bool:
        """Wait until nothing is under way; False if that took longer than `wait_s` for any of it."""
        held = 0
        while held < self._bound and self._room.acquire(timeout=wait_s):
            held += 1
        for _ in range(held):
            self._room.release()
        return held == self._bound

    def _hand_over(self) -> None:
        """Give paho what waits. Whoever finds another thread doing so leaves it to that one, which looks again.

        To wait for it could be a deadlock: paho calls back with a lock held that its `publish` needs.
        """
        while self._is_open and self._waiting and self._handing_over.acquire(blocking=False):
            try:
                if self._is_open and self._waiting:
                    self._handed_over += 1
                    self._client.publish(*self._waiting.popleft(), qos=1)
            finally:
                self._handing_over.release()

    def _open_if_settled(self) -> None:
        if self.acknowledged + self.refused == self._handed_over:
            self._is_open = True
            self._hand_over()

    def _on_publish(self, _client: mqtt.Client, _data: Any, _mid: int, code: ReasonCode, _more: Properties) -> None:  # noqa: ANN401 - paho's signature
        if code.is_failure:
            self.refused += 1
        else:
            self.acknowledged += 1
        self._room.release()
        self._open_if_settled()

    def _on_pre_connect(self, *_: object) -> None:
        with self._handing_over:
            self._is_open = False

    def _on_connect(self, _client: mqtt.Client, _data: Any, _flags: object, code: ReasonCode, _more: object) -> None:  # noqa: ANN401 - paho's signature
        if not code.is_failure:
            self._state.now("connected", "publisher connected")
            self._open_if_settled()

    def _on_disconnect(self, *_: object) -> None:
        self._state.now("away", "publisher lost the broker; it comes back by itself")
