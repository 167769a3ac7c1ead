"""The reference sign with a clock that we turn: polls the real gateway, but nobody waits for its time-outs."""

import msgspec

from lotse_standalone.signs.ack import compose_ack
from lotse_standalone.signs.sign import Answer, Memory, hear, is_fallback, show
from scenarios.line import Line
from scenarios.scenes import Trip


class Firmware:
    """One sign. Its own clock stands still between calls of `seconds_pass`."""

    def __init__(self, line: Line, trip: Trip) -> None:
        self._line = line
        self._trip = trip
        self._memory = Memory()
        self._now_s = 0.0
        self.last_answer = Answer(0, {})

    @property
    def lines(self) -> tuple[str, ...]:
        """What it shows."""
        return show(self._memory, self._now_s)

    @property
    def has_fallen_back(self) -> bool:
        """Whether it is blank because it knows nothing better."""
        return is_fallback(self._memory, self._now_s)

    @property
    def rank(self) -> tuple[int, int] | None:
        """(epoch, seq) of the body that it holds."""
        return None if self._memory.display is None else self._memory.display.rank

    def seconds_pass(self, seconds: float) -> None:
        """Turn its clock, without a poll."""
        self._now_s += seconds

    def poll(self) -> None:
        """Ask the gateway once, as a sign does."""
        self._line.display(self._trip)  # what was decided is there to be asked for
        held = {"If-None-Match": self._memory.etag} if self._memory.etag else {}
        answer = self._line.client.get(f"/v1/signs/{self._trip.sign}/display", headers=held)
        self.last_answer = Answer(answer.status_code, dict(answer.headers), answer.content)
        self.hear(self.last_answer)

    def acknowledge(self) -> None:
        """Tell the centre what it shows."""
        ack = compose_ack(self._memory, self._now_s)
        answer = self._line.client.post(f"/v1/signs/{self._trip.sign}/ack", json=msgspec.to_builtins(ack))
        answer.raise_for_status()

    def hear(self, answer: Answer) -> None:
        """Hear an answer now, however old it is."""
        self._memory = hear(self._memory, self._trip.sign, answer, self._now_s)
