"""The cables between our services and their servers, to cut and to slow: proxies on a thread of their own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from factories_ingest_proxy import Proxy, proxying


@dataclass(frozen=True)
class Wires:
    """One to the broker, one to the database."""

    broker: Proxy
    database: Proxy
    _loop: asyncio.AbstractEventLoop

    def cut(self) -> None:
        """Let nothing through any more on the connections of now; neither end is told."""
        self._do(self.broker.cut)
        self._do(self.database.cut)

    def slow(self, delay_s: float) -> None:
        """Delay all that passes, from now on."""
        self.broker.delay_s = self.database.delay_s = delay_s

    def _do(self, act: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(act)


@contextmanager
def wired(broker_port: int, database_port: int) -> Iterator[Wires]:
    """Lay both for as long as the block lasts."""
    laid: list[Wires] = []
    is_laid = threading.Event()
    loop = asyncio.new_event_loop()
    is_over = asyncio.Event()

    async def lay() -> None:
        async with proxying(broker_port) as broker, proxying(database_port) as database:
            laid.append(Wires(broker, database, loop))
            is_laid.set()
            await is_over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(lay()), name="wires", daemon=True)
    thread.start()
    is_laid.wait()
    try:
        yield laid[0]
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join()
        loop.close()
