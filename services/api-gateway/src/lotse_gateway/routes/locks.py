"""Signs locked by hand: to a message or to nothing, by whom, why, and until when."""

from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter

from lotse_gateway.answers.language import LANGUAGES, Language
from lotse_gateway.answers.preconditions import Supposed
from lotse_gateway.database import Session
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.models.orders import Lock, LockView
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import InLanguage, NewSignId
from lotse_gateway.writes.audit import Event, leave_trace, read_states
from lotse_gateway.writes.nouns import SIGNS
from lotse_gateway.writes.orders import check_texts, end_of, size_of
from lotse_gateway.writes.registry import get_row, refuse
from lotse_shared.problems import Gone, NotFound


def locks_router(resources: Resources) -> APIRouter:
    """Give get, put and release of the lock of a sign."""
    router = APIRouter(prefix="/v1/signs", tags=["signs"])
    database = resources.database

    @router.get(
        "/{sign_id}/lock",
        summary="Get the lock of a sign",
        response_model=LockView,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_lock",
    )
    async def get_lock(sign_id: NewSignId, language: InLanguage) -> Any:  # noqa: ANN401 - LockView
        """Give the lock of a sign, or the last one that it had; 404 if it was never locked."""
        async with database.transaction() as session:
            return await _get(session, resources, sign_id, language)

    @router.put(
        "/{sign_id}/lock",
        summary="Lock a sign",
        response_model=LockView,
        responses=errors(404, 409, 410, 412, 422, reads_body=True),
        operation_id="lock_sign",
    )
    async def lock_sign(
        sign_id: NewSignId,
        lock: Lock,
        key: Annotated[ApiKey, Requires(Scope.OPERATOR)],
        supposed: Supposed,
        language: InLanguage,
    ) -> Any:  # noqa: ANN401 - LockView
        """Keep a sign to a message, or blank, until it is released or the lock expires; in place of a lock before it.

        A text that does not fit the sign is refused. While a corridor that it names is closed, it is not shown: an
        alarm (`order-suspended`) and `suspended` say so.
        """
        now = resources.now()
        expires_at = end_of(lock, now, resources.settings.max_order_h)
        sign = await get_row(database, SIGNS, sign_id)
        lines = await _as_written(resources, sign, lock)
        async with database.transaction() as session:
            if await session.row("hold_sign", sign_id) is None:
                message = f"sign {sign_id!r}: the sign was retired"
                raise Gone(message)
            await _check(session, sign_id, supposed)
            before = await read_states(session, "sign", [sign_id])
            await session.row("end_lock", sign_id, now, key.key_id)
            await session.row("add_lock", sign_id, lines, lock.reason, key.key_id, now, expires_at)
            await leave_trace(session, key, "sign", [Event("lock", sign_id, {"reason": lock.reason})], before)
            return await _get(session, resources, sign_id, language)

    @router.delete(
        "/{sign_id}/lock",
        status_code=204,
        summary="Release a sign",
        responses=errors(404, 409, 412, 422),
        operation_id="release_sign",
    )
    async def release_sign(
        sign_id: NewSignId, key: Annotated[ApiKey, Requires(Scope.OPERATOR)], supposed: Supposed
    ) -> None:
        """End a lock before it expires. Releasing a sign that is not locked does nothing."""
        now = resources.now()
        await get_row(database, SIGNS, sign_id)
        async with database.transaction() as session:
            await session.row("hold_registered_sign", sign_id)
            await _check(session, sign_id, supposed)
            before = await read_states(session, "sign", [sign_id])
            ended = await session.row("end_lock", sign_id, now, key.key_id)
            if ended is not None and ended["was_in_force"]:
                await leave_trace(session, key, "sign", [Event("release", sign_id)], before)

    async def _check(session: Session, sign_id: str, supposed: Supposed) -> None:
        now = resources.clock.now()
        present = [await session.row("get_lock", sign_id, now, language) for language in LANGUAGES]
        supposed.check(f"the lock of the sign {sign_id!r}", LockView, *present)

    return router


async def _as_written(resources: Resources, sign: asyncpg.Record, lock: Lock) -> list[str]:
    (lines,), faults = await check_texts(resources, [("body", size_of(sign), lock.lines)])
    refuse(faults)
    return lines


async def _get(session: Session, resources: Resources, sign_id: str, language: Language) -> dict[str, Any]:
    row = await session.row("get_lock", sign_id, resources.clock.now(), language)
    if row is None:
        message = f"the sign {sign_id!r} was never locked, or there is none"
        raise NotFound(message)
    return dict(row)
