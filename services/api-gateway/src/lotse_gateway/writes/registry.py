"""The one mechanism behind the four registered nouns: check, write all or nothing, leave a trace."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast, get_args

import asyncpg
from pydantic import ValidationError

from lotse_gateway.answers.preconditions import Precondition, exists_already
from lotse_gateway.answers.references import Fault, Kind, Known, Mention, list_missing
from lotse_gateway.database import Database, Session
from lotse_gateway.guards.keys import ApiKey
from lotse_gateway.writes.audit import Event, leave_trace, read_states
from lotse_gateway.writes.nouns import Noun, Row
from lotse_shared.problems import Conflict, InvalidInput, NotFound

Numbered = list[tuple[int, Any]]
"""Rows with their places in a bulk request."""
Complete = Callable[[Numbered], Awaitable[tuple[Numbered, list[Fault]]]]
"""What completes rows before they are written, asking others: gives them back, and what is wrong with them."""

FAULTS_IN_WORDS = 3
"""So many stand in a problem's `detail`; all of them in its `errors`."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the rows as they are now, and how many of them are new."""

    rows: list[dict[str, Any]]
    created: int


def parse_rows(noun: Noun[Row], rows: Sequence[object]) -> tuple[list[tuple[int, Row]], list[Fault]]:
    """Check the form of each row of a bulk request. Give the good ones with their place, and what is wrong.

    A Fault stands for a row that could not be read.
    """
    good: list[tuple[int, Row]] = []
    faults: list[Fault] = []
    first_seen: dict[str, int] = {}
    for index, raw in enumerate(rows):
        if isinstance(raw, Fault):
            faults.append(raw)
            continue
        try:
            row = noun.body.model_validate(raw)
        except ValidationError as error:
            faults += [Fault(_place(e["loc"]), str(e["msg"]), index) for e in error.errors(include_url=False)]
            continue
        if (first := first_seen.setdefault(noun.id_of(row), index)) != index:
            faults.append(Fault(noun.id_field, f"{noun.id_of(row)!r} stands in row {first} already", index))
            continue
        good.append((index, row))
    return good, faults


def _place(location: Iterable[str | int]) -> str:
    return ".".join(str(part) for part in location) or "row"


def refuse(faults: Sequence[Fault]) -> None:
    """Do nothing if there are no faults.

    Raises
    ------
    InvalidInput
        There are; names all.
    """
    if not faults:
        return
    words = "; ".join(str(fault) for fault in faults[:FAULTS_IN_WORDS])
    more = f"; and {len(faults) - FAULTS_IN_WORDS} more" if len(faults) > FAULTS_IN_WORDS else ""
    raise InvalidInput(words + more, errors=[fault.as_error() for fault in faults])


async def find_known(session: Session, mentions: Iterable[Mention]) -> Known:
    """Look up which of the things mentioned exist."""
    asked: dict[str, set[str]] = {kind: set() for kind in get_args(Kind)}
    for mention in mentions:
        asked[mention.kind].add(mention.noun_id)
    found = await session.rows("find_known", *(sorted(ids) for ids in asked.values()))
    ids = {kind: frozenset(row["id"] for row in found if row["kind"] == kind) for kind in asked}
    links = {row["id"]: (row["from_node"], row["to_node"]) for row in found if row["kind"] == "link"}
    return Known(links, ids["junction"], ids["sign"], ids["destination"], ids["detector"])


async def as_they_are(rows: Numbered) -> tuple[Numbered, list[Fault]]:
    """Complete nothing."""
    return rows, []


async def put_rows(
    database: Database, key: ApiKey, noun: Noun[Row], rows: Sequence[object], complete: Complete = as_they_are
) -> Written:
    """Create or replace the rows of a bulk request: all of them, or none.

    Raises
    ------
    InvalidInput
        Names every bad row with its index, field and reason.
    """
    parsed, faults = parse_rows(noun, rows)
    good, more = await complete(parsed)
    faults += more
    async with database.transaction() as session:
        await _hold_counted(session, noun)
        faults += await _check(session, noun, good)
        refuse(sorted(faults, key=lambda fault: (fault.index or 0, fault.field)))
        return await _write(session, key, noun, [row for _, row in good], may_replace=True)


