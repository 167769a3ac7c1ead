"""Signs where nothing happens: the decision in force is given again, for deciding anew would come to the same.

Nothing here decides. It remembers, of what `decide_sign` came to, which decisions rest on nothing being closed or slow,
and tells as long as this is so. Where a figure is near its threshold it says nothing, and the sign is decided for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lotse_routing.decide.advice import Advice, Reason, SignState
from lotse_routing.decide.decision import Decision, Step, is_news
from lotse_routing.decide.record import gists
from lotse_routing.decide.registry import Destination, Sign
from lotse_routing.decide.ways import Ways, look_at, ways_of

QUIET = frozenset({Reason.NO_DELAY.value, Reason.NOT_IN_NETWORK.value})
"""Reasons that stay until something is seen on the usual way."""

Advised = Mapping[str, tuple[Advice, ...]] | None
"""What signs say to relations; None where they speak to their destinations."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What the decision of a sign rests on where nothing happens: as what it is registered, which ways are measured.

    `measured` has a flag for each of its usual ways; it is empty where a sign speaks to relations.
    """

    sign: Sign
    destinations: tuple[Destination | None, ...]
    measured: bytes = b""


Bases = Mapping[str, Basis]
"""By sign, of those alone for whom nothing is closed, slow or ordered now."""


class Quiet:
    """Knows quiet signs from step to step. A new one knows of none, so that all are decided for once."""

    def __init__(self) -> None:
        self._ways: Ways | None = None
        self._frame: tuple[Any, ...] = ()
        self._rests: dict[str, tuple[Decision, Basis]] = {}

    def look(self, step: Step, advised: Advised) -> Bases:
        """Look at all signs of a step at once: for which of them nothing happens."""
        moment = step.moment
        frame = (moment.usual, moment.snapshot.topology, advised is None, step.epoch, step.display)
        if frame != self._frame:
            self._frame, self._rests = frame, {}
        bases = self._of_ways(step) if advised is None else _of_relations(step, advised)
        ordered = _ordered(step)
        return {sign_id: basis for sign_id, basis in bases.items() if sign_id not in ordered}

    def stays(self, in_force: Decision, bases: Bases) -> bool:
        """Tell whether a decision in force would be made again, but for its figures."""
        rest = self._rests.get(in_force.sign_id)
        return rest is not None and rest[0] is in_force and rest[1] == bases.get(in_force.sign_id)

    def note(self, sign: Sign, decision: Decision | None, in_force: Decision | None, bases: Bases) -> None:
        """Remember what was decided if it is quiet; None where that failed. What is no news is not in force."""
        basis = bases.get(sign.sign_id)
        if decision is None or basis is None or not _is_quiet(decision):
            self._rests.pop(sign.sign_id, None)
            return
        stays = in_force is not None and _is_same(decision, in_force)
        self._rests[sign.sign_id] = (in_force if in_force is not None and stays else decision), basis

    def _of_ways(self, step: Step) -> dict[str, Basis]:
        moment = step.moment
        registry, destinations = moment.registry, moment.registry.destinations
        self._ways = ways = ways_of(moment.usual, registry, self._ways)
        seen, ends = look_at(ways, moment.snapshot, moment.settings.min_gain_s), ways.pairs.tolist()
        bases: dict[str, Basis] = {}
        for sign, first, end in zip(registry.signs, ends, ends[1:], strict=False):
            if seen.is_undisturbed[first:end].all():
                named = tuple(map(destinations.get, sign.destinations))
                bases[sign.sign_id] = Basis(sign, named, seen.is_measured[first:end].tobytes())
        return bases


def _of_relations(step: Step, advised: Mapping[str, tuple[Advice, ...]]) -> dict[str, Basis]:
    return {sign.sign_id: Basis(sign, ()) for sign in step.moment.registry.signs if not advised.get(sign.sign_id)}


def _ordered(step: Step) -> set[str]:
    """Give the signs that people have ordered something to be shown."""
    orders = step.rules.orders
    named = {*orders.locks, *(sign_id for phase in orders.phases for sign_id in phase.lines)}
    return {sign_id for sign_id in named if orders.of(sign_id, step.moment.now)}


def _is_quiet(decision: Decision) -> bool:
    """Tell whether nothing in a decision depends on the moment or on what people do next."""
    reasons = {gist["reason"] for gist in gists(decision.detours).values()}
    proposal = decision.authority.proposal
    is_asked = proposal is not None and proposal.is_waiting
    return decision.state is not SignState.DETOUR and reasons <= QUIET and not decision.authority.told and not is_asked


def _is_same(decision: Decision, in_force: Decision) -> bool:
    return gists(decision.detours) == gists(in_force.detours) and not is_news(decision, in_force, 0.0)
