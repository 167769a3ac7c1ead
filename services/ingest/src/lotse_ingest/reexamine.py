"""What today's dialects make of a dead letter. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from lotse_ingest.batch import BatchReading
from lotse_ingest.dead_letters import DeadLetter, Kind
from lotse_ingest.examine import Examiner
from lotse_ingest.judge import Moment
from lotse_ingest.messages import Decoded, Fate, Received, RefusedElement
from lotse_shared import topics
from lotse_shared.clock import DataClock
from lotse_shared.reading import Reading

END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)

Outcome = Literal["settled", "refused_again", "not_replayable"]


class _Nobody:
    """Who waits for the acknowledgement of what is read from a table."""

    def acknowledge(self, messages: Sequence[Received], fates: Callable[[], Iterable[Fate]]) -> None:
        """Take no note."""


NOBODY = _Nobody()


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter as it was kept; `payload` is shorter than `payload_bytes` where it was cut or withheld."""

    digest: bytes
    kind: Kind
    topic: str
    payload: bytes
    payload_bytes: int
    reason_code: str
    reason: str
    detector_id: str | None
    received_at: datetime
    times_received: int

    @property
    def place(self) -> tuple[datetime, bytes]:
        """Where it stands in their order."""
        return self.received_at, self.digest

    @property
    def is_replayable(self) -> bool:
        """Tell whether all of it is there; and a watermark that comes now is none."""
        return len(self.payload) == self.payload_bytes and self.topic != topics.WATERMARK

    @property
    def message(self) -> Received:
        """The message as if it had been received just so."""
        return Received(self.topic, self.payload, self.received_at, NOBODY)


@dataclass(frozen=True, slots=True)
class Examined:
    """A dead letter, and what is in it by today's dialects and rules."""

    letter: Letter
    items: tuple[BatchReading | DeadLetter, ...]

    @property
    def _again(self) -> DeadLetter | None:
        """The same dead letter, if it is one again."""
        letters = (item for item in self.items if isinstance(item, DeadLetter))
        return next((again for again in letters if again.digest == self.letter.digest), None)

    @property
    def is_changed(self) -> bool:
        """Tell whether anything must be written."""
        if not self.items:
            return False
        again, letter = self._again, self.letter
        if again is None:
            return True
        before = (letter.kind, letter.reason_code, letter.reason, letter.detector_id)
        return (again.kind, again.reason_code, again.reason, again.detector_id) != before

    @property
    def is_settled(self) -> bool:
        """Tell whether it is a dead letter no longer."""
        return bool(self.items) and self._again is None

    @property
    def outcome(self) -> Outcome:
        """What became of it, for counting."""
        if not self.items:
            return "not_replayable"
        return "settled" if self.is_settled else "refused_again"


def decode_again(examiner: Examiner, letter: Letter) -> Sequence[Decoded]:
    """Decode a dead letter; nothing if it cannot be replayed."""
    return examiner.decode(letter.message) if letter.is_replayable else ()


def judge_again(
    examiner: Examiner, letter: Letter, elements: Sequence[Decoded], data_clock: DataClock | None
) -> Examined:
    """Judge what was decoded, as of its receipt; in data time as late, whatever was decided meanwhile."""
    message = letter.message
    moment = Moment(letter.received_at) if data_clock is None else Moment(data_clock.now(), END_OF_TIME)
    items: list[BatchReading | DeadLetter] = []
    for index, element in enumerate(elements):
        if isinstance(element, Reading):
            items.append(examiner.judge(element, message, index, moment, elements))
        elif isinstance(element, RefusedElement):
            items.append(examiner.refuse(element, message, index))
    return Examined(letter, tuple(items))


def refuse_again(examiner: Examiner, letter: Letter, why: str) -> Examined:
    """Keep a dead letter whose readings the database does not take, for that reason."""
    return Examined(letter, (examiner.refused_whole(letter.message, letter.detector_id, why),))
