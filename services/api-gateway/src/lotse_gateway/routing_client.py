"""The way to routing's internal HTTP. When routing is away, the client is told so; it is no error of ours."""

import httpx
from pydantic import ValidationError

from lotse_shared.log import OnChange, get_logger
from lotse_shared.problems import Conflict, InvalidInput, NotFound, Problem, Unavailable
from lotse_shared.wire import RouteAnswer, RouteRequest

RETRY_AFTER_S = 5
RELAYED: dict[int, type[Problem]] = {kind.status: kind for kind in (NotFound, Conflict, InvalidInput)}
"""Routing's refusals that are the client's own business, by status."""

log = get_logger(__name__)


class RoutingClient:
    """Asks routing for routes."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._state = OnChange(log)

    async def find_route(self, request: RouteRequest) -> RouteAnswer:
        """Give the quickest way now.

        Raises
        ------
        NotFound, Conflict, InvalidInput
            Routing says so: no way, no such place.
        Unavailable
            Routing is away, too slow, or answers what cannot be understood.
        """
        try:
            answer = await self._http.post("/internal/routes", json=request.model_dump(mode="json"))
            if answer.status_code in RELAYED:
                raise _relay(answer)
            answer.raise_for_status()
            route = RouteAnswer.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            self._state.now("away", "routing away or not understood", error=str(error), kind=type(error).__name__)
            message = "routing does not answer at the moment"
            raise Unavailable(message, headers={"Retry-After": str(RETRY_AFTER_S)}) from error
        self._state.now("there", "routing there")
        return route


def _relay(answer: httpx.Response) -> Problem:
    """Give routing's problem as one of ours."""
    try:
        body = answer.json()
        detail, errors = str(body["detail"]), list(body.get("errors", []))
    except (ValueError, KeyError, TypeError, AttributeError):
        detail, errors = f"routing answered {answer.status_code}", []
    return RELAYED[answer.status_code](detail, errors=errors)
