"""How detectors are, and what operators say of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from lotse_gateway.answers.composing import compose_page
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.answers.preconditions import Precondition, Supposed
from lotse_gateway.database import Session
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.models.health import DetectorHealth, DetectorHealthPage, DetectorStatus, Failure, FailureView
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, DetectorId, NewDetectorId, page_size, read_cursor
from lotse_gateway.writes.audit import Event, leave_trace, read_states
from lotse_shared.clock import WallClock
from lotse_shared.problems import NotFound


def health_of_detectors_router(resources: Resources) -> APIRouter:
    """Give the health of detectors, and failure by hand."""
    router = APIRouter(prefix="/v1/detectors", tags=["detectors"])
    _add_reads(router, resources)
    _add_failure(router, resources)
    return router


def _add_reads(router: APIRouter, resources: Resources) -> None:
    settings, database = resources.settings, resources.database

    @router.get(
        "/health",
        summary="List how detectors are",
        response_model=DetectorHealthPage,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_detector_health",
    )
    async def list_health(
        status: Annotated[DetectorStatus | None, Query(description="only those that are so")] = None,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Response:
        """All registered detectors by id, each with when it was heard last, how its clock is, and what is wrong."""
        (after,) = read_cursor(cursor, str)
        rows = await database.rows("list_detector_health", after, status, None, limit + 1)
        next_cursor = encode_cursor(rows[limit - 1]["detector_id"]) if len(rows) > limit else None
        return await compose_page(DetectorHealthPage, map(dict, rows[:limit]), next_cursor=next_cursor)

    @router.get(
        "/{detector_id}/health",
        summary="Get how a detector is",
        response_model=DetectorHealth,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_detector_health",
    )
    async def get_health(detector_id: DetectorId) -> Any:  # noqa: ANN401 - DetectorHealth
        """When it was heard last, how its clock is, and what is wrong with it."""
        async with database.transaction() as session:
            return await _get(session, detector_id)


def _add_failure(router: APIRouter, resources: Resources) -> None:
    database, clock = resources.database, resources.clock

    @router.get(
        "/{detector_id}/failure",
        summary="Get the failure of a detector",
        response_model=FailureView,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_detector_failure",
    )
    async def get_failure(detector_id: NewDetectorId) -> Any:  # noqa: ANN401 - FailureView
        """Since when, and why, an operator holds it to be failed; 404 where nobody does."""
        row = await database.row("get_failure", detector_id)
        if row is None:
            message = f"the detector {detector_id!r} is not held to be failed, or there is none"
            raise NotFound(message)
        return dict(row)

    @router.put(
        "/{detector_id}/failure",
        summary="Hold a detector to be failed",
        response_model=DetectorHealth,
        responses=errors(404, 412, 422, reads_body=True),
        operation_id="fail_detector",
    )
    async def fail(
        detector_id: NewDetectorId,
        failure: Failure,
        key: Annotated[ApiKey, Requires(Scope.OPERATOR)],
        supposed: Supposed,
    ) -> Any:  # noqa: ANN401 - DetectorHealth
        """From now on its readings are stored, and nothing rests on them (R10); no alarm tells that it is silent.

        It stays so, also when it is registered anew, until it is held to be mended. A new reason replaces the old one.
        """
        async with database.transaction() as session:
            await _hold(session, detector_id, supposed)
            now = clock.now() or WallClock().now()
            before = await read_states(session, "detector", [detector_id])
            if await session.row("fail_detector", detector_id, failure.reason, now) is not None:
                event = Event("fail", detector_id, {"reason": failure.reason})
                await leave_trace(session, key, "detector", [event], before)
            return await _get(session, detector_id)

    @router.delete(
        "/{detector_id}/failure",
        summary="Hold a detector to be mended",
        response_model=DetectorHealth,
        responses=errors(404, 412, 422),
        operation_id="mend_detector",
    )
    async def mend(
        detector_id: NewDetectorId, key: Annotated[ApiKey, Requires(Scope.OPERATOR)], supposed: Supposed
    ) -> Any:  # noqa: ANN401 - DetectorHealth
        """From now on its readings count again. Mending one that is not failed does nothing."""
        async with database.transaction() as session:
            await _hold(session, detector_id, supposed)
            before = await read_states(session, "detector", [detector_id])
            if await session.row("mend_detector", detector_id) is not None:
                await leave_trace(session, key, "detector", [Event("mend", detector_id)], before)
            return await _get(session, detector_id)


async def _hold(session: Session, detector_id: str, supposed: Precondition) -> None:
    """Keep others from a detector until the transaction ends, and check what is supposed of its failure."""
    await session.row("hold_registered_detector", detector_id)
    supposed.check(f"the failure of {detector_id!r}", FailureView, await session.row("get_failure", detector_id))


async def _get(session: Session, detector_id: str) -> dict[str, Any]:
    row = await session.row("list_detector_health", None, None, detector_id, 1)
    if row is None:
        message = f"there is no detector {detector_id!r}"
        raise NotFound(message)
    return dict(row)
