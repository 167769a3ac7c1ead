"""Decisions for all signs of a step: what they say to relations together, all else each on its own.

A sign for which nothing happens keeps its decision in force; `quiet` tells which.
"""

from collections.abc import Mapping

from lotse_routing.decide.advice import Advice
from lotse_routing.decide.decision import Decision, Step, advices_before, draft_sign, fall_back, is_news
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.quiet import Quiet
from lotse_routing.decide.registry import Sign
from lotse_routing.decide.relations.advices import advices_of, said_before
from lotse_routing.decide.relations.guide import guide


def decide_signs(
    step: Step, decided: Mapping[str, Decision], quiet: Quiet | None = None
) -> tuple[dict[str, Decision], dict[str, Exception]]:
    """Decide for every sign; one whose decision fails goes to its fallback and takes no other with it.

    Parameters
    ----------
    decided
        The decisions in force, by sign.
    quiet
        What is known of quiet signs from the steps before; None: all signs are decided for.

    Returns
    -------
    tuple
        Decisions by sign (one that is no news has the words of the one in force), and what failed by sign.
    """
    decisions: dict[str, Decision] = {}
    faults: dict[str, Exception] = {}
    signs, quiet = step.moment.registry.signs, quiet or Quiet()
    try:
        advised = _guide(step.moment, decided)
    except Exception as error:  # noqa: BLE001 - told by the caller; what signs say to relations, they decide together
        faults = {sign.sign_id: error for sign in signs}
        return {sign.sign_id: fall_back(step, sign, decided.get(sign.sign_id)) for sign in signs}, faults
    staying = quiet.staying(step, advised, decided)
    made: dict[str, Decision] = {}
    for sign in signs:
        in_force = decided.get(sign.sign_id)
        if in_force is not None and sign.sign_id in staying:
            decisions[sign.sign_id] = in_force
            continue
        to_relations = None if advised is None else advised.get(sign.sign_id, ())
        decisions[sign.sign_id], fault = _decide_or_fall_back(step, sign, in_force, to_relations)
        if fault is None:
            made[sign.sign_id] = decisions[sign.sign_id]
        else:
            faults[sign.sign_id] = fault
    quiet.note(step, made, decided)
    return decisions, faults


def _guide(moment: Moment, decided: Mapping[str, Decision]) -> Mapping[str, tuple[Advice, ...]] | None:
    """Decide what signs say to relations; None where nobody knows the usual traffic."""
    if moment.relations is None:
        return None
    snapshot, settings = moment.snapshot, moment.settings
    said = {
        sign.sign_id: said_before(advices_before(moment, decided.get(sign.sign_id)).values())
        for sign in moment.registry.signs
    }
    guided = guide(moment.relations, snapshot, moment.registry, said, settings)
    return {
        sign_id: advices_of(messages, snapshot, guided.times_s, settings)
        for sign_id, messages in guided.messages.items()
    }


def _decide_or_fall_back(
    step: Step, sign: Sign, previous: Decision | None, advised: tuple[Advice, ...] | None
) -> tuple[Decision, Exception | None]:
    try:
        return _decide(step, sign, previous, advised), None
    except Exception as error:  # noqa: BLE001 - told by the caller; the other signs go on
        return fall_back(step, sign, previous), error


def _decide(step: Step, sign: Sign, previous: Decision | None, advised: tuple[Advice, ...] | None) -> Decision:
    """Decide for a sign; what is no news needs no words of its own."""
    draft = draft_sign(step, sign, previous, advised)
    is_told = previous is None or is_news(draft.decision, previous, step.display.explain_again_s)
    return draft.in_words() if is_told else draft.decision
