"""One reading by itself: plausibility, clock, unknown and late. What takes memory: test_ingest_memory.py."""

from datetime import timedelta
from typing import Any

import pytest
from factories_ingest import LIMITS, NOON, SITE, judge_once, make_reading, make_site

from lotse_ingest.judge import Judge, Moment
from lotse_ingest.judge.site import Site
from lotse_ingest.judge.verdict import ClockFault, Judged
from lotse_shared.reading import Reading

NOW = Moment(NOON)


def judged(site: Site | None = SITE, moment: Moment = NOW, **changes: Any) -> Judged:
    return judge_once(make_reading(**changes), site, moment)


def is_quarantined(reading: Reading, site: Site | None, moment: Moment = NOW) -> bool:
    return isinstance(Judge(LIMITS, lambda _: None).judge(reading, site, moment), ClockFault)


def corrected(verdict: Judged) -> tuple[float | None, float | None, float | None]:
    return verdict.vehicle_count, verdict.mean_speed_kmh, verdict.occupancy_pct


def test_a_plausible_reading_keeps_its_values_and_has_no_codes() -> None:
    verdict = judged()
    assert corrected(verdict) == (12, 43.2, 17.5)
    assert (verdict.rule_codes, verdict.quality_pct) == ((), 100)
    assert verdict.is_felt


@pytest.mark.parametrize(
    ("changes", "codes", "values"),
    [
        ({"vehicle_count": -1}, ("R1",), (None, 43.2, 17.5)),
        ({"heavy_count": -2}, ("R1",), (12, 43.2, 17.5)),
        ({"mean_speed_kmh": -1}, ("R1",), (12, None, 17.5)),
        ({"mean_speed_kmh": 255}, ("R1",), (12, None, 17.5)),
        ({"occupancy_pct": 100.1}, ("R1",), (12, 43.2, None)),
        ({"occupancy_pct": -3}, ("R1",), (12, 43.2, None)),
        ({"vehicle_count": 0, "mean_speed_kmh": 0}, ("R2",), (0, None, 17.5)),
        ({"vehicle_count": 0, "mean_speed_kmh": 80}, ("R2", "R3"), (None, None, 17.5)),
        ({"vehicle_count": 0, "mean_speed_kmh": None}, (), (0, None, 17.5)),
        ({"mean_speed_kmh": 101, "occupancy_pct": 81}, ("R4",), (12, None, None)),
        ({"mean_speed_kmh": 100, "occupancy_pct": 81}, (), (12, 100, 81)),
        ({"mean_speed_kmh": 101, "occupancy_pct": 80}, (), (12, 101, 80)),
        ({"vehicle_count": 68}, ("R5",), (None, 43.2, 17.5)),
        ({"vehicle_count": 67}, (), (67, 43.2, 17.5)),
        ({"mean_speed_kmh": 300, "occupancy_pct": 90}, ("R1", "R4"), (12, None, None)),
    ],
)
def test_each_rule_marks_its_values_invalid(
    changes: dict[str, Any], codes: tuple[str, ...], values: tuple[float | None, ...]
) -> None:
    verdict = judged(**changes)
    assert verdict.rule_codes == codes
    assert corrected(verdict) == values


def test_the_site_sets_the_bounds() -> None:
    motorway = make_site(lanes=3, max_speed_kmh=120, max_flow_vehh_per_lane=2000)
    assert judged(motorway, mean_speed_kmh=121).rule_codes == ("R1",)
    assert judged(motorway, vehicle_count=100).rule_codes == ()
    assert judged(motorway, vehicle_count=101).rule_codes == ("R5",)
    slow = make_site(fast_kmh=50, full_pct=30)
    assert judged(slow, mean_speed_kmh=51, occupancy_pct=31).rule_codes == ("R4",)
    assert judged(slow, mean_speed_kmh=50, occupancy_pct=31).rule_codes == ()
    assert judged(slow, mean_speed_kmh=51, occupancy_pct=30).rule_codes == ()


