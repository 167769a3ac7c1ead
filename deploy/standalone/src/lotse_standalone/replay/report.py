"""What a replay proves: every row accounted for, and what the signs were told when the roads were full and when not."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import fmean
from typing import Any

import asyncpg
from pydantic import SecretStr

from lotse_shared.database import connect, load_queries
from lotse_shared.settings import DatabaseSettings
from lotse_standalone.replay.odaa import Measured, payload_of
from lotse_standalone.replay.recording import Slot

WINDOW_SLOTS = 6
"""Busy and quiet are half hours: the one in which speeds were lowest, measured against normal, and the highest."""
LEAST_COUNT = 1


def is_valid(measured: Measured) -> bool:
    """Tell by our own reading whether a row has an identifier, a moment, and numbers or nothing in its fields."""
    payload = payload_of(measured, 0)
    numbers = payload["vehicle_count"], payload["mean_speed_kmh"]
    is_measurement = measured.has_identifier and measured.measured_at is not None
    return is_measurement and not any(isinstance(value, str) for value in numbers)


@dataclass(slots=True)
class Tally:
    """Counts rows as they are published, by our own reading of the file, which the ledger is held against."""

    normal_kmh: Mapping[str, float]
    rows: int = 0
    slots: int = 0
    valid: set[tuple[str, datetime]] = field(default_factory=set)
    ratios: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW_SLOTS))
    busy: tuple[float, datetime] | None = None
    quiet: tuple[float, datetime] | None = None

    def add(self, slot: Slot) -> None:
        """Count the rows of a slot, and compare its speeds with the normal ones."""
        self.rows += len(slot.rows)
        self.valid.update(
            (row.detector_id, row.measured_at) for row in slot.rows if row.measured_at is not None and is_valid(row)
        )
        ratios = [ratio for row in slot.rows if (ratio := self._ratio(row)) is not None]
        if slot.covers_until is None:
            return
        self.slots += 1
        if not ratios:
            return
        self.ratios.append(fmean(ratios))
        if len(self.ratios) == WINDOW_SLOTS:
            mean = fmean(self.ratios), slot.covers_until
            self.busy = min(self.busy or mean, mean)
            self.quiet = max(self.quiet or mean, mean)

    def _ratio(self, measured: Measured) -> float | None:
        payload = payload_of(measured, 0)
        count, speed_kmh = payload["vehicle_count"], payload["mean_speed_kmh"]
        normal_kmh = self.normal_kmh.get(measured.detector_id)
        if not isinstance(count, int | float) or not isinstance(speed_kmh, int | float) or normal_kmh is None:
            return None
        return speed_kmh / normal_kmh if count >= LEAST_COUNT else None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds after the replay."""

    rows: int
    rule_codes: Mapping[str, int]
    reasons: Mapping[str, int]
    watermarks: int


def tell(report: Mapping[str, Any]) -> Iterator[str]:
    """Tell a report in lines for people: what became of the rows, and each pair's busy and quiet decision."""
    counts = report["readings"]
    parts = " + ".join(f"{counts[name]} {name}" for name in ("stored", "duplicate", "quarantined", "rejected"))
    yield (
        f"{report['rows_in_files']} rows, {counts['received']} received = {parts}; "
        f"{report['seconds']} s, {report['readings_per_s']:.0f} readings/s"
    )
    yield "stored with rule codes: " + (_counts(report["rule_codes"]) or "none")
    yield "rejected or quarantined by reason: " + (_counts(report["reasons"]) or "none")
    for pair in report["pairs"]:
        yield f"{pair['sign']} to {pair['destination']}"
        for hour in ("busy", "quiet"):
            if decision := pair[hour]:
                yield f"  {hour} ({_moments(decision)}): {decision['state']}. {decision['explanation']}"


def _moments(decision: Mapping[str, Any]) -> str:
    """Tell of when this is, and when it was decided: an explanation tells the roads of then."""
    at, decided_at = decision["at"], decision["decided_at"]
    is_same_day = at[:10] == decided_at[:10]
    return f"{at[11:16]} UTC, decided {'' if is_same_day else decided_at[:10] + ' '}{decided_at[11:16]}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{code} {count}" for code, count in sorted(counts.items()))


