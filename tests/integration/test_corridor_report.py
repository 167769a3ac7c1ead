"""A network or a change of the registry that breaks a corridor: routing says so in its table, metrics and log."""

import asyncio
from datetime import UTC, datetime

import asyncpg
from factories_decide import (
    JAM,
    NOON,
    PLACES,
    U12,
    a_planner,
    measure,
    newest,
    register_town,
    shows,
    the_network,
    until,
)
from factories_network import a_link, a_network
from prometheus_client import REGISTRY

from lotse_routing.network.store import save_network
from lotse_shared.settings import DatabaseSettings


async def check_of(connection: asyncpg.Connection, corridor_id: str, status: str) -> asyncpg.Record:
    async def ask() -> asyncpg.Record | None:
        return await connection.fetchrow(
            "select * from corridor_check where corridor_id = $1 and status = $2", corridor_id, status
        )

    return await until(ask)


def broken() -> float | None:
    return REGISTRY.get_sample_value("lotse_routing_unusable_corridors", {"status": "broken"})


async def test_a_network_that_breaks_a_corridor_is_told_and_one_that_mends_it_too(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    await connection.execute("update corridor set via = $1", [{"link": "B-E-0"}, {"node": "D"}])
    async with a_planner(database):
        sound = await check_of(connection, "U12", "sound")
        assert (tuple(sound["links"]), sound["problem"], sound["resolves_to"]) == (U12.links, None, None)
        assert sound["network_version"] == the_network().version
        assert broken() == 0
        without_f = a_network(PLACES, [link for link in the_network().links() if link.link_id != "F-D-0"])
        await save_network(connection, without_f, NOON)
        gone = await check_of(connection, "U12", "broken")
        assert gone["network_version"] == without_f.version
        assert gone["problem"] is not None
        assert gone["problem"].startswith("there is no link 'F-D-0' in the active network")
        assert broken() == 1
        await save_network(connection, the_network(), NOON)
        await check_of(connection, "U12", "sound")
        assert broken() == 0


async def test_what_a_broken_corridor_would_be_now_is_told(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    await connection.execute(
        "update corridor set links = '{B-E-0,E-D-0}', via = $1", [{"link": "B-E-0"}, {"link": "F-D-0"}]
    )
    async with a_planner(database):
        row = await check_of(connection, "U12", "broken")
        assert tuple(row["resolves_to"]) == U12.links


async def test_corridors_and_signs_that_come_and_go_are_followed(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    async def are_none() -> bool:
        count: int = await connection.fetchval("select count(*) from corridor_check")
        return count == 0

    async def are_gone() -> bool:
        rows = await connection.fetch("select corridor_id from corridor_check")
        return [row["corridor_id"] for row in rows] == ["U13"]

    await register_town(connection)
    async with a_planner(database):
        await check_of(connection, "U12", "sound")
        await connection.execute("insert into corridor (corridor_id, links) values ('U13', '{B-C-0,C-D-0}')")
        await check_of(connection, "U13", "sound")
        await connection.execute("update sign set link_id = 'F-D-0'")
        row = await check_of(connection, "U12", "broken")
        assert row["problem"] == "no way of sign 'KL-07' to destination 'CENTRUM' leads over it"
        await connection.execute("update corridor set retired_at = now() where corridor_id = 'U12'")
        await until(are_gone)
        await connection.execute("delete from corridor")
        await until(are_none)


async def test_what_trucks_may_not_drive_is_told_where_it_is_approved_for_them(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    light = {link.link_id: link for link in the_network().links()} | {
        "E-F-0": a_link("E", "F", PLACES, max_weight_t=7.5, road_class="primary", length_m=600.0)
    }
    await register_town(connection)
    await save_network(connection, a_network(PLACES, light.values()), NOON)
    async with a_planner(database):
        sound = await check_of(connection, "U12", "sound")
        assert sound["vehicles"] == ["car"]
        await connection.execute("update corridor set vehicles = '{car,truck}'")
        row = await check_of(connection, "U12", "broken")
        assert row["vehicles"] == ["car", "truck"]
        assert row["problem"] == "link 'E-F-0' is closed to trucks of 40 t (allowed: 7.5)"


async def test_a_sign_shows_a_corridor_while_cars_are_approved_and_tells_for_whom_it_is(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    async def leads(corridor: str | None, vehicles: list[str] | None) -> asyncpg.Record:
        async def ask() -> asyncpg.Record | None:
            row = await newest(connection)
            detour = row["detours"][0] if row and row["state"] == "detour" else {}
            return row if (detour.get("corridor"), detour.get("vehicles")) == (corridor, vehicles) and detour else None

        return await until(ask)

    await register_town(connection)
    async with a_planner(database):
        await measure(connection, JAM)
        for_cars = await leads("U12", ["car"])
        await connection.execute("update corridor set vehicles = '{car,truck}'")
        for_both = await leads("U12", ["car", "truck"])
        assert (for_both["seq"], for_both["lines"]) == (for_cars["seq"], for_cars["lines"])
        await connection.execute("update corridor set vehicles = '{truck}'")
        free = await leads(None, None)
        assert "FOLGE U12" not in free["lines"]
        await connection.execute("update corridor set vehicles = '{car}'")
        assert "FOLGE U12" in (await leads("U12", ["car"]))["lines"]
        await connection.execute("update corridor set retired_at = now()")
        assert "FOLGE U12" not in (await leads(None, None))["lines"]


async def test_decisions_go_on_when_corridors_cannot_be_checked(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    failures = "lotse_routing_corridor_check_failures_total"
    before = REGISTRY.get_sample_value(failures) or 0
    await register_town(connection)
    await connection.execute("update corridor set links = '{B-E-0,gone}', via = $1", [{"point": ["here", "there"]}, {}])
    async with a_planner(database) as planner:
        await until(lambda: asyncio.sleep(0, result=(REGISTRY.get_sample_value(failures) or 0) > before))
        seen = planner.snapshot.version if planner.snapshot else 0
        await until(lambda: asyncio.sleep(0, result=planner.snapshot is not None and planner.snapshot.version > seen))
        await shows(connection, "blank")
    assert REGISTRY.get_sample_value(failures) == before + 1
    assert await connection.fetchval("select heartbeat_at from planner") <= datetime.now(UTC)
