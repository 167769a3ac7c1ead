"""Hours of the week, in local time: when a rule of the road holds.

A part of OpenStreetMap's opening hours (wiki.openstreetmap.org/wiki/Key:opening_hours/specification): weekdays and
times of day, over midnight too, several rules of which a later one replaces the earlier ones on its days, 'off', and
'24/7'. Holidays, dates, seasons and the sun are not understood: whoever meets them must decide what that means.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY = 24 * 60
WEEK = 7 * DAY
ALLOWED = "weekdays and times, as 'Mo-Fr 07:00-09:00,16:00-18:00; Sa 22:00-06:00', with 'off' or '24/7'"
FEWEST_IN_RANGE = 3
"""Three weekdays in a row are written as a range."""

_DAY = rf"(?:{'|'.join(DAYS)})"
_RULE = re.compile(rf"^(?P<days>{_DAY}(?:\s*[-,]\s*{_DAY})*)?\s*:?\s*(?P<times>.*)$", re.IGNORECASE)
_SPAN = re.compile(r"^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$")
_NEXT_DAYS = re.compile(rf",(?=\s*{_DAY}\b)", re.IGNORECASE)

Span = tuple[int, int]
"""From a minute until before another."""


@dataclass(frozen=True, slots=True)
class WeeklyTimes:
    """Minutes of the week, Monday 00:00 being 0, in spans that are sorted and do not touch each other."""

    spans: tuple[Span, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "WeeklyTimes":
        """Read opening hours.

        Raises
        ------
        ValueError
            They are not of the part that is understood; the message says what is.
        """
        by_day: list[list[Span]] = [[] for _ in DAYS]
        for rule in text.split(";"):
            first, *more = _split_rule(rule)
            _apply(first, by_day, text, replaces=True)
            for addition in more:
                _apply(addition, by_day, text, replaces=False)
        return cls(_normal((day * DAY + a, day * DAY + b) for day, spans in enumerate(by_day) for a, b in spans))

    def contains(self, local: datetime) -> bool:
        """Tell whether a moment lies within; `local` is what the clocks of the place show."""
        minute = local.weekday() * DAY + local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.spans)

    def whole_spans(self) -> tuple[Span, ...]:
        """Give the spans by when they begin: one that goes on over the end of the week is whole, its end beyond it."""
        wraps = len(self.spans) > 1 and self.spans[0][0] == 0 and self.spans[-1][1] == WEEK
        return (*self.spans[1:-1], (self.spans[-1][0], WEEK + self.spans[0][1])) if wraps else self.spans

    def __or__(self, other: "WeeklyTimes") -> "WeeklyTimes":
        return WeeklyTimes(_normal((*self.spans, *other.spans)))

    def __and__(self, other: "WeeklyTimes") -> "WeeklyTimes":
        return self._where(other, lambda mine, theirs: mine and theirs)

    def __sub__(self, other: "WeeklyTimes") -> "WeeklyTimes":
        return self._where(other, lambda mine, theirs: mine and not theirs)

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __str__(self) -> str:
        """Write the normal form, which parses to the same hours."""
        if self == ALWAYS:
            return "24/7"
        times = [
            ",".join(written for day, written in _written(self.whole_spans()) if day == i) for i in range(len(DAYS))
        ]
        groups: dict[str, list[int]] = {}
        for day, hours in enumerate(times):
            if hours:
                groups.setdefault(hours, []).append(day)
        return "; ".join(f"{_day_names(days)} {hours}" for hours, days in groups.items()) or "off"

    def _where(self, other: "WeeklyTimes", holds: Callable[[bool, bool], bool]) -> "WeeklyTimes":
        edges = sorted({0, WEEK, *(edge for span in (*self.spans, *other.spans) for edge in span)})
        return WeeklyTimes(
            _normal((a, b) for a, b in pairwise(edges) if holds(_covers(self.spans, a), _covers(other.spans, a)))
        )


ALWAYS = WeeklyTimes(((0, WEEK),))
NEVER = WeeklyTimes()


def _split_rule(rule: str) -> list[str]:
    """Part 'Mo 07:00-09:00, We 08:00-10:00' into its two; 'Mo,We 07:00-09:00' is one."""
    parts = _NEXT_DAYS.split(rule)
    joined = [parts[0]]
    for part in parts[1:]:
        if ":" in joined[-1]:
            joined.append(part)
        else:
            joined[-1] += f",{part}"
    return [part.strip() for part in joined]


def _apply(rule: str, by_day: list[list[Span]], text: str, *, replaces: bool) -> None:
    match = _RULE.match(rule)
    if not rule or match is None:
        raise _not_understood(text)
    days = _days(match["days"]) if match["days"] else range(len(DAYS))
    spans = list(_spans(match["times"], text, may_be_absent=bool(match["days"])))
    for day in days:
        by_day[day] = spans if replaces else by_day[day] + spans


def _days(text: str) -> Iterator[int]:
    names = [name.lower() for name in DAYS]
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        start, end = names.index(first), names.index(last or first)
        yield from (day % len(DAYS) for day in range(start, end + 1 if end >= start else end + 1 + len(DAYS)))


def _spans(times: str, text: str, *, may_be_absent: bool) -> Iterator[Span]:
    if times.lower() in {"off", "closed"}:
        return
    if times == "24/7" or (not times and may_be_absent):
        yield 0, DAY
        return
    for part in times.split(","):
        match = _SPAN.match(part.strip())
        if match is None:
            raise _not_understood(text)
        yield _span(*map(int, match.groups()), text=text)


def _span(start_hour: int, start_minute: int, end_hour: int, end_minute: int, *, text: str) -> Span:
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    if max(start_minute, end_minute) > 59 or start >= DAY or end > 2 * DAY or start == end:  # noqa: PLR2004 - minutes
        raise _not_understood(text)
    return start, end if end > start else end + DAY


def _not_understood(text: str) -> ValueError:
    return ValueError(f"hours {text!r} are not understood: {ALLOWED}; no holidays, dates or sunrise")


def _normal(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Sort spans, carry over what reaches beyond the week, and join those that touch."""
    within = [part for a, b in spans for part in ((a, min(b, WEEK)), (0, b - WEEK)) if part[0] < part[1]]
    joined: list[Span] = []
    for start, end in sorted(within):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(joined)


def _covers(spans: Iterable[Span], minute: int) -> bool:
    return any(start <= minute < end for start, end in spans)


def _written(spans: tuple[Span, ...]) -> Iterator[tuple[int, str]]:
    """Write spans down by the weekday they begin on; those of a day or longer are cut at midnight."""
    for start, end in spans:
        cuts = range((start // DAY + 1) * DAY, end, DAY) if end - start >= DAY else ()
        for a, b in pairwise((start, *cuts, end)):
            begin, finish = a % DAY, (b - 1) % DAY + 1
            yield a // DAY % len(DAYS), f"{_clock(begin)}-{_clock(finish)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _day_names(days: list[int]) -> str:
    """Write weekdays: three and more in a row as a range."""
    runs = [[day for _, day in run] for _, run in groupby(enumerate(days), key=lambda item: item[1] - item[0])]
    return ",".join(
        f"{DAYS[run[0]]}-{DAYS[run[-1]]}" if len(run) >= FEWEST_IN_RANGE else ",".join(DAYS[day] for day in run)
        for run in runs
    )
