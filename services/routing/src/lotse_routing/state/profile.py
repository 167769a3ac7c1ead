"""What is usual on a link at a quarter of an hour of the week, in local time: learned as time passes.

A slot is a weekday and a quarter of the day. When a quarter of an hour is over, the mean speed that was measured in it
moves its slot a little; a speed far from what is usual counts as if it were nearer, so that neither an accident nor a
faulty detector owns a slot (decision 0018). Slots never seen are filled from what is likest to them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from lotse_routing.settings import EstimateSettings

QUARTER = timedelta(minutes=15)
WEEKDAYS, QUARTERS = 7, 96
WORKING_DAYS = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OTHER_DAY, OTHER_KIND = 0.5, 0.02
"""What another day of the same kind, and one of the other kind, say of a slot that was never seen there."""
A_QUARTER_OFF = 0.25
"""What each quarter of an hour further off takes from it."""

LOOSE_IN_SECOND_WEEK = 4.0
"""In its second week a slot learns with a clip so many times as loose, in the third half as loose, and so on: what is
far from free flow every week is usual. The first week alone proves nothing."""

Floats = npt.NDArray[np.float64]
LinkDay = tuple[str, int]
"""A link and a weekday: what is stored together."""


class Slot(NamedTuple):
    """A quarter of an hour of the week, in local time. `weekday` 0 is Monday."""

    weekday: int
    quarter: int


def slot_at(moment: datetime, zone: ZoneInfo) -> Slot:
    """Give the slot that a moment lies in. Where the clock is put back, two quarters share a slot."""
    local = moment.astimezone(zone)
    return Slot(local.weekday(), local.hour * 4 + local.minute // 15)


def quarter_end(measured_at: datetime) -> datetime:
    """Give the end of the quarter that a reading counts for: the one in which its interval *ended*, as in history."""
    begin = quarter_begin(measured_at)
    return begin if begin == measured_at else begin + QUARTER


def quarter_begin(moment: datetime) -> datetime:
    """Give the beginning of the quarter that a moment lies in."""
    return moment - (moment - EPOCH) % QUARTER


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Typical speeds of the links that were ever measured.

    Attributes
    ----------
    rows
        Position of each link in the arrays, by id: also of links that the network in force does not have.
    speed_kmh
        Shape (links, 7, 96), single precision as stored, so that what is read back is what was known.
    weeks
        Shape (links, 7, 96): weeks behind a speed, not counted beyond the memory; 0 where nothing was seen.
    learned_until
        Shape (links,): end of the newest quarter learned, in seconds since 1970.
    closed_until
        Up to when every quarter that was kept has been learned; None if that is to be found out.
    """

    rows: Mapping[str, int]
    speed_kmh: npt.NDArray[np.float32]
    weeks: npt.NDArray[np.int16]
    learned_until: Floats
    closed_until: datetime | None = None


def empty_profile() -> Profile:
    """Know nothing of any link."""
    shape = (0, WEEKDAYS, QUARTERS)
    return Profile({}, np.zeros(shape, np.float32), np.zeros(shape, np.int16), np.zeros(0))


def own_typical_kmh(profile: Profile, slot: Slot, rows: Sequence[int]) -> Floats:
    """Give the typical speeds of some links from what was seen on each itself, shape (rows,); nan if nothing ever was.

    A slot never seen takes a mean of what was seen, in which the nearest counts most: a quarter as much with every
    quarter of an hour further off, half as much on another day of the same kind (working days, the weekend).
    """
    typical = np.where(profile.weeks[rows, *slot] > 0, profile.speed_kmh[rows, *slot], np.nan).astype(np.float64)
    missing = np.flatnonzero(np.isnan(typical))
    if len(missing):
        some = np.asarray(rows)[missing]
        weights = np.where(profile.weeks[some] > 0, _nearness(slot), 0.0)
        total = weights.sum(axis=(1, 2))
        weighted = (weights * profile.speed_kmh[some]).sum(axis=(1, 2))
        typical[missing] = np.divide(weighted, total, out=np.full(len(some), np.nan), where=total > 0)
    return typical


