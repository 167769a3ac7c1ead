"""The outermost layer: bounds what comes in, marks what goes out, counts both."""

from collections import Counter

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lotse_gateway.metrics import REQUESTS
from lotse_shared.problems import Problem, TooLarge, problem_response

DOCS_PATH = "/docs"
CONSOLE_PATH = "/console"

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Those that are counted by name: strangers can make up others."""

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
CONSOLE_POLICY = (
    b"content-security-policy",
    (
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
        b" worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
)
"""The console and its assets: from us alone, nothing inline; the map draws pictures of its own (blob, data)."""


class UnsupportedMediaType(Problem):
    """The body is of a kind, or packed in a way, that is not taken here."""

    status = 415
    slug = "unsupported-media-type"
    title = "This kind of body is not taken here"


class BodyTooLargeError(HTTPException):
    """Raised while a body of unknown length is read; an HTTPException because FastAPI lets only that through."""


class Door:
    """Bounds bodies, adds security headers, counts requests by route and status."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        policy = _policy_of(scope["path"])

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *SECURITY_HEADERS, policy]
            await send(message)

        try:
            if _declared_bytes(scope) > self._max_body_bytes:
                await problem_response(self._too_large())(scope, receive, send_marked)
            else:
                await self._app(scope, self._bounded(receive), send_marked)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in METHODS else "other"
            REQUESTS.labels(method, route, status).inc()

    def _bounded(self, receive: Receive) -> Receive:
        seen: Counter[str] = Counter()

        async def receive_bounded() -> Message:
            message = await receive()
            seen["bytes"] += len(message.get("body", b""))
            if seen["bytes"] > self._max_body_bytes:
                raise BodyTooLargeError(TooLarge.status, self._too_large().detail)
            return message

        return receive_bounded

    def _too_large(self) -> TooLarge:
        return TooLarge(f"at most {self._max_body_bytes} bytes are taken in one request")


async def on_body_too_large(_request: Request, error: Exception) -> JSONResponse:
    """Answer a body that turned out too large while it was read."""
    assert isinstance(error, BodyTooLargeError)  # noqa: S101 - registered for this class only
    return problem_response(TooLarge(error.detail))


def _policy_of(path: str) -> tuple[bytes, bytes]:
    if path.startswith(DOCS_PATH):
        return DOCS_CONTENT_POLICY
    return CONSOLE_POLICY if path == "/" or path.startswith(f"{CONSOLE_PATH}/") else CONTENT_POLICY


def _declared_bytes(scope: Scope) -> int:
    """Give the length the request declares, 0 if it declares none (h11 has checked that it is a number)."""
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
