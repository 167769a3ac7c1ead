"""Draining: a slot that will not come back leaves the shared subscription, and what its session holds is stored.

A broker may go on handing messages to the session of a slot that is gone; nobody else would ever get them.
"""

import asyncio
from collections.abc import Sequence

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from lotse_ingest.inbox import Inbox
from lotse_ingest.messages import Received
from lotse_ingest.metrics import Metrics
from lotse_ingest.receive import LAST_WORDS_S, Receiver
from lotse_ingest.settings import IngestSettings
from lotse_shared.log import get_logger
from lotse_shared.settings import BrokerSettings

LOOK_EVERY_S = 0.2
QUIET_LOOKS = 3
"""So often the session must look empty, in a row: a broker may need a moment to send the next message."""

log = get_logger(__name__)


class Drain(Receiver):
    """Receives as ever, but unsubscribes, and stops by itself once the session is empty; then the session ends."""

    def __init__(self, broker: BrokerSettings, settings: IngestSettings, inbox: Inbox, metrics: Metrics) -> None:
        super().__init__(broker, settings, inbox, metrics)
        self._client.on_unsubscribe = self._on_unsubscribe
        self._received = 0
        self._stored_before = 0
        self.is_empty = False

    @property
    def stored(self) -> int:
        """Messages that were stored and acknowledged."""
        return self._stored_before + (self._connection.acknowledged if self._connection is not None else 0)

    async def run(self, stop: asyncio.Event, drained: asyncio.Event) -> None:
        """Receive until the session is empty, or somebody else has it; then set `stop` for all."""
        watcher = asyncio.create_task(self._stop_when_over(stop))
        try:
            await super().run(stop, drained)
        finally:
            watcher.cancel()

    async def _stop_when_over(self, stop: asyncio.Event) -> None:
        quiet = 0
        while quiet < QUIET_LOOKS and not self.is_taken_over:
            await asyncio.sleep(LOOK_EVERY_S)
            quiet = quiet + 1 if await self._looks_empty() else 0
        self.is_empty = not self.is_taken_over
        stop.set()

    async def _looks_empty(self) -> bool:
        """Tell whether all is acknowledged, the broker has heard of it, and sent nothing since."""
        if not self.is_subscribed or self._connection is None or self._received > self._connection.acknowledged:
            return False
        before = self._received
        return await self._hear_back(LAST_WORDS_S) and self._received == before

    def _open_session(self) -> None:
        self._client.unsubscribe(list(self._settings.subscriptions))

    def _on_unsubscribe(
        self, _client: object, _userdata: object, _mid: int, _reasons: Sequence[ReasonCode], _p: object
    ) -> None:
        self.is_subscribed = True  # of the session's order: that it gets nothing new
        self._state.now("there", "unsubscribed; taking what the session holds")

    def _on_messages(self, messages: list[Received]) -> None:
        self._received += sum(message.packet_id != 0 for message in messages)
        super()._on_messages(messages)

    def _lose(self, why: str) -> None:
        self._stored_before, self._received = self.stored, 0
        if self._connection is not None:
            self._connection.acknowledged = 0
        super()._lose(why)

    def _disconnect(self) -> None:
        """End the session with the connection if nothing is left in it."""
        if not self._is_lost and self.is_empty:
            properties = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
            properties.SessionExpiryInterval = 0
            self._client.disconnect(properties=properties)
            self._client.loop_write()
        super()._disconnect()
