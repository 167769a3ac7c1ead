"""Receiving: an MQTT 5 session driven by asyncio through paho's public hooks.

The session is persistent and acknowledged by hand: what was not acknowledged, the broker delivers again, also to the
next process under the same client id.
"""

import asyncio
import math
import random
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from lotse_ingest.inbox import Inbox
from lotse_ingest.messages import Fate, Received
from lotse_ingest.metrics import Metrics
from lotse_ingest.mqtt import LeanClient
from lotse_ingest.settings import IngestSettings
from lotse_shared.certificates import tell_seen
from lotse_shared.log import OnChange, get_logger
from lotse_shared.settings import BrokerSettings
from lotse_shared.tls import trust

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike  # paho defines it for type checkers only

MISC_EVERY_S = 1.0  # paho's keep-alive needs it
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
TAKEN_OVER = 0x8E
"""MQTT 5 reason code "session taken over": another client came with our client id."""
TAKEN_OVER_PAUSE_S = 30.0
SHORT_LIVED_S = 1.0
SHORT_LIVED_MAX = 5
"""So many connections in a row, each lost at once and made again at once, are a sign of somebody with our client id:
Mosquitto before 2.0.15 does not tell of him."""
LAST_WORDS_S = 2.0
"""How long a stop waits for the broker to have read our acknowledgements."""

log = get_logger(__name__)


class Connection:
    """One connection to the broker: packet ids mean nothing on another one (an `Origin` of messages)."""

    def __init__(self, client: LeanClient, metrics: Metrics) -> None:
        self._client = client
        self._metrics = metrics
        self.is_lost = False
        self.acknowledged = 0

    def acknowledge(self, messages: Sequence[Received], _fates: Callable[[], Iterable[Fate]]) -> None:
        """Acknowledge what is stored, in one write. What belongs to a lost connection, the broker delivers again."""
        packet_ids = [message.packet_id for message in messages if message.packet_id]
        if self.is_lost:
            self._metrics.unusable_acknowledgements.inc(len(packet_ids))
        elif packet_ids:
            self._client.acknowledge(packet_ids)
            self.acknowledged += len(packet_ids)


