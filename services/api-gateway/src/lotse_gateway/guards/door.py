"""The outermost layer: bounds what comes in, marks what goes out, counts and times it; what fails inside ends here."""

import time

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lotse_gateway.metrics import count_request
from lotse_shared.door import method_and_route
from lotse_shared.http_date import HEADER as DATE
from lotse_shared.http_date import http_date
from lotse_shared.log import get_logger, is_debugging
from lotse_shared.problems import Problem, TooLarge, answer_unexpected, problem_response
from lotse_shared.request_id import HEADER, begin_request

DOCS_PATH = "/docs"
CONSOLE_PATH = "/console"

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
CONTENT_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
"""Nothing we answer loads anything, except the two pages."""
DOCS_CONTENT_POLICY = (
    b"content-security-policy",
    b"default-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
)
"""That page loads from us alone; it was written with a script inline."""
MARKS = (*SECURITY_HEADERS, CONTENT_POLICY)
DOCS_MARKS = (*SECURITY_HEADERS, DOCS_CONTENT_POLICY)


log = get_logger(__name__)


class UnsupportedMediaType(Problem):
    """The body is of a kind, or packed in a way, that is not taken here."""

    status = 415
    slug = "unsupported-media-type"
    title = "This kind of body is not taken here"


class AddressTooLong(Problem):
    """The query of the address is longer than we take."""

    status = 414
    slug = "address-too-long"
    title = "The address is too long"


class BodyTooLargeError(HTTPException):
    """Raised while a body of unknown length is read; an HTTPException because FastAPI lets only that through."""


class Door:
    """Bounds bodies and queries, adds security headers and the request's id, counts requests by route and status."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, max_query_bytes: int, tile_origin: str = "") -> None:
        self._app = app
        self._console_marks = (*SECURITY_HEADERS, console_policy(tile_origin))
        self._max_body_bytes = max_body_bytes
        self._max_query_bytes = max_query_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began_s, head_s = 500, time.perf_counter(), 0.0
        marks = (*self._marks_of(scope["path"]), (HEADER, begin_request(scope["headers"])))

        async def send_marked(message: Message) -> None:
            nonlocal status, head_s
            if message["type"] == "http.response.start":
                status, head_s = message["status"], time.perf_counter()
                message["headers"] = [*message["headers"], *marks, (DATE, http_date())]
            await send(message)

        try:
            await self._enter(scope, receive, send_marked)
        except Exception as error:
            if head_s:  # half-way: what is cut off must not look whole
                raise
            await answer_unexpected(Request(scope), error)(scope, receive, send_marked)
        finally:
            method, route = method_and_route(scope)
            taken_s = (head_s or time.perf_counter()) - began_s
            count_request(method, route, status, taken_s)
            if is_debugging():
                log.debug("answered", method=method, path=scope["path"], status=status, seconds=round(taken_s, 4))

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        if len(scope["query_string"]) > self._max_query_bytes:
            refusal = AddressTooLong(f"at most {self._max_query_bytes} bytes are taken in a query")
            await problem_response(refusal)(scope, receive, send)
        elif _declared_bytes(scope) > self._max_body_bytes:
            await problem_response(self._too_large())(scope, receive, send)
        else:
            await self._app(scope, self._bounded(receive), send)

    def _marks_of(self, path: str) -> tuple[tuple[bytes, bytes], ...]:
        if path.startswith(DOCS_PATH):
            return DOCS_MARKS
        return self._console_marks if path == "/" or path.startswith(f"{CONSOLE_PATH}/") else MARKS

    def _bounded(self, receive: Receive) -> Receive:
        seen_bytes = 0

        async def receive_bounded() -> Message:
            nonlocal seen_bytes
            message = await receive()
            seen_bytes += len(message.get("body", b""))
            if seen_bytes > self._max_body_bytes:
                raise BodyTooLargeError(TooLarge.status, self._too_large().detail)
            return message

        return receive_bounded

    def _too_large(self) -> TooLarge:
        return TooLarge(f"at most {self._max_body_bytes} bytes are taken in one request")


async def on_body_too_large(_request: Request, error: Exception) -> JSONResponse:
    """Answer a body that turned out too large while it was read."""
    assert isinstance(error, BodyTooLargeError)  # noqa: S101 - registered for this class only
    return problem_response(TooLarge(error.detail))


def console_policy(tile_origin: str) -> tuple[bytes, bytes]:
    """Give the policy of the console and its assets: from us alone, nothing inline.

    The map draws pictures of its own (blob, data), and shows those of a tile server, if one is set.
    """
    pictures = f"'self' data: blob: {tile_origin}".strip()
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {pictures}; connect-src 'self';"
        " worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return b"content-security-policy", policy.encode()


def _declared_bytes(scope: Scope) -> int:
    """Give the length the request declares, 0 if it declares none (h11 has checked that it is a number)."""
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
