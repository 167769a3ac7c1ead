"""Reference signs that poll through all of it, and an eye on them that trusts none of their reckoning (target R7)."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from math import inf
from typing import Any

import httpx

from lotse_standalone.machine.crew import Crew
from lotse_standalone.signs.sign_client import SignClient

LOOK_S = 0.05
BROKEN_RULES = ("went back", "two bodies")
"""How the faults begin that a sign tells when a gateway breaks the order of its bodies."""


@dataclass
class Sight:
    """What was seen of all signs.

    `looks` at signs; at `past` of them one still showed something later than the last `Lotse-Fresh-Until` it was told.
    `stale` answers were past theirs when they were given. `disorder`: what signs said of bodies out of order.
    `answers` by status, 0: none. `longest_blind_s`: the longest that a sign went without a fresh answer.
    """

    looks: int = 0
    past: int = 0
    stale: int = 0
    disorder: set[str] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    longest_blind_s: float = 0.0

    @property
    def is_right(self) -> bool:
        return self.looks > 0 and self.past + self.stale + len(self.disorder) == 0

    def as_json(self) -> dict[str, Any]:
        answers = {str(status): count for status, count in sorted(self.answers.items())}
        seen = vars(self) | {"disorder": sorted(self.disorder), "answers": answers, "is_right": self.is_right}
        return seen | {"longest_blind_s": round(self.longest_blind_s, 1)}


class WatchedSign:
    """A reference sign, and what the wire told it."""

    def __init__(self, url: str, key: str, sign_id: str, sight: Sight) -> None:
        self._sight = sight
        self._fresh_until_s = -inf
        self.answered_s = -inf
        """When (monotonic) the last fresh answer came."""
        self.client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            event_hooks={"response": [self._note]},
            trust_env=False,
        )
        self.sign = SignClient(self.client, sign_id)

    def _note(self, answer: httpx.Response) -> None:
        if not answer.request.url.path.endswith("/display"):
            return
        self._sight.answers[answer.status_code] += 1
        if answer.status_code in {200, 304}:
            until = datetime.fromisoformat(answer.headers["Lotse-Fresh-Until"])
            self._sight.stale += until <= parsedate_to_datetime(answer.headers["Date"])
            self._fresh_until_s = max(self._fresh_until_s, until.timestamp())
            now_s = time.monotonic()
            if self.answered_s > -inf:
                self._sight.longest_blind_s = max(self._sight.longest_blind_s, now_s - self.answered_s)
            self.answered_s = now_s

    def look(self) -> None:
        """See what it shows. The moment is taken before, and what it was told after: no race makes it look guilty."""
        now_s = time.time()
        shown = self.sign.shown
        self._sight.looks += 1
        self._sight.past += bool(shown.lines) and now_s > self._fresh_until_s
        if shown.fault.startswith(BROKEN_RULES):
            self._sight.disorder.add(f"{self.sign.sign_id}: {shown.fault}")


class Street:
    """All watched signs."""

    def __init__(self, url: str, key: str, sign_ids: Sequence[str]) -> None:
        self.sight = Sight()
        self.signs = {sign_id: WatchedSign(url, key, sign_id, self.sight) for sign_id in sign_ids}

    def have_answers_since(self, moment_s: float) -> bool:
        """Tell whether each sign had a fresh answer after a moment (monotonic)."""
        return all(sign.answered_s > moment_s for sign in self.signs.values())

    def lines(self, sign_id: str) -> tuple[str, ...]:
        """What a sign shows."""
        return self.signs[sign_id].sign.shown.lines

    def watch(self, stop: threading.Event) -> None:
        """Look at all of them until told to stop."""
        while not stop.wait(LOOK_S):
            for sign in self.signs.values():
                sign.look()


@contextmanager
def watching(url: str, key: str, sign_ids: Sequence[str]) -> Iterator[Street]:
    """Let the signs poll, and watch them, for as long as the block lasts."""
    street = Street(url, key, sign_ids)
    lives: Mapping[str, Any] = {name: watched.sign.run for name, watched in street.signs.items()}
    with ExitStack() as to_close:
        for watched in street.signs.values():
            to_close.enter_context(watched.client)
        crew = to_close.enter_context(Crew({"eye": street.watch, **lives}))
        yield street
        crew.check()
