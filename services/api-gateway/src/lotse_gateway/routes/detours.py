"""What all signs say now, by destination: from the memory that they are served from, so that the two agree."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Response

from lotse_gateway.answers.composing import compose_page
from lotse_gateway.answers.language import Language, in_language
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.models.decisions import DetourPage
from lotse_gateway.openapi import errors
from lotse_gateway.recall.memory import Absence, Display
from lotse_gateway.resources import Resources
from lotse_gateway.routes.degraded import MARKED, mark, refusal, refuse_stale
from lotse_gateway.routes.parameters import Cursor, InLanguage, id_in_query, page_size, read_cursor
from lotse_shared.clock import WallClock

_WALL = WallClock()

SignFilter = Annotated[str | None, id_in_query("of this sign only", "S2")]
DestinationFilter = Annotated[str | None, id_in_query("to this destination only", "CENTRUM")]


def detours_router(resources: Resources) -> APIRouter:
    """Give the list of detours."""
    router = APIRouter(prefix="/v1/detours", tags=["detours"])
    settings, memory = resources.settings, resources.memory

    @router.get(
        "",
        summary="List detours by sign and destination",
        response_model=DetourPage,
        responses=errors(422) | MARKED,
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_detours",
    )
    async def list_detours(  # noqa: PLR0913 - a parameter each
        *,
        response: Response,
        language: InLanguage,
        sign: SignFilter = None,
        destination: DestinationFilter = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Response:
        """Per sign in service and destination: the usual and the shown route with their travel times, and why.

        Where no detour is shown, the shown route is the usual one; where `shows_detours` is false, it is what Lotse
        found, and the sign says something else, or is blank because routing is away. `links` let another map follow
        both. All figures and the explanation are those of `decided_at`, when the sign was last told something else; the
        decision still stands at `covers_until`. What is measured now is in `/v1/links`. `why` tells the rule that
        decided and the figures it read, also where nothing is shown; `why.words` says it in words, `explanation` does
        for the whole sign.
        """
        after = read_cursor(cursor, str, str)
        if not memory.is_loaded:
            raise refusal(Absence.NOT_LOADED.value)
        if memory.database_away_since is not None:
            refuse_stale(resources)
        mark(resources, response.headers)
        found = memory.list_detours(sign, destination, None if cursor is None else (after[0], after[1]))
        now = _WALL.now()
        told = list(islice(found, limit + 1))
        items = (
            _view(display, detour, memory.covers_until, language, is_over=memory.is_over(display, now))
            for display, detour in told[:limit]
        )
        display, detour = told[limit - 1] if len(told) > limit else (None, {})
        next_cursor = display and encode_cursor(display.sign_id, detour["destination"])
        return await compose_page(DetourPage, items, response.headers, next_cursor=next_cursor)

    return router


def _view(
    display: Display, detour: Mapping[str, Any], covers_until: datetime | None, language: Language, *, is_over: bool
) -> dict[str, Any]:
    reasons = display.reasons
    return {
        **in_language(detour, language),
        "sign": display.sign_id,
        "decision_id": display.decision_id,
        "decided_at": reasons.decided_at,
        "source": reasons.source,
        "shows_detours": reasons.shows_detours and not is_over,
        "explanation": reasons.explanations.get(language, reasons.explanation),
        "covers_until": covers_until,
    }
