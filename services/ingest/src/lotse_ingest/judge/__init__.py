"""Judgement: is a reading plausible, is it in time, and may it be felt? Pure: `now` is an argument.

Raw values are never touched; a value that a rule finds invalid is None among the corrected ones, or a substitute.
Verdicts depend on what was received before, in its order, and on nothing else: equal readings get equal verdicts.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeGuard

import msgspec

from lotse_ingest.judge.memory import LEAST_ALIKE, Memory, is_alike
from lotse_ingest.judge.plausible import FULL_PCT, Values, apply_rules, is_plausible
from lotse_ingest.judge.site import Limits, Site
from lotse_ingest.judge.substitute import find_substitute, has_fallen
from lotse_ingest.judge.verdict import (
    AS_MEASURED_PCT,
    FAILED,
    LATE,
    LOCKED_ON,
    STUCK,
    UNKNOWN_DETECTOR,
    ClockFault,
    Judged,
)
from lotse_shared.reading import Reading

NOTHING = Values(None, None, None)


class Moment(msgspec.Struct, frozen=True, gc=False):
    """When a reading is judged.

    `now` on Lotse's clock (None before data time has begun), and the newest watermark handled (None in wall time).
    """

    now: datetime | None
    covers_until: datetime | None = None


class Health(msgspec.Struct, frozen=True, gc=False):
    """What was learned of a detector. `last_received_at` is None in data time, `skew_s` where it is not known."""

    detector_id: str
    last_received_at: datetime | None
    last_measured_at: datetime | None
    skew_s: float | None
    is_clock_off: bool


class Judge:
    """Judges readings in the order received, each once. It remembers registered detectors only, and of each little."""

    def __init__(self, limits: Limits, find_site: Callable[[str], Site | None]) -> None:
        self._limits = limits
        self._oldest = -limits.retention
        self._find_site = find_site
        self._unknown = limits.unknown_site(0)
        self._memories: dict[str, Memory] = {}

    def judge(
        self, reading: Reading, site: Site | None, moment: Moment, beside: Sequence[object] = ()
    ) -> Judged | ClockFault:
        """Judge a reading of a detector with this site (None: not registered); `beside` is the array it came in."""
        if site is None:
            return self._judge_unknown(reading, moment)
        memory = self._memories.get(reading.detector_id)
        if memory is None:
            memory = self._memories[reading.detector_id] = Memory()
        memory.is_heard = True
        measured_at, now, covers_until = reading.measured_at, moment.now, moment.covers_until
        if now is not None:
            ahead = measured_at - now
            if covers_until is None:
                memory.hear(now, ahead)
            if ahead > site.most_ahead or ahead < self._oldest:
                return self._clock_fault(ahead, site.most_ahead)
        is_newest = memory.newest is None or measured_at > memory.newest.measured_at
        if is_newest:
            memory.remember(reading, site)
            if (
                memory.alike < LEAST_ALIKE
                and memory.full_since is None
                and not site.is_failed
                and (covers_until is None or measured_at > covers_until)
                and is_plausible(reading, site)
            ):
                judged = Judged(reading, reading.vehicle_count, reading.mean_speed_kmh, reading.occupancy_pct)
                memory.good = judged
                return judged
        return self._judge_closely(reading, site, moment, memory, beside, is_newest=is_newest)

    def _judge_closely(  # noqa: PLR0913 - all that a verdict rests on
        self,
        reading: Reading,
        site: Site,
        moment: Moment,
        memory: Memory,
        beside: Sequence[object],
        *,
        is_newest: bool,
    ) -> Judged:
        codes, values = apply_rules(reading, site)
        faults = _faults_of_the_detector(memory, site) if is_newest else []
        codes += faults
        if site.is_failed:
            codes.append(FAILED)
            if is_newest:
                memory.begin_anew(reading)
        codes += _if_late(reading, moment)
        if site.is_failed:
            return _judged(reading, NOTHING, codes)
        if not faults and not has_fallen(reading, values):
            judged = _judged(reading, values, codes)
            if is_newest:
                memory.good = judged
            return judged
        substitute = find_substitute(
            reading, None if faults else values, site, self._neighbours(reading, site, beside), memory.good
        )
        if substitute is None:
            return _judged(reading, NOTHING if faults else values, codes)
        return _judged(reading, substitute.values, [*codes, substitute.code], substitute.quality_pct)

    def _judge_unknown(self, reading: Reading, moment: Moment) -> Judged | ClockFault:
        """Judge what may be stored, and is never felt. Only here the reading's own interval counts for its clock."""
        if moment.now is not None:
            ahead = reading.measured_at - moment.now
            most_ahead = max(self._unknown.most_ahead, timedelta(seconds=reading.interval_s))
            if ahead > most_ahead or ahead < self._oldest:
                return self._clock_fault(ahead, most_ahead)
        codes, values = apply_rules(reading, self._unknown)
        return _judged(reading, values, [*codes, UNKNOWN_DETECTOR, *_if_late(reading, moment)])

    def _clock_fault(self, ahead: timedelta, most_ahead: timedelta) -> ClockFault:
        """Say what is wrong (R9).

        Measured in the future by more than one interval or the tolerance, whichever is longer; or older than the
        retention. The interval is the registered one: a detector whose clock is wrong must not buy itself time by
        claiming a long one.
        """
        if ahead > most_ahead:
            allowed_s = most_ahead.total_seconds()
            return ClockFault(f"measured_at: {ahead.total_seconds():.0f} s in the future; allowed: {allowed_s:.0f} s")
        return ClockFault(f"measured_at: {-ahead.days} days old; allowed: {self._limits.retention.days} days")

    def _neighbours(self, reading: Reading, site: Site, beside: Sequence[object]) -> Iterator[Judged]:
        """Give good verdicts on neighbours in the same interval, received before it or in the same array."""
        for detector_id in site.neighbours:
            memory = self._memories.get(detector_id)
            if memory is not None and memory.good is not None and _is_same_interval(memory.good.reading, reading):
                yield memory.good
        for other in filter(_is_reading, beside):
            if (
                other.detector_id in site.neighbours
                and _is_same_interval(other, reading)
                and self._is_above_suspicion(other)
            ):
                yield Judged(other, other.vehicle_count, other.mean_speed_kmh, other.occupancy_pct)

    def _is_above_suspicion(self, reading: Reading) -> bool:
        """Tell whether a reading that was not judged yet breaks no rule, and will not after some more like it."""
        site = self._find_site(reading.detector_id)
        if site is None or site.is_failed or reading.occupancy_pct == FULL_PCT or not is_plausible(reading, site):
            return False
        memory = self._memories.get(reading.detector_id)
        return memory is None or memory.newest is None or not is_alike(memory.newest, reading)

    def knows(self, detector_id: str) -> bool:
        """Tell whether it remembers this detector."""
        return detector_id in self._memories

    def recall(self, readings: Iterable[tuple[Reading, bool]]) -> None:
        """Remember what was stored before this process began, by judging it again in the order received.

        Of each reading, whether its detector was failed by hand then.
        """
        for reading, was_failed in readings:
            site = self._find_site(reading.detector_id)
            if site is not None:
                self.judge(reading, replace(site, is_failed=was_failed), Moment(None))
                self._memories[reading.detector_id].is_heard = False

    def recall_clock(self, detector_id: str, skew_s: float | None) -> None:
        """Remember a detector, and how far its clock was ahead: a backlog alone would tell too little."""
        memory = self._memories.setdefault(detector_id, Memory())
        if skew_s is not None:
            memory.ahead_before = timedelta(seconds=skew_s)

    def list_detectors(self) -> list[str]:
        """Give the detectors that it remembers."""
        return sorted(self._memories)

    def take_health(self, detector_ids: Iterable[str], now: datetime, window: timedelta) -> list[Health]:
        """Give what was learned of those of the detectors heard since the last call; forget those that are no more.

        `now` is wall time; clocks are judged by what came within about a `window`.
        """
        heard = []
        for detector_id in detector_ids:
            memory, site = self._memories[detector_id], self._find_site(detector_id)
            if site is None:
                del self._memories[detector_id]
            elif memory.is_heard:
                memory.is_heard = False
                heard.append(_health(detector_id, memory, site))
                memory.turn_clock(now, window)
        return heard


