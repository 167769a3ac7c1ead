"""Decisions for all signs of a step, each on its own."""

from collections.abc import Mapping

from lotse_routing.decide.decision import Decision, Step, decide_sign, fall_back
from lotse_routing.decide.registry import Sign


def decide_signs(step: Step, decided: Mapping[str, Decision]) -> tuple[dict[str, Decision], dict[str, Exception]]:
    """Decide for every sign; one whose decision fails goes to its fallback and takes no other with it.

    Returns
    -------
    tuple
        Decisions by sign, and what failed by sign.
    """
    decisions: dict[str, Decision] = {}
    faults: dict[str, Exception] = {}
    for sign in step.moment.registry.signs:
        decisions[sign.sign_id], fault = _decide_or_fall_back(step, sign, decided.get(sign.sign_id))
        if fault is not None:
            faults[sign.sign_id] = fault
    return decisions, faults


def _decide_or_fall_back(step: Step, sign: Sign, previous: Decision | None) -> tuple[Decision, Exception | None]:
    try:
        return decide_sign(step, sign, previous), None
    except Exception as error:  # noqa: BLE001 - told by the caller; the other signs go on
        return fall_back(step, sign, previous), error
