"""Conditional reads: every whole answer of a GET gets an ETag, and 304 where the client has it already."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lotse_gateway.answers.etags import etag_of, matches
from lotse_gateway.guards.access import API_ROOT

CACHE_CONTROL = b"private, no-cache"
"""Keep it, and ask whether it still holds before each use."""
OK, NOT_MODIFIED = 200, 304


class Conditional:
    """Adds ETags where the route has told none. What comes in pieces (exports) goes through as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_read = scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(API_ROOT)
        await self._app(scope, receive, _Answer(scope, send).send if is_read else send)


class _Answer:
    """One answer on its way out. Its start is held until it is known whether the whole body follows at once."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._held: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == OK:
            self._held = message
            return
        start, self._held = self._held, None
        if start is None:
            await self._send(message)
        elif message.get("more_body", False):
            await self._send(start)
            await self._send(message)
        else:
            await self._send_tagged(start, message)

    async def _send_tagged(self, start: Message, body: Message) -> None:
        told = _find(start["headers"], b"etag")
        etag = told or etag_of(body.get("body", b""))
        headers = list(start["headers"])
        if not told:
            headers.append((b"etag", etag.encode()))
        if not _find(headers, b"cache-control"):
            headers.append((b"cache-control", CACHE_CONTROL))
        if matches(_find(self._scope["headers"], b"if-none-match"), etag):
            kept = [(name, value) for name, value in headers if not name.startswith(b"content-")]
            await self._send({**start, "status": NOT_MODIFIED, "headers": kept})
            await self._send({**body, "body": b""})
        else:
            await self._send({**start, "headers": headers})
            await self._send(body)


def _find(headers: list[tuple[bytes, bytes]], wanted: bytes) -> str:
    """Give the values of a header, joined; empty if there is none."""
    return ",".join(value.decode("latin-1") for name, value in headers if name.lower() == wanted)
