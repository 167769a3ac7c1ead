"""Examination: from a message to what is stored of it, decoded and judged. Pure."""

from collections.abc import Callable, Sequence

from lotse_ingest.batch import BatchReading
from lotse_ingest.dead_letters import Cause, DeadLetter, Envelope, dead_letter, rejected
from lotse_ingest.decode import Dialects
from lotse_ingest.judge import Judge, Moment
from lotse_ingest.judge.site import Site
from lotse_ingest.judge.verdict import CLOCK, ClockFault
from lotse_ingest.messages import WHOLE, Decoded, DecodeError, Received, RefusedElement
from lotse_ingest.privacy import is_personal_identifier, refuse_personal
from lotse_shared import topics
from lotse_shared.reading import Reading

REFUSED = "refused"
"""Reason code of a reading that the database does not take."""


class Examiner:
    """Decodes messages and judges their readings.

    Parameters
    ----------
    dialects
        What decodes.
    judge
        What judges; it remembers what it judged.
    find_site
        Gives the site of a registered detector.
    kept_bytes
        How much of a dead letter's payload is kept.
    """

    def __init__(
        self, dialects: Dialects, judge: Judge, find_site: Callable[[str], Site | None], kept_bytes: int
    ) -> None:
        self._dialects = dialects
        self._rules = judge
        self._find_site = find_site
        self._kept_bytes = kept_bytes

    def decode(self, message: Received) -> Sequence[Decoded]:
        """Give what a message holds; one that is refused as a whole, as its only element."""
        try:
            return self._dialects.decode(message.topic, message.payload)
        except DecodeError as error:
            return [RefusedElement(error, message.payload)]

    def refuse(self, element: RefusedElement, message: Received, index: int) -> DeadLetter:
        """Make the dead letter of what could not be decoded."""
        where = WHOLE if element.raw is message.payload else index
        return rejected(element.error, element.raw, self._envelope(message, where))

    def judge(
        self, reading: Reading, message: Received, index: int, moment: Moment, beside: Sequence[Decoded]
    ) -> BatchReading | DeadLetter:
        """Judge a reading; `beside` is all that was decoded from its message."""
        site = self._find_site(reading.detector_id)
        verdict = self._rules.judge(reading, site, moment, beside)
        if isinstance(verdict, ClockFault):
            cause = Cause("quarantined", CLOCK, verdict.reason, reading.detector_id, reading.measured_at, reading.seq)
            return dead_letter(cause, self.cut(message, index), self._envelope(message, index))
        if site is None and is_personal_identifier(reading.detector_id):
            error = refuse_personal("detector_id")
            return rejected(error, self.cut(message, index), self._envelope(message, index))
        return BatchReading(verdict, message, index)

    def refused_by_database(self, item: BatchReading, why: str) -> DeadLetter:
        """Make the dead letter of a reading that the database does not take."""
        cause = Cause("rejected", REFUSED, why, *item.key, item.judged.reading.seq)
        return dead_letter(cause, self.cut(item.message, item.index), self._envelope(item.message, item.index))

    def refused_whole(self, message: Received, detector_id: str | None, why: str) -> DeadLetter:
        """Make the dead letter of a message of which the database takes no part, or not every part."""
        return dead_letter(
            Cause("rejected", REFUSED, why, detector_id), message.payload, self._envelope(message, WHOLE)
        )

    def cut(self, message: Received, index: int) -> bytes:
        """Give the bytes of one element of a message that was decoded before."""
        return self._dialects.cut(message.topic, message.payload, index)

    def _envelope(self, message: Received, index: int) -> Envelope:
        return Envelope(message, self._kept_bytes, index, message.topic != topics.WATERMARK)
