"""What all signs say now, by destination."""

from typing import Annotated, Any

from fastapi import APIRouter

from lotse_gateway.access import Requires
from lotse_gateway.keys import Scope
from lotse_gateway.language import Language, in_language
from lotse_gateway.models.decisions import DetourPage
from lotse_gateway.openapi import errors
from lotse_gateway.paging import encode_cursor
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, InLanguage, id_in_query, page_size, read_cursor

SignFilter = Annotated[str | None, id_in_query("of this sign only", "S2")]
DestinationFilter = Annotated[str | None, id_in_query("to this destination only", "CENTRUM")]


def detours_router(resources: Resources) -> APIRouter:
    """Give the list of detours."""
    router = APIRouter(prefix="/v1/detours", tags=["detours"])
    settings, database = resources.settings, resources.database

    @router.get(
        "",
        summary="List detours by sign and destination",
        response_model=DetourPage,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_detours",
    )
    async def list_detours(
        language: InLanguage,
        sign: SignFilter = None,
        destination: DestinationFilter = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Any:  # noqa: ANN401 - DetourPage
        """Per sign in service and destination: the usual and the shown route with their travel times, and why.

        Where no detour is shown, the shown route is the usual one; where `shows_detours` is false, it is what Lotse
        found, and the sign says something else. `links` let another map follow both. All figures and
        the explanation are those of `decided_at`, when the sign was last told something else; the decision still stands
        at `covers_until`. What is measured now is in `/v1/links`. `why` tells the rule that decided and the figures it
        read, also where nothing is shown; `why.words` says it in words, `explanation` does for the whole sign.
        """
        after = read_cursor(cursor, str, str)
        rows = await database.rows("list_detours", sign, destination, *after, limit + 1, language)
        items = [_view(row, language) for row in rows[:limit]]
        more = len(rows) > limit
        next_cursor = encode_cursor(items[-1]["sign"], items[-1]["destination"]) if more else None
        return {"items": items, "next_cursor": next_cursor}

    return router


def _view(row: Any, language: Language) -> dict[str, Any]:  # noqa: ANN401 - a Record
    names = ("decision_id", "explanation", "decided_at", "source", "shows_detours", "covers_until")
    of_the_decision = {name: row[name] for name in names}
    return {**in_language(row["detour"], language), **of_the_decision, "sign": row["sign_id"]}
