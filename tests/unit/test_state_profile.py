"""Typical speeds: which slot a moment belongs to, how a slot is learned, what stands in for one never seen."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from factories_decide import NOON
from factories_state import FREE_FLOW, SETTINGS, a_speed, at_links, learned

from lotse_routing.settings import EstimateSettings
from lotse_routing.state.profile import Profile, Slot, empty_profile, own_typical_kmh, quarter_end, slot_at
from lotse_routing.state.quarters import Quarters, collect, learn
from lotse_shared.settings import SettingsError

LINK = "N0-N1-0"
WEEK, DAY, QUARTER = timedelta(weeks=1), timedelta(days=1), timedelta(minutes=15)
MONDAY = NOON  # 2026-11-23
BERLIN = ZoneInfo("Europe/Berlin")


def typical(profile: Profile, moment: datetime) -> float:
    """At the quarter that ends at the moment."""
    return float(own_typical_kmh(profile, slot_at(moment - QUARTER, ZoneInfo("UTC")), [profile.rows[LINK]])[0])


def days(speeds_kmh: Mapping[datetime, float]) -> list[tuple[datetime, Mapping[str, float]]]:
    return [(moment, {LINK: speed}) for moment, speed in sorted(speeds_kmh.items())]


def weekly(*speeds_kmh: float) -> list[tuple[datetime, Mapping[str, float]]]:
    return days({MONDAY + number * WEEK: speed for number, speed in enumerate(speeds_kmh)})


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        ("2026-11-23T07:14:59+01:00", Slot(0, 28)),
        ("2026-11-22T23:30:00Z", Slot(0, 2)),  # Monday begins in Berlin
        ("2026-03-29T00:59:00Z", Slot(6, 7)),  # the clock is put forward: 01:59, then
        ("2026-03-29T01:00:00Z", Slot(6, 12)),  # 03:00
        ("2026-10-25T00:30:00Z", Slot(6, 10)),  # put back: 02:30 twice
        ("2026-10-25T01:30:00Z", Slot(6, 10)),
    ],
)
def test_a_slot_is_a_quarter_of_the_week_in_local_time(moment: str, slot: Slot) -> None:
    assert slot_at(datetime.fromisoformat(moment), BERLIN) == slot


def test_a_reading_counts_for_the_quarter_in_which_its_interval_ended() -> None:
    assert quarter_end(MONDAY) == MONDAY
    assert quarter_end(MONDAY + timedelta(seconds=1)) == MONDAY + QUARTER
    assert quarter_end(MONDAY + QUARTER) == MONDAY + QUARTER


def test_a_time_zone_that_does_not_exist_ends_the_program_at_its_start() -> None:
    for name in ("Europe/Kaiserslautern", "Europe", "../etc/passwd"):
        with pytest.raises(SettingsError, match="there is no time zone"):
            EstimateSettings(time_zone=name)


def test_what_happens_every_week_is_typical_after_some() -> None:
    assert typical(learned(weekly(*[30.0] * 8)), MONDAY) == pytest.approx(30, abs=4)
    assert typical(learned(weekly(*[30.0] * 20)), MONDAY) == pytest.approx(30, abs=1)


def test_one_bad_day_does_not_own_a_slot_not_even_the_first() -> None:
    assert typical(learned(weekly(*[48.0] * 10, 3.0)), MONDAY) > 46
    assert typical(learned(weekly(3.0)), MONDAY) > 40
    assert typical(learned(weekly(3.0, *[48.0] * 5)), MONDAY) > 46


def test_a_faulty_detector_takes_weeks_to_change_what_is_typical() -> None:
    stuck = learned(weekly(*[48.0] * 10, *[3.0] * 4))
    assert typical(stuck, MONDAY) > 40
    assert typical(learned(weekly(*[48.0] * 10, *[3.0] * 40)), MONDAY) < 5


def test_now_and_then_a_jam_is_not_what_is_usual() -> None:
    every_fourth = [12.0 if number % 4 == 3 else 48.0 for number in range(40)]
    assert np.mean(every_fourth) == 39
    assert typical(learned(weekly(*every_fourth)), MONDAY) > 43


def test_a_link_never_seen_before_is_known_after_an_hour() -> None:
    quarters = days({MONDAY + number * QUARTER: 30.0 for number in range(5)})
    assert typical(learned(quarters), MONDAY + 5 * QUARTER) == pytest.approx(30, abs=2.5)


@pytest.mark.parametrize(
    ("shares", "what"),
    [
        ({MONDAY: 1.0, MONDAY + QUARTER: 0.0}, "its own, if it has one"),
        ({MONDAY - QUARTER: 0.5, MONDAY + QUARTER: 0.5}, "the quarters on either side alike"),
        ({MONDAY + QUARTER: 0.8, MONDAY + 2 * QUARTER: 0.2}, "a quarter as much with every quarter further off"),
        ({MONDAY + DAY: 2 / 3, MONDAY + QUARTER: 1 / 3}, "the same hour of another working day before an hour beside"),
        ({MONDAY + DAY: 0.5, MONDAY + 2 * DAY: 0.5}, "working days alike"),
        ({MONDAY + 7 * 4 * QUARTER: 1.0}, "whatever there is"),
    ],
)
def test_a_slot_never_seen_takes_a_mean_of_what_is_likest(shares: Mapping[datetime, float], what: str) -> None:
    """Of what was learned there, which the memory's caution makes something else than what was measured."""
    speeds_kmh = {moment: 20.0 + 15.0 * number for number, moment in enumerate(shares)}
    profile = learned(days(speeds_kmh))
    expected_kmh = sum(share * typical(profile, moment) for moment, share in shares.items())
    assert typical(profile, MONDAY) == pytest.approx(expected_kmh), what


