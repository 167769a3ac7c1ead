"""A recording is read in the order of time and cut into slots; nothing of it is lost."""

import gzip
from collections.abc import Sequence
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from factories_replay import FIRST_SLOT, a_measured, a_row, write_csv

from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.replay.odaa import Measured
from lotse_standalone.replay.recording import count_rows, cut, list_files, read_slots


def slots_of(rows: Sequence[Measured]) -> list[tuple[int | None, int]]:
    """Number of the slot, and how many rows."""
    return [
        (
            None if slot.covers_until is None else int((slot.covers_until - FIRST_SLOT).total_seconds() / 300),
            len(slot.rows),
        )
        for slot in cut(rows)
    ]


def test_rows_of_one_moment_share_a_slot() -> None:
    assert slots_of([a_measured(0, "1"), a_measured(0, "2"), a_measured(1, "1")]) == [(0, 2), (1, 1)]


def test_a_row_between_the_slots_belongs_to_the_one_that_ends_after_it() -> None:
    late = Measured(a_row(), FIRST_SLOT + timedelta(seconds=61))
    assert slots_of([a_measured(0), late]) == [(0, 1), (1, 1)]


def test_time_does_not_advance_for_one_row_that_runs_ahead() -> None:
    assert slots_of([a_measured(0), a_measured(9999), a_measured(0), a_measured(1)]) == [(0, 3), (1, 1)]


def test_not_even_when_it_is_the_first() -> None:
    assert slots_of([a_measured(9999), a_measured(0), a_measured(1)]) == [(0, 2), (1, 1)]


def test_time_leaps_over_a_gap() -> None:
    assert slots_of([a_measured(0), a_measured(30), a_measured(30)]) == [(0, 1), (30, 2)]


def test_a_row_that_comes_late_stays_where_it_is_met() -> None:
    assert slots_of([a_measured(number) for number in (0, 1, 1, 0, 2)]) == [(0, 1), (1, 3), (2, 1)]


def test_a_row_without_a_moment_stays_where_it_is_met() -> None:
    assert slots_of([a_measured(None), a_measured(0), a_measured(None), a_measured(1)]) == [(0, 3), (1, 1)]


def test_rows_none_of_which_has_a_moment_form_one_slot_without_a_watermark() -> None:
    assert slots_of([a_measured(None), a_measured(None)]) == [(None, 2)]


def test_nothing_gives_no_slot() -> None:
    assert slots_of([]) == []


def test_files_are_read_side_by_side(tmp_path: Path) -> None:
    files = [
        write_csv(tmp_path / f"{report_id}.csv", [a_row(report_id, slot) for slot in range(3)]) for report_id in "12"
    ]
    slots = list(read_slots(files, UTC))
    assert [[row.detector_id for row in slot.rows] for slot in slots] == [["1", "2"]] * 3


def test_a_broken_moment_in_one_file_does_not_hold_its_other_rows_back(tmp_path: Path) -> None:
    broken = [a_row("1", 0), a_row("1", 9999), a_row("1", 1), a_row("1", 2)]
    files = [
        write_csv(tmp_path / "1.csv", broken),
        write_csv(tmp_path / "2.csv", [a_row("2", slot) for slot in range(3)]),
    ]
    slots = list(read_slots(files, UTC))
    assert [sum(row.detector_id == "2" for row in slot.rows) for slot in slots] == [1, 1, 1]
    in_time = [row for slot in slots for row in slot.rows if slot.covers_until == row.measured_at]
    assert len(in_time) == 6


def test_measurements_are_all_csv_files_but_the_links(tmp_path: Path) -> None:
    for name in ("links.csv", "b.csv", "a.csv.gz", "README.md", "c.csv.part"):
        (tmp_path / name).touch()
    assert [path.name for path in list_files(tmp_path)] == ["a.csv.gz", "b.csv"]


def test_a_folder_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(StandaloneError, match=r"^there is no folder .*nowhere: "):
        list_files(tmp_path / "nowhere")


def test_a_folder_without_measurements_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StandaloneError, match="holds no measurements"):
        list_files(tmp_path)


def test_compressed_files_are_read_too(tmp_path: Path) -> None:
    plain = write_csv(tmp_path / "a.csv", [a_row("1"), a_row("2")])
    packed = tmp_path / "b.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert count_rows([plain, packed]) == 4


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    rows = [{"TIMESTAMP": "2014-08-26 06:00:00", "REPORT_ID": "1"}]
    with pytest.raises(StandaloneError, match="lacks the columns vehicleCount, avgSpeed"):
        list(read_slots([write_csv(tmp_path / "a.csv", rows)], UTC))


def test_a_file_that_is_no_text_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StandaloneError, match="cannot be read"):
        count_rows([tmp_path / "a.csv"])
