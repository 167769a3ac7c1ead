"""Judgement with a memory: locked on, stuck, substitutes, clocks, and what a restart must not change."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from factories_ingest import LIMITS, NOON, make_reading, make_site

from lotse_ingest.judge import Judge, Moment
from lotse_ingest.judge.site import Site
from lotse_ingest.judge.verdict import ClockFault, Judged
from lotse_shared.reading import Reading

HOUR = timedelta(hours=1)


def at(minute: float, **changes: Any) -> Reading:
    """The reading of a minute, unlike those of all other minutes unless a value is given."""
    values = {"vehicle_count": 10.0, "mean_speed_kmh": 40 + minute / 10, "occupancy_pct": 15.0}
    return make_reading(measured_at=NOON + timedelta(minutes=minute), **(values | changes))


class Lane:
    """Detectors with a judge that knows them; the first is the one that readings are of unless they say."""

    def __init__(self, **sites: Site) -> None:
        self.sites = sites or {"A": make_site()}
        self.judge = Judge(LIMITS, self.sites.get)

    def hears(self, *readings: Reading, beside: Iterable[Reading] = (), watermark: datetime | None = None) -> Judged:
        """Give the verdict on the last one; each is received half a second after its interval."""
        for reading in readings:
            moment = Moment(reading.measured_at + timedelta(seconds=0.5))
            if watermark is not None:
                moment = Moment(watermark, watermark)
            verdict = self.judge.judge(reading, self.sites[reading.detector_id], moment, tuple(beside))
        assert isinstance(verdict, Judged)
        return verdict


def lane(**site: Any) -> Lane:
    return Lane(**{"KL-17": make_site(**site)})


def two_lanes() -> Lane:
    return Lane(A=make_site(neighbours=["X", "B"]), B=make_site())


def corrected(verdict: Judged) -> tuple[float | None, float | None, float | None]:
    return verdict.vehicle_count, verdict.mean_speed_kmh, verdict.occupancy_pct


def full(minute: float, **changes: Any) -> Reading:
    return at(minute, vehicle_count=0.0, mean_speed_kmh=None, occupancy_pct=100.0, **changes)


def same(minute: float, **changes: Any) -> Reading:
    return at(minute, mean_speed_kmh=50.0, **changes)


def test_occupancy_of_100_per_cent_for_two_minutes_is_locked_on() -> None:
    one = lane()
    assert one.hears(full(1)).rule_codes == ()
    verdict = one.hears(full(2))
    assert (verdict.rule_codes, corrected(verdict), verdict.is_felt) == (("R6",), (None, None, None), False)
    assert one.hears(full(3)).rule_codes == ("R6",)
    assert one.hears(at(4)).rule_codes == ()
    assert one.hears(full(5)).rule_codes == ()


def test_locked_on_is_told_by_time_whatever_the_interval() -> None:
    quick = lane(interval_s=1.0)
    seconds = [full(n / 60, interval_s=1.0) for n in range(1, 121)]
    assert quick.hears(*seconds[:-1]).rule_codes == ()
    assert quick.hears(seconds[-1]).rule_codes == ("R6",)
    assert lane(interval_s=300.0).hears(full(5, interval_s=300.0)).rule_codes == ("R6",)
    assert lane(interval_s=300.0, locked_on_s=301.0).hears(full(5, interval_s=300.0)).rule_codes == ()


def test_of_several_slots_one_that_misses_readings_still_sees_a_run() -> None:
    assert lane().hears(full(1), full(4)).rule_codes == ("R6",)
    assert lane(stuck_intervals=10.0).hears(same(1), same(5), same(10)).rule_codes == ("R7",)


def test_after_a_long_gap_a_run_begins_anew() -> None:
    assert lane(locked_on_s=900.0).hears(full(1), full(11), full(12)).rule_codes == ()
    assert lane(locked_on_s=660.0).hears(full(1), full(11)).rule_codes == ("R6",)
    assert lane(locked_on_s=660.0).hears(full(1), full(11.5)).rule_codes == ()
    assert lane().hears(*map(same, range(9)), same(19.5)).rule_codes == ()


def test_the_same_values_for_ten_intervals_are_stuck() -> None:
    one = lane()
    assert one.hears(*map(same, range(1, 10))).rule_codes == ()
    verdict = one.hears(same(10))
    assert (verdict.rule_codes, corrected(verdict), verdict.is_felt) == (("R7",), (None, None, None), False)
    assert one.hears(at(11)).rule_codes == ()


def test_two_equal_readings_far_apart_are_no_run() -> None:
    assert lane(stuck_intervals=3.0).hears(same(1), same(8)).rule_codes == ()


@pytest.mark.parametrize(
    "values",
    [
        {"vehicle_count": 0.0, "mean_speed_kmh": None, "occupancy_pct": 0.0},
        {"vehicle_count": None, "mean_speed_kmh": 50.0, "occupancy_pct": None},
        {"vehicle_count": 1.0, "mean_speed_kmh": None, "occupancy_pct": None},
        {"vehicle_count": 1.0, "mean_speed_kmh": None, "occupancy_pct": 0.0},
    ],
)
def test_nobody_passing_or_a_count_alone_may_stay_the_same(values: dict[str, float | None]) -> None:
    assert lane().hears(*(at(minute, **values) for minute in range(30))).rule_codes == ()


def test_a_repeated_speed_while_nobody_passes_is_not_stuck() -> None:
    assert lane().hears(*(same(minute, vehicle_count=0.0) for minute in range(30))).rule_codes == ("R2", "R3")


def test_late_and_resent_readings_disturb_no_run() -> None:
    one = lane()
    one.hears(*map(same, range(1, 10)), at(3.5), same(5), at(9))
    assert one.hears(same(10)).rule_codes == ("R7",)
    assert one.hears(at(4.5)).rule_codes == ()


def test_a_neighbour_of_the_same_interval_stands_in_first() -> None:
    both = two_lanes()
    both.hears(at(1, detector_id="A"), at(2, detector_id="B", vehicle_count=7.0))
    verdict = both.hears(at(2, detector_id="A", vehicle_count=-1.0))
    assert corrected(verdict) == (7, 40.2, 15)
    assert (verdict.rule_codes, verdict.quality_pct, verdict.is_felt) == (("R1", "S1"), 95, True)
    assert verdict.reading.vehicle_count == -1


def test_a_neighbour_of_another_interval_does_not() -> None:
    both = two_lanes()
    both.hears(at(2, detector_id="B"))
    assert both.hears(at(3, detector_id="A", vehicle_count=-1.0)).rule_codes == ("R1",)
    both.hears(at(4, detector_id="B", interval_s=30.0))
    assert both.hears(at(4, detector_id="A", vehicle_count=-1.0)).rule_codes == ("R1",)


def test_a_neighbour_later_in_the_same_array_stands_in_unless_it_is_suspect_itself() -> None:
    broken, good = at(2, detector_id="A", vehicle_count=-1.0), at(2, detector_id="B", vehicle_count=7.0)
    assert corrected(two_lanes().hears(broken, beside=[broken, good]))[0] == 7
    assert two_lanes().hears(broken, beside=[broken, at(2, detector_id="C")]).rule_codes == ("R1",)
    for suspect in ({"occupancy_pct": 100.0}, {"mean_speed_kmh": 300.0}):
        beside = [broken, at(2, detector_id="B", **suspect)]
        assert two_lanes().hears(broken, beside=beside).rule_codes == ("R1",)
    repeating = two_lanes()
    repeating.hears(same(1, detector_id="B"))
    assert repeating.hears(broken, beside=[broken, same(2, detector_id="B")]).rule_codes == ("R1",)


def test_the_own_last_good_value_stands_in_for_three_intervals_and_no_longer() -> None:
    one = lane()
    one.hears(at(0, vehicle_count=9.0))
    for minute in (1, 2, 3):
        verdict = one.hears(at(minute, vehicle_count=-1.0))
        assert (corrected(verdict)[0], verdict.rule_codes, verdict.quality_pct) == (9, ("R1", "S2"), 90)
    verdict = one.hears(at(4, vehicle_count=-1.0))
    assert (corrected(verdict)[0], verdict.rule_codes, verdict.quality_pct) == (None, ("R1",), 100)


def test_a_substitute_is_no_source_of_another() -> None:
    both = two_lanes()
    both.hears(at(0, detector_id="B"), at(2, detector_id="B", vehicle_count=-1.0))
    assert both.hears(at(2, detector_id="A", vehicle_count=-1.0)).rule_codes == ("R1",)


def test_a_substitute_comes_whole_from_one_place() -> None:
    both = two_lanes()
    both.hears(at(1, detector_id="A"), at(2, detector_id="B", occupancy_pct=None))
    verdict = both.hears(at(2, detector_id="A", mean_speed_kmh=120.0, occupancy_pct=90.0))
    assert verdict.rule_codes == ("R4", "S2")
    assert corrected(verdict) == (10, 40.1, 15)


def test_a_speed_missing_because_nobody_passed_is_not_substituted() -> None:
    one = lane()
    one.hears(at(1))
    verdict = one.hears(at(2, vehicle_count=0.0, mean_speed_kmh=80.0))
    assert (verdict.rule_codes, corrected(verdict)) == (("R2", "R3"), (None, None, 15))
    verdict = one.hears(at(3, vehicle_count=0.0, mean_speed_kmh=-1.0))
    assert (verdict.rule_codes, corrected(verdict)) == (("R1", "R2"), (0, None, 15))


def test_for_a_detector_that_is_locked_on_or_stuck_only_its_neighbour_stands_in() -> None:
    alone = lane()
    assert alone.hears(at(0), full(1), full(2)).rule_codes == ("R6",)
    both = two_lanes()
    for minute in range(1, 11):
        both.hears(at(minute, detector_id="B"))
        verdict = both.hears(same(minute, detector_id="A"))
    assert (verdict.rule_codes, corrected(verdict), verdict.quality_pct) == (("R7", "S1"), (10, 41, 15), 95)


def test_a_failed_detector_is_no_source_and_forgets_what_it_said_before() -> None:
    both = two_lanes()
    both.hears(at(1, detector_id="B"), at(1, detector_id="A"))
    both.sites["B"] = make_site(failed_at=NOON)
    assert both.hears(at(2, detector_id="B")).rule_codes == ("R10",)
    assert both.hears(at(2, detector_id="A", vehicle_count=-1.0)).rule_codes == ("R1", "S2")
    both.sites["B"] = make_site()
    assert both.hears(at(3, detector_id="B", vehicle_count=-1.0)).rule_codes == ("R1",)


def test_a_late_reading_may_be_stood_in_for_by_what_was_before_it() -> None:
    one = lane()
    one.hears(at(1), at(5, vehicle_count=-1.0))
    verdict = one.hears(at(2, vehicle_count=-1.0), watermark=NOON + HOUR)
    assert verdict.rule_codes == ("R1", "L1", "S2")


STORY = [
    *(at(minute) for minute in range(3)),
    at(3, vehicle_count=-1.0),
    at(4, vehicle_count=-1.0),
    *(full(minute) for minute in range(5, 9)),
    *(same(minute) for minute in range(9, 22)),
    at(22, mean_speed_kmh=300.0),
]


@pytest.mark.parametrize("stop", range(1, len(STORY)))
def test_a_restart_at_any_moment_changes_no_verdict(stop: int) -> None:
    undisturbed, before, after = lane(), lane(), lane()
    expected = [undisturbed.hears(reading) for reading in STORY]
    verdicts = [before.hears(reading) for reading in STORY[:stop]]
    since = STORY[stop].measured_at - after.sites["KL-17"].memory
    after.judge.recall((reading, False) for reading in STORY[:stop] if reading.measured_at > since)
    assert verdicts + [after.hears(reading) for reading in STORY[stop:]] == expected
    assert {code for verdict in expected for code in verdict.rule_codes} == {"R1", "R6", "R7", "S2"}


def heard(judge: Judge, delay_s: float, minute: float = 0, now: datetime | None = None) -> None:
    """A reading is received so long after it was measured."""
    moment = now or NOON + timedelta(minutes=minute)
    judge.judge(make_reading(measured_at=moment - timedelta(seconds=delay_s)), make_site(), Moment(moment))


def skew_s(judge: Judge, minute: float = 0) -> float | None:
    [health] = judge.take_health(["KL-17"], NOON + timedelta(minutes=minute), HOUR)
    return health.skew_s


def at_clock(judge: Judge, minute: float, delay_s: float) -> float | None:
    heard(judge, delay_s, minute)
    return skew_s(judge, minute)


def test_the_skew_of_a_clock_is_that_of_the_promptest_reading() -> None:
    judge = lane().judge
    for delay_s in (3, 0.5, 40, 2):
        heard(judge, delay_s)
    assert skew_s(judge) == -0.5


def test_quarantined_readings_tell_of_a_clock_too() -> None:
    one = lane()
    ahead = make_reading(measured_at=NOON + 2 * HOUR)
    assert isinstance(one.judge.judge(ahead, one.sites["KL-17"], Moment(NOON)), ClockFault)
    [health] = one.judge.take_health(["KL-17"], NOON, HOUR)
    assert (health.skew_s, health.is_clock_off) == (7_200, True)
    assert (health.last_received_at, health.last_measured_at) == (NOON, None)


def test_a_backlog_does_not_make_a_clock_wrong() -> None:
    judge = lane().judge
    heard(judge, 0.5)
    assert skew_s(judge) == -0.5
    assert at_clock(judge, 31, 0.6) == -0.5
    for minute in (240, 265):  # hours away, then for half an hour what was left over
        assert at_clock(judge, minute, 14_000) == -0.5
    assert at_clock(judge, 271, 0.7) == -0.5
    assert at_clock(judge, 272, 14_000) == -0.7


def test_a_clock_that_was_mended_is_right_after_the_window() -> None:
    judge = lane().judge
    assert at_clock(judge, 0, -7_200) == 7_200
    assert at_clock(judge, 31, 1) == 7_200
    assert at_clock(judge, 32, 1) == 7_200
    assert at_clock(judge, 63, 1) == 7_200
    assert at_clock(judge, 64, 1) == -1


def test_what_is_known_of_a_clock_survives_a_restart_into_a_backlog() -> None:
    judge = lane().judge
    judge.recall_clock("KL-17", -0.4)
    assert at_clock(judge, 0, 1_800) == -0.4


def test_a_replayed_reading_tells_nothing_of_the_clock_now() -> None:
    judge = lane().judge
    heard(judge, 1)
    heard(judge, -7_200, now=NOON - HOUR)
    assert skew_s(judge) == -1


def test_in_data_time_no_skew_is_learned() -> None:
    one = lane()
    one.hears(at(1), watermark=NOON)
    [health] = one.judge.take_health(["KL-17"], NOON, HOUR)
    assert (health.skew_s, health.last_received_at) == (None, None)
    assert health.last_measured_at == NOON + timedelta(minutes=1)


def test_health_is_told_once_and_detectors_that_are_no_more_are_forgotten() -> None:
    one = lane()
    one.hears(at(1))
    assert len(one.judge.take_health(["KL-17"], NOON, HOUR)) == 1
    assert one.judge.take_health(["KL-17"], NOON, HOUR) == []
    del one.sites["KL-17"]
    assert one.judge.list_detectors() == ["KL-17"]
    assert one.judge.take_health(["KL-17"], NOON, HOUR) == []
    assert one.judge.list_detectors() == []
