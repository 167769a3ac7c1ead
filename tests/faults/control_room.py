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
        self._open = ""
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
        if self._closures.is_open:
            self._post(f"/v1/roadworks/{self._open}/end", None)
            self._closures.ended += 1
            return
        body = {"name": "Kanalbau", "effect": "closed", "links": self._links, "override_reason": "Anlieger wissen es"}
        self._open = self._post("/v1/roadworks", body)["roadwork_id"]
        self._closures.opened += 1

    def _post(self, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        """Post until there is an answer that says more than that something is away."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        while True:
            try:
                answer = self._client.post(path, json=body, headers=headers)
            except httpx.TransportError:
                pass
            else:
                if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    assert answer.is_success, f"{path}: HTTP {answer.status_code} {answer.text}"
                    found: dict[str, Any] = answer.json()
                    return found
            self._closures.asked_again += 1
            time.sleep(RETRY_S)
