"""Orders and answers in the database → what signs show, through restarts and a standby that takes over."""

from datetime import UTC, datetime, timedelta

import asyncpg
from factories_decide import FREE, JAM, a_planner, close_links, measure, newest, register_town, shows, until

from lotse_shared.settings import DatabaseSettings


async def lock(connection: asyncpg.Connection, *lines: str, for_s: float = 3600) -> None:
    now = datetime.now(UTC)
    await connection.execute(
        "insert into sign_lock (sign_id, lines, reason, key_id, locked_at, expires_at)"
        " values ('KL-07', $1, 'Brand', 'wall', $2, $3)",
        list(lines),
        now,
        now + timedelta(seconds=for_s),
    )


async def answer(connection: asyncpg.Connection, proposal_id: str, *, is_accepted: bool) -> None:
    await connection.execute(
        "insert into proposal_answer values ($1, $2, '', 'night', now())", proposal_id, is_accepted
    )


async def spoken(connection: asyncpg.Connection, source: str, *lines: str) -> asyncpg.Record:
    async def ask() -> asyncpg.Record | None:
        row = await newest(connection)
        return row if row and (row["source"], row["lines"]) == (source, list(lines)) else None

    return await until(ask)


async def proposed(connection: asyncpg.Connection, proposal_id: str, state: str) -> asyncpg.Record:
    async def ask() -> asyncpg.Record | None:
        return await connection.fetchrow(
            "select * from proposal where proposal_id = $1 and state = $2", proposal_id, state
        )

    return await until(ask)


async def test_a_lock_is_shown_and_ends_by_itself(database: DatabaseSettings, connection: asyncpg.Connection) -> None:
    await register_town(connection)
    async with a_planner(database):
        await measure(connection, JAM)
        await shows(connection, "detour")
        await lock(connection, "FEUER", for_s=2)
        locked = await spoken(connection, "manual", "FEUER")
        assert (locked["shows_detours"], locked["sensed_at"]) == (False, None)
        assert locked["explanation"].startswith("Locked by wall: Brand. Lotse finds: Stadtmitte: Lauterstraße")
        await spoken(connection, "automatic", "LAUTERSTR.", "STAU", "FOLGE U12")


