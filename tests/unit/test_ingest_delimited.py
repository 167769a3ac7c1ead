"""Delimited lines: columns, units, times of the clock change, and the whole file of Berlin."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lotse_ingest.decode.bounds import MAX_ELEMENTS
from lotse_ingest.decode.delimited import Delimited
from lotse_ingest.decode.delimited_settings import DelimitedSettings
from lotse_ingest.messages import Decoded, DecodeError, Refusal, RefusedElement
from lotse_shared.reading import Reading

TOPIC = "city/counts"
COLUMNS = ["id", "day", "hour", "cars", "lorries", "speed", "note"]
BASE: dict[str, Any] = {
    "filter": TOPIC,
    "dialect": "delimited",
    "columns": COLUMNS,
    "fields": {"detector_id": "id", "vehicle_count": "cars", "heavy_count": "lorries", "mean_speed_kmh": "speed"},
    "time": {"columns": ["day", "hour"], "format": "%d.%m.%Y %H", "zone": "Europe/Berlin", "marks": "start"},
    "interval_s": 3600,
    "absent": ["-1"],
}
LINE = "KL-17;30.06.2024;8;120;7;43.5;ok"
BERLIN_WINTER = timezone(timedelta(hours=1))


def delimited(**changes: Any) -> Delimited:
    return Delimited(DelimitedSettings.model_validate(BASE | changes))


def decoded(payload: str | bytes, topic: str = TOPIC, **changes: Any) -> list[Decoded]:
    return list(delimited(**changes).decode(topic, payload if isinstance(payload, bytes) else payload.encode()))


def one(payload: str | bytes, topic: str = TOPIC, **changes: Any) -> Reading:
    [reading] = decoded(payload, topic, **changes)
    assert isinstance(reading, Reading), reading
    return reading


def fault(payload: str | bytes, topic: str = TOPIC, **changes: Any) -> DecodeError:
    [refused] = decoded(payload, topic, **changes)
    assert isinstance(refused, RefusedElement)
    return refused.error


def settings_fault(**changes: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        DelimitedSettings.model_validate(BASE | changes)
    return str(raised.value)


def test_a_line_becomes_a_reading_whose_end_is_in_utc() -> None:
    expected = Reading("KL-17", datetime(2024, 6, 30, 7, tzinfo=UTC), 3600, 120, 7, 43.5)
    assert one(LINE) == expected
    assert one(LINE).measured_at.tzinfo is UTC


def test_a_time_may_mark_the_end_of_its_interval() -> None:
    assert one(LINE, time=BASE["time"] | {"marks": "end"}).measured_at == datetime(2024, 6, 30, 6, tzinfo=UTC)


def test_sentinels_and_empty_values_are_not_reported() -> None:
    reading = one("KL-17;30.06.2024;8;0;;-1;ok")
    assert (reading.vehicle_count, reading.heavy_count, reading.mean_speed_kmh) == (0, None, None)


def test_units_are_converted_by_a_factor_and_a_decimal_comma_is_read() -> None:
    fields = BASE["fields"] | {"mean_speed_kmh": {"column": "speed", "factor": 3.6}}
    assert one("KL-17;30.06.2024;8;1;0;10,5;", fields=fields, decimal=",").mean_speed_kmh == pytest.approx(37.8)


def test_a_prefix_keeps_the_ids_of_two_vendors_apart() -> None:
    assert one("7;30.06.2024;8;1;0;50;", prefix="acme-").detector_id == "acme-7"


def test_the_topic_names_the_detector_where_no_column_does() -> None:
    fields = {key: column for key, column in BASE["fields"].items() if key != "detector_id"}
    changes = {"filter": "city/+/counts", "fields": fields, "columns": COLUMNS[1:]}
    assert one("30.06.2024;8;1;0;50;", "city/KL-9/counts", **changes).detector_id == "KL-9"
    assert fault("30.06.2024;8;1;0;50;", "city/KL 9/counts", **changes).field == "topic"
    assert "exactly one +" in settings_fault(**(changes | {"filter": "city/counts"}))


def test_without_columns_the_first_line_is_the_header_and_its_order_is_free() -> None:
    payload = "speed;id;x;lorries;day;hour;cars\r\n50;A;;1;30.06.2024;8;2\r\n\r\n60;B;;0;30.06.2024;8;3\r\n"
    readings = decoded(b"\xef\xbb\xbf" + payload.encode(), columns=None)
    assert [(r.detector_id, r.vehicle_count, r.mean_speed_kmh) for r in readings if isinstance(r, Reading)] == [
        ("A", 2, 50),
        ("B", 3, 60),
    ]


def test_with_columns_a_header_that_repeats_them_is_passed_over() -> None:
    assert len(decoded("\n".join([";".join(COLUMNS), LINE, LINE]))) == 2


def test_a_line_cut_out_of_a_message_with_a_header_can_be_decoded_by_itself() -> None:
    header = ";".join(COLUMNS)
    payload = f"{header}\n{LINE}\nKL-18;yesterday;8;1;1;1;\n{LINE}".encode()
    dialect = delimited(columns=None)
    elements = dialect.decode(TOPIC, payload)
    refused = elements[1]
    assert isinstance(refused, RefusedElement)
    assert refused.raw == f"{header}\nKL-18;yesterday;8;1;1;1;".encode() == dialect.cut(TOPIC, payload, 1)
    assert dialect.decode(TOPIC, dialect.cut(TOPIC, payload, 2)) == [elements[2]]
    assert delimited().cut(TOPIC, payload, 2) == LINE.encode()


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        ("KL-17;30.06.2024;8;120;7;43.5", Refusal.SHAPE, "payload"),
        ("KL 17;30.06.2024;8;120;7;43.5;", Refusal.VALUE, "id"),
        (";30.06.2024;8;120;7;43.5;", Refusal.VALUE, "id"),
        ("KL-17;31.06.2024;8;120;7;43.5;", Refusal.VALUE, "day+hour"),
        ("KL-17;30.06.1924;8;120;7;43.5;", Refusal.VALUE, "day+hour"),
        ("KL-17;30.06.2024;24;120;7;43.5;", Refusal.VALUE, "day+hour"),
        ("KL-17;30.06.2024;8;many;7;43.5;", Refusal.VALUE, "cars"),
        ("KL-17;30.06.2024;8;1_0;7;43.5;", Refusal.VALUE, "cars"),
        ("KL-17;30.06.2024;8;1;nan;43.5;", Refusal.VALUE, "lorries"),
        ("KL-17;30.06.2024;8;1;1;1e999;", Refusal.VALUE, "speed"),
        ("KL-17;30.06.2024;8;1;1;43,5;", Refusal.VALUE, "speed"),
        ('KL-17;30.06.2024;8;1;1;1;"open', Refusal.SHAPE, "payload"),
        (b"KL-17;30.06.2024;8;1;1;1;\xff", Refusal.ENCODING, "payload"),
        ("KL-17;30.06.2024;8;1;1;1;KL-AB 123", Refusal.PRIVACY, "note"),
        ("KL-17;30.06.2024;8;1;1;1;aa:bb:cc:dd:ee:ff", Refusal.PRIVACY, "note"),
    ],
)
def test_a_bad_line_is_refused_by_itself_with_field_and_reason(line: str | bytes, code: Refusal, field: str) -> None:
    raw = line if isinstance(line, bytes) else line.encode()
    before, refused, after = decoded(b"\n".join([LINE.encode(), raw, LINE.encode()]))
    assert isinstance(before, Reading)
    assert isinstance(after, Reading)
    assert isinstance(refused, RefusedElement)
    assert (refused.error.code, refused.error.field, refused.raw) == (code, field, raw)


def test_a_refused_line_names_its_detector_where_that_could_be_read() -> None:
    assert fault("KL-17;30.06.2024;8;many;7;43.5;").detector_id == "KL-17"
    assert fault("KL 17;30.06.2024;8;many;7;43.5;").detector_id is None


def test_latin_1_is_read_where_configured() -> None:
    line = LINE.replace("ok", "Brücke").encode("latin-1")
    assert one(line, encoding="latin-1").detector_id == "KL-17"
    assert fault(line).code == Refusal.ENCODING


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", Refusal.ELEMENTS),
        (b"\n \r\n", Refusal.ELEMENTS),
        ("\n".join([";".join(COLUMNS)]).encode(), Refusal.ELEMENTS),
        ("\n".join([";".join(COLUMNS), *[LINE] * (MAX_ELEMENTS + 1)]).encode(), Refusal.ELEMENTS),
        (f"id;day;hour;cars;speed\n{LINE}".encode(), Refusal.SHAPE),
        (f"{';'.join(COLUMNS)};cars\n{LINE};1".encode(), Refusal.SHAPE),
        (f"{';'.join(COLUMNS)};{'x' * 4_096}\n{LINE};1".encode(), Refusal.SHAPE),
        (f"{';'.join(COLUMNS)};Kfz-Kennzeichen\n{LINE};1".encode(), Refusal.PRIVACY),
    ],
)
def test_a_message_without_lines_or_with_a_wrong_header_is_refused_as_a_whole(payload: bytes, code: Refusal) -> None:
    with pytest.raises(DecodeError) as raised:
        decoded(payload, columns=None)
    assert raised.value.code == code


def hours(*lines: str) -> list[datetime | str]:
    payload = "\n".join(f"{line};1;0;50;" for line in lines)
    return [
        each.measured_at if isinstance(each, Reading) else str(each.error)
        for each in decoded(payload)
        if isinstance(each, Reading | RefusedElement)
    ]


def test_the_night_in_which_clocks_are_put_forward_is_exact() -> None:
    ends = hours("A;31.03.2024;0", "A;31.03.2024;1", "A;31.03.2024;2", "A;31.03.2024;3")
    at_midnight = datetime(2024, 3, 30, 23, tzinfo=UTC)
    assert [ends[0], ends[1], ends[3]] == [at_midnight + timedelta(hours=hour) for hour in (1, 2, 3)]
    assert "2024-03-31 02:00:00 does not exist in Europe/Berlin" in str(ends[2])


def test_the_night_in_which_clocks_are_put_back_is_exact_where_both_hours_are_told() -> None:
    nights = [f"{detector};27.10.2024;{hour}" for detector in "AB" for hour in (1, 2, 2, 3)]
    ends = hours(*nights)
    at_midnight = datetime(2024, 10, 26, 22, tzinfo=UTC)
    assert ends == [at_midnight + timedelta(hours=hour) for hour in (2, 3, 4, 5)] * 2


def test_an_hour_that_happens_twice_is_not_guessed_where_one_line_tells_it() -> None:
    assert "2024-10-27 02:00 happens twice" in str(hours("A;27.10.2024;2", "B;27.10.2024;1")[0])
    assert all("happens twice" in str(end) for end in hours(*["A;27.10.2024;2"] * 3))


@pytest.mark.parametrize("text", ["2024-10-27T02:30:00+02:00", "2024-10-27T00:30:00Z", "2024-10-27T00:30:00.000+00:00"])
def test_a_time_with_an_offset_needs_no_zone(text: str) -> None:
    changes: dict[str, Any] = {
        "columns": ["id", "t"],
        "fields": {"detector_id": "id"},
        "time": {"columns": ["t"], "marks": "end"},
    }
    assert one(f"A;{text}", **changes).measured_at == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)
    assert "no zone" in str(fault("A;2024-10-27T02:30:00", **changes))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"columns": ["id", "day"]}, "columns lacks cars, hour, lorries, speed"),
        ({"columns": [*COLUMNS, "id"]}, "columns names one twice"),
        ({"columns": [*COLUMNS, "kennzeichen"]}, "'kennzeichen' looks like number plates"),
        ({"separator": ",", "decimal": ","}, "separator"),
        ({"interval_s": 0}, "interval_s"),
        ({"intervall_s": 60}, "intervall_s"),
        ({"time": BASE["time"] | {"zone": "Europe/Lautern"}}, "'Europe/Lautern' is no time zone"),
        ({"time": BASE["time"] | {"zone": "../etc/passwd"}}, "is no time zone"),
        ({"time": BASE["time"] | {"zone": None}}, "need a zone"),
        ({"time": BASE["time"] | {"format": "%d.%m. %H"}}, "has no year"),
        ({"time": BASE["time"] | {"format": "%Y-%m-%d %Q"}}, "none that strptime can read"),
        ({"filter": "city/#/counts"}, "# stands at the end only"),
        ({"filter": "$share/x/city"}, "belong to the broker"),
    ],
)
def test_wrong_settings_are_refused_at_the_start(changes: dict[str, Any], told: str) -> None:
    assert told in settings_fault(**changes)


def in_messages(lines: list[bytes]) -> Iterable[bytes]:
    for start in range(1, len(lines), MAX_ELEMENTS):
        yield b"\n".join([lines[0], *lines[start : start + MAX_ELEMENTS]])


@pytest.mark.data
def test_the_whole_file_of_berlin_is_read_as_an_independent_reader_reads_it(shared_data: Path) -> None:
    content = gzip.decompress((shared_data / "berlin-detectors-hourly" / "mq_hr_2024_01.csv.gz").read_bytes())
    fields = {
        "detector_id": "mq_name",
        "vehicle_count": "q_kfz_mq_hr",
        "heavy_count": "q_lkw_mq_hr",
        "mean_speed_kmh": "v_kfz_mq_hr",
    }
    time = {"columns": ["tag", "stunde"], "format": "%d.%m.%Y %H", "zone": "Europe/Berlin", "marks": "start"}
    dialect = delimited(columns=None, fields=fields, time=time)
    elements = [each for message in in_messages(content.splitlines()) for each in dialect.decode(TOPIC, message)]
    readings = [each for each in elements if isinstance(each, Reading)]
    rows = list(csv.DictReader(io.StringIO(content.decode()), delimiter=";"))

    assert len(elements) == len(readings) == len(rows) == 82_700
    assert {row["qualitaet"] for row in rows} == {"1.0"}  # nothing to weigh
    assert Counter(r.detector_id for r in readings) == Counter(row["mq_name"] for row in rows)
    assert sum(r.vehicle_count or 0 for r in readings) == sum(int(row["q_kfz_mq_hr"]) for row in rows) == 35_565_883
    assert sum(r.heavy_count or 0 for r in readings) == sum(int(row["q_lkw_mq_hr"]) for row in rows)
    speeds = [int(row["v_kfz_mq_hr"]) for row in rows if row["v_kfz_mq_hr"] != "-1"]
    assert sum(r.mean_speed_kmh or 0 for r in readings) == sum(speeds)
    assert sum(r.mean_speed_kmh is None for r in readings) == len(rows) - len(speeds) > 200
    winter = [datetime.strptime(row["tag"], "%d.%m.%Y").replace(tzinfo=BERLIN_WINTER) for row in rows]
    ends = [day + timedelta(hours=int(row["stunde"]) + 1) for day, row in zip(winter, rows, strict=True)]
    assert [r.measured_at for r in readings] == ends
    assert len({(r.detector_id, r.measured_at) for r in readings}) == len(rows)
