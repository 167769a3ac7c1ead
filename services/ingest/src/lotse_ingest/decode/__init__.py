"""Decoding: from a topic and bytes to readings. A dialect is one pure module and one line in DECODERS."""

from collections.abc import Callable, Mapping, Sequence

from lotse_ingest.decode.native import decode_native
from lotse_ingest.messages import Decoded, DecodeError, Refusal
from lotse_shared import topics

Decoder = Callable[[str, bytes], Sequence[Decoded]]
"""Gives what a message holds, in its order; raises DecodeError, and nothing else, if it is refused as a whole."""

DECODERS: Mapping[str, Decoder] = {topics.EVERYTHING: decode_native}
"""Topic filter → decoder; the first filter that matches decides."""


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
    for topic_filter, decoder in DECODERS.items():
        if matches(topic_filter, topic):
            return decoder(topic, payload)
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
