"""Pages composed piece by piece are what FastAPI makes of them in one go."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from lotse_gateway.answers.composing import compose_page
from lotse_gateway.models.audit import AuditPage
from lotse_gateway.models.ledger import LedgerPage
from lotse_gateway.models.readings import ReadingPage

AT = datetime(2026, 11, 23, 7, 43, 28, 91_000, tzinfo=UTC)
RAW = {"vehicle_count": 1, "heavy_count": None, "mean_speed_kmh": 3.5, "occupancy_pct": 59.1}
READING = {
    "measured_at": AT,
    "interval_s": 60,
    "raw": RAW,
    "corrected": RAW,
    "rule_codes": ["R1"],
    "quality_pct": 100,
    "revised": None,
    "seq": 12,
    "received_at": AT,
    "not_of_the_contract": 1,
}
ACCOUNT = dict.fromkeys(("received", "stored", "duplicate", "quarantined", "rejected"), 1)
LEDGER = {"from": AT, "to": AT, "bucket": "hour", "totals": None, "next_cursor": "abc"}
TRICKY = {"noun_id": '"items":[]', "detail": {"said": '"items":[]'}, "noun": "sign", "action": "put", "request_id": "r"}
EVENT = {"audit_id": 1, "at": AT, "key_id": "k", "key_name": None, "before": None, "after": None, **TRICKY}


@pytest.mark.parametrize(
    ("page", "items", "others"),
    [
        (ReadingPage, [READING] * 1_000, {"next_cursor": "abc"}),
        (ReadingPage, [], {"next_cursor": None}),
        (LedgerPage, [ACCOUNT | {"begins_at": AT, "detector_id": None}] * 3, LEDGER),
        (AuditPage, [EVENT] * 2, {"next_cursor": '"items":[]'}),
    ],
    ids=["long", "empty", "with other fields", "with texts that look like a page"],
)
async def test_a_page_has_the_bytes_that_fastapi_gives_it(
    page: type[Any], items: list[Any], others: dict[str, Any]
) -> None:
    app = FastAPI()

    @app.get("/in-one-go", response_model=page)
    async def in_one_go() -> Any:
        return {**others, "items": items}

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/in-one-go")
    composed = await compose_page(page, iter(items), {"Vary": "Accept"}, **others)
    assert composed.body == answer.content
    assert composed.headers["content-type"] == answer.headers["content-type"]
    assert composed.headers["vary"] == "Accept"


async def test_others_have_their_turn_while_a_long_page_is_composed() -> None:
    rounds = 0
    async with asyncio.TaskGroup() as group:
        composing = group.create_task(compose_page(ReadingPage, (READING for _ in range(5_000)), next_cursor=None))
        while not composing.done():
            await asyncio.sleep(0)
            rounds += 1
    assert len(composing.result().body) > 1_000_000
    assert rounds > 5


async def test_what_the_contract_does_not_allow_is_not_told() -> None:
    with pytest.raises(ValidationError):
        await compose_page(ReadingPage, [READING | {"seq": "no number"}], next_cursor=None)
