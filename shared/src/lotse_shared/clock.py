"""Lotse's clock: the wall's, or for replay and simulation that of the data.

Everything that asks "what is now" for a rule of the domain (plausibility, holds, closures, retention) asks this clock.
Liveness (heartbeats, time-outs, back-off) is always measured on the wall.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime


class WallClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the wall's time in UTC."""
        return datetime.now(UTC)


@dataclass(slots=True)
class DataClock:
    """Data time: stands still until a watermark advances it, and never goes back."""

    covers_until: datetime | None = field(default=None)

    def now(self) -> datetime | None:
        """Return the newest watermark, None before the first."""
        return self.covers_until

    def advance(self, covers_until: datetime) -> bool:
        """Move to a later moment; a moment that is not later is ignored. Tell whether the clock moved."""
        if self.covers_until is not None and covers_until <= self.covers_until:
            return False
        self.covers_until = covers_until
        return True
