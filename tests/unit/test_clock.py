"""Lotse's clock."""

from datetime import UTC, datetime, timedelta

from lotse_shared.clock import DataClock, WallClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_the_wall_clock_is_aware_utc() -> None:
    assert WallClock().now().utcoffset() == timedelta(0)


def test_data_time_has_not_begun_before_the_first_watermark() -> None:
    assert DataClock().now() is None


def test_data_time_never_goes_back() -> None:
    clock = DataClock()
    assert clock.advance(NOON)
    assert not clock.advance(NOON)
    assert not clock.advance(NOON - timedelta(seconds=1))
    assert clock.now() == NOON
