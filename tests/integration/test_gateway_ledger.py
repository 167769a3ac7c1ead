"""The ledger and the gaps in publishers' counters, read from a real database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
from factories_gateway import a_detector

HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
LEDGER, GAPS = "/v1/ingest/ledger", "/v1/ingest/ledger/gaps"
COUNTS = ("received", "stored", "duplicate", "quarantined", "rejected")


async def _account(
    connection: asyncpg.Connection, hours_ago: int, detector_id: str | None, stored: int, rejected: int = 0
) -> None:
    await connection.execute(
        "insert into ingest_ledger values ($1, $2, $3, $4, 0, 0, $5)",
        HOUR - timedelta(hours=hours_ago),
        detector_id,
        stored + rejected,
        stored,
        rejected,
    )


async def _read(
    connection: asyncpg.Connection, minute: int, seq: int | None, received_after: timedelta = timedelta()
) -> None:
    measured_at = HOUR + timedelta(minutes=minute)
    await connection.execute("select ensure_partition('reading', $1)", measured_at.date())
    await connection.execute(
        "insert into reading (detector_id, measured_at, interval_s, seq, received_at) values ('D1', $1, 60, $2, $3)",
        measured_at,
        seq,
        measured_at + received_after,
    )


async def _letter(connection: asyncpg.Connection, minute: int, seq: int, digest: bytes = b"") -> None:
    await connection.execute(
        "insert into rejected_message (digest, kind, topic, payload, reason_code, reason, detector_id, received_at,"
        " payload_bytes, seq) values ($1, 'quarantined', 't', 'x', 'R9', 'ahead', 'D1', $2, 1, $3)",
        digest or f"{minute}/{seq}".encode(),
        HOUR + timedelta(minutes=minute),
        seq,
    )


def _span(begin: int, end: int) -> dict[str, str]:
    return {name: (HOUR + timedelta(minutes=at)).isoformat() for name, at in (("from", begin), ("to", end))}


async def _pages(client: httpx.AsyncClient, path: str, **query: str | int) -> list[dict[str, Any]]:
    pages: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get(path, params={**query, **cursor})
        assert answer.status_code == 200, answer.text
        pages.append(answer.json())
        if pages[-1]["next_cursor"] is None:
            return pages
        cursor = {"cursor": pages[-1]["next_cursor"]}


async def test_the_two_sums_stand_beside_the_accounts_of_the_last_day(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await connection.execute("insert into ingest_ledger values ($1, 'D1', 10, 6, 2, 1, 1)", HOUR)
    await _account(connection, 0, None, stored=0, rejected=3)
    await _account(connection, 26, "D1", stored=100)
    page = (await admin.get(LEDGER)).json()
    assert [[item[name] for name in ("detector_id", *COUNTS)] for item in page["items"]] == [
        [None, 3, 0, 0, 0, 3],
        ["D1", 10, 6, 2, 1, 1],
    ]
    assert page["totals"] == {
        **dict(zip(COUNTS, (13, 6, 2, 1, 4), strict=True)),
        "accounted_for": 13,
        "unaccounted": 0,
        "distinct_published": 11,
    }


async def test_pages_of_accounts_join_and_only_the_first_carries_the_totals(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    for hours_ago in range(5):
        for detector_id in (None, "A", "B"):
            await _account(connection, hours_ago, detector_id, stored=1)
    for bucket, expected in (("hour", 15), ("day", None)):
        pages = await _pages(admin, LEDGER, bucket=bucket, limit=2)
        items = [item for page in pages for item in page["items"]]
        keys = [(item["begins_at"], item["detector_id"] or "") for item in items]
        assert keys == sorted(set(keys))
        assert len(items) == expected or expected is None
        assert sum(item["stored"] for item in items) == 15
        assert [page["totals"] is None for page in pages] == [False] + [True] * (len(pages) - 1)
        assert pages[0]["totals"]["stored"] == 15


async def test_the_span_holds_whole_hours_and_days_and_says_so(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    await _account(connection, 0, "D1", stored=7)
    page = (await admin.get(LEDGER, params=_span(10, 20))).json()
    assert page["totals"]["stored"] == 7
    assert datetime.fromisoformat(page["from"]) == HOUR
    assert datetime.fromisoformat(page["to"]) == HOUR + timedelta(hours=1)
    page = (await admin.get(LEDGER, params={**_span(10, 20), "bucket": "day"})).json()
    assert datetime.fromisoformat(page["to"]) - datetime.fromisoformat(page["from"]) == timedelta(days=1)
    assert page["items"][0]["begins_at"] == page["from"]
    page = (await admin.get(LEDGER, params={**_span(60, 60), "detector_id": "D1"})).json()
    assert (page["items"], page["totals"]["received"]) == ([], 0)


async def test_a_span_is_bounded(admin: httpx.AsyncClient) -> None:
    answer = await admin.get(LEDGER, params={"from": "2020-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.from")
    answer = await admin.get(LEDGER, params={"cursor": "WyJTMSJd"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.cursor")


async def test_numbers_that_are_nowhere_are_missing_and_dead_letters_are_not(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    for minute, seq in ((1, 11), (2, 12), (5, 15), (6, 16), (9, 19)):
        await _read(connection, minute, seq)
    await _letter(connection, 4, 14)
    await _letter(connection, 4, 14, digest=b"in other words")
    page = (await admin.get(GAPS, params={**_span(0, 60), "detector_id": "D1"})).json()
    assert {name: page[name] for name in ("readings", "numbered", "resets", "gaps", "missing", "dead_letters")} == {
        "readings": 5,
        "numbered": 5,
        "resets": 0,
        "gaps": 2,
        "missing": 3,
        "dead_letters": 1,
    }
    facts = [[item[name] for name in ("last_seq", "next_seq", "missing", "dead_letters")] for item in page["items"]]
    assert facts == [[12, 15, 1, 1], [16, 19, 2, 0]]


async def test_late_readings_and_resets_are_no_gaps(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    await _read(connection, 1, 100)
    await _read(connection, 3, 102)
    await _read(connection, 2, 101, received_after=timedelta(hours=5))  # a buffer was sent afterwards
    for minute, seq in ((4, 0), (5, 1), (6, 2)):
        await _read(connection, minute, seq)
    await _read(connection, 7, None)
    page = (await admin.get(GAPS, params={**_span(0, 60), "detector_id": "D1"})).json()
    assert (page["gaps"], page["missing"], page["resets"], page["items"]) == (0, 0, 1, [])
    assert (page["readings"], page["numbered"]) == (7, 6)


async def test_a_dead_letter_fills_gaps_only_between_the_resets_between_which_it_came(
    admin: httpx.AsyncClient, connection: asyncpg.Connection
) -> None:
    for minute, seq in ((1, 1), (3, 3), (31, 1), (33, 3)):
        await _read(connection, minute, seq)
    await _letter(connection, 32, 2)
    page = (await admin.get(GAPS, params={**_span(0, 60), "detector_id": "D1"})).json()
    assert [item["missing"] for item in page["items"]] == [1, 0]


async def test_pages_of_gaps_join(admin: httpx.AsyncClient, connection: asyncpg.Connection) -> None:
    for minute in range(1, 12):
        await _read(connection, minute, minute * minute)
    pages = await _pages(admin, GAPS, **_span(0, 60), detector_id="D1", limit=3)
    missing = [item["missing"] for page in pages for item in page["items"]]
    assert missing == [2 * minute for minute in range(1, 11)]
    assert {page["missing"] for page in pages} == {sum(missing)}


async def test_gaps_of_an_unheard_of_detector_are_not_found(admin: httpx.AsyncClient) -> None:
    assert (await admin.get(GAPS, params={"detector_id": "D1"})).status_code == 404
    await admin.post("/v1/detectors", json=a_detector())
    page = (await admin.get(GAPS, params={"detector_id": "D1"})).json()
    assert (page["readings"], page["missing"], page["items"]) == (0, 0, [])