def test_the_weekend_fills_itself_and_not_the_working_days() -> None:
    saturday = MONDAY + 5 * DAY
    profile = learned(days({saturday: 10.0, MONDAY: 50.0}))
    assert typical(profile, saturday + DAY) == pytest.approx(typical(profile, saturday), abs=1)
    assert typical(profile, MONDAY + DAY) == pytest.approx(typical(profile, MONDAY), abs=1)
    assert typical(profile, saturday) < typical(profile, MONDAY) - 5


def test_neighbouring_quarters_do_not_reach_across_midnight() -> None:
    midnight = MONDAY.replace(hour=0)
    profile = learned(days({midnight + QUARTER: 20.0, MONDAY: 50.0}))
    late_on_sunday = typical(profile, midnight)
    assert typical(profile, midnight + QUARTER) < late_on_sunday


def test_a_link_of_which_nothing_was_seen_has_no_typical_speed() -> None:
    profile = replace(learned(weekly(30.0)), weeks=np.zeros((1, 7, 96), np.int16))
    assert np.isnan(typical(profile, MONDAY))


def test_a_quarter_is_learned_once() -> None:
    once = learned(weekly(30.0))
    again = learned(weekly(10.0), once)
    assert np.array_equal(once.speed_kmh, again.speed_kmh)


def test_a_link_that_the_network_lost_keeps_its_profile_and_one_it_never_had_gets_none() -> None:
    profile = learned([(MONDAY, {LINK: 30.0, "X-Y-0": 30.0})])
    assert set(profile.rows) == {LINK}
    other, _ = learn(replace(profile, closed_until=None), Quarters({MONDAY: {"A-B-0": (1, 30)}}, MONDAY), {}, SETTINGS)
    assert np.array_equal(other.speed_kmh, profile.speed_kmh)


def felt(*readings: Any, known: Quarters | None = None, now: datetime = MONDAY) -> Quarters:
    return collect(known or Quarters(), readings, at_links(LINK), now, SETTINGS)


def test_a_quarter_gives_the_mean_of_its_vehicles() -> None:
    few, many = (
        a_speed(LINK, MONDAY - QUARTER / 2, 50, vehicle_count=10),
        a_speed(LINK, MONDAY, 10, vehicle_count=30),
    )
    assert felt(few, many).sums == {MONDAY: {LINK: (40, 800)}}
    assert felt(many, known=felt(few)).sums == {MONDAY: {LINK: (40, 800)}}


def test_only_what_was_measured_is_learned() -> None:
    nothing = [
        a_speed(LINK, MONDAY, 50, mean_speed_kmh=None),
        a_speed(LINK, MONDAY, 50, vehicle_count=0),
        a_speed(LINK, MONDAY, 50, quality_pct=90),
        a_speed("elsewhere", MONDAY, 50),
    ]
    assert not any(felt(*nothing).sums.values())


def test_a_quarter_is_learned_when_its_last_readings_may_have_come() -> None:
    quarters = felt(a_speed(LINK, MONDAY, 30))
    for seconds, links in ((0, set()), (299, set()), (300, {LINK})):
        later = felt(known=quarters, now=MONDAY + timedelta(seconds=seconds))
        profile, changed = learn(empty_profile(), later, FREE_FLOW, SETTINGS)
        assert set(profile.rows) == links
        assert changed == {(link, 0) for link in links}


def test_a_reading_that_comes_after_its_quarter_was_learned_is_counted() -> None:
    closed = felt(now=MONDAY + timedelta(seconds=300))
    late = felt(a_speed(LINK, MONDAY, 30), known=closed, now=MONDAY + timedelta(seconds=301))
    assert (late.too_late, late.sums) == (1, {})


def test_steps_longer_than_the_delay_lose_nothing() -> None:
    hour = [a_speed(LINK, MONDAY + number * QUARTER, 30) for number in range(1, 5)]
    quarters = felt(*hour, known=felt(), now=MONDAY + timedelta(hours=1))
    assert (len(quarters.sums), quarters.too_late) == (4, 0)


def test_a_quarter_that_could_not_be_written_is_learned_again() -> None:
    quarters = felt(known=felt(a_speed(LINK, MONDAY, 30)), now=MONDAY + timedelta(minutes=20))
    lost, changed = learn(empty_profile(), quarters, FREE_FLOW, SETTINGS)
    assert learn(lost, quarters, FREE_FLOW, SETTINGS) == (lost, frozenset())
    again, changed_again = learn(empty_profile(), quarters, FREE_FLOW, SETTINGS)
    assert changed_again == changed
    assert np.array_equal(again.speed_kmh, lost.speed_kmh)


def test_moments_are_those_of_utc() -> None:
    assert quarter_end(datetime(2026, 11, 23, 13, 1, tzinfo=BERLIN)) == datetime(2026, 11, 23, 12, 15, tzinfo=UTC)
