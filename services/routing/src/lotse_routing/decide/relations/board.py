"""What signs say of disturbances, and the rules by which it changes. policy.md, steps 4 and 5.

A message belongs to a sign and a disturbance; what all messages divert is part of the cost of each. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from lotse_routing.decide.advice import Reason, Told
from lotse_routing.decide.holding import is_held
from lotse_routing.decide.registry import Corridor
from lotse_routing.decide.relations.affected import Affected
from lotse_routing.decide.relations.disturbance import Disturbance
from lotse_routing.decide.relations.expectation import Expectation
from lotse_routing.decide.relations.question import Detour, Question, Situation
from lotse_routing.decide.relations.unwarned import Forced, Way
from lotse_routing.decide.rules import gains_clearly_more, limits_of
from lotse_routing.settings import PolicySettings


@dataclass(frozen=True, slots=True)
class Before:
    """A message as it was written down: what of, along which links, since when, how it was told."""

    disturbance: Disturbance
    corridor: Way
    via: str | None
    usual_way: Way
    since: datetime
    told: Told | None


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A sign, and a disturbance that trips pass after it. No two are equal.

    Parameters
    ----------
    last_vehicles
        Those for whom it is the last sign before the disturbance.
    corridors
        What the sign may show; none: any way, if it `is_free` to propose one.
    before
        What the sign says of it already.
    goes_on
        Whether the disturbance is there; else it is over, and what the sign says stays for its hold at most.
    """

    sign_id: str
    sign_link: int
    disturbance: Disturbance
    affected: Affected
    last_vehicles: float
    corridors: Sequence[Corridor]
    is_free: bool
    before: Before | None = None
    goes_on: bool = True

    @property
    def is_closure(self) -> bool:
        """Tell whether a street is closed, and not slow."""
        return self.disturbance.effect == "closed"

    @property
    def rank(self) -> tuple[bool, float, str, int]:
        """Order closures first, then by the drivers whom no other sign can tell."""
        return not self.is_closure, -self.last_vehicles, self.sign_id, min(self.disturbance.links)


@dataclass(frozen=True, slots=True)
class Message:
    """What a sign says of a disturbance, or why nothing: `since` is None where it is not shown.

    `detour` is the shown one, or the best that was weighed; None if there is none.
    """

    pair: Pair
    reason: Reason
    detour: Detour | None
    since: datetime | None = None

    @property
    def is_shown(self) -> bool:
        """Tell whether drivers read it."""
        return self.since is not None


@dataclass(frozen=True, slots=True)
class Rules:
    """What a decision goes by besides the traffic."""

    now: datetime
    settings: PolicySettings

    def decide(self, pair: Pair, question: Question, *, has_room: bool) -> Message:
        """Decide whether a sign leads its traffic around a disturbance, and where."""
        return self._try(pair, question, has_room) if pair.before is None else self._keep(pair, pair.before, question)

    def _try(self, pair: Pair, question: Question, has_room: bool) -> Message:  # noqa: FBT001 - one of three
        best = question.find_best()
        if best is None:
            return Message(pair, Reason.NO_CANDIDATE, None)
        if (lack := self._what_lacks(pair, best)) is not None:
            return Message(pair, lack, best)
        if not has_room:
            return Message(pair, Reason.NO_ROOM, best)
        return Message(pair, Reason.CLOSURE if pair.is_closure else Reason.GAIN, best, self.now)

    def _keep(self, pair: Pair, before: Before, question: Question) -> Message:
        """Hold, replace or drop what is shown."""
        kept = value_before(before, question)
        if is_held(before.since, self.now, self.settings):
            return Message(pair, self._reason_to_keep(pair, kept), kept, before.since)
        if not pair.goes_on:
            return Message(pair, Reason.NO_DELAY, kept)
        best = question.find_best()
        if best and self._is_clearly_better(best, kept) and self._what_lacks(pair, best) is None:
            return Message(pair, Reason.CLOSURE if pair.is_closure else Reason.GAIN, best, self.now)
        if kept.gain_s < self._drop_gain_s(pair):
            return Message(pair, Reason.TOO_LITTLE_GAIN, kept)
        return Message(pair, self._reason_to_keep(pair, kept), kept, before.since)

    def _reason_to_keep(self, pair: Pair, kept: Detour) -> Reason:
        if pair.is_closure:
            return Reason.CLOSURE
        is_worth = pair.goes_on and kept.gain_s >= self._drop_gain_s(pair)
        return Reason.GAIN if is_worth else Reason.HELD

    def _what_lacks(self, pair: Pair, detour: Detour) -> Reason | None:
        """Tell why a sign is not lit for a detour; None: it is."""
        if not self._is_worth_showing(pair, detour):
            return Reason.TOO_LITTLE_GAIN
        return None if self._are_enough(detour) else Reason.TOO_FEW

    def _is_worth_showing(self, pair: Pair, detour: Detour) -> bool:
        if pair.is_closure:
            return detour.gain_s >= self.settings.min_gain_closed_s
        # A rat-run that is quicker on any morning is no reason to light a sign.
        is_much = min(detour.gain_s, detour.lost_s) >= self.settings.min_gain_s
        return is_much and 100 * detour.gain_share >= self.settings.min_gain_pct

    def _are_enough(self, detour: Detour) -> bool:
        """Tell whether those addressed gain enough together: a sign is not lit for a handful, or for their seconds."""
        return detour.total_gain_veh_min_h >= self.settings.min_total_gain_veh_min_h

    def _is_clearly_better(self, best: Detour, kept: Detour) -> bool:
        """Tell whether another corridor may replace the one that is shown.

        All together count, as when the best one is found: what is shown first is often for a few of those that it could
        be for, and no one of them gains more by the other.
        """
        kept_gain_s = kept.total_gain_s / best.vehicles_per_h
        return bool(gains_clearly_more(best.gain_s, kept_gain_s, limits_of(self.settings)))

    def _drop_gain_s(self, pair: Pair) -> float:
        return self.settings.drop_gain_closed_s if pair.is_closure else self.settings.drop_gain_s


