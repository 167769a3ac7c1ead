"""Keys: made, replaced, revoked, and when they were used. Administrators only."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Body, Query, Response

from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.answers.references import Mention, list_missing
from lotse_gateway.database import Session
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, NewKey, Scope, UselessKeyError, refuse_useless
from lotse_gateway.models.keys import KEY_ID, KeyPage, KeyRequest, KeyStatus, KeyView, NewKeyView, Rotation
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, id_in_path, invalid_field, page_size, read_cursor
from lotse_gateway.writes.audit import Event, leave_trace, read_states
from lotse_gateway.writes.create_key import KeyWish, add_key
from lotse_gateway.writes.registry import find_known, refuse
from lotse_shared.clock import WallClock
from lotse_shared.problems import Conflict, NotFound

Admin = Annotated[ApiKey, Requires(Scope.ADMIN)]
KeyId = Annotated[str, id_in_path("key_id", KEY_ID)]
AS_USUAL = Rotation()
"""A rotation that says nothing needs no body."""
_WALL = WallClock()


def keys_router(resources: Resources) -> APIRouter:
    """Give list, get, create, rotate and revoke."""
    router = APIRouter(prefix="/v1/keys", tags=["keys"])
    _add_reads(router, resources)
    _add_making(router, resources)
    _add_end(router, resources)
    return router


def _add_reads(router: APIRouter, resources: Resources) -> None:
    settings, database = resources.settings, resources.database

    @router.get(
        "",
        summary="List keys",
        response_model=KeyPage,
        responses=errors(422),
        dependencies=[Requires(Scope.ADMIN)],
        operation_id="list_keys",
    )
    async def list_keys(
        status: Annotated[KeyStatus | None, Query(description="only those that are this now")] = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Any:  # noqa: ANN401 - KeyPage
        """Keys by id, those that are over too, each with whose it is, what it may do, and when it was used last."""
        (after,) = read_cursor(cursor, str)
        rows = await database.rows("list_api_keys", after, status, None, limit + 1)
        items = [dict(row) for row in rows[:limit]]
        next_cursor = encode_cursor(items[-1]["key_id"]) if len(rows) > limit else None
        return {"items": items, "next_cursor": next_cursor}

    @router.get(
        "/{key_id}",
        summary="Get a key",
        response_model=KeyView,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.ADMIN)],
        operation_id="get_key",
    )
    async def get_key(key_id: KeyId) -> Any:  # noqa: ANN401 - KeyView
        """One key, without its secret."""
        async with database.transaction() as session:
            return await _get(session, key_id)


def _add_making(router: APIRouter, resources: Resources) -> None:
    database = resources.database

    @router.post(
        "",
        status_code=201,
        summary="Make a key",
        response_model=NewKeyView,
        responses=errors(422, reads_body=True),
        operation_id="create_key",
    )
    async def create(wanted: KeyRequest, author: Admin, response: Response) -> Any:  # noqa: ANN401 - NewKeyView
        """Make a key. The answer is the only one that ever carries its secret: what is stored is a hash."""
        _refuse_past(wanted.expires_at)
        try:
            refuse_useless(wanted.scopes, wanted.sign)
        except UselessKeyError as error:
            raise invalid_field(field="body.sign", reason=str(error)) from error
        async with database.transaction() as session:
            mentions = [] if wanted.sign is None else [Mention("sign", wanted.sign, "body.sign")]
            refuse(list_missing(mentions, await find_known(session, mentions)))
            wish = KeyWish(wanted.name, wanted.scopes, wanted.sign, wanted.expires_at)
            return await _show_once(session, await add_key(session, author, wish), response)

    @router.post(
        "/{key_id}/rotate",
        status_code=201,
        summary="Replace a key",
        response_model=NewKeyView,
        responses=errors(404, 409, 422, reads_body=True),
        operation_id="rotate_key",
    )
    async def rotate(
        key_id: KeyId, author: Admin, response: Response, rotation: Annotated[Rotation, Body()] = AS_USUAL
    ) -> Any:  # noqa: ANN401 - NewKeyView
        """Make a key with the same name and scopes; the old one stays valid for `overlap_h`, or until it expires.

        So whoever holds it has time to change over; `last_used_at` of the old one tells when they have. 409 for one
        that is over, or was replaced already: if the new secret was lost, revoke the new key, and rotate again.
        """
        _refuse_past(rotation.expires_at)
        async with database.transaction() as session:
            old = await _hold_valid(session, key_id)
            before, now = await read_states(session, "api_key", [key_id]), _WALL.now()
            expires_at = rotation.expires_at or _as_long(old, now)
            wish = KeyWish(old["name"], [Scope(each) for each in old["scopes"]], old["sign_id"], expires_at, key_id)
            new = await add_key(session, author, wish)
            await session.row("expire_key", key_id, now + timedelta(hours=rotation.overlap_h))
            event = Event("rotate", key_id, {"replaced_by": new.key_id})
            await leave_trace(session, author, "api_key", [event], before)
            return await _show_once(session, new, response)


def _add_end(router: APIRouter, resources: Resources) -> None:
    @router.delete(
        "/{key_id}",
        status_code=204,
        summary="Revoke a key",
        responses=errors(404, 409, 422),
        operation_id="revoke_key",
    )
    async def revoke(key_id: KeyId, author: Admin) -> None:
        """End a key at once, in every gateway. It stays in the list. Revoking twice does nothing.

        409 for the key that asks: so nobody locks themselves out by mistake.
        """
        if key_id == author.key_id:
            message = "this is the key that asks: revoke it with another"
            raise Conflict(message)
        async with resources.database.transaction() as session:
            before = await read_states(session, "api_key", [key_id])
            if key_id not in before:
                raise _unknown(key_id)
            if await session.row("revoke_key", key_id) is not None:
                await leave_trace(session, author, "api_key", [Event("revoke", key_id)], before)


async def _hold_valid(session: Session, key_id: str) -> asyncpg.Record:
    held = await session.row("hold_key", key_id)
    if held is None:
        raise _unknown(key_id)
    known = await _get(session, key_id)
    if known["status"] != "valid":
        message = f"the key {key_id!r} is {known['status']}: make a new one"
        raise Conflict(message)
    if known["replaced_by"] is not None:
        message = f"the key {key_id!r} was replaced by {known['replaced_by']!r} already"
        raise Conflict(message)
    return held


async def _get(session: Session, key_id: str) -> dict[str, Any]:
    row = await session.row("list_api_keys", None, None, key_id, 1)
    if row is None:
        raise _unknown(key_id)
    return dict(row)


async def _show_once(session: Session, new: NewKey, response: Response) -> dict[str, Any]:
    response.headers["Location"] = f"/v1/keys/{new.key_id}"
    response.headers["Cache-Control"] = "no-store"
    return {**await _get(session, new.key_id), "key": new.text}


def _as_long(old: asyncpg.Record, now: datetime) -> datetime | None:
    """Give the end of a key that lives from now on as long as another was made for."""
    return None if old["expires_at"] is None else now + (old["expires_at"] - old["created_at"])


def _refuse_past(expires_at: datetime | None) -> None:
    now = _WALL.now()
    if expires_at is not None and expires_at <= now:
        raise invalid_field(field="body.expires_at", reason=f"is over; allowed: after now ({now.isoformat()})")


def _unknown(key_id: str) -> NotFound:
    message = f"there is no key {key_id!r}"
    return NotFound(message)
