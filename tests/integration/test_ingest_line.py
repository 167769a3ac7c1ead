"""Ingest on real brokers and databases: from published messages to rows."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from factories_ingest import (
    NOON,
    WAIT_S,
    Tables,
    as_json,
    eventually,
    make_body,
    minute,
    publishing,
    running_ingest,
)

from lotse_ingest.store import RefusedError
from lotse_shared import topics
from lotse_shared.settings import BrokerSettings, DatabaseSettings

NONE = {"received": 0, "stored": 0, "duplicate": 0, "quarantined": 0, "rejected": 0}


def watermark(moment: datetime) -> tuple[str, bytes]:
    return topics.WATERMARK, as_json({"covers_until": moment.isoformat()})


def reading(**changes: object) -> tuple[str, bytes]:
    body = make_body(**changes)
    return topics.reading_topic(body["detector_id"]), as_json(body)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


async def test_a_published_reading_is_stored_and_becomes_the_state_of_its_detector(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    await tables.register("KL-17")
    async with running_ingest(each_database, each_broker) as running:
        with publishing(each_broker) as publisher:
            publisher.publish_all([reading()])
        assert await tables.received(1) == NONE | {"received": 1, "stored": 1}
        await eventually(lambda: running.metric("lotse_ingest_readings_total", outcome="stored") == 1)
        assert running.ingest.ready() == {"broker": True, "database": True}
    [row] = await tables.rows("select * from reading")
    assert (row["vehicle_count"], row["corrected_mean_speed_kmh"], row["rule_codes"]) == (12, 43.2, [])
    [state] = await tables.rows("select * from detector_state")
    assert (state["detector_id"], state["measured_at"]) == ("KL-17", row["measured_at"])


async def test_an_array_with_a_bad_element_stores_the_others_and_keeps_the_bad_bytes(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    bodies = [make_body(detector_id=f"D{number}") for number in range(10)]
    bodies[4]["interval_s"] = -5
    topic = topics.batch_topic("station-1")
    async with running_ingest(each_database, each_broker):
        with publishing(each_broker) as publisher:
            publisher.publish_all([(topic, as_json(bodies))])
        assert await tables.received(10) == NONE | {"received": 10, "stored": 9, "rejected": 1}
    [letter] = await tables.rows("select * from rejected_message")
    assert (letter["topic"], letter["payload"], letter["detector_id"]) == (topic, as_json(bodies[4]), "D4")
    assert (letter["kind"], letter["reason_code"]) == ("rejected", "value")
    assert letter["reason"].startswith("interval_s: ")
    accounts = await tables.rows("select detector_id, rejected from ingest_ledger where rejected > 0")
    assert accounts == [{"detector_id": "D4", "rejected": 1}]


async def test_arrays_that_came_together_are_stored_in_parts_that_a_transaction_can_bear(
    database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    arrays = [as_json([array * 4 + element for element in range(4)]) for array in range(6)]
    async with running_ingest(database, each_broker, transaction_items=5, linger_ms=1_000, quiet_ms=1_000) as running:
        with publishing(each_broker) as publisher:
            publisher.publish_all([(topics.batch_topic("s"), array) for array in arrays])
        assert await Tables(database).received(24) == NONE | {"received": 24, "rejected": 24}
        assert running.metric("lotse_ingest_batch_items_sum") == 24
        assert running.metric("lotse_ingest_batch_items_bucket", le="10.0") >= 3
        assert running.metric("lotse_ingest_batch_items_bucket", le="+Inf") == running.metric(
            "lotse_ingest_batch_items_bucket", le="10.0"
        )


async def test_a_reading_sent_again_is_a_duplicate_also_within_one_batch(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    same = make_body(measured_at=minute(1))
    async with running_ingest(each_database, each_broker):
        with publishing(each_broker) as publisher:
            publisher.publish_all([(topics.batch_topic("s"), as_json([same, same, same]))])
            await tables.received(3)
            publisher.publish_all([reading(**same)])
        assert await tables.received(4) == NONE | {"received": 4, "stored": 1, "duplicate": 3}
    assert await tables.rows("select count(*) as n from reading_correction") == [{"n": 0}]


async def test_other_values_for_a_known_interval_are_corrections_and_the_first_value_stays(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    counts = [10, 11, 11, 10, 10, 12]  # the same again is no correction, back to an earlier one is

    async def corrections() -> list[float]:
        rows = await tables.rows("select vehicle_count from reading_correction order by correction_id")
        return [row["vehicle_count"] for row in rows]

    async with running_ingest(each_database, each_broker):
        with publishing(each_broker) as publisher:
            for number, count in enumerate(counts, start=1):
                publisher.publish_all([reading(measured_at=minute(1), vehicle_count=count)])
                await tables.received(number)
            assert await corrections() == [11, 10, 12]
            again = [reading(measured_at=minute(1), vehicle_count=count, seq=count) for count in (13, 13, 14)]
            publisher.publish_all(again)
            await tables.received(len(counts) + 3)
    assert await corrections() == [11, 10, 12, 13, 14]
    (kept,) = await tables.rows(
        "select vehicle_count, revision, revised_vehicle_count, revised_rule_codes from reading"
    )
    assert kept == {
        "vehicle_count": 10,
        "revision": 5,
        "revised_vehicle_count": 14,
        "revised_rule_codes": ["U1"],
    }


async def test_every_correction_of_an_array_is_kept(
    each_database: DatabaseSettings, embedded_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    array = [make_body(measured_at=minute(1), vehicle_count=count) for count in (10, 1, 2, 3)]
    async with running_ingest(each_database, embedded_broker):
        with publishing(embedded_broker) as publisher:
            publisher.publish_all([(topics.batch_topic("s"), as_json(array))])
            await tables.received(len(array))
    rows = await tables.rows("select vehicle_count from reading_correction order by correction_id")
    assert [row["vehicle_count"] for row in rows] == [1, 2, 3]
    rows = await tables.rows("select vehicle_count, revision, revised_vehicle_count from reading")
    assert rows == [{"vehicle_count": 10, "revision": 3, "revised_vehicle_count": 3}]


async def test_everything_undecodable_is_kept_once_with_its_reason_and_counted(
    database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    topic = topics.reading_topic("KL-17")
    bad = {
        "json": (topic, b"not json"),
        "encoding": (topic, b'{"detector_id":"\xff"}'),
        "size": (topic, b"[" + b" " * 300_000 + b"]"),
        "shape": (topics.batch_topic("s"), as_json("text")),
        "elements": (topics.batch_topic("s"), b"[]"),
        "topic": ("lotse/v1/elsewhere", b"{}"),
        "identity": (topic, as_json(make_body(detector_id="other"))),
        "value": (topic, as_json(make_body(measured_at="2026-11-23T12:00:00"))),
    }
    deep = (topic, b'{"a":' * 50_000)
    async with running_ingest(database, each_broker) as running:
        with publishing(each_broker) as publisher:
            publisher.publish_all([*bad.values(), deep, *bad.values(), reading()])
        total = 2 * len(bad) + 2
        expected = NONE | {"received": total, "stored": 1, "rejected": len(bad) + 1, "duplicate": len(bad)}
        assert await tables.received(total) == expected
        labels = {"kind": "rejected", "reason_code": "json"}
        await eventually(lambda: running.metric("lotse_ingest_dead_letters_total", **labels) == 2)
    letters = await tables.rows("select * from rejected_message")
    by_code = {letter["reason_code"]: letter for letter in letters if letter["times_received"] == 2}
    assert by_code.keys() == bad.keys()
    for code, (bad_topic, payload) in bad.items():
        assert (by_code[code]["topic"], by_code[code]["payload"]) == (bad_topic, payload[:65_536])


async def test_implausible_readings_are_stored_with_codes_and_do_not_become_the_state(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    await tables.register("KL-17")
    nonsense = reading(measured_at=minute(1), vehicle_count=0, mean_speed_kmh=80, occupancy_pct=None)
    async with running_ingest(each_database, each_broker):
        with publishing(each_broker) as publisher:
            publisher.publish_all([reading(measured_at=minute(3)), nonsense, reading(measured_at=minute(4))])
        await tables.received(3)
    rows = await tables.rows("select * from reading order by measured_at")
    assert [row["rule_codes"] for row in rows] == [[], [], ["R2", "R3"]]
    assert (rows[2]["mean_speed_kmh"], rows[2]["corrected_mean_speed_kmh"]) == (80, None)
    [state] = await tables.rows("select measured_at from detector_state")
    assert state["measured_at"] == rows[1]["measured_at"]


async def test_an_unknown_detector_is_stored_as_such_and_known_from_its_registration_on(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    async with running_ingest(each_database, each_broker):
        with publishing(each_broker) as publisher:
            publisher.publish_all([reading(measured_at=minute(2))])
            await tables.received(1)
            await tables.register("KL-17")
            publisher.publish_all([reading(measured_at=minute(1))])
        await tables.received(2)
    rows = await tables.rows("select rule_codes from reading order by measured_at")
    assert [row["rule_codes"] for row in rows] == [["U1"], []]
    assert len(await tables.rows("select * from detector_state")) == 1


async def test_a_changed_site_is_judged_by_soon_after(database: DatabaseSettings, each_broker: BrokerSettings) -> None:
    tables = Tables(database)
    await tables.register("KL-17")
    numbers = iter(range(1, 1000))

    async def is_judged_by_the_new_limit() -> bool:
        number = next(numbers)
        publisher.publish_all([reading(measured_at=minute(number), mean_speed_kmh=90)])
        await tables.received(number)
        rows = await tables.rows("select rule_codes from reading order by measured_at limit 1")
        return bool(rows[0]["rule_codes"] == ["R1"])

    async with running_ingest(database, each_broker):
        with publishing(each_broker) as publisher:
            assert not await is_judged_by_the_new_limit()
            await tables.execute("update detector set max_speed_kmh = 80")
            await eventually(is_judged_by_the_new_limit)


async def test_a_wrong_clock_is_quarantined_and_never_the_newest(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    await tables.register("KL-17")
    ahead = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    async with running_ingest(each_database, each_broker):
        with publishing(each_broker) as publisher:
            future = reading(measured_at=ahead)
            publisher.publish_all([future, reading(measured_at="2019-01-01T00:00:00Z"), reading(), future])
        ledger = await tables.received(4)
    assert ledger == {"received": 4, "stored": 1, "duplicate": 1, "quarantined": 2, "rejected": 0}
    letters = await tables.rows("select kind, reason_code, detector_id, reason from rejected_message")
    assert {(x["kind"], x["reason_code"], x["detector_id"]) for x in letters} == {("quarantined", "R9", "KL-17")}
    assert len(await tables.rows("select * from detector_state where measured_at <= now()")) == 1


async def test_an_older_reading_does_not_replace_the_state(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    await tables.register("KL-17")
    async with running_ingest(each_database, each_broker):
        with publishing(each_broker) as publisher:
            for number, ago in enumerate((1, 2), start=1):
                publisher.publish_all([reading(measured_at=minute(ago), seq=ago)])
                await tables.received(number)
    [state] = await tables.rows(
        "select s.measured_at = max(r.measured_at) as ok from detector_state s, reading r group by s.measured_at"
    )
    assert state["ok"]
    assert await tables.rows("select distinct rule_codes from reading") == [{"rule_codes": []}]


async def test_data_time_advances_by_watermarks_only(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    await tables.register("KL-17")
    messages = [
        reading(measured_at=at(0).isoformat()),
        watermark(at(0)),
        reading(measured_at=at(1).isoformat()),  # in time
        reading(measured_at=at(-1).isoformat()),  # late
        reading(measured_at=at(5).isoformat()),  # from the future, as data time goes
        watermark(at(-5)),  # not later: data time never goes back
        (topics.WATERMARK, b"{}"),  # malformed: a dead letter, but no reading
        watermark(at(5)),
        reading(measured_at=at(5).isoformat(), seq=2),  # late now, and no longer from the future
    ]
    async with running_ingest(each_database, each_broker, is_data_time=True) as running:
        with publishing(each_broker) as publisher:
            publisher.publish_all(messages)
        assert await tables.received(5) == NONE | {"received": 5, "stored": 4, "quarantined": 1}
        await eventually(lambda: running.metric("lotse_ingest_watermarks_total", outcome="not later") == 1)
    marks = await tables.rows("select covers_until from watermark order by 1")
    assert [mark["covers_until"] for mark in marks] == [at(0), at(5)]
    rows = await tables.rows("select measured_at, rule_codes from reading order by 1")
    assert [(row["measured_at"], row["rule_codes"]) for row in rows] == [
        (at(-1), ["L1"]),
        (at(0), []),
        (at(1), []),
        (at(5), ["L1"]),
    ]
    [state] = await tables.rows("select measured_at from detector_state")
    assert state["measured_at"] == at(1)
    kinds = await tables.rows("select kind, topic from rejected_message order by kind")
    assert [kind["kind"] for kind in kinds] == ["quarantined", "rejected"]
    assert kinds[1]["topic"] == topics.WATERMARK


async def test_data_time_is_restored_at_start(database: DatabaseSettings, each_broker: BrokerSettings) -> None:
    tables = Tables(database)
    await tables.execute("insert into watermark values ($1, now())", at(0))
    async with running_ingest(database, each_broker, is_data_time=True):
        with publishing(each_broker) as publisher:
            publisher.publish_all([reading(measured_at=at(0).isoformat()), reading(measured_at=at(9).isoformat())])
        assert await tables.received(2) == NONE | {"received": 2, "stored": 1, "quarantined": 1}
    assert await tables.rows("select rule_codes from reading") == [{"rule_codes": ["U1", "L1"]}]


async def test_in_wall_time_watermarks_are_ignored_and_counted(
    database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    async with running_ingest(database, each_broker) as running:
        with publishing(each_broker) as publisher:
            publisher.publish_all([watermark(at(0)), watermark(at(1)), reading()])
        await tables.received(1)
        await eventually(lambda: running.metric("lotse_ingest_watermarks_total", outcome="ignored") == 2)
    assert await tables.rows("select * from watermark") == []


async def test_readings_of_many_days_find_their_partitions(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    start = datetime.now(UTC) - timedelta(days=30)
    bodies = [make_body(measured_at=(start + timedelta(days=day)).isoformat()) for day in range(30)]
    async with running_ingest(each_database, each_broker):
        with publishing(each_broker) as publisher:
            publisher.publish_all([(topics.batch_topic("s"), as_json(bodies))])
        assert await tables.received(30) == NONE | {"received": 30, "stored": 30}


@pytest.mark.parametrize("place", [0, 3, 6])
async def test_a_reading_that_the_database_refuses_becomes_a_dead_letter_and_blocks_nobody(
    each_database: DatabaseSettings, each_broker: BrokerSettings, place: int
) -> None:
    tables = Tables(each_database)
    await tables.execute("alter table reading add constraint no_poison check (seq <> 666)")
    bodies = [make_body(detector_id=f"D{number}", seq=number) for number in range(7)]
    bodies[place]["seq"] = 666
    topic = topics.batch_topic("s")
    async with running_ingest(each_database, each_broker):
        with publishing(each_broker) as publisher:
            publisher.publish_all([(topic, as_json(bodies)), (topic, as_json(bodies)), reading()])
        expected = {"received": 15, "stored": 7, "duplicate": 7, "quarantined": 0, "rejected": 1}
        assert await tables.received(15) == expected
    [letter] = await tables.rows("select * from rejected_message")
    assert (letter["reason_code"], letter["payload"]) == ("refused", as_json(bodies[place]))
    assert "no_poison" in letter["reason"]


async def test_a_batch_that_cannot_be_written_ends_ingest_also_if_nothing_comes_after_it(
    database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    """Alive, but with nothing acknowledged, it would look well."""
    await Tables(database).execute("alter table rejected_message add constraint nothing check (false)")

    async def run() -> None:
        async with running_ingest(database, each_broker):
            with publishing(each_broker) as publisher:
                publisher.publish_all([(topics.reading_topic("KL-17"), b"{")])
            await asyncio.sleep(2 * WAIT_S)

    with pytest.raises(ExceptionGroup) as ended:
        await asyncio.wait_for(run(), WAIT_S)
    assert ended.group_contains(RefusedError)


async def test_a_partition_that_was_dropped_is_made_again(
    database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    async with running_ingest(database, each_broker):
        with publishing(each_broker) as publisher:
            publisher.publish_all([reading(measured_at=minute(1))])
            await tables.received(1)
            [partition] = await tables.rows(
                "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'reading'::regclass"
            )
            await tables.execute(f"drop table {partition['name']}")
            publisher.publish_all([reading(measured_at=minute(1), seq=1), reading(measured_at=minute(2))])
            assert await tables.received(3) == NONE | {"received": 3, "stored": 3}
