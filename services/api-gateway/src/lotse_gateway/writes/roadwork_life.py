"""The life of a roadwork: draft, checked, approved, active, ended. What a closure would do is asked of routing."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from lotse_gateway.database import Database, Session
from lotse_gateway.guards.keys import ApiKey
from lotse_gateway.models.roadworks import Status
from lotse_gateway.resources import Resources
from lotse_gateway.writes.audit import Event, leave_trace, read_states
from lotse_shared.problems import Conflict, NotFound
from lotse_shared.recurrence import read_recurrence
from lotse_shared.wire_closures import ClosureAnswer, ClosureRequest

MOST_ISOLATED = 50
"""So many isolated things are named in a refusal and in the audit log."""
STORED: Mapping[Status, Sequence[Status]] = {"approved": ("approved", "active")}
"""Under which statuses the database lists one: a recurring roadwork between its hours is not active."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What whoever approves says: why in spite of what is isolated, and that doubts were looked at."""

    override_reason: str | None = None
    confirm: bool = False


def as_it_is(row: asyncpg.Record, now: datetime | None) -> dict[str, Any]:
    """Give a roadwork with its status now: one whose hours are not now is approved, and not active."""
    recurrence = read_recurrence(row["recurrence"], row["time_zone"])
    is_between = recurrence is not None and now is not None and recurrence.occurrence_at(now) is None
    return dict(row) | ({"status": "approved"} if row["status"] == "active" and is_between else {})


async def get_roadwork(session: Session, resources: Resources, roadwork_id: str) -> dict[str, Any]:
    """Give one with its status now.

    Raises
    ------
    NotFound
        There is none.
    """
    now = resources.clock.now()
    row = await session.row("get_roadwork", roadwork_id, now)
    if row is None:
        message = f"there is no roadwork {roadwork_id!r}"
        raise NotFound(message)
    return as_it_is(row, now)


async def hold_roadwork(session: Session, resources: Resources, roadwork_id: str) -> dict[str, Any]:
    """Give one, which nobody changes until the end of the transaction. Raises as `get_roadwork` does."""
    await session.row("hold_roadwork", roadwork_id)
    return await get_roadwork(session, resources, roadwork_id)


async def list_roadworks(  # noqa: PLR0913, PLR0917 - what a list is asked for
    resources: Resources,
    after: str | None,
    status: Status | None,
    limit: int,
    where: Sequence[object],
    database: Database | None = None,
) -> list[dict[str, Any]]:
    """List so many roadworks after an id, of a status; `where`: in which box, from when, and until when.

    `database`: over whose connections, by default those of requests.
    """
    database = database or resources.database
    now, found = resources.clock.now(), list[dict[str, Any]]()
    stored = None if status is None else list(STORED.get(status, (status,)))
    while len(found) < limit:
        rows = await database.rows("list_roadworks", after, now, stored, limit, *where)
        found += [each for each in (as_it_is(row, now) for row in rows) if status in (None, each["status"])]
        if len(rows) < limit:
            break
        after = rows[-1]["roadwork_id"]
    return found[:limit]


class Approvals:
    """Approves roadworks, one at a time: two that isolate something only together must not both pass."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._one_at_a_time = asyncio.Lock()  # before a connection is taken: those who wait shall not empty the pool

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Open a transaction in which roadworks may be approved."""
        async with self._one_at_a_time, self._resources.database.transaction() as session:
            await session.row("hold_approvals")
            yield session

    async def approve(
        self, session: Session, key: ApiKey, draft: Mapping[str, Any], wish: Wish, question: ClosureRequest
    ) -> None:
        """Approve a draft, given as its row; `question` is how routing is asked about it.

        Raises
        ------
        Conflict
            It is to be confirmed and was not, its time is over, or it isolates something and nobody says why
            it should all the same: names what.
        Unavailable
            Routing cannot say what it would do: nothing is approved.
        """
        _refuse_unlooked_at(draft, wish)
        before = await read_states(session, "roadwork", [draft["roadwork_id"]])
        answer = await self._check(session, draft, question)
        isolated = answer.isolated[:MOST_ISOLATED] if answer else []
        if isolated and wish.override_reason is None:
            raise _isolating(draft["roadwork_id"], isolated, len(answer.isolated) if answer else 0)
        approved_at = self._resources.clock.now() or draft["starts_at"]
        await session.row("approve_roadwork", draft["roadwork_id"], approved_at)
        detail = {"isolated": isolated, "override_reason": wish.override_reason, "doubts_confirmed": draft["doubts"]}
        await leave_trace(session, key, "roadwork", [Event("approve", draft["roadwork_id"], detail)], before)

    async def approve_stored(self, key: ApiKey, roadwork_id: str, wish: Wish) -> dict[str, Any]:
        """Approve a draft by its id and give it as it is then; one that is approved stays as it is.

        Raises
        ------
        NotFound
            There is none.
        Conflict, Unavailable
            As `approve`; Conflict for one that was refused or is over, too.
        """
        async with self.session() as session:
            held = await hold_roadwork(session, self._resources, roadwork_id)
            if held["status"] in {"refused", "ended"}:
                raise too_late(held)
            if held["status"] in {"draft", "checked"}:
                await self.approve(session, key, held, wish, ClosureRequest(roadwork_id=roadwork_id))
            return await get_roadwork(session, self._resources, roadwork_id)

    async def _check(
        self, session: Session, draft: Mapping[str, Any], question: ClosureRequest
    ) -> ClosureAnswer | None:
        """Have a closure checked and keep the answer. None for what closes nothing, or not any more: no need to ask."""
        if draft["effect"] != "closed" or draft["status"] == "ended":
            return None
        answer = await self._resources.routing.check_closure(question)
        await keep_check(session, draft["roadwork_id"], answer)
        return answer


async def keep_check(session: Session, roadwork_id: str, answer: ClosureAnswer) -> None:
    """Keep what routing found a closure would do."""
    await session.row("keep_check", roadwork_id, answer.model_dump(mode="json"), answer.computed_until)


def too_late(held: Mapping[str, Any]) -> Conflict:
    """Give the problem of what cannot be done to a roadwork any more."""
    return Conflict(f"the roadwork {held['roadwork_id']!r} is {held['status']}")


def _refuse_unlooked_at(draft: Mapping[str, Any], wish: Wish) -> None:
    if draft["doubts"] and not wish.confirm:
        errors = [{"field": "doubts", "reason": reason} for reason in draft["doubts"]]
        message = f"a person has to look at the roadwork {draft['roadwork_id']!r} first: then say confirm"
        raise Conflict(message, errors=errors)


def _isolating(roadwork_id: str, isolated: Sequence[str], count: int) -> Conflict:
    message = (
        f"the roadwork {roadwork_id!r} would isolate {count} streets or destinations: it is not approved; if it has to"
        " be all the same, say why in override_reason"
    )
    return Conflict(message, errors=[{"field": "links", "reason": reason} for reason in isolated])
