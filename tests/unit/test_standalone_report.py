"""The arithmetic of the report."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lotse_standalone.demo.report import Decision, Face, Run, compose_report, percentile, sensor_to_sign_s

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def a_decision(**changes: Any) -> Decision:
    fields: dict[str, Any] = {
        "sign": "S1",
        "epoch": 1,
        "seq": 1,
        "state": "detour",
        "lines": ("BRUECKENSTR.", "STAU"),
        "explanation": "Brückenstraße is slow.",
        "decided_at": after(10.2),
        "sensed_at": after(10.0),
    }
    return Decision(**(fields | changes))


def ledger(received: int, stored: int, duplicate: int, quarantined: int, rejected: int) -> dict[str, int]:
    return {
        "received": received,
        "stored": stored,
        "duplicate": duplicate,
        "quarantined": quarantined,
        "rejected": rejected,
    }


def a_run(**changes: Any) -> Run:
    fields: dict[str, Any] = {
        "started_at": START,
        "ended_at": after(60),
        "ledger_before": ledger(100, 90, 5, 3, 2),
        "ledger_after": ledger(250, 235, 6, 4, 5),
        "links_with_state": 40,
        "signs": 6,
        "decisions": [a_decision()],
        "held_at": {("S1", 1, 1): after(10.7)},
        "storage": {"backend": "postgresql", "version": "18.0"},
        "signs_now": [Face("S1", "fallback", ())],
    }
    return Run(**(fields | changes))


def test_readings_are_those_of_this_run() -> None:
    assert compose_report(a_run())["readings"] == ledger(150, 145, 1, 1, 3)


def test_a_report_has_what_was_promised() -> None:
    assert compose_report(a_run()) == {
        "readings": ledger(150, 145, 1, 1, 3),
        "links_with_state": 40,
        "signs": 6,
        "decisions": [
            {
                "sign": "S1",
                "state": "detour",
                "lines": ["BRUECKENSTR.", "STAU"],
                "explanation": "Brückenstraße is slow.",
                "decided_at": "2026-11-23T07:00:10.200Z",
                "sensed_at": "2026-11-23T07:00:10.000Z",
            }
        ],
        "sensor_to_sign_s": {"p50": 0.7, "p99": 0.7, "max": 0.7, "count": 1, "samples": [0.7]},
        "signs_now": [{"sign": "S1", "state": "fallback", "lines": []}],
        "storage": {"backend": "postgresql", "version": "18.0"},
        "started_at": "2026-11-23T07:00:00.000Z",
        "ended_at": "2026-11-23T07:01:00.000Z",
    }


def test_decisions_stand_in_the_order_in_which_they_were_made() -> None:
    decisions = [a_decision(seq=2, decided_at=after(20)), a_decision(sign="S2", decided_at=after(15)), a_decision()]
    entries = compose_report(a_run(decisions=decisions))["decisions"]
    assert isinstance(entries, list)
    assert [entry["decided_at"] for entry in entries] == sorted(entry["decided_at"] for entry in entries)


def test_a_run_without_a_sign_change_has_no_delays() -> None:
    report = compose_report(a_run(decisions=[], held_at={}))
    assert report["sensor_to_sign_s"] == {"p50": None, "p99": None, "max": None, "count": 0, "samples": []}


def test_delays_run_from_the_reading_to_the_sign() -> None:
    assert sensor_to_sign_s([a_decision()], {("S1", 1, 1): after(11.5)}, START) == [1.5]


def test_a_later_decision_on_the_same_body_does_not_count() -> None:
    decisions = [a_decision(decided_at=after(30), sensed_at=after(29)), a_decision()]
    assert sensor_to_sign_s(decisions, {("S1", 1, 1): after(11)}, START) == [1.0]


@pytest.mark.parametrize("sensed_at", [None, after(-3600)])
def test_what_no_reading_of_this_run_caused_does_not_count(sensed_at: datetime | None) -> None:
    assert sensor_to_sign_s([a_decision(sensed_at=sensed_at)], {("S1", 1, 1): after(11)}, START) == []


def test_a_body_that_no_sign_held_does_not_count() -> None:
    assert sensor_to_sign_s([a_decision()], {}, START) == []


@pytest.mark.parametrize(("share", "value"), [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0), (0.0, 1.0)])
def test_percentiles_are_by_nearest_rank(share: float, value: float) -> None:
    assert percentile([float(each) for each in range(100, 0, -1)], share) == value


def test_there_is_no_percentile_of_nothing() -> None:
    assert percentile([], 0.5) is None
