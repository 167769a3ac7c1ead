"""A TCP proxy between a client and a server, which can swallow or hold back what the client sends, or cut the line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from lotse_standalone.machine.ports import LOOPBACK


class Proxy:
    """Forwards both ways.

    While `is_swallowing`, what the client sends never arrives, and nobody is told. Between `hold` and `let_go` it waits
    here; what still waits when its connection ends is gone. A slow line adds `delay_s` to each piece of up to 64 KiB,
    either way. `greetings` counts the connections on which the client sent
    something. `cut` is a cable that is pulled: on all connections of now nothing gets through any more, either way,
    and neither end is told, not even when the other one closes.
    """

    def __init__(self, server_port: int) -> None:
        self.is_swallowing = False
        self.swallowed_bytes = 0
        self.forwarded_bytes = 0
        self.greetings = 0
        self.port = 0
        self.delay_s = 0.0
        self._line = asyncio.Event()  # set once this line, that of all connections of now, is cut
        self._flows = asyncio.Event()
        self._flows.set()
        self._server_port = server_port
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        self._line.set()
        self._line = asyncio.Event()

    def hold(self) -> None:
        self._flows.clear()

    def let_go(self) -> None:
        self._flows.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        line = self._line
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection(LOOPBACK, self._server_port)
            back = asyncio.create_task(self._copy(upstream_reader, writer, line))
            is_silent = True
            try:
                while data := await reader.read(65_536):
                    self.greetings += is_silent
                    is_silent = False
                    await self._flows.wait()
                    await self._lag()
                    await _silence_if(line)
                    if self.is_swallowing:
                        self.swallowed_bytes += len(data)
                    else:
                        self.forwarded_bytes += len(data)
                        upstream_writer.write(data)
                await _silence_if(line)
            finally:
                back.cancel()
                upstream_writer.close()
        except (OSError, asyncio.CancelledError):
            pass  # one end went away, or we end: so does the other
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self._lag()
                await _silence_if(line)
                writer.write(data)
            await _silence_if(line)
            writer.close()

    async def _lag(self) -> None:
        if self.delay_s > 0:
            await asyncio.sleep(self.delay_s)

    async def end_connections(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _silence_if(line: asyncio.Event) -> None:
    if line.is_set():
        await asyncio.get_running_loop().create_future()


@asynccontextmanager
async def proxying(server_port: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(server_port)
    server = await asyncio.start_server(proxy.serve, LOOPBACK, 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end_connections()
