"""Dead letters that are none any more: replayed after a decoder was mended, or redelivered when their time has come."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from factories_ingest import (
    NOON,
    START,
    Publisher,
    RunningIngest,
    Tables,
    as_json,
    eventually,
    make_body,
    minute,
    publishing,
    running_ingest,
)
from prometheus_client import CollectorRegistry

from lotse_ingest.availability import Availability
from lotse_ingest.decode.delimited_settings import DelimitedSettings
from lotse_ingest.detectors import Detectors
from lotse_ingest.metrics import Metrics
from lotse_ingest.replay import Replay, Tally
from lotse_ingest.settings import IngestSettings
from lotse_shared import topics
from lotse_shared.clock import DataClock
from lotse_shared.database import connect, create_pool
from lotse_shared.settings import BrokerSettings, DatabaseSettings
from lotse_shared.wire import DeadLetterFilter

ALL = DeadLetterFilter()
LINES = "lines/acme"
SUM = ("stored", "duplicate", "quarantined", "rejected")


def dialect(time_format: str) -> DelimitedSettings:
    return DelimitedSettings.model_validate(
        {
            "filter": "lines/+",
            "dialect": "delimited",
            "columns": ["d", "t", "n"],
            "fields": {"detector_id": "d", "vehicle_count": "n"},
            "time": {"columns": ["t"], "format": time_format, "zone": "UTC", "marks": "end"},
            "interval_s": 60,
        }
    )


BROKEN, MENDED = dialect("%d.%m.%Y %H:%M"), dialect("%Y-%m-%d %H:%M")


def line(detector_id: str, minutes_ago: int, count: object = 12) -> bytes:
    moment = START - timedelta(minutes=minutes_ago)
    return f"{detector_id};{moment:%Y-%m-%d %H:%M};{count}".encode()


def lines(detector_id: str, count: int, first: int = 1) -> bytes:
    return b"\n".join(line(detector_id, number) for number in range(first, first + count))


@asynccontextmanager
async def replaying(
    database: DatabaseSettings, data_clock: DataClock | None = None, **settings: Any
) -> AsyncIterator[Replay]:
    metrics, with_dialect = Metrics(CollectorRegistry()), {"dialects": (MENDED,)} | settings
    chosen = IngestSettings(**with_dialect)
    async with await create_pool(database, "test-replay") as pool:
        detectors = Detectors(pool, Availability(pool, metrics, 1), chosen.limits, metrics)
        yield Replay(pool, chosen, detectors, data_clock, metrics)


async def replay_all(replay: Replay, wanted: DeadLetterFilter = ALL, *, is_dry: bool = False) -> Tally:
    tally = Tally()
    async for page in replay.pages(wanted, None, 1_000_000, is_dry=is_dry):
        tally += page.tally
    return tally


@asynccontextmanager
async def broken_ingest(
    database: DatabaseSettings, broker: BrokerSettings, **settings: Any
) -> AsyncIterator[tuple[RunningIngest, Publisher]]:
    async with running_ingest(database, broker, dialects=(BROKEN,), **settings) as running:
        with publishing(broker) as publisher:
            yield running, publisher


async def assert_balanced(tables: Tables) -> None:
    """Every row of the ledger, and the ledger against the tables."""
    for row in await tables.rows("select * from ingest_ledger"):
        assert row["received"] == sum(row[name] for name in SUM)
        assert min(row[name] for name in SUM) >= 0, row
    ledger = await tables.ledger()
    [there] = await tables.rows(
        "select (select count(*) from reading) as stored,"
        " (select count(*) from rejected_message where kind = 'quarantined') as quarantined,"
        " (select count(*) from rejected_message where kind = 'rejected') as rejected"
    )
    assert {name: ledger[name] for name in there} == there


async def test_a_mended_decoder_makes_readings_of_dead_letters_and_the_ledger_agrees(
    each_database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    await tables.register("A")
    async with broken_ingest(each_database, embedded_broker) as (_, publisher):
        publisher.publish_all([(LINES, lines("A", 3)), (LINES, lines("A", 3)), (LINES, lines("B", 2))])
        ledger = await tables.received(8)
    assert (ledger["rejected"], ledger["duplicate"], ledger["stored"]) == (5, 3, 0)
    received = await tables.rows("select detector_id, max(received_at) as at from rejected_message group by 1")
    async with replaying(each_database) as replay:
        rehearsed = await replay_all(replay, is_dry=True)
        assert await tables.ledger() == ledger
        tally = await replay_all(replay)
        again = await replay_all(replay)
    assert tally == rehearsed == Tally(examined=5, settled=5, stored=5)
    assert again == Tally()
    assert await tables.ledger() == ledger | {"rejected": 0, "stored": 5}
    rows = await tables.rows("select detector_id, rule_codes, received_at from reading order by 1")
    assert [(row["detector_id"], row["rule_codes"]) for row in rows] == [("A", [])] * 3 + [("B", ["U1"])] * 2
    assert {row["received_at"] for row in rows} <= {row["at"] for row in received}
    [state] = await tables.rows("select detector_id, measured_at from detector_state")
    assert state["detector_id"] == "A"
    await assert_balanced(tables)


async def test_what_is_refused_again_stays_with_its_newest_reason(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    async with broken_ingest(database, embedded_broker) as (_, publisher):
        bad = line("A", 1, count="many")
        publisher.publish_all([(LINES, bad), (LINES, bad), (topics.reading_topic("A"), b"no reading")])
        ledger = await tables.received(3)
    before = await tables.rows("select * from rejected_message order by topic")
    async with replaying(database) as replay:
        tally = await replay_all(replay)
        assert await replay_all(replay) == tally == Tally(examined=2, refused_again=2)
    after = await tables.rows("select * from rejected_message order by topic")
    assert [row["digest"] for row in after] == [row["digest"] for row in before]
    assert [row["payload"] for row in after] == [bad, b"no reading"]
    assert [row["times_received"] for row in after] == [2, 1]
    assert [row["received_at"] for row in after] == [row["received_at"] for row in before]
    assert (before[0]["reason"][:2], after[0]["reason"][:2]) == ("t:", "n:")
    assert all(row["replayed_at"] is not None for row in after)
    assert await tables.ledger() == ledger
    await assert_balanced(tables)


async def test_an_array_refused_as_a_whole_becomes_as_many_readings_and_refusals_as_it_has_elements(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    bodies = [make_body(detector_id=f"D{number % 3}", measured_at=minute(number)) for number in range(9)]
    bodies[4]["interval_s"] = -1
    bodies[5]["measured_at"] = "2090-01-01T00:00:00Z"
    array = as_json([*bodies, bodies[0]])
    async with broken_ingest(database, embedded_broker, max_payload_bytes=500) as (_, publisher):
        publisher.publish_all([(topics.batch_topic("s"), array), (topics.reading_topic("D0"), as_json(bodies[0]))])
        assert (await tables.received(2))["rejected"] == 1
    async with replaying(database) as replay:
        tally = await replay_all(replay)
    # the first one came by itself meanwhile, and once more at the end of the array
    assert tally == Tally(examined=1, settled=1, stored=6, duplicate=2, quarantined=1, rejected=1)
    expected = {"received": 11, "stored": 7, "duplicate": 2, "quarantined": 1, "rejected": 1}
    assert await tables.ledger() == expected
    assert await tables.rows("select * from ingest_ledger where detector_id is null and received > 0") == []
    letters = await tables.rows("select kind, payload, detector_id, measured_at, seq from rejected_message order by 1")
    assert [letter["kind"] for letter in letters] == ["quarantined", "rejected"]
    assert [letter["payload"] for letter in letters] == [as_json(bodies[5]), as_json(bodies[4])]
    assert [letter["seq"] for letter in letters] == [4711, 4711]
    await assert_balanced(tables)


async def test_a_rejected_reading_may_turn_out_to_be_quarantined(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    async with broken_ingest(database, embedded_broker) as (_, publisher):
        publisher.publish_all([(LINES, b"A;2090-01-01 00:00;1")] * 3)
        await tables.received(3)
    async with replaying(database) as replay:
        assert await replay_all(replay) == Tally(examined=1, refused_again=1)
        assert await replay_all(replay) == Tally(examined=1, refused_again=1)
    [letter] = await tables.rows("select kind, reason_code, times_received, measured_at from rejected_message")
    assert letter == {
        "kind": "quarantined",
        "reason_code": "R9",
        "times_received": 3,
        "measured_at": datetime(2090, 1, 1, tzinfo=UTC),
    }
    await assert_balanced(tables)


async def test_a_payload_that_was_cut_and_a_watermark_cannot_be_replayed(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    async with broken_ingest(database, embedded_broker, dead_letter_bytes=10) as (_, publisher):
        publisher.publish_all([(topics.WATERMARK, b"{}"), (LINES, lines("A", 1))])
        await tables.received(1)
    before = await tables.rows("select digest, payload, payload_bytes, reason from rejected_message order by digest")
    async with replaying(database) as replay:
        assert await replay_all(replay) == Tally(examined=2, not_replayable=2)
    assert await tables.rows("select digest, payload, payload_bytes, reason from rejected_message order by 1") == before
    assert {(len(row["payload"]), row["payload_bytes"]) for row in before} == {(2, 2), (10, len(lines("A", 1)))}


async def test_a_reading_that_the_database_still_refuses_stays_and_its_neighbours_go(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    async with broken_ingest(database, embedded_broker) as (_, publisher):
        publisher.publish_all([(LINES, line(f"D{number}", 1, count=number)) for number in range(9)])
        await tables.received(9)
    await tables.execute("alter table reading add constraint no_poison check (vehicle_count <> 4)")
    async with replaying(database) as replay:
        expected = Tally(examined=9, settled=8, refused_again=1, stored=8)
        assert await replay_all(replay, is_dry=True) == expected
        assert await replay_all(replay) == expected
        assert await replay_all(replay) == Tally(examined=1, refused_again=1)
        [letter] = await tables.rows("select reason_code, reason, detector_id from rejected_message")
        assert (letter["reason_code"], letter["detector_id"]) == ("refused", "D4")
        assert "no_poison" in letter["reason"]
        await assert_balanced(tables)
        await tables.execute("alter table reading drop constraint no_poison")
        assert await replay_all(replay) == Tally(examined=1, settled=1, stored=1)
    await assert_balanced(tables)


async def test_a_filter_says_what_is_replayed(database: DatabaseSettings, embedded_broker: BrokerSettings) -> None:
    tables = Tables(database)
    async with broken_ingest(database, embedded_broker) as (_, publisher):
        publisher.publish_all([("lines/a", lines("A", 2)), ("lines/b", lines("B", 3)), ("lotse/v1/x", b"x")])
        await tables.received(6)
    [first, *_] = await tables.rows("select encode(digest, 'hex') as id from rejected_message where topic = 'lines/b'")
    async with replaying(database) as replay:

        async def examined(**wanted: Any) -> int:
            counted = await replay.count(DeadLetterFilter(**wanted))
            tally = await replay_all(replay, DeadLetterFilter(**wanted), is_dry=True)
            assert counted == tally["examined"]
            return counted

        assert await examined() == 6
        assert await examined(topic="lines/a") == 2
        assert await examined(topic="lines/+") == await examined(topic="lines/#") == 5
        assert await examined(topic="+/v1/#") == 1
        assert await examined(reason_code="topic", kind="rejected") == 1
        assert await examined(kind="quarantined") == 0
        assert await examined(detector_id="B") == 3
        assert await examined(ids=[first["id"]]) == 1
        assert await examined(until=NOON - timedelta(days=9999)) == await examined(after=datetime.now(UTC)) == 0
        assert (await replay_all(replay, DeadLetterFilter(ids=[first["id"]])))["stored"] == 1
    assert await tables.rows("select count(*) as n from rejected_message") == [{"n": 5}]


async def test_replays_side_by_side_and_beside_the_live_line_count_everything_once(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    async with broken_ingest(database, embedded_broker) as (_, publisher):
        publisher.publish_all([(LINES, lines(f"D{number}", 20)) for number in range(30)])
        await tables.received(600)
    async with (
        replaying(database, transaction_items=50) as one,
        replaying(database, transaction_items=70) as other,
        running_ingest(database, embedded_broker, dialects=(MENDED,)),
    ):
        with publishing(embedded_broker) as publisher:
            live = [(LINES, lines(f"D{number}", 25)) for number in range(10, 40)]
            handed_over = [publisher.publish(*message) for message in live]
            tallies = await asyncio.gather(replay_all(one), replay_all(other))
            for message in handed_over:
                await asyncio.to_thread(message.wait_for_publish, 30)
        ledger = await tables.received(600 + 30 * 25)
    assert sum(tally["settled"] for tally in tallies) <= 600  # the live line settles none, but meets their readings
    assert ledger["received"] == 600 + 30 * 25
    assert (ledger["stored"], ledger["rejected"]) == (30 * 25 + 10 * 20, 0)
    await assert_balanced(tables)


async def test_a_replay_killed_in_the_middle_has_done_whole_parts_and_goes_on_when_started_again(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    async with broken_ingest(database, embedded_broker) as (_, publisher):
        each = [line(f"D{number}", 1) for number in range(400)]
        publisher.publish_all([(LINES, b"\n".join(each[first : first + 10])) for first in range(0, 400, 10)])
        await tables.received(400)
    order = await tables.rows("select detector_id from rejected_message order by received_at, digest")
    command = [sys.executable, "-m", "lotse_ingest", "replay"]
    environment = os.environ | {
        "LOTSE_DATABASE_DSN": database.dsn.get_secret_value(),
        "LOTSE_INGEST_DIALECTS": f"[{MENDED.model_dump_json(exclude_none=True, exclude_defaults=True)}]",
        "LOTSE_INGEST_TRANSACTION_ITEMS": "20",
    }
    blocker = await connect(database, "test")

    async def sessions(*states: str) -> list[dict[str, Any]]:
        return await tables.rows(
            "select 1 from pg_stat_activity where application_name = 'lotse-ingest-replay'"
            " and datname = current_database() and coalesce(wait_event_type, '') = any($1)",
            list(states),
        )

    async with blocker.transaction():
        # Its fifth part waits for an account that is held here, with rows of the other tables already written.
        held = order[90]["detector_id"]
        await blocker.execute("select * from ingest_ledger where detector_id = $1 for update", held)
        process = await asyncio.create_subprocess_exec(*command, env=environment)
        await eventually(lambda: sessions("Lock"))
        process.kill()
        await process.wait()
    await blocker.close()

    async def all_are_gone() -> bool:
        return not await sessions("Lock", "Client", "IO", "")

    await eventually(all_are_gone)
    ledger = await tables.ledger()
    assert (ledger["stored"], ledger["rejected"]) == (80, 320)
    await assert_balanced(tables)
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()
    assert "readings: 320 stored, 0 duplicate, 0 quarantined, 0 rejected" in told.decode()
    assert (await tables.ledger())["stored"] == 400
    await assert_balanced(tables)


async def test_in_data_time_replayed_readings_are_late(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    await tables.register("A")
    async with broken_ingest(database, embedded_broker) as (_, publisher):
        publisher.publish_all([(LINES, line("A", 1))])
        await tables.received(1)
    await tables.execute("insert into watermark values (now() - interval '1 hour', now())")
    async with replaying(database, DataClock()) as replay:
        await replay.restore_clock()
        await replay_all(replay)
    letters = await tables.rows("select kind from rejected_message")
    assert letters == [{"kind": "quarantined"}]  # from the future, as data time goes
    await tables.execute("insert into watermark values (now(), now())")
    async with replaying(database, DataClock()) as replay:
        await replay.restore_clock()
        assert (await replay_all(replay))["stored"] == 1
    assert await tables.rows("select rule_codes from reading") == [{"rule_codes": ["L1"]}]
    assert await tables.rows("select * from detector_state") == []
    await assert_balanced(tables)


async def _let_time_come(tables: Tables) -> None:
    """Two hours pass: for ingest it is the same if what was measured lies two hours earlier."""
    await tables.execute("update detector set future_tolerance_s = 86400")


@pytest.mark.parametrize("is_array", [False, True])
async def test_a_quarantined_reading_redelivered_when_its_time_has_come_is_stored_and_no_longer_quarantined(
    each_database: DatabaseSettings, embedded_broker: BrokerSettings, *, is_array: bool
) -> None:
    tables = Tables(each_database)
    await tables.register("KL-17")
    ahead = [make_body(measured_at=(datetime.now(UTC) + timedelta(hours=2, minutes=n)).isoformat()) for n in range(3)]
    if is_array:
        messages = [(topics.batch_topic("s"), as_json(ahead))]
    else:
        messages = [(topics.reading_topic("KL-17"), as_json(body)) for body in ahead]
    async with running_ingest(each_database, embedded_broker):
        with publishing(embedded_broker) as publisher:
            publisher.publish_all(messages)
            assert (await tables.received(3))["quarantined"] == 3
    await _let_time_come(tables)
    async with running_ingest(each_database, embedded_broker):
        with publishing(embedded_broker) as publisher:
            publisher.publish_all(messages)
            ledger = await tables.received(6)
            assert ledger == {"received": 6, "stored": 3, "duplicate": 3, "quarantined": 0, "rejected": 0}
            publisher.publish_all(messages)
            await tables.received(9)
    assert await tables.rows("select * from rejected_message") == []
    await assert_balanced(tables)


async def test_another_reading_of_that_time_leaves_the_quarantined_one_where_it_is(
    database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    await tables.register("KL-17")
    body = make_body(measured_at=(datetime.now(UTC) + timedelta(hours=2)).isoformat())
    topic = topics.reading_topic("KL-17")
    async with running_ingest(database, embedded_broker):
        with publishing(embedded_broker) as publisher:
            publisher.publish_all([(topic, as_json(body))])
            await tables.received(1)
    await _let_time_come(tables)
    async with running_ingest(database, embedded_broker):
        with publishing(embedded_broker) as publisher:
            publisher.publish_all([(topic, as_json(body | {"vehicle_count": 3}))])
            ledger = await tables.received(2)
    assert (ledger["stored"], ledger["quarantined"]) == (1, 1)
    await assert_balanced(tables)


async def test_within_one_batch_of_data_time_too(database: DatabaseSettings, embedded_broker: BrokerSettings) -> None:
    tables = Tables(database)
    at = [NOON, NOON + timedelta(minutes=30)]
    future = (topics.reading_topic("KL-17"), as_json(make_body(measured_at=at[1].isoformat())))
    marks = [(topics.WATERMARK, as_json({"covers_until": moment.isoformat()})) for moment in at]
    slow = {"linger_ms": 1_000, "quiet_ms": 1_000}
    async with running_ingest(database, embedded_broker, is_data_time=True, **slow) as running:
        with publishing(embedded_broker) as publisher:
            publisher.publish_all([marks[0], future, marks[1], future])
        ledger = await tables.received(2)
        assert running.metric("lotse_ingest_batch_items_count") == 1
    assert ledger == {"received": 2, "stored": 1, "duplicate": 1, "quarantined": 0, "rejected": 0}
    await assert_balanced(tables)
