"""Readings and roadworks in the database → decisions in the database, in wall time."""

import asyncio
import json
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from factories_decide import (
    BRISK,
    FREE,
    JAM,
    TOPOLOGY,
    a_planner,
    close_links,
    measure,
    newest,
    register_town,
    showing,
    shows,
    until,
)
from prometheus_client import REGISTRY
from pydantic import SecretStr

from lotse_routing.settings import DisplaySettings, PolicySettings
from lotse_shared.database import connect
from lotse_shared.migrate import migrate_database
from lotse_shared.settings import DatabaseSettings
from lotse_standalone.machine.ports import free_port
from lotse_standalone.servers.postgres import EmbeddedPostgres


async def heartbeat(connection: asyncpg.Connection) -> datetime | None:
    at: datetime | None = await connection.fetchval("select heartbeat_at from planner where covers_until is not null")
    return at


async def test_a_jam_becomes_a_detour_and_its_end_a_blank_sign(each_database: DatabaseSettings) -> None:
    connection = await connect(each_database, "test")
    await register_town(connection)
    async with a_planner(each_database):
        first = await shows(connection, "blank")
        assert (first["epoch"], first["seq"], first["sensed_at"]) == (1, 1, None)
        sensed_at = await measure(connection, JAM)
        detour = await shows(connection, "detour")
        assert detour["lines"] == ["LAUTERSTR.", "STAU", "FOLGE U12"]
        assert (detour["sensed_at"], detour["seq"]) == (sensed_at, 2)
        assert "Lauterstraße is jammed (8 of 50 km/h; detectors at-B-C-0, at-C-D-0; since " in detour["explanation"]
        assert "Stau auf Lauterstraße (8 statt 50 km/h; " in detour["explanations"]["de"]
        (relation,) = detour["detours"]
        assert relation["shown"]["via"] == "U12"
        assert relation["shown"]["links"] == ["A-B-0", "B-E-0", "E-F-0", "F-D-0"]
        assert relation["normal"]["links"] == ["A-B-0", "B-C-0", "C-D-0"]
        assert relation["gain_s"] > 200
        jammed = await connection.fetchrow("select * from link_state where link_id = 'B-C-0'")
        assert jammed
        assert (jammed["level_of_service"], jammed["source"], jammed["detectors"]) == ("jam", "measured", ["at-B-C-0"])
        assert await connection.fetchval("select count(*) from link_state") == len(JAM)
        for _ in range(8):
            await measure(connection, FREE)
        blank = await shows(connection, "blank")
        assert blank["seq"] > detour["seq"]
        assert blank["decided_at"] - detour["decided_at"] >= timedelta(seconds=BRISK.policy.min_hold_s)
        assert await connection.fetchval("select count(*) from link_state_history where link_id = 'B-C-0'") >= 2
    await connection.close()


