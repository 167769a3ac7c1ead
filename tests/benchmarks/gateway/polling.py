"""Signs that poll, each at moments of its own, on a connection that is kept.

Arguments: port, file of requests (one a sign), seconds, mean seconds between two polls of a sign. Prints one JSON line.

A poll that was due while the one before was still under way counts from the moment at which it was due: so a gateway
that stands still for a second is told as what all signs saw, not only those few that had just asked. What our own clock
is late by (a millisecond or so) does not count.
"""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import msgspec

from benchmarks.gateway.kept import Kept, compose_get

JITTER = 0.2
"""Of the time between two polls: the share by which each is drawn earlier or later."""
PRIORITY = -10
"""Ours, where we may: that we wait for a core is nothing that the gateway did."""


class Polled(msgspec.Struct):
    """What was found. `opened` counts connections: one a sign where they are kept."""

    took_ms: list[float]
    statuses: dict[str, int]
    opened: int


async def poll_all(port: int, requests: list[bytes], lasts_s: float, every_s: float) -> Polled:
    """Let every sign poll until the time is over."""
    signs = [_Sign(Kept(port), request) for request in requests]
    for sign in signs:
        await sign.connect()
    begins_s = time.perf_counter()
    await asyncio.gather(*(sign.run(begins_s, lasts_s, every_s) for sign in signs))
    statuses = Counter(str(status) for sign in signs for status in sign.statuses)
    opened = sum(sign.connection.opened for sign in signs)
    return Polled([took for sign in signs for took in sign.took_ms], dict(statuses), opened)


class _Sign:
    def __init__(self, connection: Kept, request: bytes) -> None:
        self.connection = connection
        self._request = request
        self.took_ms: list[float] = []
        self.statuses: list[int] = []

    async def connect(self) -> None:
        """Ask once, which is not counted."""
        await self.connection.ask(self._request)

    async def run(self, begins_s: float, lasts_s: float, every_s: float) -> None:
        """Ask at moments that are fixed beforehand, whatever the answers take."""
        due_s = begins_s + random.uniform(0, every_s)
        while due_s < begins_s + lasts_s:
            wait_s = due_s - time.perf_counter()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            began_s = time.perf_counter() if wait_s > 0 else due_s
            self.statuses.append((await self.connection.ask(self._request)).status)
            self.took_ms.append(round(1000 * (time.perf_counter() - began_s), 3))
            due_s += every_s * random.uniform(1 - JITTER, 1 + JITTER)


def read_requests(path: str) -> list[bytes]:
    """Read the requests that a file lists (see requests.lua)."""
    lines = [line.split("\t") for line in Path(path).read_text(encoding="utf-8").splitlines()]
    return [compose_get(line[0], dict(header.split(": ", 1) for header in line[1:])) for line in lines]


def claim_priority() -> None:
    """Go before other processes, where we may."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)


def main(port: str, path: str, lasts_s: str, every_s: str) -> None:
    """Poll, print."""
    claim_priority()
    polled = asyncio.run(poll_all(int(port), read_requests(path), float(lasts_s), float(every_s)))
    sys.stdout.write(msgspec.json.encode(polled).decode() + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
