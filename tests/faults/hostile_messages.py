"""Messages that nobody should send. Pure: message n is always the same, and each is one of a kind."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from faults.messages import Letter, Message, Row, as_json, dead, letter
from lotse_shared import topics

OVERSIZED_BYTES = 300_000
OVERSIZED_EVERY = 500
"""In messages of all kinds: they weigh a thousand times as much as the others."""
ELEMENTS_MAX = 500
SENDERS = 480
"""A multiple of the number of kinds: a sender always sends the same kind."""


class Hostile:
    """Hostile message n; its kinds take turns. `now` is when they are made."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def message(self, number: int) -> Message:
        if number % OVERSIZED_EVERY == 0:
            return self._oversized(number)
        return self._kinds[number % len(self._kinds)](self, number)

    @classmethod
    def kind(cls, number: int) -> str:
        """The name of its kind."""
        makes = cls._oversized if number % OVERSIZED_EVERY == 0 else cls._kinds[number % len(cls._kinds)]
        return makes.__name__.lstrip("_").replace("_", " ")

    def _body(self, number: int, **changes: Any) -> dict[str, Any]:
        body = {
            "detector_id": _sender(number),
            "measured_at": (self._now - timedelta(minutes=1 + number // SENDERS)).isoformat(),
            "interval_s": 60,
            "vehicle_count": 12,
            "mean_speed_kmh": 43.2,
            "seq": number,
        }
        return body | changes

    def _refused(self, number: int, payload: bytes) -> Message:
        return dead(topics.reading_topic(_sender(number)), payload)

    def _alone(self, number: int, payload: bytes) -> Message:
        """On a topic of its own, because its bytes are not."""
        return dead(topics.reading_topic(f"alone-{number}"), payload)

    def _no_json(self, number: int) -> Message:
        return self._refused(number, b"no reading %d" % number)

    def _empty(self, number: int) -> Message:
        return self._alone(number, b"")

    def _filled_with_nul(self, number: int) -> Message:
        return self._alone(number, bytes(1 + number % 3_000))

    def _cut_short(self, number: int) -> Message:
        return self._refused(number, as_json(self._body(number))[: -1 - number % 40])

    def _not_utf8(self, number: int) -> Message:
        return self._refused(number, as_json(self._body(number)).replace(b'"H', b'"\xff\xfe'))

    def _utf16(self, number: int) -> Message:
        return self._refused(number, json.dumps(self._body(number)).encode("utf-16"))

    def _byte_order_mark(self, number: int) -> Message:
        return self._refused(number, b"\xef\xbb\xbf" + as_json(self._body(number)))

    def _deep_array(self, number: int) -> Message:
        depth = 1_200 + number % 300
        return dead(topics.batch_topic(f"alone-{number}"), b"[" * depth + b"]" * depth)

    def _deep_object(self, number: int) -> Message:
        depth = 1_200 + number % 300
        nested = b'{"a":' * depth + b"1" + b"}" * depth
        return self._refused(number, as_json(self._body(number))[:-1] + b',"extra":' + nested + b"}")

    def _wrong_types(self, number: int) -> Message:
        wrong: list[Any] = ["12", [12], {"n": 12}, True]
        return self._refused(number, as_json(self._body(number, vehicle_count=wrong[number % len(wrong)])))

    def _no_number(self, number: int) -> Message:
        body = as_json(self._body(number, mean_speed_kmh="?"))
        return self._refused(number, body.replace(b'"?"', [b"NaN", b"-Infinity", b"0x10", b"1e999"][number % 4]))

    def _huge_number(self, number: int) -> Message:
        return self._refused(number, as_json(self._body(number, seq=10 ** (19 + number % 300))))

    def _field_missing(self, number: int) -> Message:
        body = self._body(number)
        del body[list(body)[number % 3]]
        return self._refused(number, as_json(body))

    def _no_moment(self, number: int) -> Message:
        moments = ["2026-11-23T07:10:00", "yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
        return self._refused(number, as_json(self._body(number, measured_at=moments[number % 4])))

    def _not_an_object(self, number: int) -> Message:
        return self._alone(number, [b"null", b"[1]", b'"text"', b"17"][number % 4])

    def _wrong_topic(self, number: int) -> Message:
        levels = [f"nonsense/H{number}", f"readings/H {number}", f"readings/Hütte{number}", f"readings/a/b/H{number}"]
        return dead(f"lotse/v1/{levels[number % 4]}", as_json(self._body(number)))

    def _of_somebody_else(self, number: int) -> Message:
        return self._refused(number, as_json(self._body(number, detector_id=f"K{number}")))

    def _too_many_elements(self, number: int) -> Message:
        return dead(topics.batch_topic(_sender(number)), b"[" + b"%d," % number * ELEMENTS_MAX + b"1]")

    def _array_of_nothing(self, number: int) -> Message:
        return dead(topics.batch_topic(f"alone-{number}"), b"[]")

    def _array_of_rubbish(self, number: int) -> Message:
        """One good reading among three that are none."""
        topic, good = topics.batch_topic(_sender(number)), self._body(number)
        elements = [as_json(self._body(number, interval_s=-place)) for place in range(3)] + [as_json(good)]
        letters: list[Letter] = [letter(topic, element) for element in elements[:3]]
        return Message(topic, b"[" + b",".join(elements) + b"]", (self._row(good),), tuple(letters))

    def _key_twice(self, number: int) -> Message:
        """JSON leaves open what that means; for us the last one counts, as for most."""
        body = self._body(number)
        payload = b'{"vehicle_count":999,' + as_json(body)[1:]
        return Message(topics.reading_topic(_sender(number)), payload, (self._row(body),))

    def _from_the_future(self, number: int) -> Message:
        body = self._body(number, measured_at=(self._now + timedelta(days=1)).isoformat())
        return dead(topics.reading_topic(_sender(number)), as_json(body), "quarantined")

    def _of_long_ago(self, number: int) -> Message:
        body = self._body(number, measured_at="1991-01-01T00:00:00Z")
        return dead(topics.reading_topic(_sender(number)), as_json(body), "quarantined")

    def _with_a_plate(self, number: int) -> Message:
        return self._refused(number, as_json(self._body(number, plate=f"KL-AB {100 + number % 900}")))

    def _oversized(self, number: int) -> Message:
        return self._refused(number, as_json(self._body(number, comment="x" * OVERSIZED_BYTES)))

    def _row(self, body: Mapping[str, Any]) -> Row:
        values = (float(body["interval_s"]), float(body["vehicle_count"]), float(body["mean_speed_kmh"]), None)
        return Row((body["detector_id"], datetime.fromisoformat(body["measured_at"])), values)

    _kinds: tuple[Callable[["Hostile", int], Message], ...] = (
        _no_json,
        _empty,
        _filled_with_nul,
        _cut_short,
        _not_utf8,
        _utf16,
        _byte_order_mark,
        _deep_array,
        _deep_object,
        _wrong_types,
        _no_number,
        _huge_number,
        _field_missing,
        _no_moment,
        _not_an_object,
        _wrong_topic,
        _of_somebody_else,
        _too_many_elements,
        _array_of_nothing,
        _array_of_rubbish,
        _key_twice,
        _from_the_future,
        _of_long_ago,
        _with_a_plate,
    )


def _sender(number: int) -> str:
    return f"H{number % SENDERS}"
