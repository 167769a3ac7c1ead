"""What is done to a roadwork: checked, approved, refused, ended."""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.models.roadworks import Approval, RoadworkView
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import DraftId, RoadworkId
from lotse_gateway.writes.audit import Event, leave_trace, read_states
from lotse_gateway.writes.roadwork_life import Approvals, Wish, get_roadwork, hold_roadwork, keep_check, too_late
from lotse_shared.problems import Conflict
from lotse_shared.wire_closures import ClosureRequest

Operator = Annotated[ApiKey, Requires(Scope.OPERATOR)]
NOTHING_BESIDES = Approval()
"""An approval that says nothing needs no body."""


def roadwork_life_router(resources: Resources, approvals: Approvals) -> APIRouter:
    """Give check, approve, refuse, end."""
    router = APIRouter(prefix="/v1/roadworks/{roadwork_id}", tags=["roadworks"])
    database = resources.database

    @router.post(
        "/check",
        summary="Check what a roadwork would do, and keep the answer with it",
        response_model=RoadworkView,
        responses=errors(404, 409, 422),
        operation_id="check_roadwork",
    )
    async def check(roadwork_id: RoadworkId, key: Operator) -> Any:  # noqa: ANN401 - RoadworkView
        """Have routing tell what it would cut off, break and burden: a draft is `checked` then, until it is changed.

        409 where it closes nothing: then there is nothing to check. It may be approved unchecked: an approval checks
        it anew.
        """
        async with database.transaction() as session:
            asked = await get_roadwork(session, resources, roadwork_id)
        answer = await resources.routing.check_closure(ClosureRequest(roadwork_id=roadwork_id))
        async with database.transaction() as session:
            held = await hold_roadwork(session, resources, roadwork_id)
            if held["updated_at"] != asked["updated_at"]:
                message = f"the roadwork {roadwork_id!r} was changed meanwhile: check it again"
                raise Conflict(message)
            before = await read_states(session, "roadwork", [roadwork_id])
            await keep_check(session, roadwork_id, answer)
            detail = {"isolates": answer.isolates}
            await leave_trace(session, key, "roadwork", [Event("check", roadwork_id, detail)], before)
            return await get_roadwork(session, resources, roadwork_id)

    @router.post(
        "/approve",
        summary="Approve a draft",
        response_model=RoadworkView,
        responses=errors(404, 409, 422, reads_body=True),
        operation_id="approve_roadwork",
    )
    async def approve(
        roadwork_id: RoadworkId, key: Operator, approval: Annotated[Approval, Body()] = NOTHING_BESIDES
    ) -> Any:  # noqa: ANN401 - RoadworkView
        """Give a draft its effect, from its start on, if routing finds that it isolates nothing.

        409 with what would be isolated, unless `override_reason` says why it has to be; 409, too, where `doubts` are to
        be looked at and `confirm` does not say so, and for one that was refused or is over. 503 while routing is away:
        nothing is approved then. Approving one that is approved does nothing.
        """
        return await approvals.approve_stored(key, roadwork_id, Wish(approval.override_reason, approval.confirm))

    @router.post(
        "/refuse",
        summary="Refuse a draft",
        response_model=RoadworkView,
        responses=errors(404, 409, 422),
        operation_id="refuse_roadwork",
    )
    async def refuse(roadwork_id: DraftId, key: Operator) -> Any:  # noqa: ANN401 - RoadworkView
        """Refuse one that has no effect yet; an import does not bring it back. Refusing one twice does nothing.

        409 for one that is approved or over: end it instead.
        """
        async with database.transaction() as session:
            held = await hold_roadwork(session, resources, roadwork_id)
            if held["status"] in {"approved", "active", "ended"}:
                raise too_late(held)
            before = await read_states(session, "roadwork", [roadwork_id])
            if await session.row("refuse_roadwork", roadwork_id) is not None:
                await leave_trace(session, key, "roadwork", [Event("refuse", roadwork_id)], before)
            return await get_roadwork(session, resources, roadwork_id)

    @router.post(
        "/end",
        summary="End a roadwork now",
        response_model=RoadworkView,
        responses=errors(404, 409, 422),
        operation_id="end_roadwork",
    )
    async def end(roadwork_id: RoadworkId, key: Operator) -> Any:  # noqa: ANN401 - RoadworkView
        """End it before its time, or call off one that is to come. Ending one that is over does nothing."""
        now = resources.now("say starts_at")
        async with database.transaction() as session:
            before = await read_states(session, "roadwork", [roadwork_id])
            if await session.row("end_roadwork", roadwork_id, now) is not None:
                await leave_trace(session, key, "roadwork", [Event("end", roadwork_id)], before)
            return await get_roadwork(session, resources, roadwork_id)

    return router
