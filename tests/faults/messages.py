"""What is published, and what must become of it. Pure: message n of a seed is always the same."""

import hashlib
import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from lotse_shared import topics

DETECTORS = 200
ARRAY_ELEMENTS = 20

Key = tuple[str, datetime]
Values = tuple[float, float, float | None, float | None]
"""interval_s, vehicle_count, mean_speed_kmh, occupancy_pct."""
DeadKind = Literal["rejected", "quarantined"]


@dataclass(frozen=True, slots=True)
class Row:
    """A reading that must be in the table, with these raw values."""

    key: Key
    values: Values


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter that must be kept; the digest is that of its topic and bytes (docs/ingest.md)."""

    digest: bytes
    kind: DeadKind


@dataclass(frozen=True, slots=True)
class Message:
    """One message and all that must come of it: nothing else, and nothing less."""

    topic: str
    payload: bytes
    rows: tuple[Row, ...] = ()
    letters: tuple[Letter, ...] = ()


def letter(topic: str, payload: bytes, kind: DeadKind = "rejected") -> Letter:
    return Letter(hashlib.sha256(topic.encode() + b"\0" + payload).digest(), kind)


def dead(topic: str, payload: bytes, kind: DeadKind = "rejected") -> Message:
    """A message that is kept as one dead letter."""
    return Message(topic, payload, letters=(letter(topic, payload, kind),))


def as_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


class Load:
    """An endless, reproducible series of distinct messages, some of them duplicates, malformed or from the future.

    `base` is the newest `measured_at`; every reading bears the number of its message as `seq`.
    """

    def __init__(self, seed: int, base: datetime) -> None:
        self._seed = seed
        self._base = base

    def message(self, number: int) -> Message:
        rng = self._rng(number)
        kind = rng.random()
        if kind < 0.03:
            return self._malformed(rng, number)
        if kind < 0.06:
            return self._from_the_future(rng, number)
        if kind < 0.10:
            return self._array(rng, number)
        if kind < 0.13 and number > 0:
            return self.message(rng.randrange(max(0, number - 2 * DETECTORS), number))
        return self.reading(number)

    def reading(self, number: int) -> Message:
        """An ordinary single reading, whatever stands at this number in the mix."""
        body, row = self._body(self._rng(-number - 1), f"D{number % DETECTORS}", number)
        return Message(topics.reading_topic(row.key[0]), as_json(body), (row,))

    def _array(self, rng: random.Random, number: int) -> Message:
        station = f"A{number % DETECTORS}"
        topic = topics.batch_topic(station)
        rows, letters, elements = [], [], []
        for place in range(ARRAY_ELEMENTS):
            body, row = self._body(rng, f"{station}.{place}", number)
            if rng.random() < 0.05:
                body["interval_s"] = -1
                letters.append(letter(topic, as_json(body)))
            else:
                rows.append(row)
            elements.append(as_json(body))
        return Message(topic, b"[" + b",".join(elements) + b"]", tuple(rows), tuple(letters))

    def _malformed(self, rng: random.Random, number: int) -> Message:
        body, row = self._body(rng, f"D{number % DETECTORS}", number)
        whole = as_json(body)
        payloads = [b"no reading %d" % number, whole[:-1], whole.replace(b'"interval_s":', b'"interval":')]
        return dead(topics.reading_topic(row.key[0]), rng.choice(payloads))

    def _from_the_future(self, rng: random.Random, number: int) -> Message:
        body, row = self._body(rng, f"D{number % DETECTORS}", number)
        body["measured_at"] = (row.key[1] + timedelta(days=5_000)).isoformat()
        return dead(topics.reading_topic(row.key[0]), as_json(body), "quarantined")

    def _body(self, rng: random.Random, detector_id: str, number: int) -> tuple[dict[str, object], Row]:
        vehicle_count = float(rng.randrange(1, 30))
        speed_kmh, occupancy_pct = round(rng.uniform(20, 90), 1), round(rng.uniform(0, 60), 1)
        measured_at = self._base - timedelta(minutes=number // DETECTORS)
        body: dict[str, object] = {
            "detector_id": detector_id,
            "measured_at": measured_at.isoformat(),
            "interval_s": 60,
            "vehicle_count": vehicle_count,
            "mean_speed_kmh": speed_kmh,
            "occupancy_pct": occupancy_pct,
            "seq": number,
        }
        return body, Row((detector_id, measured_at), (60.0, vehicle_count, speed_kmh, occupancy_pct))

    def _rng(self, number: int) -> random.Random:
        return random.Random(f"{self._seed}:{number}")
