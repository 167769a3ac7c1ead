"""Signs where nothing new happens: the decision in force is given again, for deciding anew would come to the same.

Nothing here decides. It remembers which decisions in force the policy came to in this process, and what they rest on;
`verdicts` tells what the rules would come to now, pair by pair. Where that looks the same, the sign is not decided for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lotse_routing.core.along import Places
from lotse_routing.decide.advice import Advice, SignState
from lotse_routing.decide.decision import Decision, Step, is_due, is_news
from lotse_routing.decide.pairs import Pairs, every, pairs_of
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.registry import Destination, Sign
from lotse_routing.decide.standing import (
    Rows,
    Standing,
    are_refuted,
    looks_alike,
    means_alike,
    nothing_known,
    read_standing,
    shown_of,
)
from lotse_routing.decide.verdicts import judge_pairs, places_in_text

Advised = Mapping[str, tuple[Advice, ...]] | None
"""What signs say to relations; None where they speak to their destinations."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A decision in force that the policy came to, as what its sign was registered then, and what it says.

    `orders` are the places in its text that came to the same lines: those that the sign has.
    """

    in_force: Decision
    sign: Sign
    destinations: tuple[Destination | None, ...]
    standing: Standing
    orders: frozenset[bytes] = frozenset()


class Quiet:
    """Knows from step to step what decisions rest on. A new one knows nothing, so that all signs are decided for."""

    def __init__(self) -> None:
        self._frame: tuple[Any, ...] = ()
        self._rests: dict[str, Rest] = {}
        self._pairs: Pairs | None = None
        self._in_other_order: dict[str, Rest] = {}

    def staying(self, step: Step, advised: Advised, decided: Mapping[str, Decision]) -> frozenset[str]:
        """List the signs whose decision in force would be made again, but for its figures."""
        self._look_at_frame(step, advised)
        ordered = _ordered(step)
        at_rest = {
            sign.sign_id: rest
            for sign in step.moment.registry.signs
            if sign.sign_id not in ordered and (rest := self._rest_of(step, sign, decided)) is not None
        }
        if advised is not None:
            return frozenset(sign_id for sign_id in at_rest if not advised.get(sign_id))
        return self._staying(step, at_rest)

    def note(self, step: Step, made: Mapping[str, Decision], decided: Mapping[str, Decision]) -> None:
        """Remember what was decided in a step, after `staying`. What is no news is not in force: the one before is."""
        moment, signs = step.moment, step.moment.registry.signs
        self._rests = {sign_id: rest for sign_id, rest in self._rests.items() if sign_id not in made}
        numbers = [number for number, sign in enumerate(signs) if sign.sign_id in made]
        for number in numbers:
            sign = signs[number]
            decision, in_force = made[sign.sign_id], decided.get(sign.sign_id)
            is_told = in_force is None or is_news(decision, in_force, step.display.explain_again_s)
            stands = decision if in_force is None or is_told else in_force
            if _rests_on_traffic_alone(decision, sign) and _tell_alike(decision, stands):
                standing = self._read(step, number, stands)
                if standing is not None:
                    self._rests[sign.sign_id] = Rest(stands, sign, _destinations(step, sign), standing)
        if self._pairs is not None and numbers:
            self._note_orders(self._pairs, moment, numbers)

    def _look_at_frame(self, step: Step, advised: Advised) -> None:
        """Forget everything where what all decisions rest on is another."""
        moment = step.moment
        own_words = tuple(sorted(step.rules.templates.items()))
        frame = (
            moment.usual,
            moment.snapshot.topology,
            moment.settings,
            moment.registry.corridors,  # what is shown may lead along one that has been taken back
            advised is None,
            step.epoch,
            step.display,
            own_words,
        )
        if frame != self._frame:
            self._frame, self._rests, self._pairs = frame, {}, None

    def _rest_of(self, step: Step, sign: Sign, decided: Mapping[str, Decision]) -> Rest | None:
        rest = self._rests.get(sign.sign_id)
        if rest is None or rest.in_force is not decided.get(sign.sign_id) or rest.sign != sign:
            return None
        return rest if rest.destinations == _destinations(step, sign) else None

    def _staying(self, step: Step, at_rest: Mapping[str, Rest]) -> frozenset[str]:
        moment = step.moment
        self._pairs = pairs = pairs_of(moment.usual, moment.registry, self._pairs)
        rows, links = _put_together(pairs, at_rest)
        now = judge_pairs(pairs, moment, shown_of(rows, links))
        looks = every(looks_alike(rows, now, moment, step.display), pairs.of_sign).tolist()
        means = every(means_alike(rows, now), pairs.of_sign).tolist()
        is_true = every(~are_refuted(rows, now), pairs.of_sign).tolist()
        staying = set[str]()
        self._in_other_order = {}
        for number, sign in enumerate(moment.registry.signs):
            rest = at_rest.get(sign.sign_id)
            if rest is None or not looks[number]:
                continue
            is_due_now = not is_true[number] or is_due(moment.now, rest.in_force, step.display.explain_again_s)
            if not means[number] and is_due_now:
                continue
            if _order(pairs, now.places, number) in rest.orders:
                staying.add(sign.sign_id)
            else:
                self._in_other_order[sign.sign_id] = rest
        return frozenset(staying)

    def _read(self, step: Step, number: int, decision: Decision) -> Standing | None:
        if self._pairs is None:  # it speaks to relations
            return None if decision.detours else nothing_known(0)
        own = slice(*self._pairs.of_sign[number : number + 2].tolist())
        try:
            return read_standing(decision, self._pairs.destination_ids[own], step.moment.snapshot.topology)
        except KeyError:  # it tells of what this network has not: once more, and it is of this one
            return None

    def _note_orders(self, pairs: Pairs, moment: Moment, numbers: Sequence[int]) -> None:
        """Note where in the texts of signs what they show comes now: where only that was new, beside what is known."""
        places = places_in_text(pairs, moment, shown_of(*_put_together(pairs, self._rests)))
        for number in numbers:
            sign_id = moment.registry.signs[number].sign_id
            rest, before = self._rests.get(sign_id), self._in_other_order.get(sign_id)
            if rest is not None:
                known = before.orders if before is not None and before.in_force is rest.in_force else frozenset()
                self._rests[sign_id] = replace(rest, orders=known | {_order(pairs, places, number)})


def _order(pairs: Pairs, places: Places, number: int) -> bytes:
    """Give the places of a sign's pairs in its text."""
    return places[pairs.of_sign[number] : pairs.of_sign[number + 1]].tobytes()


