"""Who may do what: a middleware that knows the key before a body is read, and `Requires(scope)` on each route."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from lotse_gateway import keys
from lotse_gateway.keys import ApiKey, KeyRefusedError, KeyRing, KeysNotLoadedError
from lotse_shared.clock import WallClock
from lotse_shared.problems import NotAllowed, NotAuthenticated, Problem, Unavailable, problem_response

API_ROOT = "/v1"
HELD_KEY = "lotse.api_key"
"""Where the key of a request is kept in its ASGI scope."""

_BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="`Authorization: Bearer lotse_…`")
_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="header", description="`X-API-Key: lotse_…`")
_WALL = WallClock()


class Authentication:
    """Refuses every request below /v1 that proves no key; whatever the route is, and before its body is read."""

    def __init__(self, app: ASGIApp, ring: KeyRing) -> None:
        self._app = app
        self._ring = ring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its key, or answer 401."""
        if scope["type"] == "http" and scope["path"].startswith(API_ROOT):
            try:
                scope[HELD_KEY] = self._ring.authenticate(_presented(scope["headers"]), _WALL.now())
            except (KeyRefusedError, KeysNotLoadedError) as error:
                await problem_response(_problem(error))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _presented(headers: list[tuple[bytes, bytes]]) -> str | None:
    """Give the key of the Authorization or the X-API-Key header."""
    for name, value in headers:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return value[7:].strip().decode("latin-1")
        if name == b"x-api-key":
            return value.strip().decode("latin-1")
    return None


def _problem(error: KeyRefusedError | KeysNotLoadedError) -> Problem:
    if isinstance(error, KeysNotLoadedError):
        message = "keys have not been read yet, because the database was not there since the start"
        return Unavailable(message, headers={"Retry-After": "5"})
    message = f"{error}: send `Authorization: Bearer lotse_…` or `X-API-Key: lotse_…`"
    return NotAuthenticated(message, headers={"WWW-Authenticate": "Bearer"})


def key_of(scope: Scope) -> ApiKey:
    """Give the key of a request.

    Raises
    ------
    NotAuthenticated
        There is none: the middleware was not there. Closed by default.
    """
    key: ApiKey | None = scope.get(HELD_KEY)
    if key is None:
        message = "no key was presented"
        raise NotAuthenticated(message)
    return key


class Permission:
    """A dependency that gives the request's key if it has the scope."""

    def __init__(self, needed: keys.Scope) -> None:
        self.needed = needed

    async def __call__(
        self,
        request: Request,
        _bearer: Annotated[object, Depends(_BEARER)],  # these two stand here to be in OpenAPI;
        _header: Annotated[object, Depends(_HEADER)],  # the middleware has read the headers
    ) -> ApiKey:
        """Give the key.

        Raises
        ------
        NotAllowed
            The key lacks the scope; names both.
        """
        key = key_of(request.scope)
        if not key.may(self.needed):
            held = ", ".join(sorted(key.scopes))
            message = f"this needs the scope {self.needed}; the key {key.name!r} has {held}"
            raise NotAllowed(message)
        return key


def Requires(needed: keys.Scope) -> Any:  # noqa: N802, ANN401 - reads as a mark on the route; what Depends gives
    """Mark a route with the scope it needs; gives the key to the endpoint."""
    return Depends(Permission(needed))
