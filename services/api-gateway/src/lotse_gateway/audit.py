"""The trace: who did what. Left in the transaction of the write, so that neither is without the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lotse_gateway.database import Session
from lotse_gateway.idempotency import mark_effect
from lotse_gateway.keys import ApiKey


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done to one thing."""

    action: str
    noun_id: str
    detail: Mapping[str, Any] = field(default_factory=dict)


async def leave_trace(session: Session, key: ApiKey, noun: str, events: Sequence[Event]) -> None:
    """Write audit events in the session's transaction; under an idempotency key, also that the request took effect."""
    await mark_effect(session)
    rows = [{"action": event.action, "noun_id": event.noun_id, "detail": dict(event.detail)} for event in events]
    await session.rows("add_audit_events", key.key_id, noun, rows)
