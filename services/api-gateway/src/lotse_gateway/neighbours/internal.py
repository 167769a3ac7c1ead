"""The way to the internal HTTP of other services. When one is away, the client is told so; it is no error of ours."""

from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from lotse_shared.log import OnChange, get_logger
from lotse_shared.problems import MEDIA_TYPE, Conflict, InvalidInput, NotFound, Problem, TooLarge, Unavailable
from lotse_shared.request_id import headers_onward

RETRY_AFTER_S = 5
RELAYED: dict[int, type[Problem]] = {kind.status: kind for kind in (NotFound, Conflict, InvalidInput, TooLarge)}
"""Refusals that are the client's own business, by status."""

Answer = TypeVar("Answer", bound=BaseModel)
log = get_logger(__name__)


class InternalService:
    """Asks one service.

    Parameters
    ----------
    name
        What the service is called, for people.
    advice
        What whoever asked may do if it does not answer.
    """

    def __init__(self, name: str, http: httpx.AsyncClient, advice: str = "") -> None:
        self._name = name
        self._http = http
        self._advice = advice
        self._state = OnChange(log)

    async def ask(self, kind: type[Answer], path: str, **request: Any) -> Answer:  # noqa: ANN401 - httpx's own
        """Give the answer to a POST; `request` is what httpx's `post` takes.

        Raises
        ------
        NotFound, Conflict, InvalidInput, TooLarge
            The service says so.
        Unavailable
            It says so, is away, too slow, or answers what cannot be understood.
        """
        try:
            answer = await self._http.post(path, headers=headers_onward(), **request)
            if answer.status_code in RELAYED or _says_why_it_cannot(answer):
                raise _relay(self._name, answer)
            answer.raise_for_status()
            understood = kind.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            self._state.now("away", f"{self._name} away or not understood", error=str(error), kind=type(error).__name__)
            message = f"{self._name} does not answer at the moment{self._advice}"
            raise Unavailable(message, headers={"Retry-After": str(RETRY_AFTER_S)}) from error
        self._state.now("there", f"{self._name} there")
        return understood


def _says_why_it_cannot(answer: httpx.Response) -> bool:
    return answer.status_code == Unavailable.status and answer.headers.get("content-type") == MEDIA_TYPE


def _relay(name: str, answer: httpx.Response) -> Problem:
    """Give the service's problem as one of ours."""
    try:
        body = answer.json()
        detail, errors = str(body["detail"]), list(body.get("errors", []))
    except (ValueError, KeyError, TypeError, AttributeError):
        detail, errors = f"{name} answered {answer.status_code}", []
    kind = RELAYED.get(answer.status_code, Unavailable)
    headers = {name: answer.headers[name] for name in ("Retry-After",) if name in answer.headers}
    return kind(detail, errors=errors, headers=headers)
