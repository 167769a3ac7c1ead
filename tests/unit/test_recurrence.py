"""Hours that come back every week, on the nights of the clock change too."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from lotse_shared.local_time import first_moment, last_moment, moments_of
from lotse_shared.recurrence import Occurrence, Recurrence, read_recurrence

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def recurrence(hours: str) -> Recurrence:
    read = read_recurrence(hours, "Europe/Berlin")
    assert read is not None
    return read


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        ("2026-10-25T01:59", ["2026-10-24T23:59"]),
        ("2026-10-25T02:30", ["2026-10-25T00:30", "2026-10-25T01:30"]),
        ("2026-10-25T03:00", ["2026-10-25T02:00"]),
        ("2027-03-28T01:59", ["2027-03-28T00:59"]),
        ("2027-03-28T02:30", []),
        ("2027-03-28T03:00", ["2027-03-28T01:00"]),
    ],
)
def test_a_local_time_exists_once_twice_or_never(text: str, moments: list[str]) -> None:
    assert moments_of(local(text), BERLIN) == tuple(map(utc, moments))


@pytest.mark.parametrize("text", ["2027-03-28T02:00", "2027-03-28T02:30", "2027-03-28T02:59"])
def test_one_that_never_comes_is_when_the_clocks_skip_it(text: str) -> None:
    for moment in (first_moment(local(text), BERLIN), last_moment(local(text), BERLIN)):
        assert moment == utc("2027-03-28T01:00")


@pytest.mark.parametrize(
    ("hours", "now", "starts_at", "ends_at"),
    [
        ("Mo-Fr 22:00-05:00", "2026-11-26T21:00", "2026-11-26T21:00", "2026-11-27T04:00"),
        ("Mo-Fr 22:00-05:00", "2026-11-28T03:59", "2026-11-27T21:00", "2026-11-28T04:00"),
        ("Su 22:00-05:00", "2026-11-30T01:00", "2026-11-29T21:00", "2026-11-30T04:00"),  # over the end of the week
        ("Sa 22:00-05:00", "2026-10-25T03:59", "2026-10-24T20:00", "2026-10-25T04:00"),  # 8 h, clocks put back
        ("Sa 22:00-05:00", "2027-03-28T02:59", "2027-03-27T21:00", "2027-03-28T03:00"),  # 6 h, clocks put forward
        ("Sa 22:00-02:30", "2026-10-25T01:15", "2026-10-24T20:00", "2026-10-25T01:30"),  # to the second 02:30
        ("Su 02:30-04:00", "2026-10-25T01:15", "2026-10-25T00:30", "2026-10-25T03:00"),  # from the first 02:30 on
        ("Su 02:30-04:00", "2027-03-28T01:00", "2027-03-28T01:00", "2027-03-28T02:00"),  # from when 02:30 is skipped
    ],
)
def test_an_occurrence_is_whole(hours: str, now: str, starts_at: str, ends_at: str) -> None:
    expected = Occurrence(utc(starts_at), utc(ends_at))
    assert recurrence(hours).occurrence_at(utc(now)) == expected
    assert recurrence(hours).occurrence_at(expected.starts_at) == expected
    assert recurrence(hours).occurrence_at(expected.ends_at - timedelta(seconds=1)) == expected
    assert recurrence(hours).occurrence_at(expected.ends_at) is None


def test_hours_that_the_clocks_skip_altogether_are_left_out_that_night() -> None:
    nights = list(islice(recurrence("Su 02:10-02:40").starting_after(utc("2027-03-20T00:00")), 2))
    assert [night.starts_at for night in nights] == [utc("2027-03-21T01:10"), utc("2027-04-04T00:10")]


def test_occurrences_follow_each_other_for_ever() -> None:
    nights = list(islice(recurrence("Mo-Fr 22:00-05:00").starting_after(utc("2026-11-26T21:00")), 6))
    assert [night.starts_at.isoformat()[:10] for night in nights] == [
        f"2026-{day}" for day in ("11-27", "11-30", "12-01", "12-02", "12-03", "12-04")
    ]


@pytest.mark.parametrize(("hours", "zone"), [("at night", "Europe/Berlin"), ("Mo 07:00-08:00", "Europe/Lautern")])
def test_what_cannot_be_read_is_refused(hours: str, zone: str) -> None:
    with pytest.raises(ValueError, match=r"not understood|no time zone"):
        read_recurrence(hours, zone)