def _nearness(slot: Slot) -> Floats:
    """Tell how much each slot says of one that was never seen, shape (7, 96)."""
    days = np.arange(WEEKDAYS)
    is_same_kind = (days < WORKING_DAYS) == (slot.weekday < WORKING_DAYS)
    of_day = np.where(days == slot.weekday, 1.0, np.where(is_same_kind, OTHER_DAY, OTHER_KIND))
    apart = np.abs(np.arange(QUARTERS) - slot.quarter)
    nearness: Floats = np.outer(of_day, A_QUARTER_OFF**apart)
    return nearness


class Learner:
    """Takes quarters in, oldest first, into arrays of its own; `touched` are the links and weekdays that changed."""

    def __init__(self, profile: Profile, settings: EstimateSettings) -> None:
        self._zone = settings.zone
        self._memory = settings.profile_memory_weeks
        self._clip_ratio = settings.profile_clip_ratio
        self._rows = dict(profile.rows)
        self._speed_kmh = profile.speed_kmh.copy()
        self._weeks = profile.weeks.copy()
        self._learned_until = profile.learned_until.copy()
        self.touched: set[LinkDay] = set()

    def take(self, ended_at: datetime, means_kmh: Mapping[str, float], free_flow_kmh: Mapping[str, float]) -> None:
        """Learn a quarter: the mean speeds of the links measured in it.

        A quarter that a link has learned already is not learned again, and links that the network does not have are
        left out. A slot moves by 1/(n+2) of the difference after n weeks, at least by 1/memory: what is likest to a
        slot that was never seen counts as a week. The difference is clipped (Huber's estimate of location: Robust
        estimation of a location parameter, Annals of Mathematical Statistics 35 (1964)), more loosely in the second
        week and those after it.
        """
        links = [link for link in sorted(means_kmh) if link in free_flow_kmh and not self._has_learned(link, ended_at)]
        if not links:
            return
        self._make_room(links)
        rows = [self._rows[link] for link in links]
        slot = slot_at(ended_at - QUARTER, self._zone)
        free_kmh = np.array([free_flow_kmh[link] for link in links])
        before = self._before(rows, slot, free_kmh)
        weeks = self._weeks[rows, slot.weekday, slot.quarter]
        looser = np.where(weeks > 0, np.maximum(1.0, LOOSE_IN_SECOND_WEEK / np.maximum(weeks, 1)), 1.0)
        limit = self._clip_ratio * free_kmh * looser
        difference = np.clip(np.array([means_kmh[link] for link in links]) - before, -limit, limit)
        moved = before + difference / np.minimum(weeks + 2.0, self._memory)
        self._speed_kmh[rows, slot.weekday, slot.quarter] = moved
        self._weeks[rows, slot.weekday, slot.quarter] = np.minimum(weeks + 1, self._memory)
        self._learned_until[rows] = ended_at.timestamp()
        self.touched.update((link, slot.weekday) for link in links)

    @property
    def profile(self) -> Profile:
        """What is known now. The arrays are the learner's own: it must learn nothing after this is handed on."""
        return Profile(self._rows, self._speed_kmh, self._weeks, self._learned_until)

    def _has_learned(self, link: str, ended_at: datetime) -> bool:
        row = self._rows.get(link)
        return row is not None and bool(self._learned_until[row] >= ended_at.timestamp())

    def _before(self, rows: Sequence[int], slot: Slot, free_kmh: Floats) -> Floats:
        seen = self._weeks[rows, slot.weekday, slot.quarter] > 0
        known = self._speed_kmh[rows, slot.weekday, slot.quarter].astype(np.float64)
        if seen.all():
            return known
        likest = own_typical_kmh(self.profile, slot, rows)
        return np.where(seen, known, np.where(np.isnan(likest), free_kmh, likest))

    def _make_room(self, links: Iterable[str]) -> None:
        new = [link for link in links if link not in self._rows]
        if not new:
            return
        self._rows |= {link: len(self._rows) + number for number, link in enumerate(new)}
        more = (len(new), WEEKDAYS, QUARTERS)
        self._speed_kmh = np.concatenate([self._speed_kmh, np.zeros(more, np.float32)])
        self._weeks = np.concatenate([self._weeks, np.zeros(more, np.int16)])
        self._learned_until = np.concatenate([self._learned_until, np.full(len(new), -np.inf)])
