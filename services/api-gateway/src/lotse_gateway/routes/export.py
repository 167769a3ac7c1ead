"""Readings as CSV, streamed: PostgreSQL sends no faster than the client takes them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from lotse_gateway.database import Database
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import invalid_field
from lotse_shared.identifiers import Identifier
from lotse_shared.moment import Moment
from lotse_shared.problems import Unavailable

MOST_DETECTORS = 200
PIECES_AHEAD = 4
DAY = timedelta(days=1)
CSV = "text/csv; charset=utf-8"
EXAMPLE = (
    "detector_id,measured_at,interval_s,vehicle_count,heavy_count,mean_speed_kmh,occupancy_pct,corrected_vehicle_count,"
    "corrected_mean_speed_kmh,corrected_occupancy_pct,rule_codes,quality_pct,revision,revised_interval_s,"
    "revised_vehicle_count,revised_heavy_count,revised_mean_speed_kmh,revised_occupancy_pct,revised_rule_codes,"
    "revised_quality_pct,seq,received_at\n"
    "AB-05,2026-11-23T07:43:28.091000Z,2,1,0,3.5,59.1,1,3.5,59.1,,100,0,,,,,,,,12,2026-11-23T07:43:28.092104Z\n"
)


def export_router(resources: Resources) -> APIRouter:
    """Give the export of readings."""
    router = APIRouter(prefix="/v1/export", tags=["history"])
    settings = resources.settings
    longest = timedelta(days=settings.max_export_days)

    @router.get(
        "/readings",
        summary="Export readings as CSV",
        response_class=StreamingResponse,
        responses={
            200: {
                "description": "Rows as CSV",
                "content": {"text/csv": {"schema": {"type": "string"}, "example": EXAMPLE}},
            },
            **errors(409, 422),
        },
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="export_readings",
    )
    async def export_readings(
        from_: Annotated[
            Moment, Query(alias="from", description="measured after this", examples=["2026-11-23T00:00:00Z"])
        ],
        to: Annotated[
            Moment | None, Query(description="and up to this; by default now", examples=["2026-11-24T00:00:00Z"])
        ] = None,
        detector_id: Annotated[
            list[Identifier] | None,
            Query(max_length=MOST_DETECTORS, description="of these only; repeat it for several"),
        ] = None,
    ) -> StreamingResponse:
        """Send raw, corrected and revised values in the order in which they were measured.

        A stream of any length: it takes as long as the client needs to take it, but not more than
        `LOTSE_GATEWAY_EXPORT_TIMEOUT_S`. If it breaks, the connection is closed without the end that HTTP demands.
        """
        end = to or resources.now("say `to`")
        if not timedelta() <= end - from_ <= longest:
            raise invalid_field(field="query.to", reason=f"must be from 0 to {longest / DAY:g} days after from")
        into, pieces = anyio.create_memory_object_stream[bytes](PIECES_AHEAD)
        plan = split_by_day(from_, end), detector_id, settings.export_timeout_s
        copying = asyncio.create_task(_copy(resources.exporting, *plan, into))
        name = f"readings-{from_:%Y%m%dT%H%M%SZ}-{end:%Y%m%dT%H%M%SZ}.csv"
        try:
            first = await pieces.receive()
        except anyio.EndOfStream:
            pieces.close()
            await copying  # which failed before the answer began: so the error can still be told
            raise
        return Export(first, pieces, copying, name)

    return router


def split_by_day(begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Split at midnights of UTC, as the table is: so no more than a day is ever sorted at once."""
    midnight = begin.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    cuts = [begin]
    while midnight < end:
        cuts.append(midnight)
        midnight += DAY
    return list(zip(cuts, [*cuts[1:], end], strict=True))


class Export(StreamingResponse):
    """An answer that comes in pieces. However it ends, also by a client that went away, so does its query."""

    def __init__(
        self, first: bytes, pieces: MemoryObjectReceiveStream[bytes], copying: asyncio.Task[None], name: str
    ) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        super().__init__(self._body(first, pieces), media_type=CSV, headers=headers)
        self._pieces, self._copying = pieces, copying

    async def _body(self, first: bytes, pieces: MemoryObjectReceiveStream[bytes]) -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece
        await self._copying  # may have failed half-way: then the answer must not end as if it were whole

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._pieces.close()
            self._copying.cancel()
            await asyncio.gather(self._copying, return_exceptions=True)


async def _copy(
    database: Database,
    spans: Sequence[tuple[datetime, datetime]],
    detectors: list[str] | None,
    timeout_s: float,
    into: MemoryObjectSendStream[bytes],
) -> None:
    async def send(piece: bytes) -> None:
        await into.send(bytes(piece))  # asyncpg hands over a bytearray

    with into:
        try:
            async with asyncio.timeout(timeout_s), database.transaction() as session:
                # Should this process hang, the server ends the query by itself.
                await session.row("allow_export", f"{2 * timeout_s * 1000:.0f}")
                for number, span in enumerate(spans):
                    await session.copy_csv("export_readings", (*span, detectors), send, with_header=number == 0)
        except TimeoutError:
            message = f"the export took longer than {timeout_s:g} s: ask for a shorter span, or take it faster"
            raise Unavailable(message) from None