class Receiver:
    """Puts messages into the inbox; their connection acknowledges them when told.

    It connects again for as long as it runs, with a growing pause. A full inbox stops reading from the socket;
    keep-alive goes on meanwhile, unanswered as far as we can tell.
    """

    def __init__(self, broker: BrokerSettings, settings: IngestSettings, inbox: Inbox, metrics: Metrics) -> None:
        self._settings = settings
        self._inbox = inbox
        self._metrics = metrics
        self._state = OnChange(log)
        self._wake = asyncio.Event()
        self._connection: Connection | None = None
        self._is_connecting = False
        self._is_paused = False
        self._is_behind = False
        self._is_ending = False
        self._why_lost = ""
        self._pinged_s = 0.0
        self._asked_since_s = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._short_lived = 0
        self._subscribed_s = -math.inf
        self.is_taken_over = False
        self.is_subscribed = False
        self._client = self._make_client(broker)

    @property
    def _is_lost(self) -> bool:
        return self._connection is None or self._connection.is_lost

    def _make_client(self, broker: BrokerSettings) -> LeanClient:
        client = LeanClient(self._settings.session_id, self._on_messages)
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password.get_secret_value() if broker.password else None)
        if broker.tls:
            client.tls_set_context(trust(broker.tls_ca))
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
        properties.SessionExpiryInterval = self._settings.session_expiry_s
        properties.ReceiveMaximum = self._settings.receive_maximum
        client.connect_async(broker.host, broker.port, broker.keepalive_s, clean_start=False, properties=properties)
        self._keepalive_s = broker.keepalive_s
        self._silence_s = broker.silence_s
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
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
                    self._suspect_another()
                    self._state.now("away", "broker is away", error=self._why_lost)
                    await self._back_off()
            self._is_ending = True
            await drained.wait()
            await self._say_last_words()
        finally:
            stopper.cancel()
            self._disconnect()

    async def _connect(self) -> None:
        """Open a connection, in a thread: looking up a name and connecting block."""
        self._connection = Connection(self._client, self._metrics)
        self._client.begin(self._connection)
        self._is_connecting, self._why_lost = True, ""
        try:
            await asyncio.to_thread(self._client.reconnect)
        except OSError as error:
            self._short_lived = 0
            is_tls = isinstance(error, ssl.SSLError)
            self._count_failure("tls" if is_tls else "network")
            hint = "; see LOTSE_BROKER_HOST and LOTSE_BROKER_TLS_CA" if is_tls else ""
            self._lose(f"{type(error).__name__}: {error}{hint}")
        finally:
            self._is_connecting = False
        self._read_on()
        if (sock := self._client.socket()) is not None and self._client.want_write():
            asyncio.get_running_loop().add_writer(sock, self._client.loop_write)

    async def _stay_connected(self, stop: asyncio.Event) -> None:
        while not self._is_lost and not stop.is_set():
            await self._sleep(MISC_EVERY_S)
            if self._is_paused:
                self._ping_while_paused()
            else:
                self._client.loop_misc()
                self._expect_a_word()
                self._tell_if_caught_up()

    def _ping_while_paused(self) -> None:
        """Keep the broker from closing; paho itself would miss the answers, which we do not read, and close."""
        now_s = time.monotonic()
        if now_s - self._pinged_s >= self._keepalive_s / 2:
            self._pinged_s = now_s
            self._client.ping()

    def _expect_a_word(self) -> None:
        """Ask a broker that is silent, and leave a connection on which it does not answer: somebody cut it.

        paho notices after two keep-alives, and with short ones the broker would leave us whenever we are short of time.
        """
        heard_s = self._client.heard_s
        silent_s = time.monotonic() - heard_s
        is_asked = self._asked_since_s == heard_s or not self.is_subscribed  # before that, an answer is owed anyway
        if silent_s >= self._silence_s and is_asked:
            self._why_lost = f"no word for {silent_s:.1f} s"
            self._hang_up()
        elif silent_s >= self._silence_s / 2 and not is_asked:
            self._asked_since_s = heard_s
            self._client.ping()

    def _hang_up(self) -> None:
        """End the connection on our side, which reads that end then as if it came from the other."""
        sock = self._client.socket()
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    async def _say_last_words(self) -> None:
        """Wait until the broker has read our acknowledgements: its answer to a ping sent after them proves it.

        What it sends meanwhile is read and dropped unacknowledged, for the session's next process: closing a socket
        with unread bytes would reset the connection, and destroy acknowledgements on their way.
        """
        if self._is_lost or not self._client.is_connected():  # subscribed is told only after what waited for us
            return
        self._is_paused = False
        self._read_on()
        await self._hear_back(LAST_WORDS_S)

    async def _hear_back(self, patience_s: float) -> bool:
        """Ping, and tell whether the answer came: then the broker has read all that was sent before.

        Twice, because the first answer may be that to a keep-alive of before.
        """
        answers = asyncio.Semaphore(0)
        self._client.on_pong = answers.release
        self._client.ping()
        self._client.ping()
        try:
            async with asyncio.timeout(patience_s):
                await answers.acquire()
                await answers.acquire()
        except TimeoutError:
            return False
        return True

    def _suspect_another(self) -> None:
        """Leave a session that is taken from us again and again: two that fight for it get nothing done."""
        is_short_lived = time.monotonic() - self._subscribed_s < SHORT_LIVED_S
        self._short_lived = self._short_lived + 1 if is_short_lived else 0
        if self.is_taken_over or self._short_lived >= SHORT_LIVED_MAX:
            self._pause_s = TAKEN_OVER_PAUSE_S
            log.error(
                "it seems that another process has our client id: two replicas must not have the same slot",
                client_id=self._settings.session_id,
                pause_s=TAKEN_OVER_PAUSE_S,
            )

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
        if self._connection is not None:
            self._connection.is_lost = True
        self._why_lost = self._why_lost or why
        self.is_subscribed = False
        self._metrics.broker_connected.set(0)
        self._wake.set()

    def _count_failure(self, kind: Literal["network", "tls", "refused"]) -> None:
        self._metrics.connection_failures.labels(kind).inc()

    def _refuse(self, why: str) -> None:
        """Give this connection up; another may be better."""
        self._why_lost = why
        self._client.disconnect()

    def _read(self) -> None:
        """Read a chunk of what is there."""
        try:
            self._client.loop_read()
        except Exception as error:  # noqa: BLE001 - whatever a packet does to paho, it must not stop the intake
            self._refuse(f"unreadable packet: {type(error).__name__}: {error}")

    def _read_on(self) -> None:
        """Read from the socket, if there is one and the inbox has room."""
        sock = self._client.socket()
        if sock is not None and not (self._is_paused or self._is_connecting):
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
        self._client.heard_s = time.monotonic()  # what it said meanwhile waits to be read
        self._read_on()

    def _tell_if_caught_up(self) -> None:
        if self._is_behind and self._inbox.is_empty:
            self._is_behind = False
            log.info("queue is empty again")

    def _on_messages(self, messages: list[Received]) -> None:
        if self._is_ending:
            return
        self._metrics.messages.inc(len(messages))
        self._inbox.put(messages)
        if self._inbox.is_full and not self._is_paused:
            self._on_full()

    def _on_connect(self, _client: object, _userdata: object, _flags: object, reason: ReasonCode, _p: object) -> None:
        if reason.is_failure:
            self._count_failure("refused")
            self._why_lost = f"connection refused: {reason}"  # paho closes it
            return
        self._metrics.connections.inc()
        if isinstance(sock := self._client.socket(), ssl.SSLSocket):
            tell_seen(sock)
        self._open_session()

    def _open_session(self) -> None:
        """Say what we want to hear (again, in case the broker has lost our session)."""
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        self._client.subscribe([(topic_filter, options) for topic_filter in self._settings.subscriptions])

    def _on_subscribe(
        self, _client: object, _userdata: object, _mid: int, reasons: Sequence[ReasonCode], _p: object
    ) -> None:
        for topic_filter, reason in zip(self._settings.subscriptions, reasons, strict=True):
            if reason.is_failure:
                self._count_failure("refused")
                self._refuse(f"subscription to {topic_filter} refused: {reason}")
                return
        self.is_subscribed = True
        self._subscribed_s = time.monotonic()
        self._pause_s = FIRST_PAUSE_S
        self._metrics.broker_connected.set(1)
        self._state.now("there", "subscribed", topic_filters=self._settings.subscriptions)

    def _on_disconnect(
        self, _client: object, _userdata: object, _flags: object, reason: ReasonCode, _p: object
    ) -> None:
        self.is_taken_over = reason.value == TAKEN_OVER
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
