"""A control room that opens and ends a closure again and again, through whatever happens to the gateway."""

import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

RETRY_S = 0.3
EVERY_S = 4.0
ANSWER_LOST = "carried out, but its answer was lost"


@dataclass
class Closures:
    """What the control room was told: how many closures it has opened and ended, and whether one is open now.

    `asked_again` counts the requests that got no answer or a 5xx and were sent once more, with the same key.
    """

    opened: int = 0
    ended: int = 0
    asked_again: int = 0

    @property
    def is_open(self) -> bool:
        return self.opened > self.ended


class ControlRoom:
    """Writes with idempotency keys: a request whose answer was lost is sent again, and done once."""

    def __init__(self, client: httpx.Client, links: Sequence[str]) -> None:
        self._client = client
        self._links = list(links)
        self._id = ""
        self._closures = Closures()
        self._at_work = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Open, end, open, end, until told to stop; what is open then stays open."""
        while not stop.is_set():
            with self._at_work:
                self._turn()
            stop.wait(EVERY_S)

    def rest(self) -> Closures:
        """Finish what is begun, begin nothing new, and give what was written."""
        self._at_work.acquire()
        return self._closures

    def _turn(self) -> None:
        """Open a closure, or end the one that is open."""
        if self._closures.is_open:
            self._post(f"/v1/roadworks/{self._id}/end", None)
            self._closures.ended += 1
            return
        self._id = f"F-{self._closures.opened}"
        body = {"roadwork_id": self._id, "name": "Kanalbau", "effect": "closed", "links": self._links}
        self._post("/v1/roadworks", body | {"override_reason": "Anlieger wissen es"})
        self._closures.opened += 1

    def _post(self, path: str, body: dict[str, Any] | None) -> None:
        """Post until it is done: until there is an answer that does not say to come back, or that it got lost."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        while not self._is_done(path, body, headers):
            self._closures.asked_again += 1
            time.sleep(RETRY_S)

    def _is_done(self, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> bool:
        try:
            answer = self._client.post(path, json=body, headers=headers)
        except httpx.TransportError:
            return False
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or "Retry-After" in answer.headers:
            return False
        assert answer.is_success or ANSWER_LOST in answer.text, f"{path}: HTTP {answer.status_code} {answer.text}"
        return True
