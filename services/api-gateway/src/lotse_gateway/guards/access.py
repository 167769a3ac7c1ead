"""Who may do what, how often: a middleware knows the key before a body is read; `Requires(scope)` on each route."""

import time
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lotse_gateway.guards import keys
from lotse_gateway.guards.keys import ApiKey, KeyRefusedError, KeyRing, KeysNotLoadedError
from lotse_gateway.guards.limits import Buckets, Quota, address_of
from lotse_gateway.metrics import LIMITED
from lotse_gateway.settings import GatewaySettings
from lotse_shared.clock import WallClock
from lotse_shared.problems import NotAllowed, NotAuthenticated, Problem, TooManyRequests, Unavailable, problem_response

API_ROOT = "/v1"
HELD_KEY = "lotse.api_key"
"""Where the key of a request is kept in its ASGI scope."""

_BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="`Authorization: Bearer lotse_…`")
_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="header", description="`X-API-Key: lotse_…`")
_WALL = WallClock()


POLLED = ("/display", "/ack")
"""How the paths end that signs ask for, all day long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much this gateway takes: of requests and of sign polls from each key, of refusals from each address."""

    requests: Buckets
    polls: Buckets
    refusals: Buckets


def limits_of(settings: GatewaySettings) -> Limits:
    """Give the limits that are set, with nothing used of them."""
    window_s = settings.limit_window_s
    return Limits(
        Buckets(Quota("key", settings.max_requests_per_s * window_s, window_s)),
        Buckets(Quota("sign-polls", settings.max_polls_per_s * window_s, window_s)),
        Buckets(Quota("refusals", settings.max_refusals_per_min, 60)),
    )


class Authentication:
    """Refuses every request below /v1 that proves no key, or comes too often; before its body is read.

    A key that is valid is never refused for what others at its address do: a city's signs may all have one.
    """

    def __init__(self, app: ASGIApp, ring: KeyRing, limits: Limits) -> None:
        self._app = app
        self._ring = ring
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its key, or answer 401 or 429."""
        if scope["type"] != "http" or not scope["path"].startswith(API_ROOT):
            await self._app(scope, receive, send)
            return
        try:
            key = self._ring.authenticate(_presented(scope["headers"]), _WALL.now())
        except (KeyRefusedError, KeysNotLoadedError) as error:
            await problem_response(self._refusal(error, scope))(scope, receive, send)
            return
        scope[HELD_KEY] = key
        is_poll = scope["path"].endswith(POLLED)
        buckets = self._limits.polls if is_poll else self._limits.requests
        full_in_s = buckets.take(key.key_id, time.monotonic())
        if buckets.is_refused(full_in_s):
            message = f"the key {key.name!r} asks more often than {buckets.quota}"
            await problem_response(_too_many(message, buckets, full_in_s))(scope, receive, send)
        elif is_poll:  # told nothing of its limit: thousands of signs would be, every few seconds
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, _telling(send, buckets.headers(full_in_s)))

    def _refusal(self, error: KeyRefusedError | KeysNotLoadedError, scope: Scope) -> Problem:
        if isinstance(error, KeysNotLoadedError):
            return _problem(error)
        refusals, address = self._limits.refusals, address_of(scope["client"][0] if scope.get("client") else "")
        full_in_s = refusals.take(address, time.monotonic())
        if refusals.is_refused(full_in_s):
            message = f"{error}, and so many times from this address: {refusals.quota} are answered"
            return _too_many(message, refusals, full_in_s)
        return _problem(error)


def _too_many(message: str, buckets: Buckets, full_in_s: float) -> Problem:
    LIMITED.labels(buckets.quota.name).inc()
    return TooManyRequests(message, headers=buckets.headers(full_in_s))


def _telling(send: Send, headers: dict[str, str]) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
        await send(message)

    return send_with_headers


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
        message = (
            "nobody can be known: the database, which has the keys, was not there since the start, or for too long"
        )
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