def _tell_alike(decision: Decision, other: Decision) -> bool:
    """Tell whether two decisions tell drivers of the same causes: the same lines may come of others."""
    return [detour["told"] for detour in decision.detours] == [detour["told"] for detour in other.detours]


def _put_together(pairs: Pairs, rests: Mapping[str, Rest]) -> tuple[Rows, Places]:
    """Put what signs say one behind the other, pair by pair."""
    nothing = nothing_known(int(pairs.of_sign[-1]))
    links = [nothing.links]
    for sign, first, end in zip(pairs.registry.signs, *_borders(pairs), strict=True):
        rest = rests.get(sign.sign_id)
        if rest is not None and len(rest.standing.rows) == end - first:
            nothing.rows[first:end] = rest.standing.rows
            links.append(rest.standing.links)
    return nothing.rows, np.concatenate(links)


def _borders(pairs: Pairs) -> tuple[list[int], list[int]]:
    """Give where the pairs of each sign begin and end."""
    return pairs.of_sign[:-1].tolist(), pairs.of_sign[1:].tolist()


def _destinations(step: Step, sign: Sign) -> tuple[Destination | None, ...]:
    return tuple(map(step.moment.registry.destinations.get, sign.destinations))


def _ordered(step: Step) -> set[str]:
    """Give the signs that people have ordered something to be shown."""
    orders = step.rules.orders
    named = {*orders.locks, *(sign_id for phase in orders.phases for sign_id in phase.lines)}
    return {sign_id for sign_id in named if orders.of(sign_id, step.moment.now)}


def _rests_on_traffic_alone(decision: Decision, sign: Sign) -> bool:
    """Tell whether nothing in a decision depends on what people do next."""
    proposal = decision.authority.proposal
    is_asked = proposal is not None and proposal.is_waiting
    wants = any(detour["state"] == SignState.DETOUR for detour in decision.detours)
    return not decision.authority.events and not is_asked and not (wants and sign.mode == "approval")
