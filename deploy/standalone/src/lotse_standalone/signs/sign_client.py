"""A reference sign: polls its display, shows it, and tells the centre what it shows (`lotse-sign` is one)."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import msgspec

from lotse_standalone.signs.ack import Told, after_answer, compose_ack, is_due
from lotse_standalone.signs.sign import Answer, Memory, hear, is_fallback, show

JITTER = 0.2
TIMEOUT_S = 5.0
LARGEST_BODY = 64 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands on the sign, and what is wrong if something is."""

    lines: tuple[str, ...] = ()
    fault: str = ""
    is_fallback: bool = False
    """Blank because nothing better is known, which is not the same as nothing to tell."""


class SignClient:
    """One sign. `run` is its life; the rest may be asked from other threads.

    Parameters
    ----------
    client
        HTTP client with the API's base URL and a key that may read this sign.
    sign_id
        The sign.
    on_change
        Called with what the sign shows, whenever that changes.
    faults
        Gives what is wrong with the sign itself, now.
    """

    def __init__(
        self,
        client: httpx.Client,
        sign_id: str,
        on_change: Callable[[Shown], None] | None = None,
        faults: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self.sign_id = sign_id
        self.first_held: dict[tuple[int, int], datetime] = {}
        """Wall time at which each (epoch, seq) was first held, in the order in which they came."""
        self._client = client
        self._url = f"/v1/signs/{quote(sign_id, safe='')}"
        self._on_change = on_change
        self._faults = faults
        self._memory = Memory()
        self._told = Told()
        self._random = random.Random()  # noqa: S311 - spreads polls, guards nothing

    @property
    def shown(self) -> Shown:
        """What the sign shows at this moment."""
        memory, now_s = self._memory, time.monotonic()
        return Shown(show(memory, now_s), memory.fault, is_fallback(memory, now_s))

    @property
    def rank(self) -> tuple[int, int] | None:
        """(epoch, seq) of the body that it holds."""
        return None if self._memory.display is None else self._memory.display.rank

    @property
    def is_answered(self) -> bool:
        """Whether the sign ever held a body."""
        return bool(self.first_held)

    def run(self, stop: threading.Event) -> None:
        """Poll until `stop` is set; between polls, go blank at the moment at which what is shown gets stale.

        What is shown comes first; telling the centre is for whoever watches, and waits for an answer after it.
        """
        seen: Shown | None = None
        is_reached = False
        poll_at_s = time.monotonic()
        while not stop.is_set():
            if time.monotonic() >= poll_at_s:
                is_reached = self._poll()
                pause_s = self._memory.pause_s * self._random.uniform(1 - JITTER, 1 + JITTER)
                poll_at_s = time.monotonic() + pause_s
            shown = self.shown
            if self._on_change is not None and shown != seen:
                self._on_change(shown)
            seen = shown
            if is_reached:
                is_reached = self._acknowledge()
            stop.wait(self._seconds_to_next(poll_at_s))

    def _seconds_to_next(self, poll_at_s: float) -> float:
        now_s = time.monotonic()
        blank_at_s = self._memory.blank_at_s
        wake_at_s = min(poll_at_s, blank_at_s) if blank_at_s > now_s else poll_at_s
        return max(wake_at_s - now_s, 0.0)

    def _poll(self) -> bool:
        """Poll once. Tell whether there was an answer, of whatever kind."""
        asked_at_s = time.monotonic()
        answer = self._ask(asked_at_s)
        self._memory = hear(self._memory, self.sign_id, answer, asked_at_s)
        if self._memory.display is not None:
            self.first_held.setdefault(self._memory.display.rank, datetime.now(UTC))
        return answer is not None

    def _acknowledge(self) -> bool:
        """Tell what is shown, if that is due. Tell whether nothing is left to be told: else, after the next poll."""
        now_s, display = time.monotonic(), self._memory.display
        ack = compose_ack(self._memory, now_s, self._faults())
        if ack is None or display is None or not is_due(self._told, ack, display.ttl_s, now_s):
            return True
        status = self._tell(msgspec.json.encode(ack))
        self._told = after_answer(self._told, ack, status, now_s)
        return self._told.ack == ack

    def _tell(self, body: bytes) -> int | None:
        """Post an acknowledgement. Give the status of the answer, None if there was none."""
        headers = {"Content-Type": "application/json"}
        try:
            return self._client.post(f"{self._url}/ack", content=body, headers=headers, timeout=TIMEOUT_S).status_code
        except httpx.HTTPError:
            return None

    def _ask(self, asked_at_s: float) -> Answer | None:
        """Ask once. None: no answer in time, a broken one, or one too large to be a display."""
        headers = {"If-None-Match": self._memory.etag} if self._memory.etag else {}
        body = bytearray()
        try:
            with self._client.stream("GET", f"{self._url}/display", headers=headers, timeout=TIMEOUT_S) as answer:
                for part in answer.iter_bytes(LARGEST_BODY):
                    body += part
                    if len(body) > LARGEST_BODY or time.monotonic() > asked_at_s + TIMEOUT_S:
                        return None
                return Answer(answer.status_code, dict(answer.headers), bytes(body))
        except httpx.HTTPError:
            return None
