"""What a sign remembers and shows: the reference for a firmware author, pure, as a function of what it hears.

The sign needs no clock of its own. An answer tells the server's time (`Date`) and until when it is fresh
(`Lotse-Fresh-Until`); the difference runs down on a monotonic clock from the moment at which the sign asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import inf
from typing import Literal

import msgspec

SCHEMA = 1
FIRST_POLL_S = 1.0
"""Before the first answer has told `poll_s`."""
SLOWEST_POLLS = 10
"""Failures double the pause, up to this many times `poll_s`."""
LONGEST_PAUSE_S = 600.0
DATE_RESOLUTION = timedelta(seconds=1)
"""`Date` is cut to whole seconds: the server's clock may be this much ahead of it."""


class Destination(msgspec.Struct, frozen=True):
    """Where a detour shown leads to."""

    id: str
    arrow: str | None = None
    via: str | None = None
    delay_min: float | None = None


class Display(msgspec.Struct, frozen=True):
    """The body of `GET /v1/signs/{sign_id}/display`, as far as a sign needs it. Unknown fields are ignored."""

    schema: Literal[1]
    sign: str
    epoch: int
    seq: int
    plan: str
    state: Literal["blank", "detour", "fallback"]
    ttl_s: float
    poll_s: float
    lines: tuple[str, ...] = ()
    destinations: tuple[Destination, ...] = ()
    valid_until: datetime | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """What orders bodies: a sign never goes back."""
        return self.epoch, self.seq


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the sign holds. Times are seconds on its monotonic clock."""

    display: Display | None = None
    etag: str | None = None
    blank_at_s: float = -inf
    """It goes to its fallback then, whatever it shows."""
    ends_at_s: float = inf
    """When `valid_until` is reached; inf: it is open."""
    failures: int = 0
    pause_s: float = FIRST_POLL_S
    """Until the next poll, before the +- 20 % that keep signs from polling in step."""
    fault: str = ""
    """What was wrong with the last answer."""


class UnusableAnswerError(ValueError):
    """The answer is not one that a sign may act upon."""


def show(memory: Memory, now_s: float) -> tuple[str, ...]:
    """Give the lines that the sign shows now; none: it is blank (the only fallback there is)."""
    if memory.display is None or memory.display.state != "detour" or now_s >= memory.blank_at_s:
        return ()
    return memory.display.lines


def is_fallback(memory: Memory, now_s: float) -> bool:
    """Tell whether it is blank because it was told to fall back, or what it holds is stale: not because roads are free.

    A sign that never held anything has nothing to fall back from; its fault tells what is wrong.
    """
    return memory.display is not None and (memory.display.state == "fallback" or now_s >= memory.blank_at_s)


def hear(memory: Memory, sign_id: str, answer: Answer | None, asked_at_s: float) -> Memory:
    """Take in an answer (None: there was none), asked for at `asked_at_s`. Never raises."""
    if answer is None:
        return _after_failure(memory, "no answer")
    try:
        match answer.status:
            case HTTPStatus.OK:
                return _take(memory, sign_id, answer, asked_at_s)
            case HTTPStatus.NOT_MODIFIED:
                return _confirm(memory, answer, asked_at_s)
            case HTTPStatus.GONE:
                return _after_failure(replace(memory, display=None, etag=None, blank_at_s=-inf), "this sign is retired")
    except UnusableAnswerError as error:
        return _after_failure(memory, str(error))
    return _after_failure(memory, f"HTTP {answer.status}", _retry_after_s(answer))


def _take(memory: Memory, sign_id: str, answer: Answer, asked_at_s: float) -> Memory:
    display = _decode(answer.body, sign_id)
    etag = answer.headers.get("etag")
    held = memory.display
    if held is not None and display.rank < held.rank:
        message = f"went back from {held.rank} to {display.rank}"
        raise UnusableAnswerError(message)
    if held is not None and display.rank == held.rank and display != held:
        message = f"two bodies with the same rank {display.rank}"
        raise UnusableAnswerError(message)
    is_same = held is not None and display.rank == held.rank
    blank_at_s, ends_at_s = _ends(display, answer, asked_at_s)
    if is_same:
        blank_at_s = max(blank_at_s, memory.blank_at_s)
    return Memory(display, etag, blank_at_s, ends_at_s, pause_s=_poll(display))


def _confirm(memory: Memory, answer: Answer, asked_at_s: float) -> Memory:
    if memory.display is None or answer.headers.get("etag", memory.etag) != memory.etag:
        message = "304 for a body that this sign does not hold"
        raise UnusableAnswerError(message)
    blank_at_s = max(memory.blank_at_s, _ends(memory.display, answer, asked_at_s)[0])
    return replace(memory, blank_at_s=blank_at_s, failures=0, pause_s=_poll(memory.display), fault="")


def _decode(body: bytes, sign_id: str) -> Display:
    try:
        display = msgspec.json.decode(body, type=Display)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"not a display body: {error}"
        raise UnusableAnswerError(message) from error
    if display.sign != sign_id:
        message = f"meant for sign {display.sign}"
        raise UnusableAnswerError(message)
    return display


def _ends(display: Display, answer: Answer, asked_at_s: float) -> tuple[float, float]:
    """Turn the server's absolute moments into those of the sign's clock: when to go blank, and the end of validity.

    On the safe side: never too late.
    """
    server_now = _moment(answer, "date") + DATE_RESOLUTION
    fresh_until = _moment(answer, "lotse-fresh-until")
    left_s = min((fresh_until - server_now).total_seconds(), display.ttl_s)
    valid_s = inf if display.valid_until is None else (_aware(display.valid_until) - server_now).total_seconds()
    return asked_at_s + min(left_s, valid_s), asked_at_s + valid_s


def _moment(answer: Answer, header: str) -> datetime:
    """Read an RFC 3339 or HTTP date."""
    text = answer.headers.get(header, "")
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return _aware(parse(text))
        except (ValueError, OverflowError):
            continue
    message = f"no usable {header} header"
    raise UnusableAnswerError(message)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        message = "a moment without its offset"
        raise UnusableAnswerError(message)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        message = "a moment beyond all calendars"
        raise UnusableAnswerError(message) from error


def _poll(display: Display) -> float:
    return min(max(display.poll_s, 0.1), LONGEST_PAUSE_S)


def _after_failure(memory: Memory, fault: str, told_s: float = 0.0) -> Memory:
    """Go on with what is held; ask less and less often, and not before the server said."""
    poll_s = FIRST_POLL_S if memory.display is None else _poll(memory.display)
    failures = memory.failures + 1
    backed_off_s = poll_s * min(2 ** min(failures - 1, 10), SLOWEST_POLLS)
    pause_s = min(max(backed_off_s, told_s), LONGEST_PAUSE_S)
    return replace(memory, failures=failures, pause_s=pause_s, fault=fault)


def _retry_after_s(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "")
    if text.isdecimal() and text.isascii():
        return min(float(text[:9]), LONGEST_PAUSE_S)
    try:
        return (_moment(answer, "retry-after") - _moment(answer, "date")).total_seconds()
    except UnusableAnswerError:
        return 0.0
