"""A recorded period decided again: the same decisions, bit for bit; others under other settings; nothing written."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from factories_decide import BRISK, FREE, JAM, NOON, a_planner, at, close_links, measure, register_town, until

from lotse_routing.commands.replay_period import Advance, NothingToReplayError, Task, replay_period
from lotse_routing.replay.report import Period, as_json, count_same
from lotse_routing.replay.trial import Trial
from lotse_routing.settings import PolicySettings, RoutingSettings
from lotse_shared.settings import DatabaseSettings

MINUTE_S = 60.0
SLOW: Mapping[str, float] = {"B-C-0": 30.0, "C-D-0": 12.0}
MORNING = [FREE, JAM, JAM, JAM, SLOW, FREE, FREE, FREE, FREE, FREE]
BEGIN, END = NOON, at(len(MORNING) * MINUTE_S)
DEAR = replace(BRISK, policy=PolicySettings(min_hold_s=1.0, min_gain_s=100000.0))
LIVED = """
select sign_id as sign, decided_at, sensed_at, epoch, seq, state, lines, explanation, detours, etag
from decision where decided_at > $1 order by decision_id
"""


@contextmanager
def no_progress(_steps: int) -> Iterator[Advance]:
    yield lambda: None


async def live(database: DatabaseSettings, connection: asyncpg.Connection) -> None:
    """Live the morning through the real line, minute by minute in data time; a closure comes and goes."""
    await register_town(connection)
    await close_links(connection, "C-D-0", starts_at=at(7 * MINUTE_S), ends_at=at(9 * MINUTE_S))
    async with a_planner(database, "data"):
        for minute, speeds_kmh in enumerate(MORNING, 1):
            moment = at(MINUTE_S * minute)
            await measure(connection, speeds_kmh, moment - timedelta(seconds=1))
            await connection.execute("insert into watermark values ($1, clock_timestamp())", moment)
            await until(partial(is_covered, connection, moment))


async def is_covered(connection: asyncpg.Connection, moment: datetime) -> bool:
    covered: bool | None = await connection.fetchval("select covers_until >= $1 from planner", moment)
    return bool(covered)


async def lived(connection: asyncpg.Connection, since: datetime = BEGIN) -> list[dict[str, Any]]:
    rows = [dict(row) for row in await connection.fetch(LIVED, since)]
    for row in rows:
        row |= {name: row[name] and row[name].isoformat() for name in ("decided_at", "sensed_at")}
    return rows


def as_bytes(decisions: list[dict[str, Any]]) -> bytes:
    """Down to the last digit of each figure; jsonb keeps no order of names."""
    return json.dumps(decisions, sort_keys=True).encode()


async def again(
    connection: asyncpg.Connection, since: datetime = BEGIN, settings: Mapping[str, RoutingSettings] | None = None
) -> tuple[Period, tuple[Trial, ...]]:
    return await replay_period(connection, Task(since, END, settings or {"in force": BRISK}, "KL-07"), no_progress)


async def told(connection: asyncpg.Connection, since: datetime = BEGIN) -> dict[str, Any]:
    told: dict[str, Any] = as_json(*await again(connection, since))
    return told


async def test_a_period_is_decided_again_as_it_was_lived_bit_for_bit(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await live(database, connection)
    before = await lived(connection)
    first = await told(connection)
    assert len(before) > 5
    assert {row["state"] for row in before} == {"blank", "detour"}
    assert as_bytes(first["trials"][0]["decisions"]) == as_bytes(before)
    assert first["then"] == {"decisions": len(before), "made_again_alike": len(before)}
    assert await told(connection) == first
    assert await lived(connection) == before


@pytest.mark.parametrize("minutes", [0.5, 2, 3, 6.5, 8])
async def test_a_period_may_begin_at_any_moment_and_goes_on_from_what_was_shown(
    database: DatabaseSettings, connection: asyncpg.Connection, minutes: float
) -> None:
    await live(database, connection)
    since = at(minutes * MINUTE_S)
    assert (await told(connection, since))["trials"][0]["decisions"] == await lived(connection, since)


LOCKED = """
insert into sign_lock (sign_id, lines, reason, key_id, locked_at, expires_at, released_at)
values ('KL-07', array[$1], 'because', 'wall', $2, $3, $4)
"""


async def test_a_lock_counts_from_when_to_when_it_was_in_force(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await live(database, connection)
    free, tomorrow = await told(connection), at(86_400)
    await connection.execute(LOCKED, "EINST", at(3.5 * MINUTE_S), tomorrow, at(5 * MINUTE_S))
    await connection.execute(LOCKED, "HEUTE", END + timedelta(minutes=1), tomorrow, None)  # the one that is in force
    await connection.execute(LOCKED, "DAVOR", at(-60), at(-30), at(-30))
    decisions = (await told(connection))["trials"][0]["decisions"]
    locked = [row["decided_at"] for row in decisions if row["lines"] == ["EINST"]]
    assert locked == [at(4 * MINUTE_S).isoformat()]
    assert {line for row in decisions for line in row["lines"]} & {"HEUTE", "DAVOR"} == set()
    after = [row["lines"] for row in decisions if row["decided_at"] >= at(5 * MINUTE_S).isoformat()]
    assert after[-1] == free["trials"][0]["decisions"][-1]["lines"]


async def test_late_unknown_and_failed_readings_and_corrections_change_nothing(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await live(database, connection)
    before = await told(connection)
    for second, code in ((10, "L1"), (11, "U1"), (12, "R10")):
        await measure(connection, JAM, at(second))
        await connection.execute("update reading set rule_codes = $1 where measured_at = $2", [code], at(second))
    await connection.execute("update reading set revision = 1, revised_mean_speed_kmh = 1, revised_vehicle_count = 1")
    assert await told(connection) == before


async def test_what_was_learned_since_does_not_reach_back(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await live(database, connection)
    before = await told(connection)
    await connection.execute("insert into link_profile values ('B-G-0', 0, $1, $2, $3)", [4.0] * 96, [8] * 96, END)
    after = await told(connection)
    assert after["trials"] == before["trials"]
    assert after["notes"] == ["what was usual then was learned anew from the readings stored before"]


async def test_other_settings_run_beside_those_in_force(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await live(database, connection)
    period, (now, dear) = await again(connection, settings={"in force": BRISK, "dear": DEAR})
    assert period.kept
    assert count_same(period.kept, now.news) == len(period.kept)
    figures, dear_figures = now.tally.in_all(), dear.tally.in_all()
    assert (figures.changes, figures.shown_min) == (5, 5.0)
    assert figures.mean_gain_s is not None
    assert figures.mean_gain_s > BRISK.policy.min_gain_s
    assert figures.changes_per_hour == pytest.approx(5 / figures.hours)
    # A closure acts whatever the thresholds are.
    assert (dear_figures.changes, dear_figures.shown_min, dear_figures.mean_gain_s) == (2, 2.0, None)
    assert [len(trial.points) for trial in (now, dear)] == [period.turns] * 2


async def test_where_there_are_no_watermarks_each_minute_is_a_step(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await live(database, connection)
    states = [decision.state for decision in (await again(connection))[1][0].news]
    await connection.execute("delete from watermark")
    await connection.execute("delete from decision")
    period, (trial,) = await again(connection)
    assert (period.turns, period.is_by_watermark, period.kept) == (len(MORNING), False, None)
    assert [decision.state for decision in trial.news] == states


async def test_what_cannot_be_replayed_is_told_in_one_line(connection: asyncpg.Connection) -> None:
    with pytest.raises(NothingToReplayError, match="no network is active"):
        await again(connection)
    await register_town(connection)
    with pytest.raises(NothingToReplayError, match="nothing was measured"):
        await again(connection)
    await connection.execute("update sign set retired_at = now()")
    with pytest.raises(NothingToReplayError, match="no sign is in service"):
        await again(connection)


def command(database: DatabaseSettings, *args: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOTSE_")}
    environment |= {
        "LOTSE_DATABASE_DSN": database.dsn.get_secret_value(),
        "LOTSE_ROUTING_COMPILED_DIR": os.environ["LOTSE_ROUTING_COMPILED_DIR"],
        "LOTSE_ROUTING_MIN_HOLD_S": "1",
        "LOTSE_ROUTING_MIN_GAIN_S": "20",
        "LOTSE_ROUTING_STALE_AFTER_INTERVALS": "3600",
        "LOTSE_ROUTING_SMOOTHING_HALF_VEHICLES": "0",
    }
    run = [sys.executable, "-m", "lotse_routing", "replay", *args]
    return subprocess.run(run, env=environment, capture_output=True, text=True, check=False, timeout=120)


PERIOD = ("--from", "2026-11-23T12:00:00", "--until", "2026-11-23T12:10:00")


async def test_the_command_tells_a_table_and_writes_json_and_a_picture(
    database: DatabaseSettings, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    await live(database, connection)
    files = ("--json", str(tmp_path / "all.json"), "--plot", str(tmp_path / "day.svg"), "--sign", "KL-07")
    run = command(database, *PERIOD, "--set", "LOTSE_ROUTING_MIN_GAIN_S=100000", *files)
    assert (run.returncode, run.stderr) == (0, "")
    head, then, blank, columns, *rows = run.stdout.splitlines()
    assert "10 steps by watermarks" in head
    written = len(await lived(connection))
    assert then == f"decisions written then: {written}; made again, alike: {written} of {written}"
    assert (blank, columns.split()[:3]) == ("", ["sign", "settings", "changes/h"])
    assert ["MIN_GAIN_S=100000" in row for row in rows] == [False, True] * 2
    report = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert report["trials"][0]["decisions"] == await lived(connection)
    picture = (tmp_path / "day.svg").read_text(encoding="utf-8")
    assert "<title>LAUTERSTR. / GESPERRT / FOLGE U12</title>" in picture


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("--from", "2026-11-24", "--until", "2026-11-23"), "--until lies before --from"),
        ((*PERIOD, "--set", "LOTSE_ROUTING_MIN_GAIN_S"), "give NAME=VALUE"),
        ((*PERIOD, "--set", "LOTSE_ROUTING_STEP_EVERY_S=2"), "not a setting that decisions rest on"),
        ((*PERIOD, "--set", "LOTSE_ROUTING_MIN_GAIN_S=much"), "LOTSE_ROUTING_MIN_GAIN_S"),
        ((*PERIOD, "--plot", "day.svg"), "go together"),
        (PERIOD, "no network is active"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(database: DatabaseSettings, args: tuple[str, ...], why: str) -> None:
    run = command(database, *args)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (1, "", 1), run.stderr
    assert why in run.stderr
