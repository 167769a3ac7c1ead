"""Readings and dead letters of one transaction: each written as if all were new, and again where some are known."""

from collections import Counter
from typing import Any

import asyncpg
import pytest
from factories_ingest import Tables, as_json, make_body, minute, publishing, running_ingest

from lotse_ingest.store import NO_NEWS, News
from lotse_shared import topics
from lotse_shared.settings import BrokerSettings, DatabaseSettings

TOPIC = topics.batch_topic("station")
DEAD = "select seq, times_received from rejected_message order by seq"


def good(number: int) -> dict[str, Any]:
    return make_body(measured_at=minute(number), seq=number)


def bad(number: int) -> dict[str, Any]:
    return make_body(measured_at=minute(number), seq=number, interval_s=-1)


@pytest.mark.parametrize(
    ("elements", "becomes"),
    [
        pytest.param([good(1), bad(1)], {"duplicate": 2}, id="both known"),
        pytest.param([good(2), bad(1)], {"stored": 1, "duplicate": 1}, id="a new reading, a known dead letter"),
        pytest.param([good(1), bad(2)], {"duplicate": 1, "rejected": 1}, id="a known reading, a new dead letter"),
        pytest.param([good(2), bad(2)], {"stored": 1, "rejected": 1}, id="both new"),
        pytest.param([bad(2), bad(2)], {"duplicate": 1, "rejected": 1}, id="one new dead letter twice"),
    ],
)
async def test_whatever_is_known_each_is_counted_once_before_and_after(
    each_database: DatabaseSettings,
    embedded_broker: BrokerSettings,
    elements: list[dict[str, Any]],
    becomes: dict[str, int],
) -> None:
    tables = Tables(each_database)
    async with running_ingest(each_database, embedded_broker):
        with publishing(embedded_broker) as publisher:
            publisher.publish_all([(TOPIC, as_json([good(1), bad(1)]))])
            before = await tables.received(2)
            publisher.publish_all([(TOPIC, as_json(elements))])
            after = await tables.received(4)
            publisher.publish_all([(TOPIC, as_json([good(8), bad(8)]))])
            last = await tables.received(6)
    assert {name: after[name] - before[name] for name in after if after[name] > before[name]} == becomes | {
        "received": 2
    }
    assert (last["stored"] - after["stored"], last["rejected"] - after["rejected"]) == (1, 1)
    times = {row["seq"]: row["times_received"] for row in await tables.rows(DEAD)}
    assert times == Counter(one["seq"] for one in (bad(1), *elements, bad(8)) if one["interval_s"] < 0)


def test_only_where_a_known_row_was_met_none_but_new_ones_are_expected_no_longer() -> None:
    known_letter, known_reading = asyncpg.UniqueViolationError(), asyncpg.UniqueViolationError()
    known_letter.table_name, known_reading.table_name = "rejected_message", "reading_2026_11_23"
    too_late = asyncpg.ConfigurationLimitExceededError()
    assert News().without(known_letter) == News(in_dead_letters=False)
    assert News().without(known_reading) == News().without(too_late) == News(in_readings=False)
    assert News().without(known_letter).without(known_reading) == NO_NEWS == NO_NEWS.without(known_reading)


def test_what_the_newest_batch_had_is_expected_of_the_next() -> None:
    assert NO_NEWS.after(known_readings=False, known_dead_letters=None) == News(in_dead_letters=False)
    assert NO_NEWS.after(known_readings=None, known_dead_letters=False) == News(in_readings=False)
    assert News().after(known_readings=True, known_dead_letters=True) == NO_NEWS
