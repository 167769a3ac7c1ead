"""Days, hours and quarters of a time zone."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotse_gateway.models.history import Bucket
from lotse_gateway.routes.days import day_of, list_days, widen

BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = st.sampled_from([ZoneInfo("UTC"), BERLIN, KOLKATA, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Australia/Lord_Howe")])
BUCKETS: tuple[Bucket, ...] = ("15min", "1h", "1d")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_is_as_long_as_its_clock_says(day: str, hours: int) -> None:
    begins_at, ends_at = day_of(date.fromisoformat(day), BERLIN)[1:]
    assert ends_at - begins_at == timedelta(hours=hours)


def test_days_join_without_gap() -> None:
    days = list_days(date(2026, 10, 20), date(2026, 10, 30), BERLIN)
    assert len(days) == 11
    assert all(before.ends_at == after.begins_at for before, after in pairwise(days))


@given(
    begin=MOMENTS, length=st.timedeltas(timedelta(0), timedelta(days=40)), zone=ZONES, bucket=st.sampled_from(BUCKETS)
)
def test_a_widened_span_holds_the_span_and_is_not_widened_again(
    begin: datetime, length: timedelta, zone: ZoneInfo, bucket: Bucket
) -> None:
    first, last = widen(begin, begin + length, bucket, zone)
    assert first <= begin <= begin + length <= last
    longest = {"15min": timedelta(minutes=15), "1h": timedelta(hours=1), "1d": timedelta(hours=25)}[bucket]
    assert begin - first < longest
    assert last - (begin + length) < longest
    assert widen(first, last, bucket, zone) == (first, last)


def test_hours_begin_when_the_clocks_of_the_zone_strike() -> None:
    at = datetime(2026, 11, 23, 7, 40, tzinfo=UTC)  # 13:10 in Kolkata
    assert widen(at, at, "1h", KOLKATA)[0] == datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
