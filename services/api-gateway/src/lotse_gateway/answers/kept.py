"""Answers that are the same for all who ask, kept as bytes for as long as what they were made of stays as it is."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from lotse_gateway.answers.etags import etag_of
from lotse_gateway.answers.packing import FAST, VARY, pack, takes_gzip
from lotse_gateway.answers.sparse import CHOSEN


@dataclass(slots=True)
class Composed:
    """A body with its ETag, and the same packed, once somebody has asked for that."""

    body: bytes
    etag: str
    _packed: tuple[bytes, str] | None = None
    _packing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def packed(self) -> tuple[bytes, str]:
        """Give the packed body and its ETag."""
        async with self._packing:
            if self._packed is None:
                packed = await pack(self.body, FAST)
                self._packed = packed, await asyncio.to_thread(etag_of, packed)
            return self._packed

    async def answer(self, request: Request, media_type: str, headers: Mapping[str, str]) -> Response:
        """Answer with it, packed if the client takes that. Where fields are left out, the ETag is that of the rest."""
        if CHOSEN in request.scope:
            return Response(self.body, media_type=media_type, headers={**VARY, **headers})
        if not takes_gzip(request):
            return Response(self.body, media_type=media_type, headers={**VARY, "ETag": self.etag, **headers})
        packed, etag = await self.packed()
        told = {**VARY, "Content-Encoding": "gzip", "ETag": etag}
        return Response(packed, media_type=media_type, headers={**told, **headers})


async def compose(body: bytes) -> Composed:
    """Make an answer of a body, which may be large: beside the event loop."""
    return Composed(body, await asyncio.to_thread(etag_of, body))


class Kept:
    """The newest answer of one kind. Who asks while it is composed waits for that, and composes nothing."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._composing = asyncio.Lock()
        self._version: object = None
        self._composed: Composed | None = None

    async def get(self, version: object, read: Callable[[], Awaitable[bytes]]) -> Composed:
        """Give the answer of a version. What `read` gives may be newer than that, never older."""
        async with self._composing:
            if self._composed is None or version != self._version:
                self._composed, self._version = await compose(await read()), version
            return self._composed
