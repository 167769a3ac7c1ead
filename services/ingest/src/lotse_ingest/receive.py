"""Receiving: an MQTT 5 session driven by asyncio through paho's public hooks.

The session is persistent and acknowledged by hand: what was not acknowledged, the broker delivers again, also to the
next process under the same client id.
"""

import asyncio
import random
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from lotse_ingest.inbox import Inbox
from lotse_ingest.messages import Received
from lotse_ingest.metrics import Metrics
from lotse_ingest.settings import IngestSettings
from lotse_shared.log import OnChange, get_logger
from lotse_shared.settings import BrokerSettings

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike  # paho defines it for type checkers only

READS_A_TURN = 50  # packets; then others have their turn
MISC_EVERY_S = 1.0  # paho's keep-alive needs it
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0

log = get_logger(__name__)


class Receiver:
    """Puts messages into the inbox, and acknowledges them when told.

    It connects again for as long as it runs, with a growing pause. A full inbox stops reading from the socket. While
    it does, no keep-alive is sent either (its answer would go unread): after one and a half keep-alive times the broker
    closes the connection and delivers what is not acknowledged again, later.
    """

    def __init__(self, broker: BrokerSettings, settings: IngestSettings, inbox: Inbox, metrics: Metrics) -> None:
        self._settings = settings
        self._inbox = inbox
        self._metrics = metrics
        self._state = OnChange(log)
        self._wake = asyncio.Event()
        self._connection = 0
        self._message_count = 0
        self._is_connecting = False
        self._is_paused = False
        self._is_behind = False
        self._is_ending = False
        self._is_lost = True
        self._why_lost = ""
        self._pause_s = FIRST_PAUSE_S
        self.is_subscribed = False
        self._client = self._make_client(broker)

    def _make_client(self, broker: BrokerSettings) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, self._settings.session_id, protocol=mqtt.MQTTv5, manual_ack=True
        )
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password.get_secret_value() if broker.password else None)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
        properties.SessionExpiryInterval = self._settings.session_expiry_s
        properties.ReceiveMaximum = self._settings.receive_maximum
        client.connect_async(broker.host, broker.port, broker.keepalive_s, clean_start=False, properties=properties)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        client.on_socket_open = self._on_socket_open
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_register_write
        client.on_socket_unregister_write = self._on_unregister_write
        return client

    async def run(self, stop: asyncio.Event, drained: asyncio.Event) -> None:
        """Stay connected until `stop` is set; then read no more, and disconnect once what was read is `drained`."""
        stopper = asyncio.create_task(stop.wait())
        stopper.add_done_callback(lambda _: self._wake.set())
        try:
            while not stop.is_set():
                await self._connect()
                await self._stay_connected(stop)
                if not stop.is_set():
                    self._state.now("away", "broker is away", error=self._why_lost)
                    await self._back_off()
            self._is_ending = True
            self._stop_reading()
            await drained.wait()
        finally:
            stopper.cancel()
            self._disconnect()

    def acknowledge(self, messages: Sequence[Received]) -> None:
        """Acknowledge what is stored. On another connection than their own, their packet ids mean nothing."""
        for message in messages:
            if message.packet_id == 0:
                continue
            if message.connection == self._connection and not self._is_lost:
                self._client.ack(message.packet_id, 1)
            else:
                self._metrics.unusable_acknowledgements.inc()

    async def _connect(self) -> None:
        """Open a connection, in a thread: looking up a name and connecting block."""
        self._connection += 1
        self._is_connecting, self._is_lost, self._why_lost = True, False, ""
        try:
            await asyncio.to_thread(self._client.reconnect)
        except OSError as error:
            self._lose(f"{type(error).__name__}: {error}")
        finally:
            self._is_connecting = False
        self._read_on()
        if (sock := self._client.socket()) is not None and self._client.want_write():
            asyncio.get_running_loop().add_writer(sock, self._client.loop_write)

    async def _stay_connected(self, stop: asyncio.Event) -> None:
        while not self._is_lost and not stop.is_set():
            await self._sleep(MISC_EVERY_S)
            if not self._is_paused:
                self._client.loop_misc()
                self._tell_if_caught_up()

    async def _back_off(self) -> None:
        self._wake.clear()
        await self._sleep(self._pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _disconnect(self) -> None:
        """Send what is left to send, and close. The session stays with the broker."""
        if not self._is_lost:
            self._client.disconnect()
            self._client.loop_write()

    async def _sleep(self, seconds: float) -> None:
        """Sleep until woken: by the end of the connection, or of the service."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    def _lose(self, why: str) -> None:
        self._is_lost = True
        self._why_lost = self._why_lost or why
        self.is_subscribed = False
        self._metrics.broker_connected.set(0)
        self._wake.set()

    def _refuse(self, why: str) -> None:
        """Give this connection up; another may be better."""
        self._why_lost = why
        self._client.disconnect()

    def _read(self) -> None:
        """Read what is there, up to a turn's share; paho reads one packet a call."""
        for _ in range(READS_A_TURN):
            count_before = self._message_count
            try:
                self._client.loop_read()
            except Exception as error:  # noqa: BLE001 - whatever a packet does to paho, it must not stop the intake
                self._refuse(f"unreadable packet: {type(error).__name__}: {error}")
            if self._message_count == count_before or self._is_lost or self._is_paused:
                return

    def _read_on(self) -> None:
        """Read from the socket, if there is one and the inbox has room."""
        sock = self._client.socket()
        if sock is not None and not (self._is_paused or self._is_connecting or self._is_ending):
            asyncio.get_running_loop().add_reader(sock, self._read)

    def _stop_reading(self) -> None:
        self._is_paused = True
        if (sock := self._client.socket()) is not None:
            asyncio.get_running_loop().remove_reader(sock)

    def _on_full(self) -> None:
        self._metrics.pauses.inc()
        if not self._is_behind:
            log.warning("queue is full; reading from the broker only as fast as the database takes it")
            self._is_behind = True
        self._inbox.when_room(self._on_room)
        self._stop_reading()

    def _on_room(self) -> None:
        self._is_paused = False
        self._read_on()

    def _tell_if_caught_up(self) -> None:
        if self._is_behind and self._inbox.is_empty:
            self._is_behind = False
            log.info("queue is empty again")

    def _on_message(self, _client: object, _userdata: object, message: mqtt.MQTTMessage) -> None:
        self._message_count += 1
        self._metrics.messages.inc()
        packet_id = message.mid if message.qos else 0
        self._inbox.put(
            Received(_topic_of(message), bytes(message.payload), datetime.now(UTC), self._connection, packet_id)
        )
        if self._inbox.is_full and not self._is_paused:
            self._on_full()

    def _on_connect(self, _client: object, _userdata: object, _flags: object, reason: ReasonCode, _p: object) -> None:
        if reason.is_failure:
            self._why_lost = f"connection refused: {reason}"  # paho closes it
            return
        self._metrics.connections.inc()
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        self._client.subscribe(self._settings.subscription, options=options)

    def _on_subscribe(
        self, _client: object, _userdata: object, _mid: int, reasons: Sequence[ReasonCode], _p: object
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._refuse(f"subscription to {self._settings.subscription} refused: {reasons[0]}")
            return
        self.is_subscribed = True
        self._pause_s = FIRST_PAUSE_S
        self._metrics.broker_connected.set(1)
        self._state.now("there", "subscribed", topic_filter=self._settings.subscription)

    def _on_disconnect(
        self, _client: object, _userdata: object, _flags: object, reason: ReasonCode, _p: object
    ) -> None:
        self._lose(str(reason))

    def _on_socket_open(self, _client: object, _userdata: object, sock: object) -> None:
        if isinstance(sock, socket.socket):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_socket_close(self, _client: object, _userdata: object, sock: "SocketLike") -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(sock)
        loop.remove_writer(sock)

    def _on_register_write(self, _client: object, _userdata: object, sock: "SocketLike") -> None:
        if not self._is_connecting:  # in the thread that connects there is no loop
            asyncio.get_running_loop().add_writer(sock, self._client.loop_write)

    def _on_unregister_write(self, _client: object, _userdata: object, sock: "SocketLike") -> None:
        asyncio.get_running_loop().remove_writer(sock)


def _topic_of(message: mqtt.MQTTMessage) -> str:
    """Give the topic; one that is not UTF-8, which no broker should let pass, is told as such and finds no decoder."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return "(a topic that is not UTF-8)"
