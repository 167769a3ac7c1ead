"""What signs have besides their registration: the decisions behind what they show."""

from typing import Annotated

from fastapi import APIRouter, Response

from lotse_gateway.answers.composing import compose_page
from lotse_gateway.answers.language import view_decision
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.models.decisions import DecisionPage
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, InLanguage, SignId, page_size, read_cursor
from lotse_gateway.writes.nouns import SIGNS
from lotse_gateway.writes.registry import get_row


def signs_router(resources: Resources) -> APIRouter:
    """Give the decisions of signs."""
    router = APIRouter(prefix="/v1/signs", tags=["signs"])
    settings, database = resources.settings, resources.database
    history = resources.history.advising("query.limit", "ask for smaller pages")

    @router.get(
        "/{sign_id}/decisions",
        summary="List what a sign was told",
        response_model=DecisionPage,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_decisions",
    )
    async def list_decisions(
        sign_id: SignId,
        language: InLanguage,
        response: Response,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Response:
        """Decisions of a sign, newest first, each with what it says, why, and the normal and the shown routes."""
        (before,) = read_cursor(cursor, int)
        rows = await history.rows("list_decisions", sign_id, before, limit + 1, language)
        if not rows:
            await get_row(database, SIGNS, sign_id)
        items = (view_decision(row, language) for row in rows[:limit])
        next_cursor = encode_cursor(rows[limit - 1]["decision_id"]) if len(rows) > limit else None
        return await compose_page(DecisionPage, items, response.headers, next_cursor=next_cursor)

    return router
