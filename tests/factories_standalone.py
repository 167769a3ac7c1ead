"""Builders of what a sign hears."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from lotse_standalone.signs.sign import Answer

SERVER_NOW = datetime(2026, 11, 23, 7, 10, tzinfo=UTC)
SIGN = "S1"


def display_body(**changes: Any) -> bytes:
    body: dict[str, Any] = {
        "schema": 1,
        "sign": SIGN,
        "epoch": 1,
        "seq": 1,
        "plan": "sha256:00",
        "state": "detour",
        "ttl_s": 30,
        "poll_s": 1,
        "hold_until": None,
        "valid_until": None,
        "priority": 5,
        "source": "automatic",
        "lines": ["BRUECKENSTR.", "STAU", "FOLGE U1"],
        "destinations": [{"id": "CENTRUM", "arrow": "right", "via": "U1", "delay_min": 5}],
        "fallback": "blank",
    }
    return json.dumps(body | changes).encode()


def an_answer(
    status: int = 200,
    body: bytes | None = None,
    *,
    fresh_for_s: float = 20.0,
    server_now: datetime = SERVER_NOW,
    headers: dict[str, str] | None = None,
) -> Answer:
    """An answer of a gateway whose clock says `server_now`; of a 200, the body is a display."""
    fresh_until = server_now + timedelta(seconds=fresh_for_s)
    told = {
        "date": format_datetime(server_now, usegmt=True),
        "lotse-fresh-until": fresh_until.isoformat().replace("+00:00", "Z"),
        "etag": '"one"',
    }
    if body is None:
        body = display_body() if status == 200 else b""
    return Answer(status, told | (headers or {}), body)
