"""History on every storage there is: aggregates, retention, compression, and late readings into what is compressed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from factories_history import MONDAY, House, add_up, judged, read_quarters, some_batches, store, writing
from factories_ingest import judge_once, make_reading

from lotse_ingest.housekeeping import ADVISORY_LOCK_KEY
from lotse_shared.database import connect
from lotse_shared.settings import DatabaseSettings

DAY = timedelta(days=1)


@pytest.fixture
async def db(each_database: DatabaseSettings) -> AsyncIterator[asyncpg.Connection]:
    opened = await connect(each_database, "test")
    yield opened
    await opened.close()


@pytest.fixture
async def community(community_database: DatabaseSettings) -> AsyncIterator[asyncpg.Connection]:
    opened = await connect(community_database, "test")
    yield opened
    await opened.close()


async def status_of_chunks(db: asyncpg.Connection) -> list[bool]:
    return [row["is_compressed"] for row in await db.fetch("select is_compressed from list_chunks('reading')")]


@pytest.mark.parametrize("seed", range(3))
async def test_quarters_add_up_whatever_came_late_twice_or_corrected(
    each_database: DatabaseSettings, db: asyncpg.Connection, seed: int
) -> None:
    """Also after the aggregates were refreshed in the midst, where the storage has them."""
    batches, house = some_batches(seed, days=3), House(each_database)
    half = len(batches) // 2
    await store(each_database, batches[:half])
    assert await house.keep(MONDAY + 2 * DAY) == "done"
    await store(each_database, batches[half:])
    assert await house.keep(MONDAY + 4 * DAY) == "done"
    assert await read_quarters(db, MONDAY, MONDAY + 4 * DAY) == add_up(batches)


async def test_a_reading_counts_for_the_quarter_that_it_measured(
    each_database: DatabaseSettings, db: asyncpg.Connection
) -> None:
    quarter = timedelta(minutes=15)
    await store(each_database, [[judged("A", MONDAY + 29 * quarter, interval_s=900.0)]])
    (key,) = await read_quarters(db, MONDAY, MONDAY + DAY)
    assert key == (MONDAY + 28 * quarter, "A")
    assert await read_quarters(db, MONDAY, MONDAY + 29 * quarter) != {}
    assert await read_quarters(db, MONDAY + 29 * quarter, MONDAY + DAY) == {}


async def test_nonsense_of_a_detector_that_nobody_registered_spoils_no_sum(
    each_database: DatabaseSettings, db: asyncpg.Connection
) -> None:
    nonsense = make_reading(measured_at=MONDAY + timedelta(hours=1), vehicle_count=1e308, heavy_count=1e308)
    await store(each_database, [[judge_once(nonsense, site=None)]])
    (quarter,) = (await read_quarters(db, MONDAY, MONDAY + DAY)).values()
    assert (quarter["readings"], quarter["vehicle_count"]) == (1, None)
    assert await db.fetchval("select vehicle_count from reading") == 1e308


async def test_what_is_older_than_its_retention_is_dropped_counted_and_nothing_else(
    each_database: DatabaseSettings, db: asyncpg.Connection
) -> None:
    days = [MONDAY + number * DAY for number in range(4)]
    await store(each_database, [[judged("A", day + timedelta(hours=12))] for day in days])
    await store(each_database, [[judged("A", day + timedelta(hours=12), vehicle_count=3)] for day in days])
    for day in days:
        await db.execute("select ensure_partition('link_state_history', $1)", day.date())
        await db.execute("insert into link_state_history values ('l', $1, 50, 'free', 1, 'measured')", day)
        await db.execute("insert into watermark values ($1, now())", day)
        await db.execute("insert into alarm (kind, message, raised_at, cleared_at) values ('k', '', $1, $1)", day)
    await db.execute("insert into alarm (kind, message, raised_at) values ('open', '', $1)", days[0])
    house = House(each_database)
    now = days[2] + timedelta(hours=12, minutes=30)  # a day and a half after the end of the second day's readings
    kept = {f"keep_{name}_days": 1.5 for name in ("link_states", "watermarks", "alarms")}
    assert await house.keep(now, retention_days=1.5, keep_aggregates_days=1.5, **kept) == "done"

    async def count(table: str) -> int:
        number: int = await db.fetchval(f"select count(*) from {table}")  # noqa: S608 - our own names
        return number

    assert await count("reading") == 3  # whole chunks: all but the first day, whose end is a day and a half ago
    assert await count("link_state_history") == 3
    assert await count("reading_correction") == 3
    assert await count("watermark") == 2  # row by row
    assert await count("alarm") == 3  # an open one stays
    dropped = {table: house.metric("dropped_rows_total", table=table) for table in ("reading", "watermark", "alarm")}
    assert dropped == {"reading": 1, "watermark": 2, "alarm": 2}
    assert house.metric("kept_bytes", table="reading") > 0
    assert await house.keep(now, retention_days=1.5, keep_aggregates_days=1.5, **kept) == "done"
    assert house.metric("dropped_rows_total", table="reading") == 1


async def test_dead_letters_go_by_age_on_the_wall_and_by_the_room_that_they_take_oldest_first(
    each_database: DatabaseSettings, db: asyncpg.Connection
) -> None:
    now = datetime.now(UTC)
    for number, age_days in enumerate((100, 3, 2, 1)):
        await db.execute(
            "insert into rejected_message"
            " (digest, kind, topic, payload, payload_bytes, reason_code, reason, received_at)"
            " values ($1, 'rejected', $2, '', 1000, 'privacy', $2, $3)",  # withheld: topic and reason are all there is
            bytes([number]),
            "x" * 500,
            now - age_days * DAY,
        )
    house = House(each_database)
    far = MONDAY + 40_000 * DAY  # data time may be far ahead: it does not tell how old a dead letter is
    await house.keep(far, keep_dead_letters_days=50)
    assert await db.fetchval("select array_agg(digest order by digest) from rejected_message") == [b"\1", b"\2", b"\3"]
    await house.keep(far, keep_dead_letters_bytes=2000)
    assert await db.fetchval("select array_agg(digest order by digest) from rejected_message") == [b"\2", b"\3"]
    assert house.metric("dropped_rows_total", table="rejected_message") == 2


async def test_one_replica_keeps_house_at_a_time_and_none_before_data_time_has_begun(
    each_database: DatabaseSettings, db: asyncpg.Connection
) -> None:
    house = House(each_database)
    assert await house.keep(None) == "waits for data time"
    await db.execute("select pg_advisory_lock($1)", ADVISORY_LOCK_KEY)
    assert await house.keep(MONDAY) == "elsewhere"
    await db.execute("select pg_advisory_unlock($1)", ADVISORY_LOCK_KEY)
    assert await house.keep(MONDAY) == "done"


async def test_readings_for_a_day_that_was_dropped_are_stored_again(
    each_database: DatabaseSettings, db: asyncpg.Connection
) -> None:
    """The writer remembers which days have partitions; the one who drops them is another process."""
    async with writing(each_database) as write:
        for hours, left in ((1, 1), (2, 1)):
            await write([judged("A", MONDAY + timedelta(hours=hours)), judged("A", MONDAY + 3 * DAY)])
            await House(each_database).keep(MONDAY + 4 * DAY, retention_days=2)
            assert await db.fetchval("select count(*) from reading") == left
        await write([judged("A", MONDAY + timedelta(hours=3))])
        assert await db.fetchval("select count(*) from reading") == 2


async def test_a_clock_that_jumps_ahead_makes_nothing_old(
    each_database: DatabaseSettings, db: asyncpg.Connection
) -> None:
    await store(each_database, [[judged("A", MONDAY + number * DAY)] for number in range(3)])
    await db.execute("insert into watermark values ($1, now()), ('2099-01-01', now())", MONDAY)
    house = House(each_database)
    await house.keep(datetime(2099, 1, 1, tzinfo=UTC))
    assert await db.fetchval("select count(*) from reading") == 3
    assert await db.fetchval("select count(*) from watermark") == 2
    await house.keep(datetime(2099, 1, 1, tzinfo=UTC), retention_days=2)
    assert await db.fetchval("select count(*) from reading") == 2  # as old as that by the newest one


@pytest.mark.timescale
async def test_late_readings_duplicates_and_corrections_find_their_way_into_compressed_chunks(
    community_database: DatabaseSettings, community: asyncpg.Connection
) -> None:
    house = House(community_database)
    moments = [MONDAY + number * timedelta(minutes=1) for number in range(1, 721)]
    first = [[judged(name, moment) for name in ("A", "B")] for moment in moments]
    await store(community_database, first)
    await house.keep(MONDAY + 9 * DAY)
    assert await status_of_chunks(community) == [True]
    late = [judged("A", MONDAY + timedelta(minutes=30, seconds=30)), judged("new", MONDAY + timedelta(hours=3))]
    duplicate = [judged("A", moments[7])]
    corrections = [judged("A", moments[100], vehicle_count=1), judged("B", moments[200], unusable=True, seq=1)]
    await store(community_database, [late, duplicate, [*corrections, judged("B", moments[300], vehicle_count=2)]])
    await store(community_database, [[judged("B", moments[300], vehicle_count=3)]])
    assert await community.fetchval("select count(*) from reading") == 1442
    assert await community.fetchval("select count(distinct (detector_id, measured_at)) from reading") == 1442
    assert await community.fetchval("select sum(revision) from reading") == 3
    assert await status_of_chunks(community) == [False]
    await house.keep(MONDAY + 9 * DAY)
    assert await status_of_chunks(community) == [True]
    published = [*first, late, duplicate, [corrections[0], judged("B", moments[300], vehicle_count=3)]]
    assert await read_quarters(community, MONDAY, MONDAY + DAY) == add_up(published)


@pytest.mark.timescale
async def test_a_fleet_that_corrects_a_compressed_day_is_not_refused(
    community_database: DatabaseSettings, community: asyncpg.Connection
) -> None:
    """TimescaleDB by itself opens at most 100,000 compressed rows for one statement, and then fails it for good."""
    await community.execute(
        "insert into reading (detector_id, measured_at, interval_s, vehicle_count, received_at)"
        " select 'D' || d, $1::timestamptz + m * interval '90 s', 90, 1, now()"
        " from generate_series(1, 150) d, generate_series(1, 900) m",
        MONDAY,
    )
    await House(community_database).keep(MONDAY + 9 * DAY)
    assert await status_of_chunks(community) == [True]
    at = MONDAY + timedelta(hours=12)
    await store(community_database, [[judged(f"D{number}", at, vehicle_count=2) for number in range(1, 151)]])
    assert (
        await community.fetchval("select count(*) from reading where revision = 1 and revised_vehicle_count = 2") == 150
    )


@pytest.mark.timescale
async def test_aggregates_outlive_the_readings_that_they_were_made_of(
    community_database: DatabaseSettings, community: asyncpg.Connection
) -> None:
    batches = some_batches(7, days=3)
    house = House(community_database)
    await store(community_database, [*batches, [judged("newest", MONDAY + 5 * DAY - timedelta(hours=2))]])
    await house.keep(MONDAY + 5 * DAY)
    await house.keep(MONDAY + 5 * DAY, retention_days=3.5)
    assert await community.fetchval("select min(measured_at) from reading") >= MONDAY + DAY
    await store(
        community_database, [[judged("late", MONDAY + DAY)]]
    )  # midnight sharp: tells of the day that was dropped
    await house.keep(MONDAY + 5 * DAY, retention_days=3.5)
    found = await read_quarters(community, MONDAY, MONDAY + 5 * DAY)
    expected = add_up(batches)
    assert {key: row for key, row in found.items() if key[1] not in ("late", "newest")} == expected


@pytest.mark.timescale
async def test_the_very_first_reading_is_aggregated_also_if_it_came_at_midnight_sharp(
    community_database: DatabaseSettings, community: asyncpg.Connection
) -> None:
    batches = [[judged("A", MONDAY)], [judged("A", MONDAY + DAY)]]
    await store(community_database, batches)
    await House(community_database).keep(MONDAY + 2 * DAY)
    assert await read_quarters(community, MONDAY - DAY, MONDAY + 2 * DAY) == add_up(batches)


@pytest.mark.timescale
async def test_a_database_that_changes_its_licence_gets_what_the_new_one_can_do(
    community_database: DatabaseSettings, community: asyncpg.Connection
) -> None:
    batches = some_batches(5, days=2)
    # As lotse-migrate leaves a database under the apache licence: the plain function, nothing else.
    await community.execute(
        "drop function reading_15min(timestamptz, timestamptz, text[]); drop materialized view reading_15min_kept"
    )
    for table in ("reading", "link_state_history"):
        await community.execute(f"alter table {table} set (timescaledb.compress = false)")
    await store(community_database, batches)
    for _ in range(2):
        await community.execute("select apply_storage_policies()")
    await House(community_database).keep(MONDAY + 10 * DAY)
    assert all(await status_of_chunks(community))
    assert await read_quarters(community, MONDAY, MONDAY + 3 * DAY) == add_up(batches)
