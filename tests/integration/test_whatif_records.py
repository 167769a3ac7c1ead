"""What-if questions on what stands in the database."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from factories_decide import JAM, NOON, TOPOLOGY, a_planner, a_snapshot, close_links, measure, register_town, shows
from factories_history import judged, store
from factories_whatif import routing_http

from lotse_routing.http import closures
from lotse_routing.state.snapshot import Snapshot
from lotse_shared.database import connect
from lotse_shared.settings import DatabaseSettings

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
AD = {"origin": {"node": "A"}, "destination": {"node": "D"}}


async def ask(
    database: DatabaseSettings, path: str, body: dict[str, Any], snapshot: Snapshot | None = None
) -> tuple[int, Any]:
    async with routing_http(snapshot or a_snapshot(), database) as client:
        answer = await client.post(path, json=body)
    return answer.status_code, answer.json()


async def remember(connection: asyncpg.Connection, at: datetime, link_id: str, speed_kmh: float, **fields: Any) -> None:
    """Keep a link state as the planner does."""
    given = {"level_of_service": "jam", "confidence": 0.9, "source": "measured"} | fields
    await connection.execute("select ensure_partition('link_state_history', $1)", at.date())
    await connection.execute(
        "insert into link_state_history (link_id, observed_at, speed_kmh, level_of_service, confidence, source)"
        " values ($1, $2, $3, $4, $5, $6)",
        link_id,
        at,
        speed_kmh,
        *given.values(),
    )


async def links_at(database: DatabaseSettings, departure: datetime) -> tuple[list[str], int]:
    status, answer = await ask(database, "/internal/routes", AD | {"departure": departure.isoformat()})
    assert status == 200, answer
    assert datetime.fromisoformat(answer["computed_until"]) == departure
    assert answer["network_version"] == TOPOLOGY.network_version
    return answer["features"][0]["properties"]["links"], answer["links_with_state"]


DETOUR, STRAIGHT = ["A-B-0", "B-E-0", "E-F-0", "F-D-0"], ["A-B-0", "B-C-0", "C-D-0"]


async def test_a_past_departure_drives_in_the_traffic_of_then(each_database: DatabaseSettings) -> None:
    connection = await connect(each_database, "test")
    yesterday = NOON - timedelta(days=1)
    await remember(connection, yesterday - 3 * HOUR, "B-E-0", 50.0)
    await remember(connection, yesterday - MINUTE, "B-C-0", 50.0)
    await remember(connection, yesterday, "B-C-0", 3.0)
    await remember(connection, yesterday + MINUTE, "B-C-0", 50.0)
    await remember(connection, yesterday, "X-Y-0", 3.0)  # of an older network
    await remember(connection, yesterday, "C-D-0", 3.0, source="profile")  # an estimate: nobody measured it
    await connection.close()
    assert await links_at(each_database, yesterday) == (DETOUR, 1)
    assert await links_at(each_database, yesterday - 1.5 * MINUTE) == (STRAIGHT, 0)
    assert await links_at(each_database, yesterday + 5 * MINUTE) == (STRAIGHT, 1)
    assert await links_at(each_database, yesterday + 15 * MINUTE) == (STRAIGHT, 1)
    assert await links_at(each_database, yesterday + 17 * MINUTE) == (STRAIGHT, 0)
    assert await links_at(each_database, NOON) == (STRAIGHT, 0)


async def test_a_past_departure_meets_the_roadworks_of_then(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    yesterday = NOON - timedelta(days=1)
    await remember(connection, yesterday - HOUR, "H-A-0", 50.0)
    await close_links(connection, "C-D-0", starts_at=yesterday, ends_at=yesterday + HOUR)
    assert (await links_at(database, yesterday - MINUTE))[0] == STRAIGHT
    assert (await links_at(database, yesterday))[0] == DETOUR
    assert (await links_at(database, yesterday + HOUR))[0] == STRAIGHT
    await connection.execute("update roadwork set ended_at = $1", yesterday + MINUTE)
    assert (await links_at(database, yesterday + 2 * MINUTE))[0] == STRAIGHT


@pytest.mark.parametrize(
    ("departure", "why"),
    [
        ("2026-11-23T12:00:01Z", "lies in the future"),
        ("2026-11-22T10:59:59Z", "lies before the history begins; allowed: 'now', or from 2026-11-22T11:00:00"),
        ("0001-01-01T00:00:00+14:00", "lies before the history begins"),
        ("9999-12-31T23:59:59-12:00", "lies in the future"),
    ],
)
async def test_moments_of_which_nothing_is_known_are_refused(
    database: DatabaseSettings, connection: asyncpg.Connection, departure: str, why: str
) -> None:
    await connection.execute("select ensure_partition('link_state_history', date '2026-11-01')")  # empty
    await remember(connection, NOON - 25 * HOUR, "B-C-0", 50.0)
    status, problem = await ask(database, "/internal/routes", AD | {"departure": departure})
    assert (status, problem["errors"][0]["field"]) == (422, "body.departure")
    assert why in problem["detail"]


async def test_without_any_history_only_now_is_allowed(database: DatabaseSettings) -> None:
    status, problem = await ask(database, "/internal/routes", AD | {"departure": "2026-11-22T12:00:00Z"})
    assert (status, problem["detail"]) == (422, "body.departure: nothing is known of the past yet; allowed: 'now'")


async def check(database: DatabaseSettings, **body: Any) -> Any:
    status, answer = await ask(database, "/internal/closure-checks", body)
    assert status == 200, answer
    return answer


async def test_a_check_reads_corridors_signs_and_counts(each_database: DatabaseSettings) -> None:
    connection = await connect(each_database, "test")
    await register_town(connection)
    await connection.close()
    week_ago = [judged("at-E-F-0", NOON - timedelta(weeks=1) + i * MINUTE, vehicle_count=7) for i in range(-29, 31)]
    lately = [judged("at-E-F-0", NOON - i * MINUTE, vehicle_count=6) for i in range(59)]
    substitutes = [judged("at-E-F-0", NOON - 59 * MINUTE, vehicle_count=100, quality_pct=90.0)]
    await store(each_database, [week_ago, lately, substitutes])
    answer = await check(each_database, links=["E-F-0"])
    assert answer["corridors"] == [{"corridor_id": "U12", "links": ["B-E-0", "E-F-0", "F-D-0"]}]
    assert answer["unreachable"]["detectors"] == ["at-F-D-0"]  # B-E-0 can be reached, and not left
    (stretch,) = answer["stretches"]
    assert (stretch["flow_vehh"], stretch["last_hour_vehh"], stretch["week_before_vehh"]) == (360, 360, 420)
    assert (stretch["counted_by"], stretch["no_flow_because"]) == (["at-E-F-0"], None)
    assert answer["computed_until"] == "2026-11-23T12:00:00Z"


async def test_a_check_tells_which_shown_detours_it_hits(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    async with a_planner(database) as planner:
        await measure(connection, JAM)
        await shows(connection, "detour")
        status, answer = await ask(database, "/internal/closure-checks", {"links": ["E-F-0"]}, planner.snapshot)
    assert status == 200, answer
    (hit,) = answer["detours"]
    assert (hit["sign_id"], hit["destination_id"], hit["via"]) == ("KL-07", "CENTRUM", "U12")
    assert "Sign KL-07 shows a detour to CENTRUM over it now." in answer["findings"]


async def add_roadwork(connection: asyncpg.Connection, roadwork_id: str, *links: str, **fields: Any) -> None:
    given = {"starts_at": NOON - HOUR, "ends_at": None} | fields
    await close_links(connection, *links, roadwork_id=roadwork_id, **given)


async def test_a_planned_roadwork_is_checked_beside_the_others_of_its_time_not_beside_itself(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    day = timedelta(days=1)
    await register_town(connection)
    await add_roadwork(connection, "R1", "F-D-0", starts_at=NOON + day, ends_at=NOON + 3 * day)
    await add_roadwork(connection, "R2", "G-D-0", starts_at=NOON + 2 * day)
    await add_roadwork(connection, "R3", "C-D-0", starts_at=NOON + 4 * day)
    await add_roadwork(connection, "R4", "C-D-0", ended_at=NOON - MINUTE)
    answer = await check(database, roadwork_id="R1")
    assert answer["beside"] == ["R2"]
    moments = [datetime.fromisoformat(answer[name]) for name in ("starts_at", "ends_at")]
    assert moments == [NOON + day, NOON + 3 * day]
    assert [stretch["links"] for stretch in answer["stretches"]] == [["F-D-0"]]


async def test_a_roadwork_in_force_is_checked_from_now_on(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    await register_town(connection)
    await add_roadwork(connection, "R1", "B-C-0", "B-X-0")  # the network has the first of them
    answer = await check(database, roadwork_id="R1")
    assert (answer["beside"], answer["starts_at"], answer["ends_at"]) == ([], "2026-11-23T12:00:00Z", None)


@pytest.mark.parametrize(
    ("roadwork", "status", "why"),
    [
        ({}, 404, "there is no roadwork 'R9'"),
        ({"ended_at": NOON - MINUTE}, 404, "planned or in force"),
        ({"effect": "speed", "speed_kmh": 30.0}, 409, "closes nothing"),
        ({"links": ("X-Y-0",)}, 409, "none of the roadwork's links"),
    ],
)
async def test_a_roadwork_that_closes_nothing_is_not_checked(
    database: DatabaseSettings, connection: asyncpg.Connection, roadwork: dict[str, Any], status: int, why: str
) -> None:
    if roadwork:
        await add_roadwork(connection, "R9", *roadwork.pop("links", ("B-C-0",)), **roadwork)
    got, problem = await ask(database, "/internal/closure-checks", {"roadwork_id": "R9"})
    assert (got, why in problem["detail"]) == (status, True), problem


async def test_a_check_that_would_take_a_core_for_long_is_refused(
    database: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closures, "MOST_WORK", 1)
    status, problem = await ask(database, "/internal/closure-checks", {"links": ["E-F-0", "F-D-0"]})
    assert (status, problem["errors"][0]["field"]) == (422, "body.links")
    assert "name fewer links" in problem["detail"]
    await check(database, links=["E-F-0"])
