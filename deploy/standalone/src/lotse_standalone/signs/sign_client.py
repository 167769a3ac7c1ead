"""A reference sign: polls its display and shows it (`python -m lotse_standalone.signs.sign_client URL SIGN KEY`)."""

import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import httpx

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
    """

    def __init__(self, client: httpx.Client, sign_id: str, on_change: Callable[[Shown], None] | None = None) -> None:
        self.sign_id = sign_id
        self.first_held: dict[tuple[int, int], datetime] = {}
        """Wall time at which each (epoch, seq) was first held, in the order in which they came."""
        self._client = client
        self._url = f"/v1/signs/{quote(sign_id, safe='')}/display"
        self._on_change = on_change
        self._memory = Memory()
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
        """Poll until `stop` is set; between polls, go blank at the moment at which what is shown gets stale."""
        told: Shown | None = None
        poll_at_s = time.monotonic()
        while not stop.is_set():
            if time.monotonic() >= poll_at_s:
                self._poll()
                pause_s = self._memory.pause_s * self._random.uniform(1 - JITTER, 1 + JITTER)
                poll_at_s = time.monotonic() + pause_s
            shown = self.shown
            if self._on_change is not None and shown != told:
                self._on_change(shown)
            told = shown
            stop.wait(self._seconds_to_next(poll_at_s))

    def _seconds_to_next(self, poll_at_s: float) -> float:
        now_s = time.monotonic()
        blank_at_s = self._memory.blank_at_s
        wake_at_s = min(poll_at_s, blank_at_s) if blank_at_s > now_s else poll_at_s
        return max(wake_at_s - now_s, 0.0)

    def _poll(self) -> None:
        asked_at_s = time.monotonic()
        self._memory = hear(self._memory, self.sign_id, self._ask(asked_at_s), asked_at_s)
        if self._memory.display is not None:
            self.first_held.setdefault(self._memory.display.rank, datetime.now(UTC))

    def _ask(self, asked_at_s: float) -> Answer | None:
        """Ask once. None: no answer in time, a broken one, or one too large to be a display."""
        headers = {"If-None-Match": self._memory.etag} if self._memory.etag else {}
        body = bytearray()
        try:
            with self._client.stream("GET", self._url, headers=headers, timeout=TIMEOUT_S) as answer:
                for part in answer.iter_bytes(LARGEST_BODY):
                    body += part
                    if len(body) > LARGEST_BODY or time.monotonic() > asked_at_s + TIMEOUT_S:
                        return None
                return Answer(answer.status_code, dict(answer.headers), bytes(body))
        except httpx.HTTPError:
            return None


def main() -> None:
    """Be the sign named on the command line, until Ctrl-C; print what it shows when that changes."""
    if len(sys.argv) != 4:  # noqa: PLR2004 - the three arguments and ourselves
        sys.exit("usage: python -m lotse_standalone.signs.sign_client URL SIGN KEY")
    _, url, sign_id, key = sys.argv
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}) as client:
        SignClient(client, sign_id, _print).run(stop)


def _print(shown: Shown) -> None:
    fault = f"  ({shown.fault})" if shown.fault else ""
    face = "fallback: blank" if shown.is_fallback else " | ".join(shown.lines) or "blank"
    sys.stdout.write(f"{datetime.now(UTC):%H:%M:%SZ}  {face}{fault}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
