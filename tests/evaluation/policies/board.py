"""What signs say, and the rules by which it changes. policy.md, steps 4 and 5."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from evaluation.nouns import Message
from evaluation.policies.detours import Detour, Question
from evaluation.policies.disturbances import Disturbance
from evaluation.policies.loads import Flow
from evaluation.policies.moment import ASSUMED_COMPLIANCE, Moment
from evaluation.policies.relations import KnownTrip, Passage
from evaluation.policies.wording import word
from evaluation.streets import Streets

SHOW_GAIN_S, SHOW_SHARE = 45.0, 0.15
"""A message is shown from this gain on, in seconds and in share of the usual way's time now."""
SHOW_GAIN_CLOSED_S = 15.0
"""The same at a closure."""
HOLD_S = 300
"""A message stays at least this long."""
REPLACE_RATIO, REPLACE_EXTRA_S = 1.25, 20.0
"""Another corridor replaces the shown one from this multiple of its gain on, and this much more."""
DROP_GAIN_S, DROP_GAIN_CLOSED_S = 15.0, -30.0
"""After the hold, a message is dropped below this gain."""
MOST_LINES = 2
"""So many messages a sign has room for."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message on a sign, as it was valued last."""

    sign_id: str
    disturbance: Disturbance
    detour: Detour
    since_s: int

    def message(self, streets: Streets) -> Message:
        """Give what drivers read."""
        return Message(
            sign_id=self.sign_id,
            avoids=frozenset(streets.route(self.disturbance.edges)),
            corridor=streets.route(self.detour.corridor),
            rejoin=streets.edges[self.detour.corridor[-1]].edge_id,
            text=word(self.disturbance, self.detour.corridor, streets),
        )

    def is_held(self, now_s: int) -> bool:
        """Tell whether it has to stay."""
        return now_s < self.since_s + HOLD_S


class Board:
    """All signs. Open each minute by `begin`, then `decide` on each sign and disturbance in order of weight."""

    def __init__(self) -> None:
        self._shown: list[Shown] = []
        self._moment: Moment

    def on(self, sign_id: str) -> list[Shown]:
        """List what a sign says, closures first, then the oldest."""
        lines = [shown for shown in self._shown if shown.sign_id == sign_id]
        return sorted(lines, key=lambda shown: (shown.disturbance.effect, shown.since_s))

    def begin(self, moment: Moment, found: Sequence[Disturbance]) -> None:
        """Begin a minute: messages whose corridor has closed go, and those whose disturbance is over.

        The latter at once if it was a closure, else after the hold. Of disturbances that have become one, one message
        stays on a sign.
        """
        self._moment = moment
        kept = [_follow(shown, found) for shown in self._shown if self._is_open(shown)]
        lasting = [shown for shown, is_going_on in kept if is_going_on or self._lingers(shown)]
        self._shown = list({(shown.sign_id, shown.disturbance): shown for shown in lasting}.values())

    def _lingers(self, shown: Shown) -> bool:
        return shown.disturbance.effect == "slow" and shown.is_held(self._moment.now_s)

    def _is_open(self, shown: Shown) -> bool:
        return not self._moment.barred[list(shown.detour.corridor[1:])].any()

    def decide(self, sign_id: str, disturbance: Disturbance, passages: Sequence[Passage]) -> None:
        """Decide whether a sign leads its traffic around a disturbance, and where."""
        before = next((s for s in self._shown if s.sign_id == sign_id and s.disturbance == disturbance), None)
        if before is not None:
            self._shown.remove(before)
        question = self._question(disturbance, passages)
        after = self._keep(before, question) if before else self._try(sign_id, question)
        if after is not None:
            self._shown.append(after)

    def _question(self, disturbance: Disturbance, passages: Sequence[Passage]) -> Question:
        first = passages[0]
        return Question(
            moment=self._moment,
            disturbance=disturbance,
            passages=passages,
            sign_edge=first.trip.way[first.sign],
            diverted_veh_h=self._diverted_veh_h(),
            led_away=self._led_away(),
        )

    def _diverted_veh_h(self) -> Flow:
        """Sum up what messages divert, and who is forced off at a closure."""
        flow = self._moment.loads.none()
        for shown in self._shown:
            for edge, veh_h in shown.detour.load_veh_h.items():
                flow[edge] += veh_h
        led_away = self._led_away()
        for forced in self._moment.forced:
            share = 1 - ASSUMED_COMPLIANCE if forced.trip in led_away else 1
            flow[list(forced.onto)] += share * self._moment.traffic.veh_h
        return flow

    def _led_away(self) -> dict[KnownTrip, int]:
        led: dict[KnownTrip, int] = {}
        for shown in self._shown:
            for trip, place in shown.detour.addressed.items():
                led[trip] = min(place, led.get(trip, place))
        return led

    def _try(self, sign_id: str, question: Question) -> Shown | None:
        if len(self.on(sign_id)) >= MOST_LINES:
            return None
        best = question.find_best()
        if best is None or not _is_worth_showing(best, question.disturbance):
            return None
        return Shown(sign_id, question.disturbance, best, self._moment.now_s)

    def _keep(self, before: Shown, question: Question) -> Shown | None:
        """Hold, replace or drop what is shown."""
        now = question.value(before.detour.corridor)
        if before.is_held(self._moment.now_s):
            return replace(before, detour=now or before.detour)
        best = question.find_best()
        if best is not None and _is_worth_showing(best, question.disturbance) and _replaces(best, now):
            return replace(before, detour=best, since_s=self._moment.now_s)
        if now is None or now.gain_s < _drop_gain_s(question.disturbance):
            return None
        return replace(before, detour=now)


def _follow(shown: Shown, found: Iterable[Disturbance]) -> tuple[Shown, bool]:
    """Give a message with its disturbance as it is now, and whether that goes on."""
    same = next((each for each in found if each.is_same(shown.disturbance)), None)
    return (shown, False) if same is None else (replace(shown, disturbance=same), True)


def _is_worth_showing(detour: Detour, disturbance: Disturbance) -> bool:
    if disturbance.effect == "closed":
        return detour.gain_s >= SHOW_GAIN_CLOSED_S
    return detour.gain_s >= SHOW_GAIN_S and detour.gain_share >= SHOW_SHARE


def _replaces(best: Detour, now: Detour | None) -> bool:
    return now is None or best.gain_s >= max(REPLACE_RATIO * now.gain_s, now.gain_s + REPLACE_EXTRA_S)


def _drop_gain_s(disturbance: Disturbance) -> float:
    return DROP_GAIN_CLOSED_S if disturbance.effect == "closed" else DROP_GAIN_S
