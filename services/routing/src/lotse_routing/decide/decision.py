"""A sign's decision in all: advice for each destination, its text, its explanation, its display; and its record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import inf
from typing import Any

from lotse_routing.core.topology import Topology
from lotse_routing.decide.advice import Advice, Reason, SignState, sign_state
from lotse_routing.decide.approval import Wish
from lotse_routing.decide.display import (
    Display,
    arrow,
    compose_display,
    compose_face,
    delay_min,
    plan_of,
    read_face,
)
from lotse_routing.decide.explanation import explain, explain_fault, explain_misplaced
from lotse_routing.decide.fitting import Size
from lotse_routing.decide.modes import OWN_WORD, Authority, Before, Rules, govern
from lotse_routing.decide.policy import Moment, advise
from lotse_routing.decide.record import Json, gists, is_refuted, read_advices, write_advice
from lotse_routing.decide.registry import Sign
from lotse_routing.decide.street import street_rejoined, street_via
from lotse_routing.decide.text import Message
from lotse_routing.decide.wording import Text, Wording, compose_text
from lotse_routing.settings import DisplaySettings


@dataclass(frozen=True, slots=True)
class Decision:
    """What a sign shows from `decided_at` on (Lotse's clock), and why.

    `sensed_at` is the newest reading felt in the step that caused it, None where readings did not. `detours` is the
    record per destination, with link ids, of what Lotse found; `authority` tells whether the sign shows that, or whose
    word else; `delays_min` is what the display tells, by destination; `is_unfilled`, that the town's own
    words did not fit.
    """

    sign_id: str
    state: SignState
    lines: tuple[str, ...]
    explanation: str
    decided_at: datetime
    sensed_at: datetime | None
    network_version: str
    detours: tuple[Json, ...]
    display: Display
    delays_min: Mapping[str, int]
    authority: Authority = OWN_WORD
    is_unfilled: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What all decisions of one step share besides the moment.

    Epoch, display settings, newest reading felt in it, and what people ordered.
    """

    moment: Moment
    display: DisplaySettings
    epoch: int
    sensed_at: datetime | None
    rules: Rules = field(default_factory=Rules)


def decide_sign(step: Step, sign: Sign, previous: Decision | None) -> Decision:
    """Decide what a sign shows, given its decision in force (on whatever network)."""
    moment = step.moment
    if sign.link_id not in moment.snapshot.topology.index:
        return _fallen_back(step, sign, previous, explain_misplaced(sign.sign_id, sign.link_id))
    before = read_advices(previous.detours, moment.snapshot.usual) if previous else {}
    destinations = [d for d in map(moment.registry.destinations.get, sign.destinations) if d is not None]
    advices = tuple(advise(moment, sign, d, before.get(d.destination_id)) for d in destinations)
    vias = [_street_via(moment.snapshot.topology, advice) for advice in advices]
    is_by_closure = any(a.reason in {Reason.CLOSURE, Reason.NO_ROUTE} for a in advices) or any(
        a.told is not None and a.told.kind == "closed" for a in before.values()
    )
    return _composed(
        step,
        sign,
        previous,
        advices,
        vias,
        explain(advices, vias, moment.registry, moment.settings),
        None if is_by_closure else step.sensed_at,
    )


def fall_back(step: Step, sign: Sign, previous: Decision | None) -> Decision:
    """Give the fallback of a sign whose decision failed, whatever was ordered: an order may be what failed."""
    return _fallen_back(replace(step, rules=Rules()), sign, previous, explain_fault(sign.sign_id))


def is_news(decision: Decision, written: Decision | None, explain_again_s: float) -> bool:
    """Tell whether a decision has to be written, given the one of its sign that was written last.

    It has if the sign's body, or the links of a shown route, are others. So that an explanation does not go on saying
    what is no longer so, it also has if the gist of the explanation is another: at once if a cause has gone, otherwise
    `explain_again_s` after the last one (Lotse's clock). The figures in an explanation are those of `decided_at`.
    """
    if written is None:
        return True
    if decision.display != written.display or _shown_links(decision) != _shown_links(written):
        return True
    if decision.authority != written.authority:
        return True
    now, before = gists(decision.detours), gists(written.detours)
    if now == before:
        return not now and decision.explanation != written.explanation
    is_due = decision.decided_at - written.decided_at >= timedelta(seconds=explain_again_s)
    return is_due or any(is_refuted(before.get(destination, {}), gist) for destination, gist in now.items())


def _shown_links(decision: Decision) -> list[Any]:
    return [
        (detour["destination"], detour["state"], (detour["shown"] or {}).get("links")) for detour in decision.detours
    ]


def _fallen_back(step: Step, sign: Sign, previous: Decision | None, explanation: str) -> Decision:
    return _composed(step, sign, previous, (), (), explanation, None, SignState.FALLBACK)


def _composed(  # noqa: PLR0913, PLR0917 - the parts of a decision
    step: Step,
    sign: Sign,
    previous: Decision | None,
    advices: tuple[Advice, ...],
    via_streets: Sequence[str],
    explanation: str,
    sensed_at: datetime | None,
    state: SignState | None = None,
) -> Decision:
    moment, topology = step.moment, step.moment.snapshot.topology
    state = state or sign_state(advices)
    delays = {
        a.destination_id: delay_min(a, (previous.delays_min if previous else {}).get(a.destination_id), step.display)
        for a in advices
        if a.state is SignState.DETOUR
    }
    ways = [
        {
            "id": advice.destination_id,
            "arrow": arrow(topology, advice.shown.links),
            "via": advice.shown.via or via or None,
            "delay_min": delays[advice.destination_id],
        }
        for advice, via in zip(advices, via_streets, strict=True)
        if advice.state is SignState.DETOUR and advice.shown
    ]
    text = _text(step, sign, advices, via_streets)
    detours = tuple(write_advice(topology, a, via) for a, via in zip(advices, via_streets, strict=True))
    wanted = compose_face(state, text.lines, advices, ways, moment.settings.min_hold_s)
    wish = Wish(sign.sign_id, plan_of(sign, wanted), text.lines, explanation, detours)
    face, authority = govern(moment, step.rules, sign, wanted, wish, advices, _before(previous))
    display = compose_display(
        sign,
        face,
        step.display,
        source=authority.source,
        epoch=step.epoch,
        previous=previous.display if previous else None,
    )
    return Decision(
        sign_id=sign.sign_id,
        state=face.state,
        lines=face.lines,
        explanation=authority.explain(explanation),
        decided_at=moment.now,
        sensed_at=sensed_at if authority.shows_detours else None,
        network_version=topology.network_version,
        detours=detours,
        display=display,
        delays_min=delays,
        authority=authority,
        is_unfilled=text.is_unfilled,
    )


def _before(previous: Decision | None) -> Before | None:
    face = read_face(previous.display) if previous else None
    return Before(face, previous.authority, previous.detours) if previous and face else None


def _text(step: Step, sign: Sign, advices: Sequence[Advice], via_streets: Sequence[str]) -> Text:
    moment, topology = step.moment, step.moment.snapshot.topology
    detours = [pair for pair in zip(advices, via_streets, strict=True) if pair[0].state is SignState.DETOUR]
    detours.sort(key=lambda pair: -inf if pair[0].gain_s is None else -pair[0].gain_s)
    messages = [
        Message(
            destination_text=moment.registry.destinations[advice.destination_id].sign_text,
            kind=advice.told.kind,
            street=advice.told.street,
            corridor=advice.shown.via,
            via_street=via,
            rejoin_street=street_rejoined(topology, advice.shown.links, advice.normal.links) if advice.normal else "",
        )
        for advice, via in detours
        if advice.told and advice.shown
    ]
    size = Size(sign.line_count, sign.line_chars, sign.charset)
    wording = Wording(step.display.language, step.rules.templates)
    return compose_text(messages, size, wording, addresses_all=len(messages) == len(advices))


def _street_via(topology: Topology, advice: Advice) -> str:
    detour = advice.shown if advice.state is SignState.DETOUR else advice.candidate
    return street_via(topology, detour.links, advice.normal.links) if detour and advice.normal else ""
