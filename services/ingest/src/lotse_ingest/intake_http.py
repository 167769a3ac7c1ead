"""The internal HTTP of the intake: one message, as it would be published over MQTT."""

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Query, Request

from lotse_ingest.decode import Dialects
from lotse_ingest.intake import BusyError, Intake, NotYetError
from lotse_ingest.judge.verdict import CLOCK
from lotse_ingest.messages import DecodeError, Fate
from lotse_shared import topics
from lotse_shared.problems import InvalidInput, NotFound, TooLarge, Unavailable
from lotse_shared.wire import IntakeAnswer, NotStored

RETRY_AFTER_S = 5
FAULTS_IN_WORDS = 3
LONGEST_TOPIC = 1_000


Topic = Annotated[str, Query(min_length=1, max_length=LONGEST_TOPIC)]


def intake_router(intake: Intake, dialects: Dialects) -> APIRouter:
    """Give the route that takes messages."""
    router = APIRouter(prefix="/internal/messages")

    @router.post("")
    async def take(topic: Topic, request: Request) -> IntakeAnswer:
        _refuse_unknown(dialects, topic)
        payload = await _read(request, dialects.max_payload_bytes)
        try:
            return _answer(await intake.take(topic, payload))
        except BusyError:
            message = "the queue is full; nothing of this was received: send it again later"
            raise Unavailable(message, headers={"Retry-After": str(RETRY_AFTER_S)}) from None
        except NotYetError:
            message = (
                "received, but not committed yet, because the database is away or slow: send it again later; "
                "a reading that is known by then is not stored twice"
            )
            raise Unavailable(message, headers={"Retry-After": str(RETRY_AFTER_S)}) from None

    return router


def _refuse_unknown(dialects: Dialects, topic: str) -> None:
    if topic == topics.WATERMARK:
        message = "watermarks come over MQTT only: there they stand behind the readings before them"
        raise NotFound(message)
    try:
        dialects.find(topic)
    except DecodeError as error:
        message = f"no dialect is configured for the topic {topic!r}; there are: {error.allowed}"
        raise NotFound(message) from None


async def _read(request: Request, max_bytes: int) -> bytes:
    """Read the body as far as it may be long."""
    payload = bytearray()
    async for chunk in request.stream():
        payload += chunk
        if len(payload) > max_bytes:
            message = f"at most {max_bytes} bytes are taken in one message"
            raise TooLarge(message)
    return bytes(payload)


def _answer(fates: Sequence[Fate]) -> IntakeAnswer:
    """Tell what became of all.

    Raises
    ------
    InvalidInput
        Nothing of it could be used. (What was measured at a wrong time could.)
    """
    not_stored = [
        NotStored(index=max(fate.index, 0), outcome=fate.outcome, code=fate.code, reason=fate.reason or "")
        for fate in sorted(fates, key=attrgetter("index"))
        if fate.code is not None
    ]
    if len(not_stored) == len(fates) and all(each.code != CLOCK for each in not_stored):
        raise _invalid(not_stored)
    outcomes = Counter(fate.outcome for fate in fates)
    return IntakeAnswer(
        received=len(fates),
        stored=outcomes["stored"],
        duplicate=outcomes["duplicate"],
        quarantined=outcomes["quarantined"],
        rejected=outcomes["rejected"],
        not_stored=not_stored,
    )


def _invalid(not_stored: Sequence[NotStored]) -> InvalidInput:
    errors = [_error(each) for each in not_stored]
    words = "; ".join(f"{error['field']}: {error['reason']}" for error in errors[:FAULTS_IN_WORDS])
    more = f"; and {len(errors) - FAULTS_IN_WORDS} more" if len(errors) > FAULTS_IN_WORDS else ""
    return InvalidInput(words + more, errors=errors)


def _error(each: NotStored) -> dict[str, str | int]:
    """Split the reason of a dead letter (field: what is wrong) into what errors are made of."""
    field, separator, rest = each.reason.partition(": ")
    return {"index": each.index, "field": f"body.{field}" if separator else "body", "reason": rest or each.reason}
