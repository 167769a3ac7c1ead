"""Data time: one step a watermark, in order; equal readings give equal decisions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from factories_decide import BRISK, FREE, JAM, NOON, a_planner, at, close_links, measure, newest, register_town, until
from prometheus_client import REGISTRY

from lotse_shared.database import connect
from lotse_shared.settings import DatabaseSettings

STEP_S = 60.0
MORNING: list[Mapping[str, float]] = [FREE, JAM, JAM, JAM, {"B-C-0": 30.0, "C-D-0": 12.0}, FREE, FREE, FREE, FREE, FREE]
CLOSED_FROM, CLOSED_UNTIL = at(7 * STEP_S), at(9 * STEP_S)


async def mark(connection: asyncpg.Connection, covers_until: datetime) -> None:
    await connection.execute("insert into watermark values ($1, clock_timestamp())", covers_until)


async def live_minute(connection: asyncpg.Connection, minute: int) -> None:
    moment = at(STEP_S * (minute + 1))
    await measure(connection, MORNING[minute], moment - timedelta(seconds=1))
    await mark(connection, moment)


async def until_covered(connection: asyncpg.Connection, moment: datetime) -> None:
    async def is_covered() -> bool:
        covers_until = await connection.fetchval("select covers_until from planner")
        return covers_until is not None and covers_until >= moment

    await until(is_covered)


async def decisions(connection: asyncpg.Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch("select * from decision order by decision_id")]


def by_number(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first row of each body; what follows under its number renews the explanation."""
    firsts: dict[int, dict[str, Any]] = {}
    for row in rows:
        firsts.setdefault(row["seq"], row)
    return list(firsts.values())


async def prepare(connection: asyncpg.Connection) -> None:
    await register_town(connection)
    await close_links(connection, "C-D-0", starts_at=CLOSED_FROM, ends_at=CLOSED_UNTIL)


async def replay(database: DatabaseSettings, *, in_lockstep: bool) -> list[dict[str, Any]]:
    """Live the morning; with lockstep a minute is published when the one before is decided, else all at once."""
    connection = await connect(database, "test")
    await prepare(connection)
    if not in_lockstep:
        for minute in range(len(MORNING)):
            await live_minute(connection, minute)
    async with a_planner(database, "data"):
        for minute in range(len(MORNING)):
            if in_lockstep:
                await live_minute(connection, minute)
            await until_covered(connection, at(STEP_S * (minute + 1)))
    rows = await decisions(connection)
    await connection.close()
    return rows


async def test_a_morning_lived_twice_is_decided_alike(
    database: DatabaseSettings, each_database: DatabaseSettings
) -> None:
    first = await replay(database, in_lockstep=True)
    second = await replay(each_database, in_lockstep=False)
    assert [row["state"] for row in by_number(first)] == ["blank", "detour", "detour", "blank", "detour", "blank"]
    assert len(by_number(first)) < len(first)
    assert first == second


async def test_decisions_belong_to_data_time(database: DatabaseSettings) -> None:
    rows = by_number(await replay(database, in_lockstep=False))
    assert rows[0]["decided_at"] == at(STEP_S)
    assert rows[1]["decided_at"] == at(3 * STEP_S)
    assert rows[1]["sensed_at"] == at(3 * STEP_S - 1)
    closed = next(row for row in rows if "GESPERRT" in row["lines"])
    assert (closed["decided_at"], closed["sensed_at"]) == (CLOSED_FROM, None)
    assert rows[-1]["decided_at"] == CLOSED_UNTIL


async def test_an_explanation_is_renewed_when_it_is_no_longer_so(database: DatabaseSettings) -> None:
    rows = await replay(database, in_lockstep=False)
    assert [(row["seq"], row["explanation"].partition(" (")[0]) for row in rows] == [
        (1, "Nothing to show: the usual ways are free enough, to Stadtmitte 108 s"),
        (1, "Stadtmitte: Lauterstraße is slow"),
        (2, "Stadtmitte: Lauterstraße is slow"),
        (3, "Stadtmitte: Lauterstraße is jammed"),
        (4, "Stadtmitte: Lauterstraße is slow"),
        (5, "Stadtmitte: Lauterstraße is closed"),
        (6, "Nothing to show: the usual ways are free enough, to Stadtmitte 111 s"),
    ]


async def test_a_restart_goes_on_after_what_was_decided(
    database: DatabaseSettings, each_database: DatabaseSettings
) -> None:
    whole = await replay(database, in_lockstep=False)
    connection = await connect(each_database, "test")
    await prepare(connection)
    for minute in range(len(MORNING)):
        async with a_planner(each_database, "data"):
            await live_minute(connection, minute)
            await until_covered(connection, at(STEP_S * (minute + 1)))
    assert await decisions(connection) == whole
    await connection.close()


async def test_readings_after_the_watermark_unknown_failed_and_late_ones_are_not_felt(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    await measure(connection, FREE, at(10))
    await measure(connection, JAM, at(20))
    await connection.execute("update reading set rule_codes = '{L1}' where measured_at = $1", at(20))
    await measure(connection, JAM, at(30))
    await connection.execute("update reading set rule_codes = '{U1}' where measured_at = $1", at(30))
    await measure(connection, JAM, at(40))
    await connection.execute("update reading set rule_codes = '{R10}' where measured_at = $1", at(40))
    await measure(connection, JAM, at(61))
    await mark(connection, at(STEP_S))
    async with a_planner(database, "data") as planner:
        await until_covered(connection, at(STEP_S))
        assert planner.snapshot
        assert {state.speed_kmh for state in planner.snapshot.links.values()} == {50.0}
        await mark(connection, at(2 * STEP_S))
        await until_covered(connection, at(2 * STEP_S))
        assert {state.speed_kmh for state in planner.snapshot.links.values()} == {29.0}


async def test_a_watermark_that_comes_late_is_counted_and_takes_no_step(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    async def is_counted() -> bool:
        return REGISTRY.get_sample_value("lotse_routing_late_watermarks") == 1

    await register_town(connection)
    await mark(connection, at(STEP_S))
    async with a_planner(database, "data") as planner:
        await until_covered(connection, at(STEP_S))
        await mark(connection, NOON)
        await until(is_counted)
        assert planner.snapshot
        assert planner.snapshot.computed_until == at(STEP_S)


async def test_without_a_watermark_the_planner_waits_and_its_heart_beats(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    async def beats() -> bool:
        beaten: bool = await connection.fetchval("select heartbeat_at > $1 from planner", started_at)
        return beaten

    await register_town(connection)
    async with a_planner(database, "data") as planner:
        await until(lambda: connection.fetchval("select true from planner"))
        started_at = await connection.fetchval("select clock_timestamp()")
        await until(beats)
        assert planner.snapshot is None
        assert await newest(connection) is None
        assert BRISK.loop.heartbeat_s < 1
