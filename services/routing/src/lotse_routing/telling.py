"""What the log and Prometheus are told of a step."""

from collections.abc import Mapping
from datetime import datetime
from typing import get_args

from lotse_routing import metrics
from lotse_routing.decide.decision import Decision
from lotse_routing.decide.explanation import tell_events
from lotse_routing.decide.orders import Source
from lotse_routing.state.sense import Sensed
from lotse_routing.steps import Decided
from lotse_shared.level_of_service import LevelOfService
from lotse_shared.log import OnChange, get_logger

log = get_logger(__name__)


def tell_what_is_sensed(sensed: Sensed, now: datetime) -> None:
    """Tell how much was felt, what is known of links, and how old the newest reading is."""
    metrics.READINGS_FELT.inc(sensed.felt)
    metrics.READINGS_NOT_LEARNED.inc(sensed.quarters.too_late)
    states = sensed.links.values()
    for level in LevelOfService:
        metrics.LINKS_WITH_STATE.labels(level.value).set(sum(state.level_of_service is level for state in states))
    heard = [detector.heard_at for detector in sensed.detectors.values()]
    if heard:
        metrics.NEWEST_READING_AGE_S.set((now - max(heard)).total_seconds())


def tell_decisions(decided: Decided, before: Mapping[str, Decision]) -> None:
    """Tell what signs show, every decision that is news, and which of them change what its sign showed before."""
    decisions = decided.decisions
    for state in ("blank", "detour", "fallback"):
        metrics.SIGNS.labels(state).set(sum(d.state.value == state for d in decisions.values()))
    for source in get_args(Source):
        metrics.SIGNS_BY_SOURCE.labels(source).set(sum(d.authority.source == source for d in decisions.values()))
    proposals = [d.authority.proposal for d in decisions.values() if d.authority.proposal]
    metrics.WAITING_PROPOSALS.set(sum(proposal.is_waiting for proposal in proposals))
    for decision in decided.news:
        shown = before.get(decision.sign_id)
        if shown is None or (decision.state, decision.lines) != (shown.state, shown.lines):
            metrics.SIGN_CHANGES.labels(decision.state.value).inc()
        log.info("decided", sign=decision.sign_id, state=decision.state.value, explanation=decision.explanation)


class Faults:
    """Counts decisions that failed, and tells whenever the signs that they are of have changed."""

    def __init__(self) -> None:
        self._signs = OnChange(log)

    def tell(self, faults: Mapping[str, Exception]) -> None:
        """Tell what failed, by sign."""
        metrics.SIGN_FAILURES.inc(len(faults))
        signs = sorted(faults)
        self._signs.now(
            ", ".join(signs) or "none",
            "signs whose decision failed went to their fallback" if faults else "every sign was decided for",
            signs=signs,
            exc_info=faults[signs[0]] if signs else None,
        )


class Withheld:
    """Tells, whenever they have changed, which signs show something else than people ordered or worded."""

    def __init__(self) -> None:
        self._orders = OnChange(log)
        self._words = OnChange(log)

    def tell(self, decisions: Mapping[str, Decision]) -> None:
        """Tell which orders are not followed, and where the town's own words could not be filled."""
        suspended = {
            d.sign_id: tell_events(d.authority.suspended)["en"] for d in decisions.values() if d.authority.suspended
        }
        metrics.SUSPENDED_ORDERS.set(len(suspended))
        event = "orders that must not be shown" if suspended else "every order is followed"
        self._orders.now(repr(sorted(suspended.items())), event, orders=suspended)
        unfilled = sorted(d.sign_id for d in decisions.values() if d.is_unfilled)
        metrics.UNFILLED_TEMPLATES.set(len(unfilled))
        event = "templates that could not be filled: built-in text" if unfilled else "every template could be filled"
        self._words.now(repr(unfilled), event, signs=unfilled)
