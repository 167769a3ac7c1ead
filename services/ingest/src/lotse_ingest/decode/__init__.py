"""Decoding: from a topic and bytes to readings.

A dialect is one pure module with its settings and its decoder, entered in `AnyDialect` and `DIALECTS`. Which topics are
in which dialect is configured; the native one is always there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from lotse_ingest.decode.configured import Configured
from lotse_ingest.decode.delimited import Delimited
from lotse_ingest.decode.delimited_settings import DelimitedSettings
from lotse_ingest.decode.filters import matches, meet
from lotse_ingest.decode.fiware import Fiware, FiwareSettings
from lotse_ingest.decode.native import cut_native, decode_native
from lotse_ingest.messages import Decoded, DecodeError, Refusal
from lotse_shared import topics

NATIVE_PREFIX = topics.EVERYTHING.removesuffix("#")

Decoder = Callable[[str, bytes], Sequence[Decoded]]
"""Gives what a message holds, in its order; raises DecodeError, and nothing else, if it is refused as a whole."""

Cutter = Callable[[str, bytes, int], bytes]
"""Gives the bytes of one element of a message that was decoded before: only dead letters need them."""

AnyDialect = Annotated[FiwareSettings | DelimitedSettings, Field(discriminator="dialect")]
"""Settings of any dialect."""

DIALECTS: Mapping[type[Configured], Callable[[Any], Delimited | Fiware]] = {
    FiwareSettings: Fiware,
    DelimitedSettings: Delimited,
}
"""What decodes, by the settings of the dialect."""


class Dialect(NamedTuple):
    """A way of writing readings down."""

    decode: Decoder
    cut: Cutter


class Dialects:
    """Finds the dialect of a topic, and decodes with it.

    Parameters
    ----------
    configured
        The dialects besides the native one. No two of their filters have a topic in common.
    max_payload_bytes
        What is larger is refused.
    """

    def __init__(self, configured: Iterable[Configured], max_payload_bytes: int) -> None:
        self.max_payload_bytes = max_payload_bytes
        self._by_filter = {topics.EVERYTHING: Dialect(decode_native, cut_native)}
        for settings in configured:
            dialect = DIALECTS[type(settings)](settings)
            self._by_filter[settings.filter] = Dialect(dialect.decode, dialect.cut)

    def decode(self, topic: str, payload: bytes) -> Sequence[Decoded]:
        """Decode a message with the dialect of its topic.

        Raises
        ------
        DecodeError
            The message is refused as a whole: too large, no dialect for its topic, not decodable.
        """
        if len(payload) > self.max_payload_bytes:
            reason, allowed = f"{len(payload)} bytes", f"at most {self.max_payload_bytes} bytes"
            raise DecodeError(Refusal.SIZE, "payload", reason, allowed)
        return self.find(topic).decode(topic, payload)

    def cut(self, topic: str, payload: bytes, index: int) -> bytes:
        """Give the bytes of one element of a message that was decoded before."""
        return self.find(topic).cut(topic, payload, index)

    def find(self, topic: str) -> Dialect:
        """Give the dialect of a topic.

        Raises
        ------
        DecodeError
            None is configured for it.
        """
        if topic.startswith(NATIVE_PREFIX):  # nearly all
            return self._by_filter[topics.EVERYTHING]
        for topic_filter, dialect in self._by_filter.items():
            if matches(topic_filter, topic):
                return dialect
        allowed = " or ".join(self._by_filter)
        raise DecodeError(Refusal.TOPIC, "topic", "no dialect is configured for it", allowed)


def find_clash(filters: Sequence[str]) -> tuple[str, str] | None:
    """Give two filters that some topic matches both, None if there are none: a broker would deliver it twice."""
    pairs = ((one, other) for place, one in enumerate(filters) for other in filters[:place])
    return next(((other, one) for one, other in pairs if meet(one, other)), None)