async def test_a_lock_along_a_closed_corridor_is_not_shown_and_an_alarm_says_so_until_it_is_open(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_planner(database):
        await lock(connection, "STADION", "FOLGE U12")
        await spoken(connection, "manual", "STADION", "FOLGE U12")
        now = datetime.now(UTC)
        await close_links(connection, "E-F-0", starts_at=now, ends_at=now + timedelta(hours=1))
        suspended = await spoken(connection, "automatic")
        assert "for U12 is closed" in suspended["suspended"]
        alarm = await connection.fetchrow("select * from alarm where kind = 'order-suspended' and cleared_at is null")
        assert alarm
        assert (alarm["subject"], alarm["message"]) == ("KL-07", suspended["suspended"])
        await connection.execute("update roadwork set ended_at = now()")
        await spoken(connection, "manual", "STADION", "FOLGE U12")
        assert await connection.fetchval("select count(*) from alarm where cleared_at is null") == 0


async def test_whose_word_it_is_outlives_a_restart_in_both_languages_and_is_no_news_after_it(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    now = datetime.now(UTC)
    messages = [{"sign": "KL-07", "lines": ["STADION"]}]
    phase = {"name": "before", "starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
    await register_town(connection)
    await close_links(connection, "E-F-0", starts_at=now, ends_at=now + timedelta(hours=1))
    await lock(connection, "FOLGE U12")
    await connection.execute(
        "insert into strategy (strategy_id, version, name, phases, key_id) values ('M', 1, 'Match day', $1, 'k')",
        [phase | {"messages": messages}],
    )
    german = "Strategie Match day, before. Festgelegt von wall: Brand: nicht gezeigt, denn U12 ist gesperrt."
    english = "Strategy Match day, before. Locked by wall: Brand: not shown, for U12 is closed."
    async with a_planner(database):
        written = await spoken(connection, "strategy", "STADION")
        assert f"{written['why']} {written['suspended']}" == english
        assert written["explanations"]["en"].startswith(f"{english} Lotse finds: ")
        assert written["explanations"]["de"].startswith(f"{german} Lotse ermittelt: ")
        assert written["suspended_words"]["de"] in german
    async with a_planner(database):
        await steps(connection)
        assert await newest(connection) == written
    # As a version before wrote it: it is told in both languages at the first step, and stays so.
    await connection.execute("update decision set events = null, suspended_words = default, explanations = default")
    async with a_planner(database):
        told = await until(lambda: told_again(connection, written))
        assert (told["seq"], told["body"]) == (written["seq"], written["body"])
        assert told["explanations"]["de"].startswith(german)
        await steps(connection)
        assert await newest(connection) == told
    assert await connection.fetchval("select count(*) from decision where source = 'strategy'") == 2


async def told_again(connection: asyncpg.Connection, before: asyncpg.Record) -> asyncpg.Record | None:
    row = await newest(connection)
    return row if row and row["decision_id"] > before["decision_id"] else None


async def steps(connection: asyncpg.Connection, count: int = 3) -> None:
    """Wait until the planner has taken that many steps more."""
    for _ in range(count):
        before = await connection.fetchval("select covers_until from planner")

        async def is_another(before: datetime | None = before) -> bool:
            return bool(await connection.fetchval("select covers_until from planner") != before)

        await until(is_another)


async def test_a_strategy_is_shown_by_time_and_by_hand(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    now = datetime.now(UTC)
    messages = [{"sign": "KL-07", "lines": ["STADION", "PARKEN P3"]}]
    timed = {"name": "before", "starts_at": now.isoformat(), "ends_at": (now + timedelta(seconds=3)).isoformat()}
    by_hand = {"name": "storm", "starts_at": None, "ends_at": None, "messages": [{"sign": "KL-07", "lines": ["STURM"]}]}
    await register_town(connection)
    await connection.execute(
        "insert into strategy (strategy_id, version, name, phases, key_id) values ('M', 1, 'old', '[]', 'k'),"
        " ('M', 2, 'Match day', $1, 'k')",
        [timed | {"messages": messages}, by_hand],
    )
    async with a_planner(database):
        await spoken(connection, "strategy", "STADION", "PARKEN P3")
        await spoken(connection, "automatic")
        await connection.execute(
            "insert into strategy_activation (strategy_id, phase, key_id, starts_at, ends_at)"
            " values ('M', 'storm', 'k', now(), now() + interval '1 h')"
        )
        await spoken(connection, "strategy", "STURM")
        await connection.execute("update strategy_activation set ended_at = now()")
        await spoken(connection, "automatic")


async def test_a_proposal_outlives_a_restart_and_what_was_accepted_too(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    await connection.execute("update sign set mode = 'approval'")
    async with a_planner(database):
        await measure(connection, JAM)
        waiting = await proposed(connection, "KL-07-1", "waiting")
        assert waiting["lines"] == ["LAUTERSTR.", "STAU", "FOLGE U12"]
        assert waiting["expires_at"] - waiting["made_at"] == timedelta(seconds=900)
        assert waiting["explanation"] == waiting["explanations"]["en"]
        assert waiting["explanations"]["de"].startswith("Stadtmitte: Stau auf Lauterstraße")
        asked = await newest(connection)
        assert asked
        assert asked["explanations"]["de"].startswith("Vorschlag KL-07-1 (LAUTERSTR. / STAU / FOLGE U12) wartet")
    async with a_planner(database):
        await steps(connection)
        assert await newest(connection) == asked
        await answer(connection, "KL-07-1", is_accepted=True)
        shown = await spoken(connection, "approval", "LAUTERSTR.", "STAU", "FOLGE U12")
        await proposed(connection, "KL-07-1", "accepted")
    async with a_planner(database):
        for _ in range(8):
            await measure(connection, FREE)
        gone = await spoken(connection, "approval")
        assert gone["seq"] == shown["seq"] + 1
    assert await connection.fetchval("select count(*) from proposal") == 1


async def test_a_standby_that_takes_over_knows_what_was_proposed_and_what_is_kept(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    await connection.execute("update sign set mode = 'approval'")
    leader = "select pid from pg_locks where locktype = 'advisory' and granted and pid <> pg_backend_pid()"
    async with a_planner(database), a_planner(database):
        await measure(connection, JAM)
        await proposed(connection, "KL-07-1", "waiting")
        await answer(connection, "KL-07-1", is_accepted=True)
        jam = await spoken(connection, "approval", "LAUTERSTR.", "STAU", "FOLGE U12")
        now = datetime.now(UTC)
        await close_links(connection, "C-D-0", starts_at=now, ends_at=now + timedelta(hours=1))
        await proposed(connection, "KL-07-2", "waiting")
        pid = await connection.fetchval(leader)
        await connection.execute("select pg_terminate_backend($1)", pid)

        async def is_led_by_another() -> bool:
            return await connection.fetchval(leader) not in {None, pid}

        await until(is_led_by_another)
        kept = await newest(connection)
        assert kept
        assert (kept["seq"], kept["lines"], kept["shows_detours"]) == (jam["seq"], jam["lines"], False)
        await answer(connection, "KL-07-2", is_accepted=True)
        await spoken(connection, "approval", "LAUTERSTR.", "GESPERRT", "FOLGE U12")
    assert await connection.fetchval("select count(*) from proposal") == 2


async def test_the_town_s_own_words_are_taken_from_when_they_are_saved(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_planner(database):
        await measure(connection, JAM)
        await spoken(connection, "automatic", "LAUTERSTR.", "STAU", "FOLGE U12")
        await connection.execute(
            "insert into text_template (language, kind, lines) values ('de', 'jam', $1)",
            [["{street}"], ["{cause}"], ["UMLEITUNG {corridor}"]],
        )
        await spoken(connection, "automatic", "LAUTERSTR.", "STAU", "UMLEITUNG U12")
