"""Dead letters: to look at, to download, to replay."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import StreamingResponse

from lotse_gateway.answers.composing import compose_page
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.models.dead_letters import (
    DEAD_LETTER_ID,
    EXAMPLE_ID,
    PAYLOAD,
    DeadLetterPage,
    DeadLetterSummary,
    DeadLetterView,
    Kind,
    ReasonCode,
    ReplayBody,
    TopicFilter,
)
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.letter_stream import EXAMPLE_LINE, NDJSON, stream_letters
from lotse_gateway.routes.parameters import Cursor, id_in_query, page_size, read_cursor
from lotse_gateway.routes.spans import NARROWER, read_digest, read_moment
from lotse_gateway.writes.audit import Event, leave_trace
from lotse_shared import topics
from lotse_shared.moment import Moment
from lotse_shared.problems import NotFound
from lotse_shared.wire import DeadLetterFilter, ReplayAnswer, ReplayRequest

PREVIEW_BYTES = 500
OCTETS = "application/octet-stream"
LetterId = Annotated[str, Path(max_length=100, examples=[EXAMPLE_ID])]


def _read_filter(  # noqa: PLR0913 - a parameter each
    *,
    kind: Annotated[Kind | None, Query(description="of this kind only")] = None,
    reason_code: Annotated[ReasonCode | None, Query(description="for this reason only, such as json")] = None,
    detector_id: Annotated[str | None, id_in_query("of this detector only", "AB-05")] = None,
    topic: Annotated[TopicFilter | None, Query(description="published here, with + and # as in MQTT")] = None,
    from_: Annotated[Moment | None, Query(alias="from", description="first received after this moment")] = None,
    to: Annotated[Moment | None, Query(description="and up to this one")] = None,
) -> DeadLetterFilter:
    return DeadLetterFilter(
        kind=kind, reason_code=reason_code, detector_id=detector_id, topic=topic, after=from_, until=to
    )


Wanted = Annotated[DeadLetterFilter, Depends(_read_filter)]


def dead_letters_router(resources: Resources) -> APIRouter:
    """Give all that can be done with dead letters."""
    router = APIRouter(prefix="/v1/dead-letters", tags=["ingest"])
    _add_lists(router, resources)
    _add_payloads(router, resources)
    _add_replay(router, resources)
    return router


def _add_lists(router: APIRouter, resources: Resources) -> None:
    settings = resources.settings
    history = resources.history.advising(*NARROWER, "or name a kind, a reason_code or a detector_id")

    @router.get(
        "",
        summary="List dead letters",
        response_model=DeadLetterPage,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_dead_letters",
    )
    async def list_dead_letters(
        wanted: Wanted,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Response:
        """Give what could not be used, newest first: each with its reason and the beginning of its payload."""
        before, digest = read_cursor(cursor, str, str)
        place = read_moment(before), read_digest(digest)
        rows = await history.rows("list_dead_letters", *wanted.as_arguments(), *place, limit + 1, PREVIEW_BYTES)
        last = rows[limit - 1] if len(rows) > limit else None
        next_cursor = last and encode_cursor(last["received_at"].isoformat(), last["id"])
        return await compose_page(DeadLetterPage, map(_view, rows[:limit]), next_cursor=next_cursor)

    @router.get(
        "/summary",
        summary="Count dead letters by reason",
        response_model=DeadLetterSummary,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="sum_dead_letters",
    )
    async def sum_dead_letters(wanted: Wanted) -> Any:  # noqa: ANN401 - DeadLetterSummary
        """Give how many there are by kind and reason, the most first, and since when."""
        rows = await history.rows("sum_dead_letters", *wanted.as_arguments())
        return {"items": [dict(row) for row in rows]}

    @router.get(
        "/export",
        summary="Download dead letters",
        response_class=StreamingResponse,
        responses={
            200: {
                "description": "A line of JSON each",
                "content": {NDJSON: {"schema": {"type": "string"}, "example": EXAMPLE_LINE}},
            },
            **errors(422),
        },
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="export_dead_letters",
    )
    async def export_dead_letters(
        wanted: Wanted,
        limit: Annotated[int, page_size(settings.max_bulk_rows)] = settings.max_page_size,
        cursor: Cursor = None,
    ) -> StreamingResponse:
        """Send them whole, oldest first, a line of JSON each; `payload_base64` is what was kept of the payload.

        Every line carries the `cursor` with which the next download goes on after it, also if this one broke off.
        """
        after, digest = read_cursor(cursor, str, str)
        return await stream_letters(history, wanted, (read_moment(after), read_digest(digest)), limit)


def _add_payloads(router: APIRouter, resources: Resources) -> None:
    database = resources.database

    @router.get(
        "/{letter_id}",
        summary="Get a dead letter",
        response_model=DeadLetterView,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_dead_letter",
    )
    async def get_dead_letter(letter_id: LetterId) -> Any:  # noqa: ANN401 - DeadLetterView
        """One dead letter with its reason and the beginning of its payload."""
        _refuse_no_id(letter_id)
        arguments = DeadLetterFilter(ids=[letter_id]).as_arguments()
        row = await database.row("list_dead_letters", *arguments, None, None, 1, PREVIEW_BYTES)
        if row is None:
            raise _not_found(letter_id)
        return _view(row)

    @router.get(
        "/{letter_id}/payload",
        summary="Download the payload of a dead letter",
        response_class=Response,
        responses={
            200: {
                "description": "The bytes that were kept",
                "headers": {
                    "Lotse-Payload-Bytes": {
                        "description": "length of all of it: if the body is shorter, it was cut or withheld",
                        "schema": {"type": "integer"},
                    }
                },
                "content": {OCTETS: {"schema": {"type": "string", "format": "binary"}, "example": PAYLOAD.decode()}},
            },
            **errors(404, 422),
        },
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_dead_letter_payload",
    )
    async def get_payload(letter_id: LetterId) -> Response:
        """Its payload, byte for byte; of an element of an array, that of the element."""
        _refuse_no_id(letter_id)
        row = await database.row("get_dead_letter_payload", bytes.fromhex(letter_id))
        if row is None:
            raise _not_found(letter_id)
        headers = {
            "Content-Disposition": f'attachment; filename="{letter_id}.bin"',
            "Lotse-Payload-Bytes": str(row["payload_bytes"]),
        }
        return Response(row["payload"], headers=headers, media_type=OCTETS)


def _add_replay(router: APIRouter, resources: Resources) -> None:
    @router.post(
        "/replay",
        summary="Replay dead letters",
        responses=errors(422, reads_body=True),
        operation_id="replay_dead_letters",
    )
    async def replay(body: ReplayBody, key: Annotated[ApiKey, Requires(Scope.OPERATOR)]) -> ReplayAnswer:
        """Decode dead letters again, oldest first, and store what can be used now: after a decoder was mended.

        What is refused again stays, with its newest reason. The ledger is put right in the same transaction: the
        readings count where and when they were received. One request works for about 10 s: give `next_cursor` back as
        `cursor` until it is null. It may be broken off anywhere and asked again.
        """
        letters = DeadLetterFilter(
            **body.model_dump(include={"kind", "reason_code", "detector_id", "topic", "ids"}),
            after=body.from_,
            until=body.to,
        )
        if not body.dry_run:
            async with resources.database.transaction() as session:
                wanted = body.model_dump(mode="json", by_alias=True, exclude_none=True)
                await leave_trace(session, key, "dead_letter", [Event("replay", "*", wanted)])
        request = ReplayRequest(letters=letters, dry_run=body.dry_run, limit=body.limit, cursor=body.cursor)
        return await resources.ingest.replay(request)


def _view(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a Record
    view = dict(row)
    view["preview"] = view.pop("head").decode(errors="replace")
    view["is_replayable"] = row["kept_bytes"] == row["payload_bytes"] and row["topic"] != topics.WATERMARK
    return view


def _refuse_no_id(letter_id: str) -> None:
    """Find nothing under what cannot be an id: it is no field that could be mended."""
    if re.fullmatch(DEAD_LETTER_ID, letter_id) is None:
        raise _not_found(letter_id)


def _not_found(letter_id: str) -> NotFound:
    return NotFound(f"there is no dead letter {letter_id!r}: it may have been replayed, or dropped for its age")
