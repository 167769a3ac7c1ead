"""The internal HTTP of replays: as many dead letters as one request may take, and where to go on."""

import time
from contextlib import aclosing
from datetime import UTC, datetime

from fastapi import APIRouter

from lotse_ingest.replay import Place, Replay, Tally
from lotse_shared.database import AWAY
from lotse_shared.log import get_logger
from lotse_shared.problems import InvalidInput, Unavailable
from lotse_shared.wire import ReplayAnswer, ReplayRequest

LONGEST_S = 10.0
DIGEST_BYTES = 32
COUNTED = tuple(name for name in ReplayAnswer.model_fields if name != "next_cursor")

log = get_logger(__name__)


def replay_router(replay: Replay) -> APIRouter:
    """Give the route that replays."""
    router = APIRouter(prefix="/internal/replays")

    @router.post("")
    async def replay_letters(request: ReplayRequest) -> ReplayAnswer:
        tally, place, is_over = Tally(), _place(request.cursor), True
        until = time.monotonic() + LONGEST_S
        try:
            async with aclosing(replay.pages(request.letters, place, request.limit, is_dry=request.dry_run)) as pages:
                async for page in pages:
                    tally += page.tally
                    place = page.last
                    is_over = time.monotonic() < until and tally["examined"] < request.limit
                    if not is_over:
                        break
        except AWAY as error:
            log.warning("replay interrupted: the database is away", error=str(error), **tally)
            message = "the database is away; what was replayed is done, and asking again goes on from there"
            raise Unavailable(message, headers={"Retry-After": "5"}) from error
        if not request.dry_run:
            log.info("dead letters replayed", **tally)
        next_cursor = None if is_over or place is None else _cursor(place)
        return ReplayAnswer(**{name: tally[name] for name in COUNTED}, next_cursor=next_cursor)

    return router


def _cursor(place: Place) -> str:
    received_at, digest = place
    return f"{received_at.isoformat()}~{digest.hex()}"


def _place(cursor: str | None) -> Place | None:
    """Read what `_cursor` wrote.

    Raises
    ------
    InvalidInput
        It is nothing of the kind.
    """
    if cursor is None:
        return None
    moment, _, digest = cursor.partition("~")
    try:
        place = datetime.fromisoformat(moment).astimezone(UTC), bytes.fromhex(digest)
        if len(place[1]) == DIGEST_BYTES:
            return place
    except (ValueError, OverflowError):
        pass
    reason = "not a cursor of a replay: take next_cursor of the answer before, or leave it out to begin"
    detail = f"body.cursor: {reason}"
    raise InvalidInput(detail, errors=[{"field": "body.cursor", "reason": reason}])
