"""How many heavy reads run at a time: who finds all places taken waits briefly, and is then told to come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lotse_gateway.metrics import HEAVY_READS
from lotse_shared.problems import Problem

RETRY_AFTER_S = 5


class Busy(Problem):
    """As many reads of this kind as are let in at a time are under way."""

    status = 503
    slug = "busy"
    title = "Too many such reads at the moment"


class TooSlow(Problem):
    """The answer would take longer than any read of this kind may."""

    status = 422
    slug = "too-slow"
    title = "This would take too long"


class Turns:
    """Places for reads of one kind.

    Parameters
    ----------
    kind
        What they are called, for people.
    places
        So many run at a time.
    """

    def __init__(self, kind: str, places: int) -> None:
        self._kind = kind
        self._count = places
        self._places = asyncio.Semaphore(places)

    @asynccontextmanager
    async def take(self, patience_s: float) -> AsyncIterator[None]:
        """Take a place for the block.

        Raises
        ------
        Busy
            None became free within `patience_s`.
        """
        try:
            async with asyncio.timeout(patience_s):
                await self._places.acquire()
        except TimeoutError:
            HEAVY_READS.labels(self._kind, "refused").inc()
            message = f"all {self._count} places for reads of {self._kind} are taken: come back in a few seconds"
            raise Busy(message, headers={"Retry-After": str(RETRY_AFTER_S)}) from None
        HEAVY_READS.labels(self._kind, "let in").inc()
        try:
            yield
        finally:
            self._places.release()

    def too_slow(self, limit_s: float, field: str, advice: str) -> TooSlow:
        """Count a read that took too long, and give the problem: which field to change, and how."""
        HEAVY_READS.labels(self._kind, "too slow").inc()
        reason = f"this took longer than {limit_s:g} s: {advice}"
        return TooSlow(f"{field}: {reason}", errors=[{"field": field, "reason": reason}])
