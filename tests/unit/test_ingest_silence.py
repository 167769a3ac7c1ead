"""One cause of silence is one alarm."""

from datetime import timedelta
from typing import Any

import pytest
from factories_ingest import NOON

from lotse_ingest.silence import FleetLimits, Overdue, Slot, judge_intake, judge_silence, listening_since

LIMITS = FleetLimits(minimum=10, share_pct=20)
MINUTE = timedelta(minutes=1)


def overdue(number: int, **changes: Any) -> Overdue:
    state = {"is_silent": True, "is_counted": True, "is_blamed": True, "has_alarm": False}
    return Overdue(f"D{number}", NOON + timedelta(seconds=number), **(state | changes))


def kinds(silent: list[Overdue], speaking: int, *, has_fleet_alarm: bool = False) -> list[str]:
    return [one.kind for one in judge_silence(silent, speaking, LIMITS, has_fleet_alarm=has_fleet_alarm).alarms]


def test_a_few_silent_detectors_are_an_alarm_each_with_when_they_were_heard() -> None:
    findings = judge_silence([overdue(1), overdue(2)], 3, LIMITS, has_fleet_alarm=False)
    assert {one.kind for one in findings.alarms} == {"silent_detector"}
    assert [one.subject for one in findings.alarms] == ["D1", "D2"]
    assert findings.alarms[0].message == "silent: last heard at 2026-11-23T12:00:01Z"


@pytest.mark.parametrize(
    ("silent", "speaking", "expected"),
    [
        (9, 0, ["silent_detector"] * 9),
        (10, 0, ["silent_fleet"]),
        (10, 40, ["silent_fleet"]),
        (10, 41, ["silent_detector"] * 10),
        (500, 0, ["silent_fleet"]),
    ],
)
def test_many_are_one_alarm_from_a_number_and_a_share_on(silent: int, speaking: int, expected: list[str]) -> None:
    assert kinds([overdue(number) for number in range(silent)], speaking) == expected


def test_the_first_of_a_silent_fleet_speaks_for_those_that_are_overdue_too() -> None:
    others = [overdue(number, is_silent=False, is_blamed=False) for number in range(1, 500)]
    findings = judge_silence([overdue(0), *others], 100, LIMITS, has_fleet_alarm=False)
    assert [one.message for one in findings.alarms] == [
        "500 of 600 detectors are silent; the last of them was heard at 2026-11-23T12:08:19Z"
    ]


def test_nobody_is_blamed_for_what_we_did_not_listen_to() -> None:
    deaf = [overdue(number, is_counted=False, is_blamed=False) for number in range(500)]
    assert kinds(deaf, 0) == []
    assert kinds([overdue(500), *deaf], 0) == ["silent_detector"]


def test_while_the_alarm_of_the_fleet_is_up_there_are_no_others_until_most_are_back() -> None:
    silent = [overdue(number) for number in range(100)]
    for speaking, is_back in ((0, False), (400, False), (401, True)):
        findings = judge_silence(silent, speaking, LIMITS, has_fleet_alarm=True)
        assert (findings.alarms, findings.is_fleet_back) == ((), is_back)


def test_detectors_that_have_an_alarm_of_their_own_make_no_other() -> None:
    told = [overdue(number, has_alarm=True) for number in range(100)]
    assert kinds([*told, overdue(100)], 5) == ["silent_detector"]
    assert kinds(told, 0) == []


def slot(number: int, minute: int, *, is_listening: bool = True) -> Slot:
    return Slot(number, is_listening, NOON + minute * MINUTE)


def test_we_listen_since_the_last_slot_does_and_not_while_one_does_not() -> None:
    assert listening_since([slot(0, 1), slot(1, 3)]) == NOON + 3 * MINUTE
    assert listening_since([slot(0, 1), slot(1, 3, is_listening=False)]) is None
    assert listening_since([]) is None


def test_a_slot_that_is_away_for_long_is_one_alarm() -> None:
    slots = [slot(0, 0), slot(1, 5, is_listening=False), slot(2, 4, is_listening=False)]
    assert judge_intake(slots, NOON + 4 * MINUTE, MINUTE) is None
    alarm = judge_intake(slots, NOON + 6 * MINUTE, MINUTE)
    assert alarm is not None
    assert alarm.kind == "intake_away"
    assert alarm.message == "ingest (slot 1, 2) does not listen or keep up since 2026-11-23T12:04:00Z"
