"""The proof that nothing was lost between roadside and table."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from lotse_gateway.answers.composing import compose_page
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.models.ledger import Bucket, GapPage, LedgerPage
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, id_in_query, invalid_field, page_size, read_cursor
from lotse_gateway.routes.spans import NARROWER, choose_span, read_moment
from lotse_gateway.writes.nouns import DETECTORS
from lotse_gateway.writes.registry import get_row
from lotse_shared.clock import WallClock
from lotse_shared.moment import Moment

LONGEST_SPAN = timedelta(days=400)
WIDTHS: dict[Bucket, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LedgerFrom = Annotated[Moment | None, Query(alias="from", description="received in the hour or day of this moment")]
LedgerTo = Annotated[Moment | None, Query(description="up to the hour or day that ends at or after this moment")]
OfDetector = Annotated[str | None, id_in_query("of this detector only", "AB-05")]
_WALL = WallClock()


def ledger_router(resources: Resources) -> APIRouter:
    """Give the ledger and the gaps in publishers' counters."""
    router = APIRouter(prefix="/v1/ingest/ledger", tags=["ingest"])
    settings, database = resources.settings, resources.database
    history = resources.history.advising(*NARROWER, f"{LONGEST_SPAN.days} days are allowed where few detectors are")

    @router.get(
        "",
        summary="List what became of readings",
        response_model=LedgerPage,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_ledger",
    )
    async def list_ledger(  # noqa: PLR0913 - a parameter each
        *,
        from_: LedgerFrom = None,
        to: LedgerTo = None,
        detector_id: OfDetector = None,
        bucket: Annotated[Bucket, Query(description="hours or days of UTC")] = "hour",
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Response:
        """Accounts by time of receipt (on the wall clock) and detector; by default of the last 24 h.

        In each and in `totals`, received = stored + duplicate + quarantined + rejected; what the publishers sent, each
        reading counted once, is stored + quarantined + rejected. Hold that against their own count.
        """
        begin, end = _widen(*choose_span(from_, to, _WALL.now()), WIDTHS[bucket])
        after_text, after_detector = read_cursor(cursor, str, str)
        after = read_moment(after_text), after_detector
        rows = await history.rows(f"list_ledger_{bucket}s", begin, end, detector_id, *after, limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        others: dict[str, Any] = {
            "from": begin,
            "to": end,
            "bucket": bucket,
            "totals": _totals(await history.row("sum_ledger", begin, end, detector_id)) if cursor is None else None,
            "next_cursor": last and encode_cursor(last["begins_at"].isoformat(), last["detector_id"] or ""),
        }
        return await compose_page(LedgerPage, map(dict, rows[:limit]), **others)

    @router.get(
        "/gaps",
        summary="List gaps in a detector's own counter",
        response_model=GapPage,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_seq_gaps",
    )
    async def list_seq_gaps(
        detector_id: Annotated[str, id_in_query("of this detector", "AB-05")],
        from_: Annotated[Moment | None, Query(alias="from", description="measured after this moment")] = None,
        to: Annotated[Moment | None, Query(description="and up to this one")] = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Any:  # noqa: ANN401 - GapPage
        """Find the numbers (`seq`) that the detector gave and that are neither stored nor among the dead letters.

        By default of the last 24 h of Lotse's clock. Readings are taken in the order in which they were measured, so
        that late ones close their gap. Where the number falls the counter began anew, which is no gap. What is missing
        was lost before it reached the broker, or has a dead letter whose number cannot be read.
        """
        begin, end = choose_span(from_, to, resources.clock.now())
        (after,) = read_cursor(cursor, str)
        row = await history.row("find_seq_gaps", detector_id, begin, end, read_moment(after), limit + 1)
        assert row is not None  # noqa: S101 - sums are one row
        if not row["readings"]:
            await get_row(database, DETECTORS, detector_id)
        items = row["items"][:limit]
        more = len(row["items"]) > limit
        span = {"detector_id": detector_id, "from": begin, "to": end}
        next_cursor = encode_cursor(items[-1]["next_measured_at"]) if more else None
        return {**row, **span, "items": items, "next_cursor": next_cursor}

    return router


def _widen(begin: datetime, end: datetime, width: timedelta) -> tuple[datetime, datetime]:
    """Give the span of whole buckets that holds this one."""
    if end - begin > LONGEST_SPAN:
        raise invalid_field(field="query.from", reason=f"lies more than {LONGEST_SPAN.days} days before to")
    first, last = (begin - EPOCH) // width, -((EPOCH - end) // width)
    return EPOCH + first * width, EPOCH + max(last, first + 1) * width


def _totals(sums: Any) -> dict[str, int]:  # noqa: ANN401 - a Record
    distinct = sums["stored"] + sums["quarantined"] + sums["rejected"]
    accounted_for = distinct + sums["duplicate"]
    unaccounted = sums["received"] - accounted_for
    return {**sums, "accounted_for": accounted_for, "unaccounted": unaccounted, "distinct_published": distinct}
