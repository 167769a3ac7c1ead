"""Idempotency keys: a POST that changed something is carried out once, and answered again as often as it is sent.

The write's own transaction marks that it took effect: so a gateway that dies before it could keep the answer leaves a
mark, and one that was given up for dead cannot write any more (docs/decisions/0035).
"""

import hashlib
import re
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lotse_gateway.database import Database, Session
from lotse_gateway.guards.access import HELD_KEY
from lotse_gateway.guards.door import BodyTooLargeError
from lotse_gateway.metrics import IDEMPOTENT, UNKEPT_ANSWERS
from lotse_shared.log import OnChange, get_logger
from lotse_shared.problems import Conflict, InvalidInput, Problem, TooLarge, Unavailable, problem_response

NAME = "Idempotency-Key"
PATTERN = r"^[\x21-\x7e]{1,255}$"
OVERDUE = timedelta(minutes=1)
"""Longer than requests take, but for the import of a large feed: so long whoever repeats one waits if a gateway died
with the first. Whoever is slower and was repeated finds its claim taken, and changes nothing."""
RETRY_AFTER_S = 1
REPLAYED = (b"idempotency-replayed", b"true")

log = get_logger(__name__)


@dataclass(slots=True)
class Claim:
    """The right to carry out one request."""

    claim_id: UUID
    has_effect: bool = False


_CLAIM: ContextVar[Claim | None] = ContextVar("claim", default=None)


async def mark_effect(session: Session) -> None:
    """Mark, in the transaction of a write, that the request under way took effect; without a key of its own do nothing.

    Raises
    ------
    Conflict
        The request was so slow that it was begun again elsewhere.
    """
    claim = _CLAIM.get()
    if claim is None:
        return
    if await session.row("mark_effect", claim.claim_id) is None:
        message = f"this request took longer than {OVERDUE} and was begun again under its {NAME}: nothing was done here"
        raise Conflict(message)
    claim.has_effect = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with an idempotency key."""

    key_id: str
    idempotency_key: str
    route: str
    sha256: bytes


class Idempotency:
    """Carries out POSTs that carry an idempotency key once."""

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self._app = app
        self._database = database
        self._state = OnChange(log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        key = _idempotency_key(scope) if scope["type"] == "http" and scope["method"] == "POST" else None
        if key is None or HELD_KEY not in scope:
            await self._app(scope, receive, send)
            return
        try:
            body = await _read(receive)
            if body is None:
                return
            messages = await self._answer(scope, _asked(scope, key, body), body, receive)
        except BodyTooLargeError as error:
            await problem_response(TooLarge(error.detail))(scope, receive, send)
        except Problem as problem:
            await problem_response(problem)(scope, receive, send)
        else:
            for message in messages:
                await send(message)

    async def _answer(self, scope: Scope, asked: Asked, body: bytes, receive: Receive) -> Sequence[Message]:
        found = await self._database.row("find_idempotent_request", asked.key_id, asked.idempotency_key, OVERDUE)
        if found is not None and not found["is_free"]:
            return _known(asked, found)
        claim = Claim(uuid4())
        arguments = asked.key_id, asked.idempotency_key, asked.route, asked.sha256, claim.claim_id, OVERDUE
        if await self._database.row("claim_idempotent_request", *arguments) is None:
            raise _in_flight()
        IDEMPOTENT.labels("first").inc()
        return await self._carry_out(scope, claim, body, receive)

    async def _carry_out(self, scope: Scope, claim: Claim, body: bytes, receive: Receive) -> Sequence[Message]:
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        mark = _CLAIM.set(claim)
        try:
            await self._app(scope, _once_more(body, receive), collect)
        finally:
            _CLAIM.reset(mark)
            await self._settle(claim, messages)
        return messages

    async def _settle(self, claim: Claim, messages: Sequence[Message]) -> None:
        """Keep the answer of what changed something, before it is sent; let go of what changed nothing."""
        try:
            if claim.has_effect and messages and messages[0]["status"] < 300:  # noqa: PLR2004 - HTTP's good ones
                headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in messages[0]["headers"]]
                body = b"".join(message.get("body", b"") for message in messages[1:])
                await self._database.row("keep_answer", claim.claim_id, messages[0]["status"], headers, body)
            else:
                await self._database.row("release_idempotent_request", claim.claim_id)
        except (Unavailable, asyncpg.PostgresError) as error:
            UNKEPT_ANSWERS.inc()
            self._state.now("away", "answer to an idempotent request not kept", error=str(error))
        else:
            self._state.now("kept", "answers to idempotent requests are kept")


def _idempotency_key(scope: Scope) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == NAME.lower().encode()), None)


def _asked(scope: Scope, key: str, body: bytes) -> Asked:
    if not re.match(PATTERN, key):
        raise _refused(reason="is not 1 to 255 visible ASCII characters")
    route = f"POST {scope['path']}"
    media = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    digest = hashlib.sha256()
    for part in (route.encode(), scope["query_string"], media, body):
        digest.update(len(part).to_bytes(8) + part)
    return Asked(scope[HELD_KEY].key_id, key, route, digest.digest())


async def _read(receive: Receive) -> bytes | None:
    """Give the whole body, None if the client went away."""
    pieces = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


def _once_more(body: bytes, receive: Receive) -> Receive:
    """Give the body to the route as if it had just come in."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return pending.pop() if pending else await receive()

    return receive_again


def _known(asked: Asked, found: asyncpg.Record) -> Sequence[Message]:
    """Give the answer that was kept.

    Raises
    ------
    InvalidInput
        The key was used for another request.
    Conflict
        There is no answer yet, or there never will be.
    """
    if found["request_sha256"] != asked.sha256:
        IDEMPOTENT.labels("differs").inc()
        raise _refused(
            reason=f"was used for another request in the last 24 h ({found['route']}): take a new one for each"
        )
    if found["status"] is not None:
        IDEMPOTENT.labels("replayed").inc()
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in found["headers"]]
        start = {"type": "http.response.start", "status": found["status"], "headers": [*headers, REPLAYED]}
        return start, {"type": "http.response.body", "body": found["body"]}
    if found["has_effect"] and found["is_overdue"]:
        IDEMPOTENT.labels("lost").inc()
        message = "the request was carried out, but its answer was lost: read what there is now"
        raise Conflict(message)
    raise _in_flight()


def _refused(*, reason: str) -> InvalidInput:
    field = f"header.{NAME}"
    return InvalidInput(f"{field}: {reason}", errors=[{"field": field, "reason": reason}])


def _in_flight() -> Conflict:
    IDEMPOTENT.labels("in_flight").inc()
    message = f"the first request with this {NAME} is still under way: ask again in a second"
    return Conflict(message, headers={"Retry-After": str(RETRY_AFTER_S)})
