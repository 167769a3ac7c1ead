"""What a standby does about a leader that holds the lock and does nothing.

A leader that dies or is cut off loses the lock with its connection, within seconds. One that hangs (a process that is
stopped, a thread that never returns) keeps it: its heart stands still instead, and the standby ends its connection. No
clock is compared with another: the standby measures, on its own, how long nothing has changed.
"""

import time
from datetime import datetime

import asyncpg

from lotse_routing.metrics import HUNG_LEADERS_ENDED
from lotse_routing.queries import QUERIES
from lotse_shared.log import get_logger

LOOK_EVERY_S = 0.5

log = get_logger(__name__)


class LeaderWatch:
    """Ends the connection of a leader whose heart has not beaten for `hung_after_s`."""

    def __init__(self, lock_key: int, hung_after_s: float) -> None:
        self._lock_key = lock_key
        self._hung_after_s = hung_after_s
        self._seen: tuple[int, datetime | None] | None = None
        self._seen_at_s = 0.0
        self._looked_at_s = 0.0

    async def look(self, connection: asyncpg.Connection) -> None:
        """Look at the leader, and end its connection if it hangs: then the lock is free for whoever asks first."""
        now_s = time.monotonic()
        if now_s - self._looked_at_s < LOOK_EVERY_S:
            return
        self._looked_at_s = now_s
        leader = await connection.fetchrow(QUERIES["leader"], self._lock_key)
        seen = None if leader is None else (leader["pid"], leader["heartbeat_at"])
        if leader is None or leader["waits_for_a_lock"] or seen != self._seen:
            self._seen, self._seen_at_s = seen, now_s
        elif now_s - self._seen_at_s > self._hung_after_s:
            log.warning("the leader hangs: its connection is ended", pid=leader["pid"], after_s=self._hung_after_s)
            HUNG_LEADERS_ENDED.inc()
            await connection.execute(QUERIES["end_leader"], leader["pid"])
            self._seen = None
