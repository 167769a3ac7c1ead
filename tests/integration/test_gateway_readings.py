"""Readings read back from a real database."""

from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
from factories_gateway import a_detector, open_gateway

from lotse_gateway.guards.keys import Scope
from lotse_shared.settings import DatabaseSettings

NOW = datetime.now(UTC).replace(microsecond=0)
PATH = "/v1/detectors/D1/readings"


async def _add(connection: asyncpg.Connection, *measured_at: datetime) -> None:
    for moment in measured_at:
        await connection.execute("select ensure_partition('reading', $1)", moment.date())
        await connection.execute(
            "insert into reading (detector_id, measured_at, interval_s, vehicle_count, mean_speed_kmh, occupancy_pct,"
            " corrected_vehicle_count, corrected_occupancy_pct, rule_codes, seq, received_at)"
            " values ('D1', $1, 60, 0, 80, 12.5, 0, 12.5, '{R2}', 7, $1)",
            moment,
        )


async def test_raw_and_corrected_values_stand_beside_each_other(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await _add(connection, NOW - timedelta(minutes=1))
    (reading,) = (await admin.get(PATH)).json()["items"]
    assert reading["raw"] == {"vehicle_count": 0, "heavy_count": None, "mean_speed_kmh": 80, "occupancy_pct": 12.5}
    assert reading["corrected"] == {"vehicle_count": 0, "mean_speed_kmh": None, "occupancy_pct": 12.5}
    assert reading["rule_codes"] == ["R2"]
    assert reading["measured_at"].endswith("Z")


async def test_pages_join_without_gap_or_repetition(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    moments = [NOW - timedelta(seconds=60 * number) for number in range(25, 0, -1)]
    await _add(connection, *moments)
    seen: list[datetime] = []
    cursor: str | None = None
    while True:
        params: dict[str, str | int] = {"limit": 10} | ({"cursor": cursor} if cursor else {})
        page = (await admin.get(PATH, params=params)).json()
        seen += [datetime.fromisoformat(item["measured_at"]) for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == moments


async def test_the_last_24_hours_are_given_unless_a_span_is_named(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    old, recent = NOW - timedelta(hours=25), NOW - timedelta(hours=23)
    await _add(connection, old, recent)
    assert len((await admin.get(PATH)).json()["items"]) == 1
    span = {"from": (old - timedelta(seconds=1)).isoformat(), "to": old.isoformat()}
    (reading,) = (await admin.get(PATH, params=span)).json()["items"]
    assert datetime.fromisoformat(reading["measured_at"]) == old
    after_it = {"from": old.isoformat(), "to": (old + timedelta(hours=1)).isoformat()}
    assert (await admin.get(PATH, params=after_it)).status_code == 404  # D1 is not registered, and has none in there


async def test_a_span_must_be_one(admin: httpx.AsyncClient) -> None:
    for query in (
        "from=2026-11-23T08:00:00Z&to=2026-11-23T07:00:00Z",
        "from=2026-11-23T08:00:00",
        "to=0001-01-01T00:00Z",
    ):
        answer = await admin.get(f"{PATH}?{query}")
        assert answer.status_code == 422, query
        assert answer.json()["errors"][0]["field"] in ("query.from", "query.to")


async def test_a_detector_without_readings_has_none_and_an_unknown_one_is_not_found(admin: httpx.AsyncClient) -> None:
    assert (await admin.get(PATH)).status_code == 404
    await admin.post("/v1/detectors", json=a_detector())
    assert (await admin.get(PATH)).json() == {"items": [], "next_cursor": None}


async def test_in_data_time_the_last_24_hours_end_at_the_watermark(
    database: DatabaseSettings, connection: asyncpg.Connection
) -> None:
    day = datetime(2014, 8, 26, 10, tzinfo=UTC)
    await _add(connection, day - timedelta(hours=30), day - timedelta(hours=1))
    async with (
        open_gateway(database, clock="data") as gateway,
        gateway.client(await gateway.key(Scope.VIEWER)) as client,
    ):
        assert len((await client.get(PATH)).json()["items"]) == 2  # data time has not begun: all there is
        await connection.execute("insert into watermark values ($1, now())", day)
        await gateway.refresh()
        assert len((await client.get(PATH)).json()["items"]) == 1
        assert (await client.get("/v1/system")).json()["now"] == "2014-08-26T10:00:00Z"


async def test_a_query_parameter_that_there_is_not_is_refused_and_not_ignored(admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/v1/ingest/ledger", params={"detector": "D1"})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "query.detector"
    assert "detector_id" in error["reason"]
    assert (await admin.get("/v1/ingest/ledger", params={"detector_id": "D1"})).status_code == 200


async def test_the_system_tells_which_ingest_gave_a_sign_of_life(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    assert (await admin.get("/v1/system")).json()["ingest"] == []
    await connection.execute(
        "insert into ingest_slot (slot, seen_at, is_attentive, since) values"
        " (0, now(), true, now()), (1, now() - interval '2 minutes', true, now()), (2, now(), false, now())"
    )
    slots = (await admin.get("/v1/system")).json()["ingest"]
    assert [(slot["slot"], slot["is_listening"]) for slot in slots] == [(0, True), (1, False), (2, False)]
