"""What judgement remembers of one detector: its newest readings, its clock, when it was heard. Pure, and bounded.

Only a reading newer than all before it is remembered: late and re-sent ones disturb nothing. Runs are told by time and
not by number, because of several slots each sees only a part of a detector's readings.
"""

from datetime import datetime, timedelta

from lotse_ingest.judge.plausible import FULL_PCT
from lotse_ingest.judge.site import Site
from lotse_ingest.judge.verdict import Judged
from lotse_shared.reading import Reading

LEAST_ALIKE = 3
"""So many readings at least make a run of equal ones (R7), however far apart they are."""
NEVER_AHEAD = timedelta.min


class Memory:
    """Of one detector.

    `newest` is its newest reading, `first_alike` the first and `alike` the number of the equal ones that it ends,
    `full_since` when occupancy began to be 100 %. `good` is the newest verdict of which every value may stand in.
    `ahead` is how far measured_at was ahead of received_at at most since about `clock_from`, `ahead_before` the same in
    the span before.
    """

    __slots__ = (
        "ahead",
        "ahead_before",
        "alike",
        "clock_from",
        "first_alike",
        "full_since",
        "good",
        "heard_at",
        "is_heard",
        "newest",
    )

    def __init__(self) -> None:
        self.newest: Reading | None = None
        self.first_alike: Reading | None = None
        self.alike = 0
        self.full_since: datetime | None = None
        self.good: Judged | None = None
        self.is_heard = False
        self.heard_at: datetime | None = None
        self.ahead = self.ahead_before = NEVER_AHEAD
        self.clock_from: datetime | None = None

    def hear(self, received_at: datetime, ahead: timedelta) -> None:
        """Learn how far ahead a clock is, from any reading in the order received, quarantined ones too.

        Every message takes its time, and a backlog far longer: so the one furthest ahead comes closest to the truth.
        """
        if self.heard_at is None or received_at >= self.heard_at:  # else it is replayed, and tells nothing of now
            self.heard_at = received_at
            self.ahead = max(self.ahead, ahead)

    def turn_clock(self, now: datetime, window: timedelta) -> None:
        """Forget what is older than a window, but only for what came in half of one: a backlog tells too little."""
        if self.ahead == NEVER_AHEAD:
            return
        if self.clock_from is None:
            self.clock_from = now
        elif now - self.clock_from >= window / 2:
            self.clock_from, self.ahead_before, self.ahead = None, self.ahead, NEVER_AHEAD

    @property
    def skew_s(self) -> float | None:
        """How far its clock is ahead of ours (negative: behind, or what it sends always comes late)."""
        ahead = max(self.ahead, self.ahead_before)
        return None if ahead == NEVER_AHEAD else ahead.total_seconds()

    def remember(self, reading: Reading, site: Site) -> None:
        """Take in a reading that is newer than all before it."""
        newest = self.newest
        if (
            newest is not None
            and is_alike(newest, reading)
            and reading.measured_at - newest.measured_at <= site.run_gap
        ):
            self.alike += 1
        else:
            self.first_alike, self.alike = reading, 1
        if reading.occupancy_pct != FULL_PCT:
            self.full_since = None
        elif self.full_since is None or newest is None or reading.measured_at - newest.measured_at > site.run_gap:
            self.full_since = _beginning(reading)
        self.newest = reading

    def begin_anew(self, reading: Reading) -> None:
        """Forget all before this reading, but for the clock."""
        self.newest = self.first_alike = reading
        self.alike, self.full_since, self.good = 1, None, None

    def is_locked_on(self, site: Site) -> bool:
        """R6: occupancy has been 100 % for so long that no queue explains it."""
        newest = self.newest
        return (
            self.full_since is not None
            and newest is not None
            and newest.measured_at - self.full_since >= site.locked_on
        )

    def is_stuck(self, site: Site) -> bool:
        """R7: vehicles pass, yet nothing has changed for so long. A count alone may well stay."""
        first, newest = self.first_alike, self.newest
        if self.alike < LEAST_ALIKE or first is None or newest is None:
            return False
        return bool(
            (newest.mean_speed_kmh or newest.occupancy_pct) and newest.measured_at - _beginning(first) >= site.stuck
        )


def is_alike(one: Reading, other: Reading) -> bool:
    """Tell whether two readings say the same of vehicles that passed; that none passes may well go on."""
    return bool(
        one.mean_speed_kmh == other.mean_speed_kmh
        and one.vehicle_count == other.vehicle_count
        and one.occupancy_pct == other.occupancy_pct
        and one.vehicle_count
    )


def _beginning(reading: Reading) -> datetime:
    return reading.measured_at - timedelta(seconds=reading.interval_s)
