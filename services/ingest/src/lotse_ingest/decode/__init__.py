"""Decoding: from a topic and bytes to readings. A dialect is one pure module and one line in DECODERS."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from lotse_ingest.decode.native import cut_native, decode_native
from lotse_ingest.messages import Decoded, DecodeError, Refusal
from lotse_shared import topics

Decoder = Callable[[str, bytes], Sequence[Decoded]]
"""Gives what a message holds, in its order; raises DecodeError, and nothing else, if it is refused as a whole."""

Cutter = Callable[[str, bytes, int], bytes]
"""Gives the bytes of one element of a message that was decoded before: only dead letters need them."""


class Dialect(NamedTuple):
    """A way of writing readings down."""

    decode: Decoder
    cut: Cutter


DECODERS: Mapping[str, Dialect] = {topics.EVERYTHING: Dialect(decode_native, cut_native)}
"""Topic filter → dialect; the first filter that matches decides."""


def decode(topic: str, payload: bytes, max_payload_bytes: int) -> Sequence[Decoded]:
    """Decode a message with the decoder of its topic.

    Raises
    ------
    DecodeError
        The message is refused as a whole: too large, no decoder for its topic, not decodable.
    """
    if len(payload) > max_payload_bytes:
        reason, allowed = f"{len(payload)} bytes", f"at most {max_payload_bytes} bytes"
        raise DecodeError(Refusal.SIZE, "payload", reason, allowed)
    return _dialect_of(topic).decode(topic, payload)


def cut(topic: str, payload: bytes, index: int) -> bytes:
    """Give the bytes of one element of a message that was decoded before."""
    return _dialect_of(topic).cut(topic, payload, index)


def _dialect_of(topic: str) -> Dialect:
    for topic_filter, dialect in DECODERS.items():
        if matches(topic_filter, topic):
            return dialect
    raise DecodeError(Refusal.TOPIC, "topic", "no decoder is registered for it", " or ".join(DECODERS))


def matches(topic_filter: str, topic: str) -> bool:
    """Tell whether an MQTT topic filter (with `+` and `#`) matches a topic (MQTT 5, section 4.7)."""
    filter_levels, levels = topic_filter.split("/"), topic.split("/")
    if filter_levels[-1] == "#":
        filter_levels.pop()
        levels = levels[: len(filter_levels)]
    return len(filter_levels) == len(levels) and all(
        wanted in ("+", level) for wanted, level in zip(filter_levels, levels, strict=True)
    )
