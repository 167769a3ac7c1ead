"""What Lotse's signs say now: displays as signs read them, and messages that drivers of SUMO can follow."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpx

from evaluation.line.messages import Lost, Translator, read_detour
from evaluation.nouns import Message, Route
from lotse_shared.log import get_logger
from lotse_standalone.stack.gateway import GatewayAwayError, ask, list_all

SEPARATOR = " / "
DISPLAY_WAIT_S = 10.0
Row = Mapping[str, Any]

log = get_logger(__name__)


class Speech:
    """Reads the gateway after each step.

    Attributes
    ----------
    messages_told
        Messages that drivers were given, each counted when it was new.
    left_out
        Detours that a sign showed and no driver could be told, by reason; counted whenever the sign was told anew.
    """

    def __init__(self, client: httpx.Client, translator: Translator) -> None:
        self._client = client
        self._translator = translator
        self._decision_ids: dict[str, int] = {}
        self._lines: dict[str, tuple[str, ...]] = {}
        self._messages: dict[str, tuple[Message, ...]] = {}
        self.messages_told = 0
        self.left_out: Counter[str] = Counter()

    def listen(self) -> None:
        """Read all detours, and the displays of the signs that were told something else."""
        by_sign: dict[str, list[Row]] = defaultdict(list)
        for row in list_all(self._client, "/v1/detours"):
            by_sign[row["sign"]].append(row)
        for sign_id, rows in by_sign.items():
            if self._decision_ids.get(sign_id) != rows[0]["decision_id"]:
                self._decision_ids[sign_id] = rows[0]["decision_id"]
                self._lines[sign_id] = self._read_display(sign_id)
                self._messages[sign_id] = self._translate(sign_id, rows)

    def way(self, sign_id: str, ahead: Route) -> Route | None:
        """Give the way of the first message that addresses this driver."""
        ways = (message.way(ahead) for message in self.messages(sign_id))
        return next((way for way in ways if way is not None), None)

    def messages(self, sign_id: str) -> tuple[Message, ...]:
        """Give the messages of a sign, what gains most first."""
        return self._messages.get(sign_id, ())

    def shown(self) -> Mapping[str, Sequence[str]]:
        """Give the lines of each sign that shows any, as one."""
        return {sign_id: (SEPARATOR.join(lines),) for sign_id, lines in self._lines.items() if lines}

    def _read_display(self, sign_id: str) -> tuple[str, ...]:
        """Read a display as its sign does, once it is that of the newest decision: signs are served from memory.

        Raises
        ------
        GatewayAwayError
            It does not become that.
        """
        newest = ask(self._client, f"/v1/signs/{sign_id}/decisions", limit=1)["items"][0]
        deadline = time.monotonic() + DISPLAY_WAIT_S
        while time.monotonic() < deadline:
            display = ask(self._client, f"/v1/signs/{sign_id}/display")
            if (display["epoch"], display["seq"]) == (newest["epoch"], newest["seq"]):
                return tuple(display["lines"])
        message = f"the display of {sign_id} is not that of decision {newest['decision_id']} after {DISPLAY_WAIT_S} s"
        raise GatewayAwayError(message)

    def _translate(self, sign_id: str, rows: Iterable[Row]) -> tuple[Message, ...]:
        """Give a sign's messages, what gains most first, each once."""
        text, before = SEPARATOR.join(self._lines[sign_id]), self._messages.get(sign_id, ())
        messages: dict[Message, None] = {}
        for row in sorted(rows, key=_urgency):
            if row["state"] == "detour":
                told = self._translator.messages(read_detour(row), text)
                if isinstance(told, Lost):
                    self._leave_out(row, told)
                else:
                    messages |= dict.fromkeys(told)
        self.messages_told += sum(message not in before for message in messages)
        return tuple(messages)

    def _leave_out(self, row: Row, lost: Lost) -> None:
        self.left_out[lost.why] += 1
        log.warning(
            "drivers of SUMO cannot be told a detour of Lotse",
            why=lost.why,
            at=lost.at,
            sign=row["sign"],
            destination=row["destination"],
            decision=row["decision_id"],
        )


def _urgency(row: Row) -> tuple[float, str]:
    """Order as the display does: closures, which have no gain in seconds, before the greatest gain."""
    return (float("-inf") if row["gain_s"] is None else -row["gain_s"], row["destination"])
