"""How a gateway stops so that nobody notices: not ready first, and only after a while not there."""

import asyncio
from dataclasses import dataclass


@dataclass(slots=True)
class Drain:
    """The time between being told to stop and stopping, in which a balancer learns of it."""

    seconds: float
    has_begun: bool = False

    async def run(self) -> None:
        """Let it pass."""
        self.has_begun = True
        await asyncio.sleep(self.seconds)
