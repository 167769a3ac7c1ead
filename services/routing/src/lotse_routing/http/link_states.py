"""The internal HTTP of what was known of links at a past moment."""

from fastapi import APIRouter

from lotse_routing.http.routes import CurrentSnapshot, database_away, invalid_field
from lotse_routing.records import Records
from lotse_routing.state.estimate import LinkState
from lotse_routing.whatif.past import NotKnownError
from lotse_shared.database import AWAY
from lotse_shared.wire_past import LinkStatesAnswer, LinkStatesRequest, LinkStateThen


def link_states_router(current: CurrentSnapshot, records: Records) -> APIRouter:
    """Give the route of link states."""
    router = APIRouter(prefix="/internal/link-states")

    @router.post("")
    async def link_states(request: LinkStatesRequest) -> LinkStatesAnswer:
        snapshot = current()
        try:
            past = await records.past(snapshot.topology, request.at, snapshot.computed_until)
        except NotKnownError as error:
            raise invalid_field(field="query.at", reason=str(error)) from error
        except AWAY as error:
            raise database_away() from error
        return LinkStatesAnswer(states=[_told(state) for state in past.states])

    return router


def _told(state: LinkState) -> LinkStateThen:
    return LinkStateThen(
        link_id=state.link_id,
        observed_at=state.observed_at,
        speed_kmh=state.speed_kmh,
        level_of_service=state.level_of_service,
        confidence=state.confidence,
        source=state.source,
    )
