"""Aggregates of readings, and outages of detectors."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response

from lotse_gateway.answers.composing import compose_page
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.models.history import AggregatePage, Bucket, OutagePage
from lotse_gateway.openapi import errors
from lotse_gateway.resources import NOT_BEGUN, Resources
from lotse_gateway.routes.days import UNITS, day_of, list_days, widen
from lotse_gateway.routes.parameters import Cursor, DetectorId, invalid_field, page_size, read_cursor
from lotse_gateway.routes.spans import DEFAULT_SPAN, NARROWER, read_moment
from lotse_gateway.writes.nouns import DETECTORS
from lotse_gateway.writes.registry import get_row
from lotse_shared.moment import Moment
from lotse_shared.problems import Conflict

LONGEST_SPAN = timedelta(days=400)
MOST_DAYS = 100
DEFAULT_DAYS = 7
EARLIEST, LATEST = date(1971, 1, 1), date(2199, 12, 31)

DayParameter = Annotated[date | None, Query(ge=EARLIEST, le=LATEST)]


def history_router(resources: Resources) -> APIRouter:
    """Give aggregates and outages."""
    router = APIRouter(prefix="/v1", tags=["history"])
    settings, database = resources.settings, resources.database
    history = resources.history
    by_span = history.advising(*NARROWER, f"{LONGEST_SPAN.days} days are allowed where little was measured")
    by_days = history.advising(*NARROWER, f"{MOST_DAYS} days are allowed where little was measured")
    of_day = history.advising("query.limit", "ask for smaller pages")
    zone = ZoneInfo(settings.time_zone)

    @router.get(
        "/detectors/{detector_id}/aggregates",
        summary="List aggregates of a detector",
        response_model=AggregatePage,
        responses=errors(404, 409, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_aggregates",
    )
    async def list_aggregates(  # noqa: PLR0913 - a parameter each
        *,
        detector_id: DetectorId,
        from_: Annotated[Moment | None, Query(alias="from", description="from the bucket of this moment")] = None,
        to: Annotated[Moment | None, Query(description="up to the bucket that ends at or after this moment")] = None,
        bucket: Annotated[Bucket, Query(description="hours and days of the zone in force")] = "15min",
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Response:
        """Give sums and means of what was measured, by quarters, hours or days; by default of the last 24 h.

        They go by the newest correction of each interval, and by values after judgement. A reading counts for the
        bucket in which its interval ended.
        """
        begin, end = _span(from_, to, resources.clock.now())
        (text,) = read_cursor(cursor, str)
        asked = (*widen(begin, end, bucket, zone), UNITS[bucket], zone.key, read_moment(text), limit + 1)
        rows = await by_span.rows("list_aggregates", detector_id, *asked)
        if not rows:
            await get_row(database, DETECTORS, detector_id)
        more = len(rows) > limit
        next_cursor = encode_cursor(rows[limit - 1]["begins_at"].isoformat()) if more else None
        return await compose_page(AggregatePage, map(dict, rows[:limit]), next_cursor=next_cursor)

    @router.get(
        "/detectors/{detector_id}/outages",
        summary="List outages of a detector by day",
        response_model=OutagePage,
        responses=errors(404, 409, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_outages",
    )
    async def list_outages(
        detector_id: DetectorId,
        from_: Annotated[DayParameter, Query(alias="from", description="first day; by default a week ago")] = None,
        to: Annotated[DayParameter, Query(description="last day; by default today")] = None,
    ) -> Any:  # noqa: ANN401 - OutagePage
        """Tell for each day how long the detector measured nothing usable: silent, failed, implausible, substituted.

        Days are those of the zone in force; of today only what has passed on Lotse's clock counts. An interval counts
        for the day in which it ended.
        """
        now = resources.clock.now()
        last = to or _today(now, zone)
        first = from_ or last - timedelta(days=DEFAULT_DAYS - 1)
        if not 0 <= (last - first).days < MOST_DAYS:
            raise invalid_field(field="query.to", reason=f"must be from 0 to {MOST_DAYS - 1} days after from")
        await get_row(database, DETECTORS, detector_id)
        days = zip(*list_days(first, last, zone), strict=True)
        rows = await by_days.rows("list_outages", detector_id, *map(list, days), now)
        return {"items": [_outage(row, settings.outage_limit_s) for row in rows], "next_cursor": None}

    @router.get(
        "/outages",
        summary="List outages of all detectors on a day",
        response_model=OutagePage,
        responses=errors(409, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_outages_of_day",
    )
    async def list_outages_of_day(
        day: Annotated[DayParameter, Query(description="of the zone in force; by default today")] = None,
        over_limit: Annotated[bool, Query(description="only those above what a day may have")] = False,  # noqa: FBT002
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Response:
        """Tell of every registered detector how long it measured nothing usable on one day."""
        now = resources.clock.now()
        asked = day_of(day or _today(now, zone), zone)
        (after,) = read_cursor(cursor, str)
        least_s = settings.outage_limit_s if over_limit else None
        span = (asked.begins_at, asked.ends_at, now)
        rows = await of_day.rows("list_outages_of_day", *span, least_s, after, limit + 1)
        items = (_outage({**row, "day": asked.date}, settings.outage_limit_s) for row in rows[:limit])
        next_cursor = encode_cursor(rows[limit - 1]["detector_id"]) if len(rows) > limit else None
        return await compose_page(OutagePage, items, next_cursor=next_cursor)

    return router


def _span(begin: datetime | None, end: datetime | None, now: datetime | None) -> tuple[datetime, datetime]:
    """Give the span asked for, by default the last 24 h.

    Raises
    ------
    InvalidInput
        It ends before it begins, or is too long.
    Conflict
        It is left open, and Lotse's clock has not begun.
    """
    last = end or _known(now)
    first = begin or last - DEFAULT_SPAN
    if not timedelta() <= last - first <= LONGEST_SPAN:
        raise invalid_field(field="query.to", reason=f"must be from 0 to {LONGEST_SPAN.days} days after from")
    return first, last


def _today(now: datetime | None, zone: ZoneInfo) -> date:
    return _known(now).astimezone(zone).date()


def _known(now: datetime | None) -> datetime:
    if now is None:
        message = f"{NOT_BEGUN}: say which span you mean"
        raise Conflict(message)
    return now


def _outage(row: Any, limit_s: float) -> dict[str, Any]:  # noqa: ANN401 - a Record or a dict
    share = row["outage_s"] / row["elapsed_s"] if row["elapsed_s"] else 0.0
    return {**row, "outage_share": round(share, 6), "is_over_limit": row["outage_s"] > limit_s}