def _faults_of_the_detector(memory: Memory, site: Site) -> list[str]:
    """Give the rules by which nothing that it says is to be trusted."""
    rules = ((LOCKED_ON, memory.is_locked_on(site)), (STUCK, memory.is_stuck(site)))
    return [code for code, holds in rules if holds]


def _if_late(reading: Reading, moment: Moment) -> list[str]:
    is_late = moment.covers_until is not None and reading.measured_at <= moment.covers_until
    return [LATE] if is_late else []


def _is_reading(element: object) -> TypeGuard[Reading]:
    return isinstance(element, Reading)


def _is_same_interval(one: Reading, other: Reading) -> bool:
    return one.measured_at == other.measured_at and one.interval_s == other.interval_s


def _judged(reading: Reading, values: Values, codes: list[str], quality_pct: float = AS_MEASURED_PCT) -> Judged:
    return Judged(reading, values.vehicle_count, values.mean_speed_kmh, values.occupancy_pct, tuple(codes), quality_pct)


def _health(detector_id: str, memory: Memory, site: Site) -> Health:
    skew_s = memory.skew_s
    is_clock_off = skew_s is not None and abs(skew_s) > site.clock_limit.total_seconds()
    measured_at = memory.newest.measured_at if memory.newest else None
    return Health(detector_id, memory.heard_at, measured_at, skew_s, is_clock_off)
