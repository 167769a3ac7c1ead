"""What all signs showed at a moment, and why."""

from datetime import datetime
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
from lotse_gateway.routes.parameters import At, Cursor, InLanguage, invalid_field, page_size, read_cursor


def decisions_router(resources: Resources) -> APIRouter:
    """Give the decisions in force at a moment."""
    router = APIRouter(prefix="/v1/decisions", tags=["decisions"])
    settings = resources.settings
    history = resources.history.advising("query.limit", "ask for smaller pages")

    @router.get(
        "",
        summary="List what every sign showed at a moment",
        response_model=DecisionPage,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_decisions_at",
    )
    async def list_decisions_at(
        language: InLanguage,
        response: Response,
        at: At = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Response:
        """By sign, the decision in force at a moment of Lotse's clock: what it said, why, and both routes.

        A sign that had no decision yet, or was out of service, is not among them. Figures are those of `decided_at`.
        Whether a sign was reached, or had gone to its fallback by itself for want of fresh news, is not in it.
        422 for a moment ahead, or before the first decision.
        """
        (after,) = read_cursor(cursor, str)
        if at is not None:
            await _check(at)
        rows = await history.rows("list_decisions_at", at, after, limit + 1, language)
        items = (view_decision(row, language) for row in rows[:limit])
        next_cursor = encode_cursor(rows[limit - 1]["sign_id"]) if len(rows) > limit else None
        return await compose_page(DecisionPage, items, response.headers, next_cursor=next_cursor)

    async def _check(moment: datetime) -> None:
        span = await history.row("get_span_of_decisions")
        begins_at, covers_until = (span["begins_at"], span["covers_until"]) if span else (None, None)
        ends_at = covers_until if resources.clock_name == "data" else resources.clock.now()
        if begins_at is None or ends_at is None:
            raise invalid_field(field="query.at", reason="nothing was decided yet; allowed: 'now'")
        if not begins_at <= moment <= ends_at:
            when = "in the future" if moment > ends_at else "before the first decision"
            allowed = f"allowed: 'now', or from {begins_at.isoformat()} to {ends_at.isoformat()}"
            raise invalid_field(field="query.at", reason=f"lies {when}; {allowed}")

    return router
