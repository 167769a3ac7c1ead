"""Rows as CSV: a column a field; lists as `a;b`, lists of objects as JSON, nothing for null and for empty lists."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import BaseModel

from lotse_gateway.answers.references import Fault

Values = Mapping[str, Any]
BETWEEN = ";"
VALUES = frozenset({"number", "integer", "boolean"})


def write_csv(columns: Sequence[str], rows: Sequence[Values], *, with_header: bool = True) -> str:
    """Write rows, each line ended by a line feed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if with_header:
        writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:  # noqa: ANN401 - a field of any kind
    match value:
        case None | []:
            return ""
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case [str(), *_]:
            return BETWEEN.join(value)
        case str():
            return value
    return json.dumps(value)


def read_csv(text: str, body: type[BaseModel], view: type[BaseModel]) -> list[object]:
    """Give what the lines say as rows for `body`; a Fault in place of a line, or of the header, that cannot be read.

    Columns that only `view` has, and that therefore nobody can set, are left out; so is what is empty.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if faults := list(_faults_of_header(header, body, view)):
            return list(faults)
        columns = _columns_of(body)
        return [_row(index, header, line, columns) for index, line in enumerate(line for line in reader if line)]
    except csv.Error as error:
        return [Fault("row", f"line {reader.line_num} is not CSV: {error}")]


def _faults_of_header(header: Sequence[str], body: type[BaseModel], view: type[BaseModel]) -> Iterator[Fault]:
    allowed = [*body.model_fields, *(name for name in view.model_fields if name not in body.model_fields)]
    for name in dict.fromkeys(header):
        if name not in allowed:
            yield Fault(name or "header", f"is no column here; allowed, separated by commas: {','.join(allowed)}")
        elif header.count(name) > 1:
            yield Fault(name, "stands twice in the header")
    missing = [name for name, field in body.model_fields.items() if field.is_required() and name not in header]
    yield from (Fault(name, "is missing in the header") for name in missing)


class _Column(NamedTuple):
    """A field that can be set."""

    is_list: bool
    is_value: bool
    is_required: bool


def _columns_of(body: type[BaseModel]) -> dict[str, _Column]:
    fields = body.model_json_schema()["properties"]
    return {
        name: _Column(_is_any(fields[name], frozenset({"array"})), _is_any(fields[name], VALUES), field.is_required())
        for name, field in body.model_fields.items()
    }


def _is_any(schema: Values, types: frozenset[str]) -> bool:
    return schema.get("type") in types or any(_is_any(part, types) for part in schema.get("anyOf", ()))


def _row(index: int, header: Sequence[str], line: Sequence[str], columns: Mapping[str, _Column]) -> object:
    if len(line) != len(header):
        return Fault("row", f"has {len(line)} cells, the header has {len(header)}", index)
    cells = {name: cell for name, cell in zip(header, line, strict=True) if name in columns}
    given = {name: cell for name, cell in cells.items() if cell or columns[name].is_required}
    try:
        return {name: _read(cell, columns[name]) for name, cell in given.items()}
    except (ValueError, RecursionError) as error:
        return Fault("row", f"a list that begins with [ is not JSON: {error}", index)


def _read(cell: str, column: _Column) -> Any:  # noqa: ANN401 - any JSON
    if column.is_list:
        return _read_list(cell)
    if column.is_value:
        with suppress(ValueError):  # what is no number stays text, which the field refuses with its reason
            return json.loads(cell)
    return cell


def _read_list(cell: str) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(cell) if cell.startswith("[") else cell.split(BETWEEN)
