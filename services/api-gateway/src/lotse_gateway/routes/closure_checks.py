"""What a closure would do, before somebody orders it; from routing."""

from fastapi import APIRouter

from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_shared.wire_closures import ClosureAnswer, ClosureRequest


def closure_checks_router(resources: Resources) -> APIRouter:
    """Give the check of a closure."""
    router = APIRouter(prefix="/v1/roadworks", tags=["roadworks"])

    @router.post(
        "/check",
        summary="Check what a closure would do",
        responses=errors(404, 409, 422, reads_body=True),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="check_closure",
    )
    async def check_closure(request: ClosureRequest) -> ClosureAnswer:
        """Tell what closing links, or a roadwork, would cut off, break and burden, beside all others of its time.

        Nothing is changed. 404 where there is no such roadwork; 409 where it closes nothing.
        """
        return await resources.routing.check_closure(request)

    return router
