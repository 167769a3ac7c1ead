from datetime import datetime

import pytest

from lotse_shared.weekly_times import ALWAYS, NEVER, WeeklyTimes

MONDAY = 23


def at(day: int, clock: str) -> datetime:
    """A moment in the week of Monday, 23 November 2026."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, MONDAY + day, hour, minute)  # noqa: DTZ001 - local time is what it is about


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Mo-Fr 07:00-09:00", "Mo-Fr 07:00-09:00"),
        ("mo-fr 7:00 - 9:00", "Mo-Fr 07:00-09:00"),
        ("07:00-09:00", "Mo-Su 07:00-09:00"),
        ("Mo,We,Fr 07:00-09:00", "Mo,We,Fr 07:00-09:00"),
        ("Mo-Fr 07:00-09:00,16:00-18:00", "Mo-Fr 07:00-09:00,16:00-18:00"),
        ("Mo-Fr 07:00-09:00; Sa 08:00-10:00", "Mo-Fr 07:00-09:00; Sa 08:00-10:00"),
        ("Mo 07:00-09:00, We 08:00-10:00", "Mo 07:00-09:00; We 08:00-10:00"),
        ("Mo-Fr 07:00-09:00; We off", "Mo,Tu,Th,Fr 07:00-09:00"),
        ("Mo-Fr 07:00-09:00; We 10:00-11:00", "Mo,Tu,Th,Fr 07:00-09:00; We 10:00-11:00"),
        ("22:00-06:00", "Mo-Su 22:00-06:00"),
        ("22:00-30:00", "Mo-Su 22:00-06:00"),
        ("Fr-Mo 10:00-11:00", "Mo,Fr-Su 10:00-11:00"),
        ("Sa,Su", "Sa,Su 00:00-24:00"),
        ("Sa,Su 24/7", "Sa,Su 00:00-24:00"),
        ("Mo 08:00-10:00,09:00-12:00", "Mo 08:00-12:00"),
        ("Su 20:00-05:00", "Su 20:00-05:00"),
        ("24/7", "24/7"),
        ("Mo-Su 00:00-24:00", "24/7"),
        ("off", "off"),
    ],
)
def test_hours_are_read_and_written_in_one_form(text: str, normal: str) -> None:
    assert str(WeeklyTimes.parse(text)) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "Mo-Fr 07:00-09:00; PH off",
        "PH 07:00-09:00",
        "sunset-sunrise",
        "Apr-Oct",
        "Mo-Fr 07:00",
        "Mo-Fr 07:00-09:60",
        "25:00-26:00",
        "07:00-07:00",
        "07:00-09:00+",
        'Mo-Fr "by appointment"',
        "week 1-20 Mo",
        "winter",
        "Monday 07:00-09:00",
    ],
)
def test_what_is_not_understood_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="weekdays and times"):
        WeeklyTimes.parse(text)


def test_a_span_begins_with_its_first_minute_and_ends_before_its_last() -> None:
    hours = WeeklyTimes.parse("Mo-Fr 07:00-09:00")
    assert [hours.contains(at(0, clock)) for clock in ("06:59", "07:00", "08:59", "09:00")] == [
        False,
        True,
        True,
        False,
    ]
    assert not hours.contains(at(5, "08:00"))


def test_a_span_over_midnight_belongs_to_the_day_it_begins_on() -> None:
    hours = WeeklyTimes.parse("Su 22:00-06:00")
    assert hours.contains(at(6, "23:00"))
    assert hours.contains(at(0, "05:59"))
    assert not hours.contains(at(6, "05:00"))


def test_hours_are_joined_parted_and_compared() -> None:
    day, night = WeeklyTimes.parse("06:00-22:00"), WeeklyTimes.parse("22:00-06:00")
    assert day | night == ALWAYS
    assert day & night == NEVER
    assert ALWAYS - day == night
    assert WeeklyTimes.parse("Mo-Fr 06:00-22:00") & WeeklyTimes.parse("Fr-Su 12:00-23:00") == WeeklyTimes.parse(
        "Fr 12:00-22:00"
    )
