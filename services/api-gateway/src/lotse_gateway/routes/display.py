"""What a sign polls: the stored bytes, from memory, with the moment until which they may be shown."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

from fastapi import FastAPI, Header, Response
from fastapi.routing import APIRoute
from starlette import types

from lotse_gateway.answers.etags import matches
from lotse_gateway.guards.access import Requires, key_of
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.metrics import count_display
from lotse_gateway.models.decisions import DisplayBody
from lotse_gateway.openapi import Responses, errors
from lotse_gateway.recall.memory import Absence, SignMemory
from lotse_gateway.routes.degraded import DESCRIBED, HEADER
from lotse_gateway.routes.parameters import SignId
from lotse_shared.clock import WallClock
from lotse_shared.problems import Gone, NotAllowed, NotFound, Problem, Unavailable, problem_response

CACHE_CONTROL = "private, no-cache"
DESCRIPTION = """
What the sign is to show, as routing composed it once: the same bytes and the same ETag from every gateway.

Poll it every `poll_s` ± 20 % with `If-None-Match`. `Lotse-Fresh-Until` (RFC 3339, UTC) comes with every 200 and 304:
at that moment the sign goes to its fallback, whatever it shows, unless a later answer has moved it. Ignore an
`(epoch, seq)` lower than the last one shown. 503 says that nothing fresh can be told: keep to the last
`Lotse-Fresh-Until`, and come back after `Retry-After`.
""".strip()
_FRESHNESS = {
    "ETag": {"description": "strong; hash of the body", "schema": {"type": "string"}},
    "Cache-Control": {"description": CACHE_CONTROL, "schema": {"type": "string"}},
    "Lotse-Fresh-Until": {
        "description": "show nothing at this moment or later: last heartbeat of the planner + ttl_s",
        "schema": {"type": "string", "format": "date-time"},
        "example": "2026-11-23T07:43:43.203Z",
    },
    **DESCRIBED,
}
_ANSWERS: Responses = {
    200: {"headers": _FRESHNESS},
    304: {"description": "Unchanged: go on showing it, until the new Lotse-Fresh-Until", "headers": _FRESHNESS},
    **errors(404, 410),
}
_WALL = WallClock()


PREFIX, SUFFIX = "/v1/signs/", "/display"
PATH = f"{PREFIX}{{sign_id}}{SUFFIX}"
JSON = (b"content-type", b"application/json")
DEGRADED = HEADER.lower().encode()
NOT_CACHED = (b"cache-control", CACHE_CONTROL.encode())


class Displays:
    """Answers the polls of signs before FastAPI does: thousands poll, and most of a request's cost is finding its way.

    It stands behind whatever checks keys and bounds requests, and is documented by a route that is never reached.
    """

    def __init__(self, app: types.ASGIApp, memory: SignMemory, retry_after_s: float) -> None:
        self._app = app
        self._memory = memory
        self._retry_after_s = retry_after_s

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """Answer one poll, or pass the request on."""
        sign_id = _polled_sign(scope)
        if sign_id is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = _ROUTE
        try:
            answer = self._answer(scope, sign_id)
        except Problem as problem:
            count_display(problem.status)
            await problem_response(problem)(scope, receive, send)
            return
        count_display(answer.status)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _answer(self, scope: types.Scope, sign_id: str) -> "Answer":
        key = key_of(scope)
        if not key.may_read_display(sign_id):
            message = f"the key {key.name!r} does not belong to the sign {sign_id!r}"
            raise NotAllowed(message)
        return compose_answer(self._memory, sign_id, _if_none_match(scope), _WALL.now(), self._retry_after_s)


def _polled_sign(scope: types.Scope) -> str | None:
    """Give the sign that polls its display; None: this is another request."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    path: str = scope["path"]
    if not path.startswith(PREFIX) or not path.endswith(SUFFIX):
        return None
    sign_id = path[len(PREFIX) : -len(SUFFIX)]
    return sign_id if sign_id and "/" not in sign_id else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out: headers as ASGI has them."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""


def add_display_route(app: FastAPI) -> None:
    """Describe what `Displays` answers, and refuse other methods."""
    app.add_api_route(
        PATH,
        _get_display,
        methods=["GET"],
        tags=["signs"],
        summary="Get what a sign is to show",
        description=DESCRIPTION,
        response_model=DisplayBody,
        responses=_ANSWERS,
        operation_id="get_display",
    )


async def _get_display(
    sign_id: SignId,
    key: Annotated[ApiKey, Requires(Scope.SIGN)],
    if_none_match: Annotated[str | None, Header(description="the ETag of what the sign shows")] = None,
) -> Response:
    raise AssertionError(sign_id, key, if_none_match)


_ROUTE = APIRoute(PATH, _get_display, response_model=DisplayBody)
"""By which its requests are counted."""


def compose_answer(
    memory: SignMemory, sign_id: str, if_none_match: str | None, now: datetime, retry_after_s: float
) -> Answer:
    """Give 200 or 304 for a sign at a moment of the wall clock.

    Raises
    ------
    NotFound, Gone, Unavailable
        There is nothing it may show; see `Absence`.
    """
    found = memory.find(sign_id, now)
    if isinstance(found, Absence):
        raise _problem(found, sign_id, retry_after_s)
    display = found.display
    headers = [
        (b"etag", display.etag.encode()),
        NOT_CACHED,
        (b"lotse-fresh-until", _told(found.fresh_until)),
    ]
    away = memory.away(now)
    if away is not None:
        headers.append((DEGRADED, away.part.encode()))
    if if_none_match is not None and matches(if_none_match, display.etag):
        return Answer(304, headers)
    return Answer(200, [*headers, (b"content-length", b"%d" % len(display.body)), JSON], display.body)


def refuse_absent(memory: SignMemory, sign_id: str, retry_after_s: float) -> None:
    """Do nothing if there is such a sign in service. Raises NotFound, Gone, or Unavailable as long as nobody knows."""
    absence = memory.find_absence(sign_id)
    if absence is not None:
        raise _problem(absence, sign_id, retry_after_s)


@lru_cache(maxsize=64)
def _told(fresh_until: datetime) -> bytes:
    """Give the moment as it is told. Until the planner's next heartbeat, it is the same for all signs of one ttl_s."""
    return fresh_until.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()


def _problem(absence: Absence, sign_id: str, retry_after_s: float) -> Problem:
    message = f"sign {sign_id!r}: {absence.value}"
    match absence:
        case Absence.UNKNOWN:
            return NotFound(message)
        case Absence.RETIRED:
            return Gone(message)
    return Unavailable(message, headers={"Retry-After": f"{max(1, round(retry_after_s))}"})


def _if_none_match(scope: types.Scope) -> str | None:
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"if-none-match"]
    return ",".join(values) if values else None
