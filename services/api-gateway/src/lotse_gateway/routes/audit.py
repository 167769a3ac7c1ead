"""Who did what: the audit log, read."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from lotse_gateway.answers.composing import compose_page
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.models.audit import AuditPage
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, id_in_query, page_size, read_cursor
from lotse_gateway.routes.spans import NARROWER
from lotse_shared.moment import Moment

NounFilter = Annotated[
    str | None,
    Query(pattern="^[a-z_]{1,32}$", description="done to this kind of thing only, such as sign", examples=["sign"]),
]
ThingFilter = Annotated[
    str | None,
    Query(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", description="done to this thing only"),
]


def audit_router(resources: Resources) -> APIRouter:
    """Give the list of events."""
    router = APIRouter(prefix="/v1/audit", tags=["audit"])
    settings = resources.settings
    history = resources.history.advising(*NARROWER, "or name a noun, a noun_id or a key_id")

    @router.get(
        "",
        summary="List what was done",
        response_model=AuditPage,
        responses=errors(422),
        dependencies=[Requires(Scope.OPERATOR)],
        operation_id="list_audit_events",
    )
    async def list_events(  # noqa: PLR0913 - a parameter each
        *,
        noun: NounFilter = None,
        noun_id: ThingFilter = None,
        key_id: Annotated[str | None, id_in_query("done with this key only", "command-line")] = None,
        from_: Annotated[Moment | None, Query(alias="from", description="done after this moment")] = None,
        to: Annotated[Moment | None, Query(description="and up to this one")] = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Response:
        """Every write, newest first: who, when, what, with the thing as it was before and after.

        For operators: events name people's keys and their reasons, which a wall display need not show.
        """
        (before,) = read_cursor(cursor, int)
        rows = await history.rows("list_audit_events", before, noun, noun_id, key_id, from_, to, limit + 1)
        next_cursor = encode_cursor(rows[limit - 1]["audit_id"]) if len(rows) > limit else None
        return await compose_page(AuditPage, map(dict, rows[:limit]), next_cursor=next_cursor)

    return router
