"""The profile and the estimates on a real database: learned by the planner or from history, read back, taken over."""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from factories_decide import BRISK, NOON, TOPOLOGY, a_planner, measure, register_town, until

from lotse_routing.pipeline import Planner
from lotse_shared.database import connect
from lotse_shared.settings import DatabaseSettings

STEP = timedelta(minutes=5)
SPEEDS: list[Mapping[str, float]] = [
    {"A-B-0": 40.0 - number % 3, "B-C-0": 50.0 - 4 * number % 30, "E-F-0": 30.0, "F-D-0": 25.0 + number}
    for number in range(12)
]
"""An hour in steps of five minutes: three quarters are over, and learned, within it."""


async def live(connection: asyncpg.Connection, number: int) -> datetime:
    moment = NOON + (number + 1) * STEP
    await measure(connection, SPEEDS[number], moment)
    await connection.execute("insert into watermark values ($1, clock_timestamp())", moment)
    return moment


async def is_covered(connection: asyncpg.Connection, moment: datetime) -> None:
    async def covers() -> bool:
        covers_until = await connection.fetchval("select covers_until from planner")
        return covers_until is not None and covers_until >= moment

    await until(covers)


async def profile_rows(connection: asyncpg.Connection) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.fetch("select * from link_profile order by link_id, weekday")]


async def estimated_rows(connection: asyncpg.Connection) -> list[tuple[Any, ...]]:
    query = "select * from link_state where source in ('neighbourhood', 'profile') order by link_id"
    return [tuple(row) for row in await connection.fetch(query)]


async def lived(database: DatabaseSettings, *, restarts: bool) -> tuple[list[Any], ...]:
    """Live the hour, in one go or with a restart after every step; give what was learned, decided and timed."""
    connection = await connect(database, "test")
    await register_town(connection)
    times: list[list[float]] = []

    async def step(planner: Planner, number: int) -> None:
        await is_covered(connection, await live(connection, number))
        assert planner.snapshot
        times.append(planner.snapshot.weights.travel_times_s.tolist())

    if restarts:
        for number in range(len(SPEEDS)):
            async with a_planner(database, "data") as planner:
                await step(planner, number)
    else:
        async with a_planner(database, "data") as planner:
            for number in range(len(SPEEDS)):
                await step(planner, number)
    rows = await profile_rows(connection)
    decided = [tuple(row) for row in await connection.fetch("select * from decision order by decision_id")]
    await connection.close()
    return rows, decided, times


async def test_an_hour_with_a_restart_after_every_step_is_learned_and_decided_as_one_without(
    database: DatabaseSettings, each_database: DatabaseSettings
) -> None:
    whole = await lived(database, restarts=False)
    assert len(whole[0]) == len(SPEEDS[0])
    assert {row[4] for row in whole[0]} == {NOON + timedelta(minutes=45)}
    assert await lived(each_database, restarts=True) == whole


async def test_estimates_are_current_state_and_no_history(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_planner(database, "data"):
        await is_covered(connection, await live(connection, 0))
        rows = await connection.fetch("select * from link_state")
    sources = {row["link_id"]: row["source"] for row in rows}
    assert sources.keys() == TOPOLOGY.index.keys()
    assert {link for link, source in sources.items() if source == "measured"} == set(SPEEDS[0])
    assert {row["level_of_service"] for row in rows if row["source"] == "neighbourhood"} == {"unknown"}
    history = await connection.fetch("select distinct link_id from link_state_history")
    assert {row["link_id"] for row in history} == set(SPEEDS[0])


def learn_profile(database: DatabaseSettings, *args: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOTSE_")}
    environment["LOTSE_DATABASE_DSN"] = database.dsn.get_secret_value()
    command = [sys.executable, "-m", "lotse_routing", "learn-profile", *args]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


HOUR = ("--from", "2026-11-23T12:00:00", "--until", "2026-11-23T12:45:00")


async def test_from_history_the_same_is_learned_as_while_it_happened(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await lived(database, restarts=False)
    as_it_happened = await profile_rows(connection)
    run = learn_profile(database, *HOUR)
    assert (run.returncode, run.stderr) == (0, "")
    assert "quarters of an hour learned: 3" in run.stdout
    assert f"{len(SPEEDS[0])} links have a profile" in run.stdout
    again = await profile_rows(connection)
    for before, after in zip(as_it_happened, again, strict=True):
        assert (after[:2], after[3:]) == (before[:2], before[3:])
        assert after[2] == pytest.approx(before[2], rel=1e-6)


async def test_a_planner_takes_over_a_profile_that_was_built_beside_it(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_planner(database, "data") as planner:
        for number in range(10):
            await is_covered(connection, await live(connection, number))
        await connection.execute("delete from link_profile")
        assert learn_profile(database, *HOUR).returncode == 0
        rebuilt = await profile_rows(connection)
        await until(lambda: _is_read_again(connection))
        for number in (10, 11):
            await is_covered(connection, await live(connection, number))
        assert planner.snapshot
    after = await profile_rows(connection)
    assert {row[0] for row in after} == {row[0] for row in rebuilt}


async def _is_read_again(connection: asyncpg.Connection) -> bool:
    """A heartbeat after the profile was built: it tells the planner."""
    moment = await connection.fetchval("select clock_timestamp()")
    await until(lambda: connection.fetchval("select heartbeat_at > $1 from planner", moment))
    return True


async def test_without_a_network_or_anything_to_learn_one_line_says_so(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    run = learn_profile(database, *HOUR)
    assert (run.returncode, run.stderr.count("\n")) == (1, 1)
    assert "No network is active" in run.stderr
    await register_town(connection)
    await connection.execute(
        "insert into link_profile values ('B-C-0', 0, $1, $2, $3)", [30.0] * 96, [5] * 96, NOON - timedelta(days=1)
    )
    empty = learn_profile(database, *HOUR)
    assert (empty.returncode, empty.stderr.count("\n")) == (1, 1)
    assert "the profile stays as it is" in empty.stderr
    assert len(await profile_rows(connection)) == 1
    backwards = learn_profile(database, "--from", "2026-11-24", "--until", "2026-11-23")
    assert backwards.returncode == 1
    assert "no quarter of an hour lies between --from and --until" in backwards.stderr


async def test_typical_speeds_outlive_the_planner(database: DatabaseSettings, connection: asyncpg.Connection) -> None:
    await register_town(connection)
    learned = [30.0] * 96
    await connection.execute(
        "insert into link_profile values ('B-C-0', 0, $1, $2, $3)", learned, [5] * 96, NOON - timedelta(days=1)
    )
    async with a_planner(database, "data", BRISK) as planner:
        await is_covered(connection, await live(connection, 0))
        assert planner.snapshot
        index = TOPOLOGY.index["B-C-0"]
        assert planner.snapshot.typical_times_s[index] == pytest.approx(500 / (30 / 3.6))
        assert planner.snapshot.base.travel_times_s[index] == pytest.approx(36)
