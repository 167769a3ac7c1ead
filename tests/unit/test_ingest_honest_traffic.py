"""What real detectors say is not taken for a fault."""

import csv
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from factories_ingest import LIMITS, make_site

from lotse_ingest.judge import Judge, Moment
from lotse_ingest.judge.site import Site
from lotse_ingest.judge.verdict import Judged
from lotse_shared.reading import Reading

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def aarhus(shared_data: Path) -> list[Reading]:
    """Four hours of 449 links, in the order measured."""
    [path] = (shared_data / "aarhus-5min").glob("fixture_*.csv")
    with path.open(encoding="utf-8") as lines:
        return [
            Reading(
                row["REPORT_ID"],
                datetime.fromisoformat(row["TIMESTAMP"]).replace(tzinfo=UTC),
                300.0,
                float(row["vehicleCount"]),
                None,
                float(row["avgSpeed"]),
            )
            for row in csv.DictReader(lines)
        ]


def codes(readings: list[Reading], stuck_intervals: float) -> Counter[str]:
    sites: dict[str, Site] = defaultdict(lambda: make_site(interval_s=300.0, stuck_intervals=stuck_intervals))
    judge = Judge(LIMITS, sites.__getitem__)
    verdicts = [judge.judge(one, sites[one.detector_id], Moment(None)) for one in readings]
    return Counter(code for one in verdicts if isinstance(one, Judged) for code in one.rule_codes)


def test_honest_traffic_is_never_stuck(aarhus: list[Reading]) -> None:
    assert len(aarhus) == 20_921
    assert [codes(aarhus, intervals)["R7"] for intervals in (3, 4, 5, 10)] == [20, 2, 0, 0]


def test_a_stale_speed_without_vehicles_is_marked_and_nothing_else_is(aarhus: list[Reading]) -> None:
    assert codes(aarhus, LIMITS.stuck_intervals) == {"R2": 4_248, "R3": 3_925}
