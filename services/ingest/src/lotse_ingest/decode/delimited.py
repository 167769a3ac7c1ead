"""Delimited lines: separated values in configured columns; one reading a line, one or many lines a message.

A bad line refuses that line only. Where the first line is a header, the raw bytes of a line are the header and that
line, so that it can be decoded by itself.
"""

import csv
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from lotse_ingest.decode.bounds import MAX_ELEMENTS, check_count, in_utc, is_identifier
from lotse_ingest.decode.delimited_settings import DelimitedSettings
from lotse_ingest.decode.local_time import LocalTime, TimeReader
from lotse_ingest.messages import Decoded, DecodeError, Refusal, RefusedElement
from lotse_ingest.privacy import is_personal_name, is_personal_value, refuse_personal
from lotse_shared.identifiers import IDENTIFIER_PATTERN
from lotse_shared.reading import Reading

LARGEST_SEQ = 2**63 - 1
LONGEST_HEADER_BYTES = 4_096
"""Of every line that is refused, the header is kept as well."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_number = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][+-]?[0-9]{1,3})?")
_whole_number = re.compile(r"[0-9]{1,19}")


class _Layout:
    """Where in a line each field stands."""

    def __init__(self, settings: DelimitedSettings, columns: Sequence[str]) -> None:
        place = {name: number for number, name in enumerate(columns)}
        fields = settings.fields
        self.columns = list(columns)
        self.detector_id = None if fields.detector_id is None else place[fields.detector_id]
        self.seq = None if fields.seq is None else place[fields.seq]
        self.time = [place[name] for name in settings.time.columns]
        self.numbers = [(name, place[each.column], each.factor) for name, each in fields.numbers.items()]
        self.unread = [place[name] for name in columns if name not in settings.columns_read]


class _Row(NamedTuple):
    detector_id: str
    time: LocalTime
    numbers: dict[str, float | None]
    seq: int | None


class Delimited:
    """Decodes the messages of one configured topic filter."""

    def __init__(self, settings: DelimitedSettings) -> None:
        self._settings = settings
        self._time = TimeReader(settings.time.format, settings.time.zone_info)
        self._time_field = "+".join(settings.time.columns)
        self._to_end = timedelta(seconds=settings.interval_s if settings.time.marks == "start" else 0)
        self._layout = None if settings.columns is None else _Layout(settings, settings.columns)
        self._id_level = settings.filter.split("/").index("+") if settings.fields.detector_id is None else None

    def decode(self, topic: str, payload: bytes) -> Sequence[Decoded]:
        """Decode a message.

        Raises
        ------
        DecodeError
            The message is refused as a whole. A bad line is returned in its place instead.
        """
        header, lines = self._split(payload)
        check_count(len(lines), f"1 to {MAX_ELEMENTS} lines, besides the header")
        layout = self._layout or self._read_header(header)
        placed = self._place([self._try_row(line, layout, topic) for line in lines])
        return [
            RefusedElement(row, self._alone(header, line)) if isinstance(row, DecodeError) else row
            for row, line in zip(placed, lines, strict=True)
        ]

    def cut(self, _topic: str, payload: bytes, index: int) -> bytes:
        """Give the bytes of one element of a message that was decoded before."""
        header, lines = self._split(payload)
        return self._alone(header, lines[index])

    def _alone(self, header: bytes, line: bytes) -> bytes:
        return line if self._layout else header + b"\n" + line

    def _split(self, payload: bytes) -> tuple[bytes, list[bytes]]:
        """Give the header (empty if there is none), and the lines that hold something."""
        lines = [line for line in payload.removeprefix(_BYTE_ORDER_MARK).splitlines() if line.strip()]
        if lines and (self._layout is None or self._is_header(lines[0], self._layout)):
            return lines[0], lines[1:]
        return b"", lines

    def _is_header(self, line: bytes, layout: _Layout) -> bool:
        try:
            return self._cells(line) == layout.columns
        except DecodeError:
            return False

    def _read_header(self, line: bytes) -> _Layout:
        if len(line) > LONGEST_HEADER_BYTES:
            allowed = f"at most {LONGEST_HEADER_BYTES} bytes"
            raise DecodeError(Refusal.SHAPE, "payload", f"a header of {len(line)} bytes", allowed)
        columns = self._cells(line)
        if personal := next(filter(is_personal_name, columns), None):
            raise refuse_personal(personal)
        allowed = f"a first line that names each of {', '.join(sorted(self._settings.columns_read))} once"
        if missing := sorted(self._settings.columns_read.difference(columns)):
            raise DecodeError(Refusal.SHAPE, "payload", f"the header lacks {missing[0]}", allowed)
        if len(set(columns)) < len(columns):
            raise DecodeError(Refusal.SHAPE, "payload", "the header names a column twice", allowed)
        return _Layout(self._settings, columns)

    def _cells(self, line: bytes) -> list[str]:
        separator, encoding = self._settings.separator, self._settings.encoding
        try:
            [cells] = csv.reader([line.decode(encoding)], delimiter=separator, strict=True)
        except UnicodeDecodeError:
            raise DecodeError(Refusal.ENCODING, "payload", f"not {encoding}", encoding) from None
        except (csv.Error, ValueError):
            reason, allowed = "not a line of separated values", f"values separated by {separator!r}"
            raise DecodeError(Refusal.SHAPE, "payload", reason, allowed) from None
        return [cell.strip() for cell in cells]

    def _try_row(self, line: bytes, layout: _Layout, topic: str) -> _Row | DecodeError:
        try:
            cells = self._cells(line)
            if len(cells) != len(layout.columns):
                allowed = f"{len(layout.columns)} values separated by {self._settings.separator!r}"
                return DecodeError(Refusal.SHAPE, "payload", f"{len(cells)} values", allowed)
            detector_id = self._detector_id(cells, layout, topic)
        except DecodeError as error:
            return error
        try:
            return self._row(detector_id, cells, layout)
        except DecodeError as error:
            error.detector_id = detector_id
            return error

    def _detector_id(self, cells: Sequence[str], layout: _Layout, topic: str) -> str:
        if layout.detector_id is not None:
            field, given = layout.columns[layout.detector_id], cells[layout.detector_id]
        else:
            field, given = "topic", topic.split("/")[self._id_level or 0]
        detector_id = self._settings.prefix + given
        if not is_identifier(detector_id):
            raise DecodeError(Refusal.VALUE, field, "not an identifier", f"text matching {IDENTIFIER_PATTERN}")
        return detector_id

    def _row(self, detector_id: str, cells: Sequence[str], layout: _Layout) -> _Row:
        for place in layout.unread:
            if is_personal_value(cells[place]):
                raise refuse_personal(layout.columns[place])
        time = self._time.read(self._time_field, " ".join([cells[place] for place in layout.time]))
        numbers = {
            name: self._number(layout.columns[place], cells[place], factor) for name, place, factor in layout.numbers
        }
        seq = None if layout.seq is None else self._seq(layout.columns[layout.seq], cells[layout.seq])
        return _Row(detector_id, time, numbers, seq)

    def _number(self, column: str, text: str, factor: float) -> float | None:
        if self._is_absent(text):
            return None
        plain = text if self._settings.decimal == "." else text.replace(",", ".")
        number = float(plain) * factor if _number.fullmatch(plain) else math.nan
        if not math.isfinite(number):
            raise DecodeError(Refusal.VALUE, column, "not a finite number", self._tell_number())
        return number

    def _seq(self, column: str, text: str) -> int | None:
        if self._is_absent(text):
            return None
        seq = int(text) if _whole_number.fullmatch(text) else -1
        if not 0 <= seq <= LARGEST_SEQ:
            raise DecodeError(Refusal.VALUE, column, "not an integer from 0 to 2^63-1", "one, or nothing")
        return seq

    def _is_absent(self, text: str) -> bool:
        return not text or text in self._settings.absent

    def _tell_number(self) -> str:
        absent = "".join(f" or {text}" for text in sorted(self._settings.absent))
        return f"a number like 12{self._settings.decimal}5, or nothing{absent} if not reported"

    def _place(self, rows: Sequence[_Row | DecodeError]) -> Iterator[Reading | DecodeError]:
        """Settle times that happen twice: of two lines of a detector one is the earlier; one alone is neither."""
        twins = Counter(_key(row) for row in rows if isinstance(row, _Row) and row.time.second)
        passed: Counter[tuple[str, datetime]] = Counter()
        for row in rows:
            if isinstance(row, DecodeError):
                yield row
            elif row.time.second is None:
                yield self._reading(row, row.time.first)
            elif twins[_key(row)] == 2:  # noqa: PLR2004 - both hours of the night
                yield self._reading(row, row.time.second if passed[_key(row)] else row.time.first)
                passed[_key(row)] += 1
            else:
                yield self._ambiguous(row)

    def _ambiguous(self, row: _Row) -> DecodeError:
        reason = f"{row.time.first:%Y-%m-%d %H:%M} happens twice: the clock is put back"
        allowed = "both lines of the detector in one message, in order; or times in UTC or with an offset"
        return DecodeError(Refusal.VALUE, self._time_field, reason, allowed, row.detector_id)

    def _reading(self, row: _Row, moment: datetime) -> Reading | DecodeError:
        try:
            measured_at = in_utc(self._time_field, moment) + self._to_end
        except DecodeError as error:
            error.detector_id = row.detector_id
            return error
        return Reading(row.detector_id, measured_at, self._settings.interval_s, **row.numbers, seq=row.seq)


def _key(row: _Row) -> tuple[str, datetime]:
    return row.detector_id, row.time.first
