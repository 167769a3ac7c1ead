"""The trace: who did what, and what it was before and after.

Left in the transaction of the write, so that neither is without the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lotse_gateway.database import Session
from lotse_gateway.guards.keys import ApiKey
from lotse_gateway.writes.idempotency import mark_effect
from lotse_shared.request_id import current_request_id

States = Mapping[str, Mapping[str, Any]]
"""Things by their id, as their tables have them."""

NEW: States = {}
"""What there was before things were created."""
WITHOUT_STATE = frozenset({"dead_letter"})
"""Nouns that are not the gateway's to describe: what was asked of them stands in the detail."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done to one thing. `detail` tells what before and after do not, such as a reason."""

    action: str
    noun_id: str
    detail: Mapping[str, Any] = field(default_factory=dict)


async def read_states(session: Session, noun: str, ids: Iterable[str]) -> States:
    """Give those of the things that exist, which nobody changes until the end of the transaction.

    Called before a write, it gives the `before` of `leave_trace`.
    """
    if noun in WITHOUT_STATE:
        return {}
    return {row["id"]: row["state"] for row in await session.rows(f"states_of_{noun}", sorted(ids))}


async def leave_trace(session: Session, key: ApiKey, noun: str, events: Sequence[Event], before: States = NEW) -> None:
    """Write audit events in the session's transaction, after the write they tell of.

    Under an idempotency key, also that the request took effect.
    """
    await mark_effect(session)
    if not events:
        return
    after = await read_states(session, noun, {event.noun_id for event in events})
    rows = [
        {
            "action": event.action,
            "noun_id": event.noun_id,
            "detail": dict(event.detail),
            "before": before.get(event.noun_id),
            "after": after.get(event.noun_id),
        }
        for event in events
    ]
    await session.rows("add_audit_events", key.key_id, current_request_id(), noun, rows)
