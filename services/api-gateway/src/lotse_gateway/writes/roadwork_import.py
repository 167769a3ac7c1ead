"""Roadworks of a feed become drafts. What somebody has decided on here, no feed changes."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from lotse_gateway.database import Session
from lotse_gateway.guards.keys import ApiKey
from lotse_gateway.models.roadwork_feeds import ImportAnswer, ImportedRoadwork, Outcome
from lotse_gateway.writes.audit import Event, leave_trace, read_states
from lotse_shared.wire_feeds import FeedComplaint, MatchAnswer, MatchedRoadwork

TOLD = ("name", "effect", "speed_kmh", "lanes_closed", "links", "starts_at", "ends_at", "confidence", "doubts")
"""What a feed tells of a roadwork; if any of it differs, it is another one than is stored."""


def id_of(source: str, source_id: str) -> str:
    """Give the id of a roadwork from a feed: the same at every import."""
    digest = hashlib.sha256(f"{source}\x00{source_id}".encode()).hexdigest()
    return f"RW-{digest[:16]}"


async def keep_drafts(
    session: Session, key: ApiKey, source: str, feed: MatchAnswer, now: datetime | None
) -> ImportAnswer:
    """Store what a feed tells as drafts, in the session's transaction, and tell what became of each."""
    stored = {row["source_id"]: row for row in await session.rows("hold_imported", source)}
    before = await read_states(session, "roadwork", [row["roadwork_id"] for row in stored.values()])
    told: list[ImportedRoadwork] = []
    for found in feed.found:
        outcome = _outcome(found, stored.get(found.source_id), now)
        if outcome in {"created", "updated"}:
            await session.row("put_imported", *_values(source, found, feed.complaints))
        told.append(_told(source, found, outcome, is_stored=outcome == "created" or found.source_id in stored))
    events = [
        Event("import" if each.outcome == "created" else "update", each.roadwork_id, {"source": source})
        for each in told
        if each.outcome in {"created", "updated"} and each.roadwork_id is not None
    ]
    await leave_trace(session, key, "roadwork", events, before)
    named = {found.source_id for found in feed.found} | {said.source_id for said in feed.complaints}
    gone = [row["roadwork_id"] for source_id, row in stored.items() if source_id not in named and _matters(row, now)]
    return ImportAnswer(format=feed.format, roadworks=told, complaints=feed.complaints, gone=sorted(gone))


def _outcome(found: MatchedRoadwork, stored: asyncpg.Record | None, now: datetime | None) -> Outcome:
    if stored is not None and all(stored[name] == getattr(found, name) for name in TOLD):
        return "unchanged"
    if stored is not None and stored["status"] != "draft":
        return "kept"
    if not found.links:
        return "no_link"
    if found.effect == "unknown":
        return "no_effect"
    if now is not None and found.ends_at is not None and found.ends_at <= now:
        return "over"
    return "created" if stored is None else "updated"


def _values(source: str, found: MatchedRoadwork, complaints: Sequence[FeedComplaint]) -> tuple[object, ...]:
    said = [_complaint(each) for each in complaints if each.source_id == found.source_id]
    return (id_of(source, found.source_id), source, found.source_id, *(getattr(found, name) for name in TOLD), said)


def _complaint(said: FeedComplaint) -> Mapping[str, Any]:
    return {"code": said.code, "field": said.field, "reason": said.reason, "allowed": said.allowed}


def _told(source: str, found: MatchedRoadwork, outcome: Outcome, *, is_stored: bool) -> ImportedRoadwork:
    return ImportedRoadwork(
        source_id=found.source_id,
        name=found.name,
        outcome=outcome,
        roadwork_id=id_of(source, found.source_id) if is_stored else None,
        confidence=found.confidence,
        doubts=found.doubts,
    )


def _matters(stored: asyncpg.Record, now: datetime | None) -> bool:
    is_over = now is not None and stored["ends_at"] is not None and stored["ends_at"] <= now
    return stored["status"] in {"draft", "approved"} and not is_over
