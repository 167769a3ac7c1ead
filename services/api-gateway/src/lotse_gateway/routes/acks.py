"""What signs say they show."""

from typing import Annotated, Any

from fastapi import APIRouter, Response

from lotse_gateway.answers.composing import compose_page
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.database import Session
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.models.displays import Ack, AckPage
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.display import refuse_absent
from lotse_gateway.routes.parameters import Cursor, SignId, page_size, read_cursor
from lotse_gateway.writes.nouns import SIGNS
from lotse_gateway.writes.registry import get_row
from lotse_shared.problems import Conflict, NotAllowed

RESTORED = "if a backup was restored, let an operator run `lotse-routing raise-epoch`"


def acks_router(resources: Resources) -> APIRouter:
    """Give acknowledging, and the list of what was acknowledged."""
    router = APIRouter(prefix="/v1/signs/{sign_id}", tags=["signs"])
    _add_ack(router, resources)
    _add_list(router, resources)
    return router


def _add_ack(router: APIRouter, resources: Resources) -> None:
    @router.post(
        "/ack",
        status_code=204,
        summary="Tell what a sign shows",
        responses=errors(404, 409, 410, 422, reads_body=True),
        operation_id="acknowledge_display",
    )
    async def acknowledge(sign_id: SignId, ack: Ack, key: Annotated[ApiKey, Requires(Scope.SIGN)]) -> None:
        """Tell the centre what drivers see: at once when that changes, and anew before half of `ttl_s` is over.

        By the key of the sign itself (or of an administrator, to try it). Saying the same again does no harm. 409: of a
        lower `(epoch, seq)` than acknowledged before, or of a display that the sign was never told: do not repeat it.
        """
        if not key.may_acknowledge(sign_id):
            message = f"the key {key.name!r} does not belong to the sign {sign_id!r}"
            raise NotAllowed(message)
        refuse_absent(resources.memory, sign_id, resources.settings.poll_s)
        said = (sign_id, ack.epoch, ack.seq, ack.plan, ack.shown, ack.source, ack.faults)
        if await resources.database.row("touch_ack", *said) is None:
            async with resources.database.transaction() as session:
                await _put(session, said)


async def _put(session: Session, said: tuple[Any, ...]) -> None:
    """Note what a sign says that it did not say last."""
    sign_id, epoch, seq, plan, *_ = said
    if await session.row("find_told", sign_id, epoch, seq, plan) is None:
        message = f"the sign {sign_id!r} was never told the plan {plan!r} as ({epoch}, {seq}); {RESTORED}"
        raise Conflict(message)
    if await session.row("put_ack", *said) is None:
        message = f"the sign {sign_id!r} has acknowledged a display after ({epoch}, {seq})"
        raise Conflict(message)


def _add_list(router: APIRouter, resources: Resources) -> None:
    settings, database = resources.settings, resources.database

    @router.get(
        "/acks",
        summary="List what a sign said it shows",
        response_model=AckPage,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_acks",
    )
    async def list_acks(
        sign_id: SignId,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Response:
        """Newest first, one for each time that it said something else."""
        (before,) = read_cursor(cursor, int)
        rows = await database.rows("list_acks", sign_id, before, limit + 1)
        if not rows:
            await get_row(database, SIGNS, sign_id)
        next_cursor = encode_cursor(rows[limit - 1]["ack_id"]) if len(rows) > limit else None
        return await compose_page(AckPage, map(dict, rows[:limit]), next_cursor=next_cursor)
