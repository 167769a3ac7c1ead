"""What detectors have besides their registration: their readings."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from lotse_gateway.answers.composing import compose_page
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.models.readings import RawValues, ReadingPage
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, DetectorId, page_size, read_cursor
from lotse_gateway.routes.spans import NARROWER, choose_span, read_moment
from lotse_gateway.writes.nouns import DETECTORS
from lotse_gateway.writes.registry import get_row
from lotse_shared.moment import Moment


def detectors_router(resources: Resources) -> APIRouter:
    """Give the readings of detectors."""
    router = APIRouter(prefix="/v1/detectors", tags=["detectors"])
    settings, database = resources.settings, resources.database
    history = resources.history.advising(*NARROWER, "all of a longer one is at /v1/export/readings")

    @router.get(
        "/{detector_id}/readings",
        summary="List readings of a detector",
        response_model=ReadingPage,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_readings",
    )
    async def list_readings(
        detector_id: DetectorId,
        from_: Annotated[Moment | None, Query(alias="from", description="measured after this moment")] = None,
        to: Annotated[Moment | None, Query(description="and up to this one")] = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Response:
        """Give readings in the order in which they were measured: raw and corrected values, and the rules that struck.

        `from` and `to` default to the last 24 h of Lotse's clock; before data time has begun, to all there is.
        A detector that is not registered has readings too, if it sent any (rule code U1).
        """
        begin, end = choose_span(from_, to, resources.clock.now())
        (text,) = read_cursor(cursor, str)
        rows = await history.rows("list_readings", detector_id, begin, end, read_moment(text), limit + 1)
        if not rows:
            await get_row(database, DETECTORS, detector_id)
        next_cursor = encode_cursor(rows[limit - 1]["measured_at"].isoformat()) if len(rows) > limit else None
        return await compose_page(ReadingPage, map(_view, rows[:limit]), next_cursor=next_cursor)

    return router


def _view(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a Record
    raw = ("vehicle_count", "heavy_count", "mean_speed_kmh", "occupancy_pct")
    corrected = ("vehicle_count", "mean_speed_kmh", "occupancy_pct")
    return {
        "measured_at": row["measured_at"],
        "interval_s": row["interval_s"],
        "raw": {name: row[name] for name in raw},
        "corrected": {name: row[f"corrected_{name}"] for name in corrected},
        "rule_codes": row["rule_codes"],
        "quality_pct": row["quality_pct"],
        "revised": None if row["revision"] is None else _revised(row),
        "seq": row["seq"],
        "received_at": row["received_at"],
    }


def _revised(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a Record
    names = (*RawValues.model_fields, "interval_s", "quality_pct", "rule_codes")
    return {"revision": row["revision"], **{name: row[f"revised_{name}"] for name in names}}
