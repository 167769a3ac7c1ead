"""Readings in the database → decisions in the database, in wall time."""

import json
from datetime import UTC, datetime, timedelta

import asyncpg
from factories_decide import BRISK, a_planner, close_links, measure, newest, register_town, shows, until

from lotse_shared.database import connect
from lotse_shared.settings import DatabaseSettings

JAM = {"B-C-0": 8.0, "C-D-0": 8.0}
FREE = {"B-C-0": 50.0, "C-D-0": 50.0}


async def test_a_jam_becomes_a_detour_and_its_end_a_blank_sign(each_database: DatabaseSettings) -> None:
    connection = await connect(each_database, "test")
    await register_town(connection)
    async with a_planner(each_database):
        first = await shows(connection, "blank")
        assert first["seq"] == 1
        sensed_at = await measure(connection, JAM)
        detour = await shows(connection, "detour")
        assert detour["lines"] == ["LAUTERSTR.", "STAU", "FOLGE U12"]
        assert detour["sensed_at"] == sensed_at
        assert detour["seq"] == 2
        assert "Lauterstraße is jammed (8 of 50 km/h; detectors at-B-C-0, at-C-D-0)" in detour["explanation"]
        (relation,) = detour["detours"]
        assert relation["shown"]["via"] == "U12"
        assert relation["shown"]["links"] == ["A-B-0", "B-E-0", "E-F-0", "F-D-0"]
        assert relation["normal"]["links"] == ["A-B-0", "B-C-0", "C-D-0"]
        assert relation["gain_s"] > 200
        jammed = await connection.fetchrow("select * from link_state where link_id = 'B-C-0'")
        assert (jammed["level_of_service"], jammed["source"], jammed["detectors"]) == ("jam", "measured", ["at-B-C-0"])
        for _ in range(8):
            await measure(connection, FREE)
        blank = await shows(connection, "blank")
        assert blank["seq"] > detour["seq"]
        assert blank["decided_at"] - detour["decided_at"] >= timedelta(seconds=BRISK.policy.min_hold_s)
        assert await connection.fetchval("select count(*) from link_state_history where link_id = 'B-C-0'") >= 2
    await connection.close()
