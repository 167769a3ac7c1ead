"""Clocks: a detector that runs ahead, and the night in which an hour comes twice (field.md 9, scenario 8)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fixtures.scenarios import LineFrom
from scenarios.line import Line

from lotse_standalone.stack.gateway import ask

NIGHT = datetime(2026, 10, 25, 0, 25, tzinfo=UTC)
"""02:25 of summer time in Kaiserslautern: at 03:00 it is 02:00 again."""
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


@pytest.fixture
def line(line_from: LineFrom) -> Iterator[Line]:
    with line_from(NIGHT) as line:
        yield line


def test_8_the_hour_that_comes_twice_is_two_hours_and_a_clock_ahead_is_never_the_latest(line: Line) -> None:
    link = line.scene.closed(line.streets, "inbound")[0]
    detector = f"at-{link}"
    said = []
    for _ in range(2):
        for _ in range(10):
            ends_at = line.next_minute.astimezone(BERLIN)
            said.append(ends_at)
            line.live(1, {link: {"measured_at": ends_at.isoformat(), "vehicle_count": 7}})
        line.skip_to(NIGHT + HOUR)
    assert [f"{moment:%H:%M}" for moment in said[:10]] == [f"{moment:%H:%M}" for moment in said[10:]]
    assert [row["measured_at"] for row in line.readings(link, NIGHT)] == [
        f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for moment in said
    ]
    begin = NIGHT.replace(minute=0)
    span = {"from": begin.isoformat(), "to": (begin + 2 * HOUR).isoformat(), "bucket": "1h"}
    hours = ask(line.client, f"/v1/detectors/{detector}/aggregates", **span)["items"]
    assert [(row["begins_at"], row["readings"], row["vehicle_count"]) for row in hours] == [
        ("2026-10-25T00:00:00Z", 10, 70),
        ("2026-10-25T01:00:00Z", 10, 70),
    ]

    ahead = line.next_minute + 2 * HOUR
    line.send(line.reading(link) | {"measured_at": ahead.isoformat(), "mean_speed_kmh": 3.0})
    line.live(3)
    (letter,) = ask(line.client, "/v1/dead-letters", detector_id=detector)["items"]
    assert (letter["kind"], letter["reason_code"]) == ("quarantined", "R9")
    assert datetime.fromisoformat(letter["measured_at"]) == ahead
    latest = line.link(link)
    assert datetime.fromisoformat(latest["observed_at"]) == line.now
    assert latest["level_of_service"] == "free"
    line.skip_to(ahead + HOUR)
    assert [row for row in line.readings(link, NIGHT) if row["raw"]["mean_speed_kmh"] == 3.0] == []
    account = ask(line.client, "/v1/ingest/ledger", detector_id=detector)["totals"]
    assert (account["quarantined"], account["unaccounted"]) == (1, 0)