def decide_messages(situation: Situation, forced: Forced, pairs: Sequence[Pair], rules: Rules) -> list[Message]:
    """Decide what signs say: closures first, then where most have no other sign ahead.

    Each decision reckons with what all other messages divert: those decided on in this step, and those of before.
    """
    in_order = sorted(pairs, key=lambda pair: pair.rank)
    board = _Board(situation, forced, {})
    for _ in range(2):  # twice, because whom a message diverts depends on whom the others do
        board = board.valued_anew([(pair, pair.before) for pair in in_order if pair.before is not None])
    messages: list[Message] = []
    for pair in in_order:
        room = rules.settings.most_messages - board.count_others(pair)
        message = rules.decide(pair, board.ask(pair), has_room=room > 0)
        board = board.after(message)
        messages.append(message)
    return messages


@dataclass(frozen=True, eq=False)
class _Board:
    """What is shown, and what comes of it."""

    situation: Situation
    forced: Forced
    shown: Mapping[Pair, Detour]

    def count_others(self, pair: Pair) -> int:
        """Count what else the sign of a pair shows."""
        return sum(other.sign_id == pair.sign_id for other in self.shown if other is not pair)

    def valued_anew(self, said: Iterable[tuple[Pair, Before]]) -> "_Board":
        """Value what is said, given what was shown."""
        return replace(self, shown={pair: value_before(before, self.ask(pair)) for pair, before in said})

    def after(self, message: Message) -> "_Board":
        """Give the board after a decision: itself if that changes nothing of what is shown."""
        detour = message.detour if message.is_shown else None
        before = self.shown.get(message.pair)
        if (detour and detour.corridor) == (before and before.corridor):
            return self
        others = {other: known for other, known in self.shown.items() if other is not message.pair}
        return replace(self, shown=others if detour is None else {**others, message.pair: detour})

    def ask(self, pair: Pair) -> Question:
        """Make the question for a sign and a disturbance, given what all other messages do."""
        expected, number = self._expectation.of_all, self._numbers.get(pair)
        return Question(
            situation=self.situation,
            disturbance=pair.disturbance,
            affected=pair.affected,
            sign_link=pair.sign_link,
            corridors=pair.corridors,
            is_free=pair.is_free,
            expected=expected,
            by_others=expected if number is None else self._expectation.without(number),
        )

    @cached_property
    def _expectation(self) -> Expectation:
        return Expectation(self.situation, self.forced, tuple(self.shown.values()))

    @cached_property
    def _numbers(self) -> Mapping[Pair, int]:
        return {pair: number for number, pair in enumerate(self.shown)}


def value_before(before: Before, question: Question) -> Detour:
    """Value a message that is shown already; one that addresses nobody any more gains nothing."""
    nobody = np.empty(0, np.intp)
    no_load = np.zeros(len(before.corridor))
    nothing = Detour(before.corridor, before.via, 0.0, 0.0, 0.0, nobody, nobody, 0.0, no_load, before.usual_way)
    return question.value(before.corridor, before.via) or nothing
