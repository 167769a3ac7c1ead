"""What a replay reports: checks that can fail, busy and quiet half hours, the decision in force."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from factories_replay import FIRST_SLOT, a_measured

from lotse_standalone.replay.recording import Slot, cut
from lotse_standalone.replay.report import Replayed, Stored, Tally, compose_report, in_force, is_valid, tell

LEDGER = {"received": 3, "stored": 2, "duplicate": 1, "quarantined": 0, "rejected": 0}
DETOUR = {
    "destination": "CENTRUM",
    "state": "detour",
    "gain_s": 90.0,
    "normal": {"links": ["A-B-0", "B-C-0"], "travel_time_s": 300.0},
    "shown": {"links": ["A-D-0"], "travel_time_s": 210.0},
}


def a_tally() -> Tally:
    tally = Tally({"1": 50.0, "2": 50.0})
    tally.add(Slot(FIRST_SLOT, (a_measured(0, "1"), a_measured(0, "2"), a_measured(0, "1"))))
    return tally


def a_replay(**changes: Any) -> Replayed:
    replayed = Replayed(
        tally=a_tally(),
        published=3,
        ledger=LEDGER,
        stored=Stored(rows=2, rule_codes={"R2": 1}, reasons={}, watermarks=1),
        seconds=2.0,
        signs=[],
        decisions={},
        names={},
    )
    return replace(replayed, **changes)


def a_decision(slot: int, **changes: Any) -> dict[str, Any]:
    decided_at = (FIRST_SLOT + timedelta(minutes=5 * slot)).isoformat().replace("+00:00", "Z")
    return {
        "decided_at": decided_at,
        "lines": ["CENTRUM"],
        "explanation": f"decided in slot {slot}",
        "detours": [DETOUR],
    } | changes


def test_all_checks_hold_when_every_row_is_accounted_for() -> None:
    report = compose_report(a_replay())
    assert all(report["checks"].values())
    assert report["rows_in_files"] == 3
    assert report["distinct_valid_rows"] == 2
    assert report["readings_per_s"] == 1.5


@pytest.mark.parametrize(
    ("changes", "failing"),
    [
        ({"published": 4}, "received = published"),
        ({"ledger": LEDGER | {"duplicate": 0}}, "received = stored + duplicate + quarantined + rejected"),
        ({"ledger": LEDGER | {"stored": 1, "duplicate": 2}}, "stored + quarantined = distinct valid rows"),
        ({"stored": Stored(rows=1, rule_codes={}, reasons={}, watermarks=1)}, "stored = rows in table"),
    ],
)
def test_a_lost_row_fails_a_check(changes: dict[str, Any], failing: str) -> None:
    assert not compose_report(a_replay(**changes))["checks"][failing]


@pytest.mark.parametrize(
    ("changes", "valid"),
    [({}, True), ({"avgSpeed": ""}, True), ({"avgSpeed": "fast"}, False), ({"vehicleCount": "nan"}, False)],
)
def test_a_valid_row_has_numbers_or_nothing(changes: dict[str, str], valid: bool) -> None:  # noqa: FBT001 - expectation
    assert is_valid(a_measured(0, **changes)) is valid


def test_a_row_without_moment_or_identifier_is_not_valid() -> None:
    assert not is_valid(a_measured(None))
    assert not is_valid(a_measured(0, report_id="a/b"))


def test_busy_is_the_half_hour_in_which_traffic_was_slowest_against_normal() -> None:
    tally = Tally({"7": 50.0})
    speeds = [50] * 6 + [10] * 6 + [50] * 12
    for slot in cut(a_measured(number, avgSpeed=str(speed)) for number, speed in enumerate(speeds)):
        tally.add(slot)
    assert tally.busy is not None
    assert tally.quiet is not None
    assert tally.busy[1] == FIRST_SLOT + timedelta(minutes=5 * 11)
    assert tally.busy[0] == pytest.approx(0.2)
    assert tally.quiet[0] == pytest.approx(1.0)


def test_a_stale_speed_without_vehicles_says_nothing_of_how_busy_it_is() -> None:
    tally = Tally({"7": 50.0})
    for slot in cut(a_measured(number, avgSpeed="1", vehicleCount="0") for number in range(8)):
        tally.add(slot)
    assert tally.busy is None


def test_the_decision_in_force_is_the_newest_up_to_that_moment() -> None:
    decisions = [a_decision(9), a_decision(4), a_decision(1)]
    names = {"A-B-0": "Ringgade", "B-C-0": "Ringgade"}
    found = in_force(decisions, "CENTRUM", FIRST_SLOT + timedelta(minutes=25), names)
    assert found is not None
    assert found["explanation"] == "decided in slot 4"
    assert found["normal"]["streets"] == ["Ringgade"]
    assert found["shown"]["streets"] == ["A-D-0"]


def test_before_the_first_decision_nothing_is_in_force() -> None:
    assert in_force([a_decision(3)], "CENTRUM", FIRST_SLOT, {}) is None


@pytest.mark.parametrize(
    ("decided_at", "told"), [("2014-08-01T07:35:00Z", "07:35"), ("2014-07-31T23:50:00Z", "2014-07-31 23:50")]
)
def test_a_decision_is_told_with_its_moment_and_that_of_its_making(decided_at: str, told: str) -> None:
    decision = {"at": "2014-08-01T07:40:00+00:00", "decided_at": decided_at, "state": "blank", "explanation": "Free."}
    pair = {"sign": "S1", "destination": "CENTRUM", "busy": None, "quiet": decision}
    lines = list(tell(compose_report(a_replay()) | {"pairs": [pair]}))
    assert lines[-2:] == ["S1 to CENTRUM", f"  quiet (07:40 UTC, decided {told}): blank. Free."]
