"""The state of every link at once, as columns."""

from fastapi import APIRouter, Request, Response

from lotse_gateway.answers.kept import Composed, Kept, compose
from lotse_gateway.answers.media import JSON
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import Scope
from lotse_gateway.models.roads import LinkStates
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.degraded import MARKED, read_or_recall
from lotse_gateway.routes.links import get_version_of_links
from lotse_shared.clock import WallClock

_WALL = WallClock()


def link_states_router(resources: Resources) -> APIRouter:
    """Give all states."""
    router = APIRouter(prefix="/v1", tags=["links"])
    database, copies, kept = resources.database, resources.copies, Kept()

    async def read_body() -> bytes:
        row = await database.row("get_link_states")
        assert row is not None  # noqa: S101 - an aggregate is one row
        states: str = row["states"]
        return states.encode()

    async def read() -> Composed | str:
        return await kept.get(await get_version_of_links(database), read_body)

    def recall() -> str | None:
        return copies.link_states if copies.are_links_fresh(resources.settings.ttl_s, _WALL.now()) else None

    @router.get(
        "/link-states",
        summary="Get the state of every link of which anything is known",
        response_model=LinkStates,
        responses=errors() | MARKED,
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_link_states",
    )
    async def get_link_states(request: Request) -> Response:
        """All at once, as columns, without geometry: what events called `link_states` tell the changes of."""
        headers: dict[str, str] = {}
        found = await read_or_recall(resources, headers, read, recall)
        composed = await compose(found.encode()) if isinstance(found, str) else found
        return await composed.answer(request, JSON, headers)

    return router
