"""What the app is built from: made once by the composition root, handed to every room."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lotse_gateway.database import Database, HeavyReads
from lotse_gateway.drain import Drain
from lotse_gateway.guards.keys import KeyRing
from lotse_gateway.neighbours.ingest_client import IngestClient
from lotse_gateway.neighbours.routing_client import RoutingClient
from lotse_gateway.recall.copies import Copies
from lotse_gateway.recall.memory import SignMemory
from lotse_gateway.settings import GatewaySettings
from lotse_shared.clock import DataClock, WallClock
from lotse_shared.problems import Conflict

NOT_BEGUN = "Lotse's clock has not begun (no watermark has come yet), so there is no `now`"


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything a route may need.

    Each kind of work has connections of its own, so that none keeps another waiting: `database` requests, `history`
    reads that may go over much, `exporting` exports, which may take minutes, `watching` loops that look at tables, and
    `feeding` the memory of signs.
    """

    settings: GatewaySettings
    database: Database
    history: HeavyReads
    exporting: HeavyReads
    watching: Database
    feeding: Database
    keys: KeyRing
    memory: SignMemory
    copies: Copies
    drain: Drain
    clock: WallClock | DataClock
    routing: RoutingClient
    ingest: IngestClient

    @property
    def clock_name(self) -> Literal["wall", "data"]:
        """Which clock decides what `now` is."""
        return "data" if isinstance(self.clock, DataClock) else "wall"

    def now(self, otherwise: str = "") -> datetime:
        """Give Lotse's now; `otherwise` tells how to do without.

        Raises
        ------
        Conflict
            Data time has not begun.
        """
        now = self.clock.now()
        if now is None:
            message = f"{NOT_BEGUN}: {otherwise}" if otherwise else NOT_BEGUN
            raise Conflict(message)
        return now