async def test_a_held_message_is_not_explained_by_a_jam_that_is_over_nor_after_a_restart(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    async def explained(words: str) -> asyncpg.Record | None:
        row = await newest(connection)
        return row if row and words in row["explanation"] else None

    async def is_free_again() -> asyncpg.Record | None:
        await measure(connection, FREE)
        return await explained("the usual way is free again")

    patient = replace(BRISK, policy=PolicySettings(min_hold_s=600, min_gain_s=20))
    await register_town(connection)
    async with a_planner(database, settings=patient):
        await measure(connection, JAM)
        detour = await shows(connection, "detour")
        over = await until(is_free_again)
        assert (over["seq"], over["state"], over["body"]) == (detour["seq"], "detour", detour["body"])
        assert over["decided_at"] > detour["decided_at"]
    await measure(connection, JAM)
    async with a_planner(database, settings=replace(patient, display=DisplaySettings(explain_again_s=0))):
        again = await until(lambda: explained("is jammed"))
        assert (again["seq"], again["body"]) == (detour["seq"], detour["body"])


async def test_a_roadwork_acts_when_it_starts_and_no_longer_than_it_lasts(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_planner(database):
        await shows(connection, "blank")
        starts_at = datetime.now(UTC) + timedelta(seconds=1)
        ends_at = starts_at + timedelta(seconds=2)
        await close_links(connection, "C-D-0", starts_at=starts_at, ends_at=ends_at)
        closed = await shows(connection, "detour")
        assert closed["lines"] == ["LAUTERSTR.", "GESPERRT", "FOLGE U12"]
        assert closed["sensed_at"] is None
        assert timedelta(0) <= closed["decided_at"] - starts_at < timedelta(seconds=5)
        over = await shows(connection, "blank")
        assert timedelta(0) <= over["decided_at"] - ends_at < timedelta(seconds=5)


async def test_a_roadwork_entered_and_ended_by_hand_acts_at_once(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_planner(database):
        await shows(connection, "blank")
        now = datetime.now(UTC)
        await close_links(connection, "C-D-0", "F-D-0", starts_at=now, ends_at=now + timedelta(days=1))
        stuck = await shows(connection, "fallback")
        assert stuck["lines"] == []
        assert "Lauterstraße is closed (Kanalbau" in stuck["explanation"]
        await connection.execute("update roadwork set ended_at = now()")
        await shows(connection, "blank")


async def test_signs_and_networks_that_come_later_are_decided_for(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    async with a_planner(database) as planner:
        await asyncio.sleep(3 * BRISK.loop.step_every_s)  # a few turns with nothing to decide on
        assert planner.snapshot is None
        await register_town(connection)
        await shows(connection, "blank")
        await connection.execute("insert into sign (sign_id, link_id) values ('KL-08', 'Y-Z-0')")
        lost = await shows(connection, "fallback", "KL-08")
        assert "Y-Z-0" in lost["explanation"]
        await connection.execute(
            "update sign set link_id = 'B-C-0', destinations = '{CENTRUM}' where sign_id = 'KL-08'"
        )
        found = await shows(connection, "blank", "KL-08")
        assert found["seq"] == lost["seq"] + 1


@pytest.mark.parametrize("change", ["link_id = null", "failed_at = now(), failed_reason = 'pit open'"])
async def test_a_detector_that_is_taken_off_the_map_or_failed_by_hand_takes_its_link_state_along(
    database: DatabaseSettings, connection: asyncpg.Connection, change: str
) -> None:
    async def links() -> int:
        count: int = await connection.fetchval("select count(*) from link_state")
        return count

    async def is_one() -> bool:
        return await links() == 1

    await register_town(connection)
    async with a_planner(database):
        await measure(connection, JAM)
        await shows(connection, "detour")
        assert await links() == len(JAM)
        await connection.execute(f"update detector set {change} where detector_id = 'at-C-D-0'")  # noqa: S608 - ours
        await until(is_one)


async def test_a_second_planner_stands_by_and_takes_over_where_the_first_was_cut_off(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_planner(database) as first, a_planner(database) as second:
        await measure(connection, JAM)
        detour = await shows(connection, "detour")
        await until(lambda: asyncio.sleep(0, result=first.snapshot is not None and second.snapshot is not None))
        leader = "select pid from pg_locks where locktype = 'advisory' and granted and pid <> pg_backend_pid()"
        pid = await connection.fetchval(leader)
        await connection.execute("select pg_terminate_backend($1)", pid)

        async def other_leader() -> int | None:
            now_leading: int | None = await connection.fetchval(leader)
            return now_leading if now_leading != pid else None

        await until(other_leader)
        for _ in range(8):
            await measure(connection, FREE)
        blank = await shows(connection, "blank")
        assert blank["seq"] > detour["seq"]
        rows = await connection.fetch("select seq from decision where sign_id = 'KL-07' order by decision_id")
        numbers = [row["seq"] for row in rows]
        assert numbers == sorted(numbers)
        assert await connection.fetchval("select count(*) from (select distinct seq, body from decision) x") == len(
            set(numbers)
        )


async def test_a_restart_repeats_nothing_and_keeps_the_hold(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_planner(database):
        await measure(connection, JAM)
        detour = await shows(connection, "detour")
    beaten_at = await heartbeat(connection)
    assert beaten_at

    async def is_beating_again() -> bool:
        at = await heartbeat(connection)
        return at is not None and at > beaten_at

    async with a_planner(database):
        await until(is_beating_again)
        latest = await newest(connection)
        assert latest
        assert (latest["seq"], bytes(latest["body"])) == (detour["seq"], bytes(detour["body"]))


async def test_the_heart_beats_without_news_and_stops_with_the_planner(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_planner(database):
        first = await until(lambda: heartbeat(connection))

        async def beats_on() -> bool:
            at = await heartbeat(connection)
            return at is not None and at - first > timedelta(seconds=2 * BRISK.loop.heartbeat_s)

        await until(beats_on)
        assert await connection.fetchval("select network_version from planner") == TOPOLOGY.network_version
    last = await heartbeat(connection)
    await asyncio.sleep(2 * BRISK.loop.heartbeat_s)
    assert await heartbeat(connection) == last


async def test_an_epoch_that_rises_while_nothing_happens_reaches_the_signs(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_planner(database):
        before = await shows(connection, "blank")
        await connection.execute("update planner set epoch = epoch + 1")

        async def is_composed_anew() -> bool:
            latest = await newest(connection)
            return latest is not None and (latest["epoch"], latest["seq"]) == (2, before["seq"] + 1)

        await until(is_composed_anew)


async def test_the_planner_comes_back_with_its_database(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres", free_port(), {"fsync": "off"})
    server.start()
    database = DatabaseSettings(dsn=SecretStr(server.dsn()))
    await migrate_database(database)
    connection = await connect(database, "test")
    await register_town(connection)
    async with a_planner(database) as planner:
        blank = await shows(connection, "blank")
        server.kill()
        await until(lambda: asyncio.sleep(0, result=REGISTRY.get_sample_value("lotse_routing_is_leader") == 0))
        assert not planner.has_database
        server.start()
        connection = await connect(database, "test")
        await measure(connection, JAM)
        detour = await shows(connection, "detour")
        assert detour["seq"] == blank["seq"] + 1
    await connection.close()
    server.stop()


async def test_the_service_runs_as_a_process_and_ends_when_told(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    port = free_port()
    environment = {
        "LOTSE_DATABASE_DSN": database.dsn.get_secret_value(),
        "LOTSE_HTTP_PORT": str(port),
        "LOTSE_ROUTING_STEP_EVERY_S": "0.2",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lotse_routing", "serve", env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        await until(lambda: newest(connection), 30)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            assert (await client.get("/readyz")).json() == {"status": "ready", "dependencies": {"database": True}}
            ask = {"origin": {"node": "A"}, "destination": {"node": "D"}}
            answer = await client.post("/internal/routes", json=ask)
            assert answer.json()["features"][0]["properties"]["links"] == ["A-B-0", "B-C-0", "C-D-0"]
            metrics = (await client.get("/metrics")).text
            assert "lotse_routing_is_leader 1.0" in metrics
            assert 'lotse_routing_decisions_total{state="blank"} 1.0' in metrics
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0, errors.decode()
    assert b"Traceback" not in errors


async def test_a_recurring_roadwork_acts_when_its_hours_begin_and_no_longer_than_they_last(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_planner(database):
        await shows(connection, "blank")
        now = datetime.now(UTC)
        opens = (now + timedelta(seconds=70)).replace(second=0, microsecond=0)
        hours = f"{opens - timedelta(hours=1):%H:%M}-{opens:%H:%M}"
        recurs: dict[str, Any] = {"recurrence": hours, "time_zone": "UTC", "approved_at": now}
        await close_links(connection, "C-D-0", starts_at=now - timedelta(days=9), ends_at=None, **recurs)
        closed = await shows(connection, "detour")
        assert closed["decided_at"] - now < timedelta(seconds=5)
        assert json.loads(closed["body"])["valid_until"] == opens.isoformat().replace("+00:00", "Z")
        over = await until(lambda: showing(connection, "blank"), within_s=80)
        assert timedelta(0) <= over["decided_at"] - opens < timedelta(seconds=5)


async def test_what_nobody_approved_or_binds_trucks_only_closes_nothing_for_cars(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    begun = datetime.now(UTC) - timedelta(minutes=1)
    drafts: dict[str, dict[str, Any]] = {
        "R1": {"status": "draft", "approved_at": None},
        "R2": {"status": "refused", "approved_at": None},
        "R3": {"vehicles": ["truck"]},
    }
    for roadwork_id, fields in drafts.items():
        await close_links(connection, "C-D-0", roadwork_id=roadwork_id, starts_at=begun, ends_at=None, **fields)
    async with a_planner(database) as planner:
        await shows(connection, "blank")
        assert planner.snapshot is not None
        assert [roadwork.roadwork_id for roadwork in planner.snapshot.roadworks] == ["R3"]
        await connection.execute(
            "update roadwork set status = 'approved', approved_at = now() where roadwork_id = 'R1'"
        )
        await shows(connection, "detour")


async def test_hours_that_cannot_be_read_close_a_link_at_all_hours(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    strange = {"recurrence": "Mo-Fr 22:00-05:00", "time_zone": "Europe/Lautern"}
    await close_links(connection, "C-D-0", starts_at=datetime.now(UTC), ends_at=None, **strange)
    async with a_planner(database):
        await shows(connection, "detour")
        assert REGISTRY.get_sample_value("lotse_routing_unreadable_roadwork_hours") == 1
        await connection.execute("delete from roadwork")
        await shows(connection, "blank")
