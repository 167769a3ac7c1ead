"""Listeners to GET /v1/events, thousands in one process.

Arguments: port, file of requests (taken in turns), how many listeners, how many decisions to wait for. Prints a line
once all were greeted, then, when all have all decisions (or some do not come), one JSON line: the moments, on
the wall, at which each decision reached a listener, by its id.
"""

import asyncio
import re
import sys
import time
from collections import defaultdict
from contextlib import suppress
from itertools import cycle, islice

import msgspec

from benchmarks.gateway.polling import claim_priority, read_requests

AT_ONCE = 50
"""Connections under way to be made."""
PATIENCE_S = 10.0
"""For each decision."""
_DECIDED = re.compile(rb'event: decision\n.*?"decision_id":(\d+)', re.DOTALL)
_GREETED = b"event: hello"


class Heard(msgspec.Struct):
    """What all of them heard: moments by decision. `gone` counts those whose connection ended."""

    at_s: dict[str, list[float]]
    gone: int


class _Crowd:
    """All listeners, and what came when. Events come whole: each is far smaller than what a socket takes at once."""

    def __init__(self, size: int, decisions: int) -> None:
        self.size = size
        self.decisions = decisions
        self.gone = 0
        self.whole = 0
        self.at_s: defaultdict[str, list[float]] = defaultdict(list)
        self.have_all = asyncio.Event()

    def hear(self, decision: str, now_s: float) -> None:
        """Note that one of them heard of a decision."""
        self.at_s[decision].append(now_s)
        self.whole += len(self.at_s[decision]) == self.size
        if self.whole == self.decisions:
            self.have_all.set()


class _Listener(asyncio.Protocol):
    def __init__(self, crowd: _Crowd, request: bytes, greeted: "asyncio.Future[None]") -> None:
        self._crowd, self._request, self._greeted = crowd, request, greeted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now_s = time.time()
        if not self._greeted.done():
            self._begin(data)
        for decision in _DECIDED.findall(data):
            self._crowd.hear(decision.decode(), now_s)

    def _begin(self, data: bytes) -> None:
        if data.startswith(b"HTTP/") and not data.startswith(b"HTTP/1.1 200 "):
            self._greeted.set_exception(ConnectionError(data.decode()))
        elif _GREETED in data:
            self._greeted.set_result(None)

    def connection_lost(self, _error: Exception | None) -> None:
        self._crowd.gone += 1
        if not self._greeted.done():
            self._greeted.set_exception(ConnectionError("a listener was turned away"))


async def listen(port: int, requests: list[bytes], size: int, decisions: int) -> Heard:
    """Let all listen; return what they heard."""
    crowd, room, loop = _Crowd(size, decisions), asyncio.Semaphore(AT_ONCE), asyncio.get_running_loop()

    async def come(request: bytes) -> None:
        async with room:
            greeted: asyncio.Future[None] = loop.create_future()
            await loop.create_connection(lambda: _Listener(crowd, request, greeted), "127.0.0.1", port)
            await greeted

    await asyncio.gather(*(come(request) for request in islice(cycle(requests), size)))
    sys.stdout.write("all listen\n")
    sys.stdout.flush()
    with suppress(TimeoutError):  # then it is told what did not come
        await asyncio.wait_for(crowd.have_all.wait(), decisions * PATIENCE_S)
    return Heard(dict(crowd.at_s), crowd.gone)


def main(port: str, path: str, size: str, decisions: str) -> None:
    """Listen, print."""
    claim_priority()
    heard = asyncio.run(listen(int(port), read_requests(path), int(size), int(decisions)))
    sys.stdout.write(msgspec.json.encode(heard).decode() + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
