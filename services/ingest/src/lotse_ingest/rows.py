"""Rows as the tables have them, from what is stored. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from lotse_ingest.batch import BatchReading
from lotse_ingest.dead_letters import DeadLetter
from lotse_ingest.judge.verdict import AS_MEASURED_PCT

READING_COLUMNS = (
    "detector_id",
    "measured_at",
    "interval_s",
    "vehicle_count",
    "heavy_count",
    "mean_speed_kmh",
    "occupancy_pct",
    "corrected_vehicle_count",
    "corrected_mean_speed_kmh",
    "corrected_occupancy_pct",
    "rule_codes",
    "quality_pct",
    "seq",
    "received_at",
)
DEAD_LETTER_COLUMNS = (
    "digest",
    "kind",
    "topic",
    "payload",
    "reason_code",
    "reason",
    "detector_id",
    "received_at",
    "times_received",
    "payload_bytes",
    "measured_at",
    "seq",
)
CODES_AT = READING_COLUMNS.index("rule_codes")


def columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """Turn rows into columns, for unnest."""
    return [list(column) for column in zip(*rows, strict=True)]


def _corrected_values(item: BatchReading) -> tuple[float | None, ...]:
    return item.judged.vehicle_count, item.judged.mean_speed_kmh, item.judged.occupancy_pct


def reading_row(item: BatchReading) -> tuple[Any, ...]:
    """Give the values of READING_COLUMNS."""
    judged, r = item.judged, item.judged.reading
    return (
        r.detector_id,
        r.measured_at,
        r.interval_s,
        r.vehicle_count,
        r.heavy_count,
        r.mean_speed_kmh,
        r.occupancy_pct,
        judged.vehicle_count,
        judged.mean_speed_kmh,
        judged.occupancy_pct,
        judged.rule_codes,
        None if judged.quality_pct == AS_MEASURED_PCT else judged.quality_pct,  # so the table has it
        r.seq,
        item.message.received_at,
    )


def insert_row(item: BatchReading) -> tuple[Any, ...]:
    """Give the same for unnest, which would flatten an array of arrays: rule codes as one text."""
    row = list(reading_row(item))
    row[CODES_AT] = ",".join(item.judged.rule_codes)
    return tuple(row)


def state_row(item: BatchReading) -> tuple[Any, ...]:
    """Give the values of `upsert_detector_state`."""
    r = item.judged.reading
    return (
        r.detector_id,
        r.measured_at,
        r.interval_s,
        *_corrected_values(item),
        ",".join(item.judged.rule_codes),
        item.judged.quality_pct,
        item.received_at,
    )


def dead_letter_row(letter: DeadLetter, times_received: int) -> tuple[Any, ...]:
    """Give the values of DEAD_LETTER_COLUMNS."""
    reason = (letter.reason_code, letter.reason, letter.detector_id)
    inside = (letter.payload_bytes, letter.measured_at, letter.seq)
    times = (letter.received_at, times_received)
    return (letter.digest, letter.kind, letter.topic, letter.payload, *reason, *times, *inside)
