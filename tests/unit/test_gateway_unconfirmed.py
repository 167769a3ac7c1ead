"""Which alarms signs ask for: one cause, one alarm."""

from dataclasses import replace
from datetime import UTC, datetime

from lotse_gateway.recall.unconfirmed import MANY, Findings, Limits, Seen, Up, judge_signs

HEARD = datetime(2026, 11, 23, 7, 10, tzinfo=UTC)
LIMITS = Limits(minimum=3, share_pct=20)
WELL = [Seen(f"W{number}", "confirmed", HEARD) for number in range(5)]


def unconfirmed(sign_id: str, *, is_overdue: bool = True) -> Seen:
    return Seen(sign_id, "unconfirmed", HEARD, is_overdue=is_overdue)


def judge(*signs: Seen, up: frozenset[Up] = frozenset()) -> Findings:
    return judge_signs([*WELL, *signs], up, LIMITS)


def kinds(findings: Findings) -> list[Up]:
    return [(alarm.kind, alarm.subject) for alarm in findings.raised]


def test_signs_that_confirm_or_never_did_ask_for_nothing() -> None:
    assert judge(Seen("S1", "unknown")) == Findings((), ())


def test_a_sign_has_time_to_confirm_and_then_an_alarm_of_its_own_once() -> None:
    assert kinds(judge(unconfirmed("S1", is_overdue=False))) == []
    raised = judge(unconfirmed("S1"))
    assert kinds(raised) == [("unconfirmed_sign", "S1")]
    assert "last heard at 2026-11-23T07:10:00Z" in raised.raised[0].message
    assert judge(unconfirmed("S1"), up=frozenset(kinds(raised))) == Findings((), ())


def test_it_is_over_when_the_sign_confirms_or_is_retired() -> None:
    up: frozenset[Up] = frozenset({("unconfirmed_sign", "S1"), ("faulty_sign", "S1")})
    assert set(judge(Seen("S1", "confirmed", HEARD), up=up).cleared) == up
    assert set(judge(up=up).cleared) == up


def test_many_are_one_alarm_as_soon_as_the_first_is_overdue() -> None:
    many = [unconfirmed("S1"), unconfirmed("S2", is_overdue=False), unconfirmed("S3", is_overdue=False)]
    findings = judge(*many)
    assert kinds(findings) == [MANY]
    assert findings.raised[0].message.startswith("3 of 8 signs do not confirm")


def test_while_many_are_told_no_single_ones_are_and_those_left_are_told_afterwards() -> None:
    up: frozenset[Up] = frozenset({MANY})
    assert judge(*(unconfirmed(f"S{number}") for number in range(4)), up=up) == Findings((), ())
    assert judge(unconfirmed("S1"), unconfirmed("S2"), up=up) == Findings((), (MANY,))
    assert kinds(judge(unconfirmed("S1"), unconfirmed("S2"))) == [
        ("unconfirmed_sign", "S1"),
        ("unconfirmed_sign", "S2"),
    ]


def test_few_among_many_are_no_common_cause() -> None:
    crowd = [Seen(f"C{number}", "confirmed", HEARD) for number in range(100)]
    findings = judge(*crowd, *(unconfirmed(f"S{number}") for number in range(4)))
    assert len(findings.raised) == 4
    assert MANY not in kinds(findings)


def test_signs_told_one_by_one_do_not_count_among_many() -> None:
    up: frozenset[Up] = frozenset({("unconfirmed_sign", "S1"), ("unconfirmed_sign", "S2")})
    findings = judge(unconfirmed("S1"), unconfirmed("S2"), unconfirmed("S3"), up=up)
    assert kinds(findings) == [("unconfirmed_sign", "S3")]


def test_faults_are_told_until_the_sign_says_that_they_are_gone() -> None:
    faulty = Seen("S1", "faulty", HEARD, faults=("lamp-3", "door-open"))
    findings = judge(faulty)
    assert [(alarm.kind, alarm.message) for alarm in findings.raised] == [
        ("faulty_sign", "says that it is faulty: lamp-3, door-open")
    ]
    silent = replace(faulty, state="unconfirmed")
    assert judge(silent, up=frozenset(kinds(findings))) == Findings((), ())
