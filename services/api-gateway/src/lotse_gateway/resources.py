"""What the app is built from: made once by the composition root, handed to every room."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lotse_gateway.database import Database
from lotse_gateway.ingest_client import IngestClient
from lotse_gateway.keys import KeyRing
from lotse_gateway.memory import SignMemory
from lotse_gateway.routing_client import RoutingClient
from lotse_gateway.settings import GatewaySettings
from lotse_shared.clock import DataClock, WallClock
from lotse_shared.problems import Conflict

NOT_BEGUN = "Lotse's clock has not begun (no watermark has come yet), so there is no `now`"


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything a route may need.

    `feeding` is the memory's own connection, which no request can keep busy; `exporting` has those of exports, which
    may take minutes.
    """

    settings: GatewaySettings
    database: Database
    feeding: Database
    exporting: Database
    keys: KeyRing
    memory: SignMemory
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