async def count_stored(dsn: str) -> Stored:
    """Count in the tables themselves."""
    sql = load_queries("lotse_standalone.replay")
    connection: asyncpg.Connection = await connect(DatabaseSettings(dsn=SecretStr(dsn)), "lotse-replay")
    try:
        rule_codes = await connection.fetch(sql["count_rule_codes"])
        reasons = await connection.fetch(sql["count_reasons"])
        return Stored(
            rows=await connection.fetchval(sql["count_rows_of_reading"]),
            rule_codes={row["code"]: row["readings"] for row in rule_codes},
            reasons={f"{row['kind']}: {row['reason_code']}": row["messages"] for row in reasons},
            watermarks=await connection.fetchval(sql["count_watermarks"]),
        )
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class Replayed:
    """All that a replay found out.

    `decisions` are those of each sign, newest first, as the API gives them; `names` are the streets of link ids.
    """

    tally: Tally
    published: int
    ledger: Mapping[str, int]
    stored: Stored
    seconds: float
    signs: Sequence[Mapping[str, Any]]
    decisions: Mapping[str, Sequence[Mapping[str, Any]]]
    names: Mapping[str, str]


def compose_report(replayed: Replayed) -> dict[str, Any]:
    """Put it into the JSON of `--report`."""
    tally, ledger, stored = replayed.tally, replayed.ledger, replayed.stored
    outcomes = sum(ledger[name] for name in ("stored", "duplicate", "quarantined", "rejected"))
    return {
        "rows_in_files": tally.rows,
        "distinct_valid_rows": len(tally.valid),
        "published": replayed.published,
        "readings": dict(ledger),
        "rows_in_table": stored.rows,
        "rule_codes": dict(stored.rule_codes),
        "reasons": dict(stored.reasons),
        "checks": {
            "received = published": ledger["received"] == replayed.published,
            "received = stored + duplicate + quarantined + rejected": ledger["received"] == outcomes,
            "stored + quarantined = distinct valid rows": ledger["stored"] + ledger["quarantined"] == len(tally.valid),
            "stored = rows in table": ledger["stored"] == stored.rows,
        },
        "seconds": round(replayed.seconds, 2),
        "readings_per_s": round(replayed.published / replayed.seconds, 1),
        "slots": tally.slots,
        "watermarks": stored.watermarks,
        "pairs": [
            pair
            for sign in replayed.signs
            for destination in sign["destinations"]
            for pair in [_pair(replayed, sign, destination)]
        ],
    }


def _pair(replayed: Replayed, sign: Mapping[str, Any], destination: str) -> dict[str, Any]:
    decisions = replayed.decisions[sign["sign_id"]]
    busy, quiet = replayed.tally.busy, replayed.tally.quiet
    return {
        "sign": sign["sign_id"],
        "destination": destination,
        "busy": None if busy is None else in_force(decisions, destination, busy[1], replayed.names),
        "quiet": None if quiet is None else in_force(decisions, destination, quiet[1], replayed.names),
    }


def in_force(
    decisions: Sequence[Mapping[str, Any]], destination: str, at: datetime, names: Mapping[str, str]
) -> dict[str, Any] | None:
    """Find what a sign was told of a destination at a moment; None before its first decision.

    `decisions` come newest first.
    """
    for decision in decisions:
        if datetime.fromisoformat(decision["decided_at"]) <= at:
            detour = next(each for each in decision["detours"] if each["destination"] == destination)
            return {
                "at": at.isoformat(),
                "decided_at": decision["decided_at"],
                "state": detour["state"],
                "lines": decision["lines"],
                "explanation": decision["explanation"],
                "gain_s": detour["gain_s"],
                "normal": _route(detour["normal"], names),
                "shown": _route(detour["shown"], names),
            }
    return None


def _route(route: Mapping[str, Any] | None, names: Mapping[str, str]) -> dict[str, Any] | None:
    if route is None:
        return None
    streets = list(dict.fromkeys(names.get(link, link) for link in route["links"]))
    return {"travel_time_s": route["travel_time_s"], "streets": streets, "links": route["links"]}
