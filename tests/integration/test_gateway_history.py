"""Aggregates, outages and the export, from a real database of every kind."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest
from factories_gateway import Gateway, a_detector, add_network, open_gateway
from factories_history import MONDAY, House, add_up, judged, some_batches, store

from lotse_gateway.guards.keys import Scope
from lotse_gateway.settings import GatewaySettings
from lotse_shared.database import connect
from lotse_shared.settings import DatabaseSettings

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
SUMMER_TIME = datetime(2026, 3, 28, 23, tzinfo=UTC)
"""Midnight in Berlin, before the day that has 23 hours."""
Json = dict[str, Any]


@pytest.fixture
async def db(each_database: DatabaseSettings) -> AsyncIterator[asyncpg.Connection]:
    opened = await connect(each_database, "test")
    yield opened
    await opened.close()


@pytest.fixture
async def gateway(each_database: DatabaseSettings, db: asyncpg.Connection) -> AsyncIterator[Gateway]:
    """In data time, so that a test says what is now; days are those of Berlin."""
    await add_network(db)
    settings = GatewaySettings(time_zone="Europe/Berlin", max_exports=1, database_wait_s=0.5)
    async with open_gateway(each_database, settings, clock="data") as opened:
        yield opened


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.client(await gateway.key(Scope.ADMIN)) as opened:
        yield opened


async def all_items(client: httpx.AsyncClient, path: str, **params: str | int) -> list[Json]:
    items: list[Json] = []
    while True:
        answer = await client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        params["cursor"] = page["next_cursor"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("bucket", ["15min", "1h", "1d"])
async def test_coarser_buckets_add_up_the_quarters_exactly_also_across_the_clock_change(
    client: httpx.AsyncClient, each_database: DatabaseSettings, bucket: str
) -> None:
    batches = some_batches(11, days=3, begin=SUMMER_TIME)
    await store(each_database, batches)
    await House(each_database).keep(SUMMER_TIME + DAY)
    expected: dict[datetime, list[dict[str, float | None]]] = {}
    for (begins_at, detector_id), quarter in add_up(batches).items():
        if detector_id == "A":
            local = begins_at.astimezone(BERLIN)
            match bucket:
                case "1h":
                    local = local.replace(minute=0)
                case "1d":
                    local = local.replace(minute=0, hour=0, fold=0)
            expected.setdefault(local.astimezone(UTC), []).append(quarter)
    span = {"from": SUMMER_TIME.isoformat(), "to": (SUMMER_TIME + 3 * DAY).isoformat()}
    items = await all_items(client, "/v1/detectors/A/aggregates", bucket=bucket, limit=7, **span)
    assert [moment(item["begins_at"]) for item in items] == sorted(expected)
    for item in items:
        quarters = expected[moment(item["begins_at"])]

        def total(name: str, quarters: list[dict[str, float | None]] = quarters) -> float | None:
            known = [value for quarter in quarters if (value := quarter[name]) is not None]
            return sum(known) if known else None

        for name in ("readings", "vehicle_count", "heavy_count", "usable_s", "substituted", "invalid"):
            assert item[name] == total(name), name
        for mean, weighted, weight in (
            ("mean_speed_kmh", "speed_weighted_kmh", "speed_weight"),
            ("occupancy_pct", "occupancy_weighted_pct", "occupancy_weight_s"),
        ):
            weights = total(weight)
            assert item[mean] == (pytest.approx((total(weighted) or 0) / weights) if weights else None), mean


async def test_a_span_is_widened_to_whole_buckets_and_has_a_bound(
    client: httpx.AsyncClient, each_database: DatabaseSettings
) -> None:
    await store(each_database, [[judged("A", MONDAY + number * HOUR) for number in range(1, 30)]])
    path = "/v1/detectors/A/aggregates"
    at = MONDAY + 5 * HOUR - MINUTE
    span = {"from": at.isoformat(), "to": (at + timedelta(seconds=1)).isoformat()}
    for bucket, begins_at in (("15min", "T04:45:00Z"), ("1h", "T04:00:00Z"), ("1d", "T23:00:00Z")):
        (item,) = await all_items(client, path, bucket=bucket, **span)
        assert item["begins_at"].endswith(begins_at)
    too_long = {"from": "2024-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    answer = await client.get(path, params=too_long)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.to")
    assert "400 days" in answer.text
    assert (await client.get(path)).status_code == 409  # data time has not begun, so there are no last 24 h
    assert (await client.get("/v1/detectors/none/aggregates", params=span)).status_code == 404


async def test_outages_of_a_day_are_its_length_less_what_the_detector_measured(
    client: httpx.AsyncClient, each_database: DatabaseSettings
) -> None:
    await client.post("/v1/detectors", json=a_detector("A", interval_s=60))
    minutes = [SUMMER_TIME + number * MINUTE for number in range(1, 48 * 60 + 1)]

    def state(at: datetime) -> Json | None:
        if SUMMER_TIME + 3 * HOUR < at <= SUMMER_TIME + 5 * HOUR:
            return None  # silent for two hours
        is_substitute = SUMMER_TIME + 10 * HOUR < at <= SUMMER_TIME + 10.5 * HOUR
        return {"quality_pct": 95.0} if is_substitute else {"unusable": at == SUMMER_TIME + 12 * HOUR}

    await store(each_database, [[judged("A", at, **given) for at in minutes if (given := state(at)) is not None]])
    days = {"from": "2026-03-28", "to": "2026-03-30"}
    before, short, after = await all_items(client, "/v1/detectors/A/outages", **days)
    assert (before["elapsed_s"], before["outage_share"]) == (0, 0)  # it was not in service yet
    assert short == {
        "detector_id": "A",
        "day": "2026-03-29",
        "elapsed_s": 23 * 3600,
        "outage_s": 2.5 * 3600 + 60,
        "outage_share": round((2.5 * 3600 + 60) / (23 * 3600), 6),
        "is_over_limit": True,
    }
    assert (after["elapsed_s"], after["outage_s"], after["is_over_limit"]) == (24 * 3600, 0, False)


async def test_of_today_only_what_has_passed_and_can_have_been_reported_counts(
    client: httpx.AsyncClient, gateway: Gateway, each_database: DatabaseSettings, db: asyncpg.Connection
) -> None:
    for detector_id in ("A", "B", "C", "D"):
        await client.post("/v1/detectors", json=a_detector(detector_id, interval_s=60))
    assert (await client.get("/v1/outages")).status_code == 409  # which day is today?
    noon = SUMMER_TIME + 11 * HOUR  # in Berlin
    minutes = [SUMMER_TIME + number * MINUTE for number in range(1, 11 * 60)]  # the newest is still under way
    said = {"A": minutes, "B": minutes[:-120], "C": minutes[:-180]}  # D is not in service yet
    await store(each_database, [[judged(detector_id, at) for at in moments] for detector_id, moments in said.items()])
    await db.execute("insert into watermark values ($1, now())", noon)
    await gateway.refresh()
    (today,) = (await all_items(client, "/v1/detectors/A/outages"))[-1:]
    assert (today["day"], today["elapsed_s"], today["outage_s"]) == ("2026-03-29", 11 * 3600 - 60, 0)
    items = await all_items(client, "/v1/outages", limit=1)
    assert [(item["detector_id"], item["outage_s"]) for item in items] == [
        ("A", 0),
        ("B", 7200),
        ("C", 10_800),
        ("D", 0),
    ]
    over = await all_items(client, "/v1/outages", over_limit="true", day="2026-03-29")
    assert [item["detector_id"] for item in over] == ["C"]  # two hours are the limit, not above it
    tomorrow = await all_items(client, "/v1/outages", day="2026-03-30")
    assert {(item["elapsed_s"], item["outage_s"], item["outage_share"]) for item in tomorrow} == {(0, 0, 0)}
    long = await client.get("/v1/detectors/A/outages", params={"from": "2025-01-01"})
    assert (long.status_code, long.json()["errors"][0]["field"]) == (422, "query.to")


async def test_the_export_is_the_table(
    client: httpx.AsyncClient, each_database: DatabaseSettings, db: asyncpg.Connection
) -> None:
    await store(each_database, some_batches(3, days=3))
    span = {"from": MONDAY.isoformat(), "to": (MONDAY + 2.5 * DAY).isoformat()}
    answer = await client.get("/v1/export/readings", params={**span, "detector_id": ["A", "C"]})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == (
        'attachment; filename="readings-20260302T000000Z-20260304T120000Z.csv"'
    )
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    table = await db.fetch(
        "select * from reading where measured_at > $1 and measured_at <= $2 and detector_id in ('A', 'C')"
        " order by measured_at, detector_id",
        MONDAY,
        MONDAY + 2.5 * DAY,
    )
    assert len(rows) == len(table) > 1000
    for row, stored in zip(rows, table, strict=True):
        assert row["detector_id"] == stored["detector_id"]
        assert (moment(row["measured_at"]), moment(row["received_at"])) == (
            stored["measured_at"],
            stored["received_at"],
        )
        assert (row["rule_codes"].split(), int(row["revision"])) == (stored["rule_codes"], stored["revision"] or 0)
        assert float(row["quality_pct"]) == (100 if stored["quality_pct"] is None else stored["quality_pct"])
        for name in row.keys() & {"vehicle_count", "corrected_occupancy_pct", "revised_mean_speed_kmh", "interval_s"}:
            assert (float(row[name]) if row[name] else None) == stored[name], name
    everything = await client.get("/v1/export/readings", params=span)
    assert {row["detector_id"] for row in csv.DictReader(io.StringIO(everything.text))} == {"A", "B", "C"}


async def test_an_export_has_bounds_and_says_them(client: httpx.AsyncClient, gateway: Gateway) -> None:
    path = "/v1/export/readings"
    assert (await client.get(path)).json()["errors"][0]["field"] == "query.from"
    assert (await client.get(path, params={"from": MONDAY.isoformat()})).status_code == 409
    for days in (32, -1):
        span = {"from": MONDAY.isoformat(), "to": (MONDAY + days * DAY).isoformat()}
        answer = await client.get(path, params=span)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.to")
        assert "31 days" in answer.text
    many = {"from": MONDAY.isoformat(), "detector_id": [f"D{number}" for number in range(201)]}
    assert (await client.get(path, params=many)).status_code == 422
    span = {"from": MONDAY.isoformat(), "to": (MONDAY + DAY).isoformat()}
    async with gateway.resources.exporting.transaction():  # the one connection that exports have here
        busy = await client.get(path, params=span)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    empty = await client.get(path, params=span)
    assert (empty.status_code, empty.text.count("\n")) == (200, 1)  # the names of the columns


async def test_an_export_that_takes_too_long_says_so(each_database: DatabaseSettings) -> None:
    await store(each_database, some_batches(1, days=1))
    span = {"from": MONDAY.isoformat(), "to": (MONDAY + DAY).isoformat()}
    async with (
        open_gateway(each_database, GatewaySettings(export_timeout_s=0.001)) as gateway,
        gateway.client(await gateway.key(Scope.VIEWER)) as client,
    ):
        answer = await client.get("/v1/export/readings", params=span)
    assert answer.status_code == 503
    assert "longer than 0.001 s" in answer.json()["detail"]


async def test_readings_tell_their_newest_correction_beside_the_first_value(
    client: httpx.AsyncClient, each_database: DatabaseSettings
) -> None:
    first, second, third = (judged("A", MONDAY + HOUR, vehicle_count=count) for count in (5, 6, 7))
    await store(each_database, [[first], [second, third], [judged("A", MONDAY + 2 * HOUR, quality_pct=90.0)]])
    corrected, substituted = await all_items(client, "/v1/detectors/A/readings")
    assert (corrected["raw"]["vehicle_count"], corrected["corrected"]["vehicle_count"]) == (5, 5)
    assert (corrected["revised"]["revision"], corrected["revised"]["vehicle_count"]) == (2, 7)
    assert (corrected["quality_pct"], substituted["quality_pct"], substituted["revised"]) == (100, 90, None)


def test_a_zone_that_does_not_exist_is_told_by_its_variable() -> None:
    with pytest.raises(SystemExit, match=r"LOTSE_GATEWAY_TIME_ZONE.*Europe/Berlin"):
        GatewaySettings(time_zone="Berlin")
