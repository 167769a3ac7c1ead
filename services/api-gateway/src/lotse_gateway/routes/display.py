"""What a sign polls: the stored bytes, from memory, with the moment until which they may be shown."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import FastAPI, Header, Response
from fastapi.routing import APIRoute
from starlette import types

from lotse_gateway.access import Requires, key_of
from lotse_gateway.etags import matches
from lotse_gateway.keys import ApiKey, Scope
from lotse_gateway.memory import Absence, Shown, SignMemory
from lotse_gateway.metrics import DISPLAYS
from lotse_gateway.models.decisions import DisplayBody
from lotse_gateway.openapi import Responses, errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import SignId
from lotse_shared.clock import WallClock
from lotse_shared.problems import Gone, NotAllowed, NotFound, Problem, Unavailable

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
}
_ANSWERS: Responses = {
    200: {"headers": _FRESHNESS},
    304: {"description": "Unchanged: go on showing it, until the new Lotse-Fresh-Until", "headers": _FRESHNESS},
    **errors(404, 410),
}
_WALL = WallClock()


class DisplayRoute(APIRoute):
    """Documented like any route, but its endpoint is called without FastAPI's machinery: thousands of signs poll it.

    The endpoint checks its parameters and the key itself.
    """

    async def handle(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """Answer one poll."""
        if scope["method"] != "GET":
            await super().handle(scope, receive, send)
            return
        try:
            response = self.endpoint(scope["path_params"]["sign_id"], key_of(scope), _if_none_match(scope))
        except Problem as problem:
            DISPLAYS.labels(problem.status).inc()
            raise
        DISPLAYS.labels(response.status_code).inc()
        await response(scope, receive, send)


def add_display_route(app: FastAPI, resources: Resources) -> None:
    """Put the route in front of all others."""
    memory, retry_after_s = resources.memory, resources.settings.poll_s

    def get_display(
        sign_id: SignId,
        key: Annotated[ApiKey, Requires(Scope.SIGN)],
        if_none_match: Annotated[str | None, Header(description="the ETag of what the sign shows")] = None,
    ) -> Response:
        if not key.may_read_display(sign_id):
            message = f"the key {key.name!r} does not belong to the sign {sign_id!r}"
            raise NotAllowed(message)
        return compose_answer(memory, sign_id, if_none_match, _WALL.now(), retry_after_s)

    app.router.routes.insert(
        0,
        DisplayRoute(
            "/v1/signs/{sign_id}/display",
            get_display,
            methods=["GET"],
            tags=["signs"],
            summary="Get what a sign is to show",
            description=DESCRIPTION,
            response_model=DisplayBody,
            responses=_ANSWERS,
            operation_id="get_display",
        ),
    )


def compose_answer(
    memory: SignMemory, sign_id: str, if_none_match: str | None, now: datetime, retry_after_s: float
) -> Response:
    """Give 200 or 304 for a sign at a moment of the wall clock.

    Raises
    ------
    NotFound, Gone, Unavailable
        There is nothing it may show; see `Absence`.
    """
    found = memory.find(sign_id, now)
    if isinstance(found, Absence):
        raise _problem(found, sign_id, retry_after_s)
    headers = {
        "ETag": found.display.etag,
        "Cache-Control": CACHE_CONTROL,
        "Lotse-Fresh-Until": _fresh_until(found),
    }
    if if_none_match is not None and matches(if_none_match, found.display.etag):
        return Response(status_code=304, headers=headers)
    return Response(found.display.body, headers=headers, media_type="application/json")


def _fresh_until(shown: Shown) -> str:
    return shown.fresh_until.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
