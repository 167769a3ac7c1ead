"""What happens now, as a stream that never ends."""

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse

from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.live.events import KINDS, RETRY_MS, Event, Kind, Position, Wish, read_position
from lotse_gateway.live.hub import Hub, reset
from lotse_gateway.live.watch import Watch
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.boxes import Box, read_box
from lotse_gateway.routes.parameters import invalid_field
from lotse_shared.identifiers import IDENTIFIER_PATTERN
from lotse_shared.problems import Unavailable

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""The second asks reverse proxies not to hold events back."""
MOST_SIGNS = 200
_DECISION = Event(
    "decision",
    {
        "sign_id": "S2",
        "decision_id": 17,
        "epoch": 1,
        "seq": 2,
        "decided_at": "2026-11-23T07:43:28.192616Z",
        "state": "detour",
        "lines": ["LINDENBRÜCKE", "STAU", "FOLGE U3"],
        "source": "automatic",
    },
    Position(1, 17),
    sign_id="S2",
)
SCHEMA = {"description": "of each event: `event`, `id`, and `data`, which is JSON"}
EXAMPLE = f"retry: {RETRY_MS}\n\n{_DECISION.wire.decode()}"


def events_router(resources: Resources, hub: Hub, watch: Watch) -> APIRouter:
    """Give the stream."""
    router = APIRouter(prefix="/v1/events", tags=["events"])

    @router.get(
        "",
        summary="Listen to what happens",
        response_class=StreamingResponse,
        responses={
            200: {
                "description": "Events, as they happen",
                "content": {MEDIA_TYPE: {"schema": SCHEMA, "example": EXAMPLE}},
            },
            **errors(422),
        },
        operation_id="listen_to_events",
    )
    async def listen(
        key: Annotated[ApiKey, Requires(Scope.VIEWER)],
        box: Annotated[Box | None, Depends(read_box)],
        types: Annotated[
            str | None,
            Query(max_length=200, description=f"of {', '.join(KINDS)}, with commas between; left out: all"),
        ] = None,
        signs: Annotated[
            str | None, Query(max_length=8_000, description="decisions of these signs only, with commas between")
        ] = None,
        last_event_id: Annotated[
            str | None, Header(max_length=64, description="the `id` of the last event that was heard, to go on from it")
        ] = None,
    ) -> StreamingResponse:
        """Server-sent events: decisions, states of links, roadworks, alarms, how readings come in, what signs confirm.

        Listen first, then read the lists: what changes meanwhile is told. Each event carries the whole of what it tells
        of, so hearing one twice does no harm. `hello` comes first and `heartbeat` at least every
        `LOTSE_GATEWAY_EVENTS_HEARTBEAT_S`, with `covers_until`, and `degraded` while the database is away. After
        `reset`, read everything anew: too much was missed, or taken too slowly. `bye` comes before the end.

        With `Last-Event-ID`, on any gateway: the decisions that were missed, one by one, and how all else is now. A
        `bbox` chooses states of links, roadworks, and decisions of the signs on its links; alarms lie nowhere.
        """
        if not hub.has_room:
            message = f"{resources.settings.max_listeners} listen already"
            raise Unavailable(message, headers={"Retry-After": "10"})
        wish = await _wish(resources, types, signs, box)
        return StreamingResponse(
            _stream(hub, watch, key, wish, read_position(last_event_id)), media_type=MEDIA_TYPE, headers=HEADERS
        )

    return router


async def _stream(hub: Hub, watch: Watch, key: ApiKey, wish: Wish, heard: Position | None) -> AsyncIterator[bytes]:
    with hub.listen(key, wish) as listener:
        yield f"retry: {RETRY_MS}\n\n".encode()
        try:
            missed = await watch.since(heard)
        except Unavailable:  # what was missed cannot be told now, nor later: from here on it hears what is new
            missed = () if heard is None else (reset("the database is away", watch.position),)
        yield watch.hello().wire
        for event in missed:
            if (wire := wish.pick(event)) is not None:
                yield wire
        async for wire in listener.hear():
            yield wire


async def _wish(resources: Resources, types: str | None, signs: str | None, box: Box | None) -> Wish:
    kinds = frozenset(KINDS) if types is None else frozenset(map(_kind, types.split(",")))
    named = None if signs is None else frozenset(map(_sign, signs.split(",")))
    if named is not None and len(named) > MOST_SIGNS:
        raise invalid_field(field="query.signs", reason=f"at most {MOST_SIGNS} are taken: leave it out for all")
    if box is None:
        return Wish(kinds, named)
    row: Any = await resources.database.row("find_in_box", *box)
    within = frozenset(row["signs"])
    return Wish(kinds, within if named is None else named & within, frozenset(row["links"]))


def _kind(text: str) -> Kind:
    kind = next((each for each in KINDS if each == text.strip()), None)
    if kind is None:
        raise invalid_field(field="query.types", reason=f"{text.strip()!r} is none of {', '.join(KINDS)}")
    return kind


def _sign(text: str) -> str:
    if not re.match(IDENTIFIER_PATTERN, text.strip()):
        raise invalid_field(field="query.signs", reason=f"{text.strip()!r} is not the id of a sign")
    return text.strip()
