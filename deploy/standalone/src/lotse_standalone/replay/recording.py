"""A recording on disk as a stream: the rows of all its files in the order of time, cut into slots of data time."""

import csv
import gzip
import heapq
import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import IO

from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.replay.odaa import INTERVAL_S, Measured, moment_of

LINKS_FILE = "links.csv"
COLUMNS = ("TIMESTAMP", "REPORT_ID", "vehicleCount", "avgSpeed")
BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Slot:
    """Rows up to a watermark; `covers_until` is None if none of them has a moment that can be read."""

    covers_until: datetime | None
    rows: tuple[Measured, ...]


def list_files(folder: Path) -> list[Path]:
    """Find the files of measurements: every .csv and .csv.gz of the folder but links.csv.

    Raises
    ------
    StandaloneError
        There is no such folder, or none in it.
    """
    if not folder.is_dir():
        message = f"there is no folder {folder}: name one with a recording"
        raise StandaloneError(message)
    files = sorted(path for path in folder.glob("*.csv*") if path.name.endswith((".csv", ".csv.gz")))
    measurements = [path for path in files if path.name != LINKS_FILE]
    if not measurements:
        message = f"{folder} holds no measurements: .csv files with the columns {', '.join(COLUMNS)}"
        raise StandaloneError(message)
    return measurements


def count_rows(files: Iterable[Path]) -> int:
    """Count the rows of files, without their headers."""
    return sum(sum(1 for _ in _rows(path)) for path in files)


def read_slots(files: Sequence[Path], zone: tzinfo) -> Iterator[Slot]:
    """Read files, each in the order of time, side by side and slot by slot.

    Raises
    ------
    StandaloneError
        A file lacks a column, or is not CSV in UTF-8.
    """
    streams = [_keyed(_measured(path, zone)) for path in files]
    return cut(row for _, row in heapq.merge(*streams, key=lambda keyed: keyed[0]))


def cut(rows: Iterable[Measured]) -> Iterator[Slot]:
    """Cut rows into slots of INTERVAL_S.

    Time does not advance for a single row that runs ahead of the one after it (a wrong clock, a broken field), nor for
    one without a moment: such a row stays in the slot in which it is met.
    """
    covers_until: datetime | None = None
    slot: list[Measured] = []
    for row, after in _with_next(rows):
        end = _slot_end(row)
        if end is not None and not _runs_ahead(end, after) and (covers_until is None or end > covers_until):
            if covers_until is not None:
                yield Slot(covers_until, tuple(slot))
                slot = []
            covers_until = end
        slot.append(row)
    if slot:
        yield Slot(covers_until, tuple(slot))


def _slot_end(row: Measured) -> datetime | None:
    if row.measured_at is None:
        return None
    return datetime.fromtimestamp(math.ceil(row.measured_at.timestamp() / INTERVAL_S) * INTERVAL_S, UTC)


def _runs_ahead(end: datetime, after: Measured | None) -> bool:
    next_end = None if after is None else _slot_end(after)
    return next_end is not None and next_end < end


def _keyed(rows: Iterable[Measured]) -> Iterator[tuple[datetime, Measured]]:
    """Give each row the moment at which it is its turn among those of other files."""
    key = BEGINNING
    for row, after in _with_next(rows):
        key = min((each.measured_at for each in (row, after) if each is not None and each.measured_at), default=key)
        yield key, row


def _with_next(rows: Iterable[Measured]) -> Iterator[tuple[Measured, Measured | None]]:
    waiting: Measured | None = None
    for row in rows:
        if waiting is not None:
            yield waiting, row
        waiting = row
    if waiting is not None:
        yield waiting, None


def _measured(path: Path, zone: tzinfo) -> Iterator[Measured]:
    for row in _rows(path):
        yield Measured(row, moment_of(row["TIMESTAMP"], zone))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with _open(path) as file:
            reader = csv.DictReader(file)
            if missing := [column for column in COLUMNS if column not in (reader.fieldnames or ())]:
                message = f"{path} lacks the columns {', '.join(missing)}"
                raise StandaloneError(message)
            yield from reader
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        message = f"{path} cannot be read: {error}"
        raise StandaloneError(message) from error


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", newline="", encoding="utf-8-sig")
    return path.open(newline="", encoding="utf-8-sig")
