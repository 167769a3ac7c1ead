"""Dead letters as lines of JSON, read page by page, so that a slow client keeps no connection to the database."""

import base64
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from fastapi.responses import StreamingResponse

from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.database import HeavyReads
from lotse_gateway.models.dead_letters import EXAMPLE_ID, PAYLOAD, REASON, RECEIVED_AT, TOPIC
from lotse_shared.wire import DeadLetterFilter

NDJSON = "application/x-ndjson"
PAGE = 50
HEADERS = {"Content-Disposition": 'attachment; filename="dead-letters.ndjson"'}

Place = tuple[datetime | None, bytes | None]
"""Moment of receipt and digest of the last one sent."""


async def stream_letters(history: HeavyReads, wanted: DeadLetterFilter, after: Place, limit: int) -> StreamingResponse:
    """Send up to `limit` dead letters, oldest first.

    Raises
    ------
    Unavailable
        The database is away; once the first page is there, the connection is closed instead.
    """
    first = await _page(history, wanted, after, limit)
    return StreamingResponse(_lines(history.patient(), wanted, first, limit), media_type=NDJSON, headers=HEADERS)


async def _page(history: HeavyReads, wanted: DeadLetterFilter, after: Place, limit: int) -> Sequence[Any]:
    return await history.rows("list_whole_dead_letters", *wanted.as_arguments(), *after, min(PAGE, limit))


async def _lines(
    history: HeavyReads, wanted: DeadLetterFilter, page: Sequence[Any], limit: int
) -> AsyncIterator[bytes]:
    while page:
        for row in page:
            yield _line(row)
        limit -= len(page)
        last = page[-1]["received_at"], bytes.fromhex(page[-1]["id"])
        page = await _page(history, wanted, last, limit) if limit > 0 else ()


def _line(row: Any) -> bytes:  # noqa: ANN401 - a Record
    values = dict(row)
    payload = base64.b64encode(values.pop("payload")).decode()
    values = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
    cursor = encode_cursor(values["received_at"], values["id"])
    return json.dumps({**values, "payload_base64": payload, "cursor": cursor}, ensure_ascii=False).encode() + b"\n"


EXAMPLE_LINE = _line(
    {
        "id": EXAMPLE_ID,
        "kind": "rejected",
        "topic": TOPIC,
        "reason_code": "json",
        "reason": REASON,
        "detector_id": None,
        "measured_at": None,
        "seq": None,
        "received_at": RECEIVED_AT,
        "times_received": 1,
        "payload_bytes": len(PAYLOAD),
        "payload": PAYLOAD,
    }
).decode()
