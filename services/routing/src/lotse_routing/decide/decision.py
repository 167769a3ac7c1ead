"""A sign's decision in all: advice for each destination, its text, its explanation, its display; and its record."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from lotse_routing.decide.accounting import by_destination
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
from lotse_routing.decide.explanation import (
    ByLanguage,
    explain_fault,
    explain_misplaced,
    with_authority,
)
from lotse_routing.decide.modes import OWN_WORD, Authority, Before, Rules, govern
from lotse_routing.decide.policy import Moment, advise
from lotse_routing.decide.reasons import Reasons, via
from lotse_routing.decide.record import Json, gists, is_refuted, read_advices, write_advice
from lotse_routing.decide.registry import Sign
from lotse_routing.decide.sign_text import order_of_text, text_of_sign
from lotse_routing.decide.wording import Wording
from lotse_routing.settings import DisplaySettings


@dataclass(frozen=True, slots=True)
class Decision:
    """What a sign shows from `decided_at` on (Lotse's clock), and why.

    `sensed_at` is the newest reading felt in the step that caused it, None where readings did not. `detours` is the
    record per destination, with link ids, of what Lotse found; `authority` tells whether the sign shows that, or whose
    word else; `delays_min` is what the display tells, by destination; `is_unfilled`, that the town's own
    words did not fit. `explanations` is the same text by language.
    """

    sign_id: str
    state: SignState
    lines: tuple[str, ...]
    explanations: ByLanguage
    decided_at: datetime
    sensed_at: datetime | None
    network_version: str
    detours: tuple[Json, ...]
    display: Display
    delays_min: Mapping[str, int]
    authority: Authority = OWN_WORD
    is_unfilled: bool = False

    @property
    def explanation(self) -> str:
        """The English text, which is that of the log."""
        return self.explanations["en"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A decision whose words, as far as it has any, are those of the one in force; `reasons` has its own.

    `reasons` is None where it has its own words already.
    """

    decision: Decision
    reasons: Reasons | None

    def in_words(self) -> Decision:
        """Give the decision in its own words."""
        if self.reasons is None:
            return self.decision
        explanations = with_authority(self.reasons.of_sign, self.decision.authority)
        return replace(self.decision, explanations=explanations, detours=self.reasons.of_each(self.decision.detours))


@dataclass(frozen=True, slots=True)
class Step:
    """What all decisions of one step share besides the moment.

    Epoch, display settings, newest reading felt in it, in whose local time moments are told, and what people ordered.
    """

    moment: Moment
    display: DisplaySettings
    epoch: int
    sensed_at: datetime | None
    zone: tzinfo = UTC
    rules: Rules = field(default_factory=Rules)


def decide_sign(
    step: Step, sign: Sign, previous: Decision | None, advised: tuple[Advice, ...] | None = None
) -> Decision:
    """Decide what a sign shows, given its decision in force (on whatever network).

    `advised` is what it says to relations of the usual traffic; None: nobody knows that, and it speaks to its
    destinations.
    """
    return draft_sign(step, sign, previous, advised).in_words()


def draft_sign(step: Step, sign: Sign, previous: Decision | None, advised: tuple[Advice, ...] | None = None) -> Draft:
    """Decide as `decide_sign` does, but leave the words until it is known whether anybody is told."""
    moment = step.moment
    if sign.link_id not in moment.snapshot.topology.index:
        return Draft(_fallen_back(step, sign, previous, explain_misplaced(sign.sign_id, sign.link_id)), None)
    before = advices_before(moment, previous)
    advices = _to_destinations(moment, sign, before) if advised is None else advised
    is_by_closure = any(a.reason in {Reason.CLOSURE, Reason.NO_ROUTE} for a in advices) or any(
        a.told is not None and a.told.kind == "closed" for a in before.values()
    )
    records = by_destination(previous.detours) if previous else {}
    reasons = Reasons(moment, step.zone, advices, records, advised == ())
    decision = _composed(step, sign, previous, advices, reasons, None if is_by_closure else step.sensed_at)
    draft = Draft(replace(decision, detours=reasons.known_of_each(decision.detours)), reasons)
    return draft if advices else Draft(draft.in_words(), None)  # without records, words alone tell what is news


def advices_before(moment: Moment, previous: Decision | None) -> Mapping[str, Advice]:
    """Read what the policy needs of a decision in force."""
    return read_advices(previous.detours, moment.usual) if previous else {}


def _to_destinations(moment: Moment, sign: Sign, before: Mapping[str, Advice]) -> tuple[Advice, ...]:
    destinations = [d for d in map(moment.registry.destinations.get, sign.destinations) if d is not None]
    return tuple(advise(moment, sign, d, before.get(d.destination_id)) for d in destinations)


def fall_back(step: Step, sign: Sign, previous: Decision | None) -> Decision:
    """Give the fallback of a sign whose decision failed, whatever was ordered: an order may be what failed."""
    return _fallen_back(replace(step, rules=Rules()), sign, previous, explain_fault(sign.sign_id))


def is_news(decision: Decision, written: Decision | None, explain_again_s: float) -> bool:
    """Tell whether a decision has to be written, given the one of its sign that was written last.

    It has if the sign's body, the links of a shown route, or whom that is approved for, are others. So that an
    explanation does not go on saying what is no longer so, it also has if the gist of the explanation is another: at
    once if a cause has gone, otherwise `explain_again_s` after the last one (Lotse's clock). The figures in an
    explanation are those of `decided_at`.
    """
    if written is None:
        return True
    if decision is written:
        return False
    if decision.display != written.display or _shown_links(decision) != _shown_links(written):
        return True
    if decision.authority != written.authority:
        return True
    now, before = gists(decision.detours), gists(written.detours)
    if now == before:
        return not now and decision.explanation != written.explanation
    refuted = any(_is_refuted(before.get(destination, {}), gist) for destination, gist in now.items())
    return refuted or is_due(decision.decided_at, written, explain_again_s)


def is_due(now: datetime, written: Decision, explain_again_s: float) -> bool:
    """Tell whether an explanation has stood long enough to be renewed when its gist is another."""
    return now - written.decided_at >= timedelta(seconds=explain_again_s)


def _is_refuted(before: Json, now: Json) -> bool:
    told_cause, has_cause = before.get("cause") is not None, now.get("cause") is not None
    return bool(is_refuted(told_cause, has_cause, before.get("is_measured", False), now.get("is_measured", False)))


def _shown_links(decision: Decision) -> list[Any]:
    return [
        (
            detour["destination"],
            detour["state"],
            (detour["shown"] or {}).get("links"),
            detour.get("vehicles"),
            _disturbed_links(detour),
        )
        for detour in decision.detours
    ]


def _disturbed_links(detour: Json) -> list[str] | None:
    """Give the links that a shown message tells of: what it is held for after a restart."""
    relation = detour.get("relation")
    return relation["links"] if relation and detour["state"] == SignState.DETOUR.value else None


def _fallen_back(step: Step, sign: Sign, previous: Decision | None, explanations: ByLanguage) -> Decision:
    decision = _composed(step, sign, previous, (), None, None, SignState.FALLBACK)
    return replace(decision, explanations=with_authority(explanations, decision.authority))


def _composed(  # noqa: PLR0913, PLR0917 - the parts of a decision
    step: Step,
    sign: Sign,
    previous: Decision | None,
    advices: tuple[Advice, ...],
    reasons: Reasons | None,
    sensed_at: datetime | None,
    state: SignState | None = None,
) -> Decision:
    moment, topology = step.moment, step.moment.snapshot.topology
    state = state or sign_state(advices)
    via_streets = [via(topology, advice) if advice.state is SignState.DETOUR else "" for advice in advices]
    delays = {
        a.destination_id: delay_min(a, (previous.delays_min if previous else {}).get(a.destination_id), step.display)
        for a in advices
        if a.state is SignState.DETOUR
    }
    ways = [
        {
            "id": advice.destination_id,
            "arrow": arrow(topology, advice.shown.links),
            "via": advice.shown.via or street or None,
            "delay_min": delays[advice.destination_id],
        }
        for advice, street in zip(advices, via_streets, strict=True)
        if advice.state is SignState.DETOUR and advice.shown
    ]
    order = order_of_text(advices, previous.detours if previous else (), moment.settings)
    wording = Wording(step.display.language, step.rules.templates)
    text = text_of_sign(moment, sign, advices, via_streets, order, wording)
    places = {number: place for place, number in enumerate(order)}
    detours = tuple(
        write_advice(topology, moment.registry, advice, via_streets[number], places.get(number))
        for number, advice in enumerate(advices)
    )
    wanted = compose_face(state, text.lines, advices, ways, moment.settings.min_hold_s)
    asked = reasons.of_sign if reasons and sign.mode == "approval" else {}
    wish = Wish(sign.sign_id, plan_of(sign, wanted, *_closures(advices)), text.lines, asked, detours)
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
        explanations=previous.explanations if previous else {},
        decided_at=moment.now,
        sensed_at=sensed_at if authority.shows_detours else None,
        network_version=topology.network_version,
        detours=detours,
        display=display,
        delays_min=delays,
        authority=authority,
        is_unfilled=text.is_unfilled,
    )


def _closures(advices: tuple[Advice, ...]) -> list[str]:
    """Name the closures that detours lead past: who refused one was not asked about the next at the same place."""
    causes = [advice.cause for advice in advices if advice.state is SignState.DETOUR and advice.cause]
    return sorted({f"{cause.roadwork} {cause.since}" for cause in causes if cause.kind == "closed"})


def _before(previous: Decision | None) -> Before | None:
    face = read_face(previous.display) if previous else None
    return Before(face, previous.authority, previous.detours) if previous and face else None
