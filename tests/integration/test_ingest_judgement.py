"""Judgement on the line: from MQTT to rows with codes and quality, across restarts."""

from typing import Any

from factories_ingest import Tables, as_json, make_body, minute, publishing, running_ingest

from lotse_shared import topics
from lotse_shared.settings import BrokerSettings, DatabaseSettings


def array(*bodies: dict[str, Any]) -> tuple[str, bytes]:
    return topics.batch_topic("station"), as_json(bodies)


def body(minutes_ago: int, **changes: Any) -> dict[str, Any]:
    return make_body(measured_at=minute(minutes_ago), **({"mean_speed_kmh": 40 + minutes_ago} | changes))


async def verdicts(tables: Tables) -> list[tuple[str, float | None, list[str], float | None]]:
    rows = await tables.rows(
        "select detector_id, corrected_vehicle_count, rule_codes, quality_pct from reading"
        " order by measured_at, detector_id"
    )
    return [(row["detector_id"], *list(row.values())[1:]) for row in rows]


async def test_a_neighbour_stands_in_within_an_array_and_the_state_tells_its_quality(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    await tables.register("A", "B")
    await tables.execute("update detector set neighbours = '{B}' where detector_id = 'A'")
    async with running_ingest(each_database, each_broker):
        with publishing(each_broker) as publisher:
            broken, good = body(2, detector_id="A", vehicle_count=-1), body(2, detector_id="B", vehicle_count=7)
            publisher.publish_all([array(broken, good)])
            await tables.received(2)
            publisher.publish_all([array(body(1, detector_id="A", vehicle_count=5000), body(1, detector_id="B"))])
            await tables.received(4)
            publisher.publish_all([array(body(2, detector_id="A", vehicle_count=-2))])
            await tables.received(5)
    assert await verdicts(tables) == [
        ("A", 7, ["R1", "S1"], 95),
        ("B", 7, [], None),
        ("A", 12, ["R5", "S1"], 95),
        ("B", 12, [], None),
    ]
    states = await tables.rows(
        "select detector_id, vehicle_count, quality_pct from detector_state order by detector_id"
    )
    assert [tuple(row.values()) for row in states] == [("A", 12, 95), ("B", 12, 100)]
    [revised] = await tables.rows("select * from reading where revision = 1")
    assert (revised["vehicle_count"], revised["revised_rule_codes"]) == (-1, ["R1"])
    assert revised["revised_quality_pct"] is None  # 100, by a value that fell: the neighbour has gone on


async def test_a_restart_forgets_nothing_that_a_verdict_rests_on(
    each_database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(each_database)
    await tables.register("A", "B", "C")
    await tables.execute("update detector set neighbours = '{B}' where detector_id = 'A'")
    full = {"vehicle_count": 0, "mean_speed_kmh": None, "occupancy_pct": 100}
    parts = [
        [body(4, detector_id="C", **full), body(4, detector_id="A"), body(4, detector_id="B", vehicle_count=9)],
        [body(3, detector_id="C", **full), body(4, detector_id="A", vehicle_count=11)],
        [body(3, detector_id="A", vehicle_count=-1)],
        [body(2, detector_id="B", vehicle_count=8)],
        [body(2, detector_id="A", vehicle_count=-1)],
    ]
    for number, part in enumerate(parts, start=1):
        async with running_ingest(each_database, each_broker):
            with publishing(each_broker) as publisher:
                publisher.publish_all([array(*part)])
            await tables.received(sum(map(len, parts[:number])))
    assert await verdicts(tables) == [
        ("A", 12, [], None),
        ("B", 9, [], None),
        ("C", 0, [], None),
        ("A", 12, ["R1", "S2"], 90),
        ("C", None, ["R6"], None),
        ("A", 8, ["R1", "S1"], 95),
        ("B", 8, [], None),
    ]


async def test_a_detector_failed_by_hand_is_stored_and_not_felt_until_it_is_mended(
    database: DatabaseSettings, each_broker: BrokerSettings
) -> None:
    tables = Tables(database)
    await tables.register("A")
    await tables.execute("update detector set failed_at = now(), failed_reason = 'pit open'")
    async with running_ingest(database, each_broker):
        with publishing(each_broker) as publisher:
            publisher.publish_all([array(body(2, detector_id="A"))])
            await tables.received(1)
    assert await verdicts(tables) == [("A", None, ["R10"], None)]
    assert await tables.rows("select from detector_state") == []
    [raw] = await tables.rows("select vehicle_count, mean_speed_kmh from reading")
    assert (raw["vehicle_count"], raw["mean_speed_kmh"]) == (12, 42)
    await tables.execute("update detector set failed_at = null, failed_reason = null")
    async with running_ingest(database, each_broker):
        with publishing(each_broker) as publisher:
            publisher.publish_all([array(body(1, detector_id="A", vehicle_count=-1))])
            await tables.received(2)
    assert (await verdicts(tables))[1] == ("A", None, ["R1"], None)
