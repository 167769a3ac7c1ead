"""Answers while a part of Lotse is away: from memory where that is fresh enough, and marked as such."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from starlette.datastructures import MutableHeaders

from lotse_gateway.database import RETRY_AFTER_S, Overloaded
from lotse_gateway.resources import Resources
from lotse_shared.clock import WallClock
from lotse_shared.problems import Unavailable

HEADER = "Lotse-Degraded"
UNKNOWN = "the database is away at the moment, and nothing recent is known of this"
TOO_OLD = "the database is away at the moment, and what was known last is too old to be told"
DESCRIBED: dict[str, Any] = {
    HEADER: {
        "description": "only while a part is away: `database`, then the answer is what was known last; or `routing`,"
        " then nothing new is decided. `/v1/system` tells since when",
        "schema": {"type": "string", "enum": ["database", "routing"]},
    }
}
"""As OpenAPI has it."""
MARKED: dict[int | str, dict[str, Any]] = {200: {"headers": DESCRIBED}}
_WALL = WallClock()

Headers = MutableHeaders | dict[str, str]
T = TypeVar("T")


def mark(resources: Resources, headers: Headers) -> None:
    """Say in the headers of an answer what is away."""
    away = resources.memory.away(_WALL.now())
    if away is not None:
        headers[HEADER] = away.part


def refuse_stale(resources: Resources) -> None:
    """Do nothing while the memory may stand in for the database: as long as `ttl_s` since the planner's heartbeat.

    Raises
    ------
    Unavailable
        It may not any more.
    """
    if not resources.memory.is_fresh(resources.settings.ttl_s, _WALL.now()):
        raise refusal(TOO_OLD)


async def read_or_recall(
    resources: Resources,
    headers: Headers,
    read: Callable[[], Awaitable[T]],
    recall: Callable[[], T | None],
    *,
    however_old: bool = False,
) -> T:
    """Give what the database says; while it is away, what is known of that. Says in `headers` what is away.

    Raises
    ------
    Unavailable
        The database is away, and nothing is known, or nothing fresh.
    """
    memory = resources.memory
    if memory.database_away_since is None:  # else nobody need wait until it does not answer
        try:
            found = await read()
        except Overloaded:
            if not however_old:
                raise  # others get their answers: what was known last would be older than theirs
        except Unavailable:
            memory.database_away_since = _WALL.now()  # the feed finds out when it is back
        else:
            mark(resources, headers)
            return found
    if not however_old:
        refuse_stale(resources)
    known = recall()
    if known is None:
        raise refusal(UNKNOWN)
    mark(resources, headers)
    return known


def refusal(message: str) -> Unavailable:
    """Make the answer that says what is not known, and when to come back."""
    return Unavailable(message, headers={"Retry-After": str(RETRY_AFTER_S)})