async def complete_row(row: Row, complete: Complete) -> Row:
    """Complete one row. Raises InvalidInput as `put_row` does."""
    ((_, completed),), faults = await complete([(0, row)])
    _refuse_one(faults)
    return cast("Row", completed)


def _refuse_one(faults: Sequence[Fault]) -> None:
    refuse([replace(fault, index=None, field=f"body.{fault.field}") for fault in faults])


async def put_row(
    database: Database, key: ApiKey, noun: Noun[Row], row: Row, supposed: Precondition | None
) -> tuple[dict[str, Any], bool]:
    """Create one, or replace it if it is as supposed (None: it must not exist). Give it as it is now, and if it is new.

    Raises
    ------
    InvalidInput
        It mentions what does not exist.
    Conflict
        It exists, and must not.
    PreconditionFailed
        It is not as supposed.
    """
    what = f"the {noun.name} {noun.id_of(row)!r}"
    async with database.transaction() as session:
        await _hold_counted(session, noun)
        present = None if supposed is None else await hold_row(session, noun, noun.id_of(row), supposed)
        _refuse_one(await _check(session, noun, [(0, row)]))
        may_replace = supposed is not None and (present is not None or not supposed.is_given)
        written = await _write(session, key, noun, [row], may_replace=may_replace)
        if not written.rows and supposed is not None:  # somebody else was quicker to create it
            raise exists_already(what)
        if not written.rows:
            message = f"{what} exists: replace it with PUT, if that is meant"
            raise Conflict(message)
        return written.rows[0], written.created == 1


async def hold_row(session: Session, noun: Noun[Any], noun_id: str, supposed: Precondition) -> asyncpg.Record | None:
    """Keep one from other writers until the transaction ends, and give it; only where something is supposed of it.

    Raises
    ------
    PreconditionFailed
        It is not as supposed.
    """
    if not supposed.is_given:
        return None
    await session.row(f"hold_registered_{noun.name}", noun_id)
    present = await session.row(f"get_{noun.name}", noun_id)
    supposed.check(f"the {noun.name} {noun_id!r}", noun.view, present)
    return present


async def get_row(database: Database, noun: Noun[Any], noun_id: str) -> asyncpg.Record:
    """Give one.

    Raises
    ------
    NotFound
        It is not registered.
    """
    row = await database.row(f"get_{noun.name}", noun_id)
    if row is None:
        message = f"there is no {noun.name} {noun_id!r}"
        raise NotFound(message)
    return row


async def _hold_counted(session: Session, noun: Noun[Any]) -> None:
    """Keep other writers waiting until the transaction ends, where versions are counted: no two may be the same."""
    if noun.version_page is not None:
        await session.row("hold_writes", noun.name)


async def _check(session: Session, noun: Noun[Row], rows: Sequence[tuple[int, Row]]) -> list[Fault]:
    mentions = {index: noun.mentions(row) for index, row in rows}
    known = await find_known(session, (mention for some in mentions.values() for mention in some))
    if noun.name == "detector":  # these may mention each other
        known = replace(known, detectors=known.detectors | {noun.id_of(row) for _, row in rows})
    faults = []
    for index, row in rows:
        faults += list_missing(mentions[index], known, index)
        faults += [replace(fault, index=index) for fault in noun.rules(row, known)]
    return faults


async def _write(session: Session, key: ApiKey, noun: Noun[Row], rows: Sequence[Row], *, may_replace: bool) -> Written:
    bodies = [row.model_dump(mode="json") for row in rows]
    before = await read_states(session, noun.name, [noun.id_of(row) for row in rows])
    stored = [dict(record) for record in await session.rows(f"put_{noun.name}", bodies, may_replace)]
    is_new = {record[noun.id_field]: record.pop("is_created") for record in stored}
    events = [
        Event("create" if is_new[body[noun.id_field]] else "update", body[noun.id_field])
        for body in bodies
        if body[noun.id_field] in is_new
    ]
    await leave_trace(session, key, noun.name, events, before)
    return Written(stored, sum(is_new.values()))
