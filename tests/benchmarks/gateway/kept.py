"""Connections that are kept: HTTP/1.1 with as little of our own time as can be, so that the gateway's is measured."""

import asyncio
import re
from collections.abc import Mapping
from typing import NamedTuple

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"\r\nretry-after: *(\d+)\r\n", re.IGNORECASE)
_HAS_NO_BODY = frozenset({204, 304})


def compose_get(path: str, headers: Mapping[str, str]) -> bytes:
    """Give the bytes of a GET."""
    lines = [f"GET {path} HTTP/1.1", "Host: gateway", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Answered(NamedTuple):
    """What was answered, and after how long one is to come back, where that was told."""

    status: int
    retry_after_s: float


class Kept:
    """A connection that asks one thing at a time. `opened` counts how often it had to be made."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.opened = 0

    async def ask(self, request: bytes) -> Answered:
        """Send a request, take the whole answer."""
        head = await self._send(request)
        while head is None:  # the other side had closed it while nothing was asked
            self._streams = None
            head = await self._send(request)
        status = int(head[9:12])
        if status not in _HAS_NO_BODY:
            length = _LENGTH.search(head)
            assert length is not None, head
            assert self._streams is not None
            await self._streams[0].readexactly(int(length[1]))
        retry_after = _RETRY_AFTER.search(head)
        return Answered(status, float(retry_after[1]) if retry_after else 0.0)

    async def _send(self, request: bytes) -> bytes | None:
        """Give the head of the answer, None if the connection was closed instead."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            self.opened += 1
        reader, writer = self._streams
        writer.write(request)
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