def test_a_short_interval_may_count_one_whole_vehicle_more_than_its_share() -> None:
    assert judged(interval_s=2, vehicle_count=3).rule_codes == ()
    assert judged(interval_s=2, vehicle_count=4).rule_codes == ("R5",)


def test_an_unknown_detector_is_never_felt_and_not_judged_by_a_site() -> None:
    verdict = judged(None, vehicle_count=500)
    assert verdict.rule_codes == ("U1",)
    assert verdict.vehicle_count == 500
    assert not verdict.is_felt
    assert judged(None, mean_speed_kmh=255).rule_codes == ("R1", "U1")
    assert judged(None, vehicle_count=20_000).rule_codes == ("R5", "U1")  # a minute: more than any street carries


def test_a_detector_failed_by_hand_is_never_felt_and_nothing_stands_in_for_it() -> None:
    verdict = judged(make_site(failed_at=NOON), occupancy_pct=101)
    assert verdict.rule_codes == ("R1", "R10")
    assert corrected(verdict) == (None, None, None)
    assert not verdict.is_felt


def test_a_reading_up_to_the_watermark_is_late_and_never_felt() -> None:
    assert judged(moment=Moment(NOON, NOON)).rule_codes == ("L1",)
    assert not judged(moment=Moment(NOON, NOON)).is_felt
    assert judged(None, moment=Moment(NOON, NOON)).rule_codes == ("U1", "L1")
    before = NOON - timedelta(seconds=1)
    assert judged(moment=Moment(before, before)).rule_codes == ()


def test_a_reading_without_a_usable_value_is_not_felt() -> None:
    assert not judged(vehicle_count=0, mean_speed_kmh=80, occupancy_pct=None).is_felt
    assert judged(vehicle_count=0, mean_speed_kmh=None, occupancy_pct=None).is_felt


@pytest.mark.parametrize(
    ("ahead_s", "interval_s", "is_fault"),
    [(60, 60, False), (61, 60, True), (60, 2, False), (61, 2, True), (300, 300, False), (301, 300, True)],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_the_future_begins_after_one_interval_or_a_minute(
    ahead_s: int, interval_s: int, *, is_fault: bool, is_known: bool
) -> None:
    reading = make_reading(measured_at=NOON + timedelta(seconds=ahead_s), interval_s=interval_s)
    site = make_site(interval_s=float(interval_s)) if is_known else None
    assert is_quarantined(reading, site) == is_fault


def test_a_detector_may_have_a_tolerance_of_its_own() -> None:
    tolerant = make_site(future_tolerance_s=600.0)
    assert not is_quarantined(make_reading(measured_at=NOON + timedelta(seconds=600)), tolerant)
    assert is_quarantined(make_reading(measured_at=NOON + timedelta(seconds=601)), tolerant)


def test_a_registered_detector_cannot_claim_a_longer_interval_to_be_ahead() -> None:
    reading = make_reading(measured_at=NOON + timedelta(hours=20), interval_s=86_400)
    assert not is_quarantined(reading, None)
    assert is_quarantined(reading, SITE)


@pytest.mark.parametrize("site", [SITE, None])
def test_what_is_older_than_the_retention_is_a_clock_fault(site: Site | None) -> None:
    assert not is_quarantined(make_reading(measured_at=NOON - timedelta(days=400)), site)
    too_old = make_reading(measured_at=NOON - timedelta(days=400, seconds=1))
    verdict = Judge(LIMITS, lambda _: None).judge(too_old, site, NOW)
    assert isinstance(verdict, ClockFault)
    assert verdict.reason == "measured_at: 401 days old; allowed: 400 days"  # begun ones count


def test_before_data_time_has_begun_no_clock_is_wrong() -> None:
    assert not is_quarantined(make_reading(measured_at=NOON + timedelta(days=9)), SITE, Moment(None))
