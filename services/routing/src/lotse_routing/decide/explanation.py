"""Why a sign shows what it shows, in plain English: what is slow or closed, and the figures that decided."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from lotse_routing.decide.advice import Advice, Reason, Route
from lotse_routing.decide.cause import NOTICEABLE_DELAY_S, Cause
from lotse_routing.decide.registry import Destination, Registry
from lotse_routing.settings import PolicySettings

DETECTORS_NAMED = 5
SLIGHT_FROM_RATIO = 0.7
"""A street whose traffic counts as free (field.md 4) is not called slow, whatever its seconds add up to."""
UNAFFECTED = "Nothing to show: nothing is closed or slow on the usual ways of those who pass this sign."


def explain(advices: Sequence[Advice], via_streets: Sequence[str], registry: Registry, settings: PolicySettings) -> str:
    """Explain a sign's decision, a sentence or two for each of its destinations that there is something to report of.

    `via_streets` has, for each advice, the street that tells its detour from the normal route (empty without one).
    """
    if not advices:
        return "Nothing to show: no destination is registered for this sign."
    told = [
        f"{_name(advice, registry)}: {sentence}."
        for advice, via_street in zip(advices, via_streets, strict=True)
        if (sentence := _sentence(advice, via_street, settings))
    ]
    return " ".join(told) or _quiet(advices, registry)


def explain_misplaced(sign_id: str, link_id: str) -> str:
    """Explain the fallback of a sign whose link the network does not have."""
    return f"Sign {sign_id} stands on link {link_id}, which the active network does not have: fallback."


def explain_fault(sign_id: str) -> str:
    """Explain the fallback of a sign whose decision failed."""
    return f"The decision for sign {sign_id} failed; the log of the routing service says why: fallback."


def describe(cause: Cause) -> str:
    """Say in words what is wrong: 'Lauterstraße is closed (sewer works, until 09:00 UTC on 23 November 2026)'."""
    street = cause.street or "a street without a name"
    if cause.kind == "closed":
        until = f", until {_moment(cause.until)}" if cause.until else ""
        return f"{street} is closed ({cause.roadwork}{until})"
    is_slight = cause.kind == "slow" and cause.speed_kmh >= SLIGHT_FROM_RATIO * cause.free_flow_kmh
    how = "is jammed" if cause.kind == "jam" else "is a little slower" if is_slight else "is slow"
    by = [f"roadwork {cause.roadwork}"] if cause.roadwork else []
    by += [f"detectors {_list(cause.detectors)}"] if cause.detectors else []
    source = f"; {', '.join(by)}" if by else ""
    return f"{street} {how} ({cause.speed_kmh:.0f} of {cause.free_flow_kmh:.0f} km/h{source})"


def _sentence(advice: Advice, via_street: str, settings: PolicySettings) -> str:  # noqa: PLR0911 - one a reason
    match advice.reason:
        case Reason.NOT_IN_NETWORK:
            return "the network has no way to it from this sign: fallback"
        case Reason.NO_ROUTE:
            return f"{_why(advice)}, and no route past it is left that may be shown: fallback"
        case Reason.CLOSURE | Reason.GAIN:
            return f"{_why(advice)}; {_detour(advice.shown, via_street)} {_figures(advice, is_shown=True)}"
        case Reason.HELD:
            return (
                f"{_why(advice)}; {_detour(advice.shown, via_street)} {_figures(advice, is_shown=True)};"
                f" held until {_held_until(advice, settings)} although that is less than a detour is shown for"
            )
        case Reason.TOO_LITTLE_GAIN if advice.gain_s is not None and advice.gain_s <= 0:
            would_take = f"{_detour(advice.candidate, via_street)} {_takes(advice, is_shown=False)}"
            return f"{_why(advice)}; the usual way takes {_normal(advice)}, and {would_take}: no detour is quicker"
        case Reason.TOO_LITTLE_GAIN:
            return (
                f"{_why(advice)}; {_detour(advice.candidate, via_street)} {_figures(advice, is_shown=False)}:"
                f" shown from {settings.min_gain_s:.0f} s and {settings.min_gain_pct:.0f} % on"
            )
        case Reason.NO_CANDIDATE:
            return f"{_why(advice)}; the usual way takes {_normal(advice)}, and there is no other that may be shown"
        case Reason.NO_ROOM:
            return (
                f"{_why(advice)}; {_detour(advice.candidate, via_street)} {_figures(advice, is_shown=False)}:"
                f" the sign has no room for another message"
            )
        case Reason.NO_DELAY:
            return ""


def _why(advice: Advice) -> str:
    if advice.cause:
        return describe(advice.cause)
    return "the usual way is free again" if advice.is_measured else "no detector measures the usual way now"


def _normal(advice: Advice) -> str:
    now_s = advice.normal.travel_time_s if advice.normal else 0.0
    estimated = f", {advice.estimated_s:.0f} s of it estimated" if advice.estimated_s >= NOTICEABLE_DELAY_S else ""
    return f"{now_s:.0f} s{estimated} ({advice.usual_s:.0f} s without traffic)"


def _detour(route: Route | None, via_street: str) -> str:
    if route is not None and route.via:
        return f"by {route.via}"
    return f"by {via_street}" if via_street else "by another way"


def _figures(advice: Advice, *, is_shown: bool) -> str:
    takes = _takes(advice, is_shown=is_shown)
    if advice.gain_s is None:
        return f"{takes}, the usual way {advice.usual_s:.0f} s when it is open"
    gain_pct = advice.gain_pct or 0.0
    seen_s = advice.gain_s if advice.seen_gain_s is None else advice.seen_gain_s
    is_less = advice.gain_s - seen_s >= NOTICEABLE_DELAY_S
    seen = f", {max(0.0, seen_s):.0f} s without estimates" if is_less else ""
    return (
        f"{takes} instead of {_normal(advice)}: gain {advice.gain_s:.0f} s ({gain_pct:.0f} %){seen},"
        f" confidence {advice.confidence:.2f}"
    )


def _takes(advice: Advice, *, is_shown: bool) -> str:
    route = advice.shown if is_shown else advice.candidate
    return f"{'it takes' if is_shown else 'it would take'} {route.travel_time_s if route else 0.0:.0f} s"


def _quiet(advices: Sequence[Advice], registry: Registry) -> str:
    """Say that there is nothing to show, and of which ways nobody knows whether that is true."""
    seen = [f"to {_name(a, registry)} {_normal(a)}" for a in advices if a.is_measured]
    blind = [f"to {_name(a, registry)} now ({a.usual_s:.0f} s without traffic)" for a in advices if not a.is_measured]
    sentences = [f"Nothing to show: the usual ways are free enough, {', '.join(seen)}."] if seen else []
    sentences += [f"No detector measures the usual way {' and '.join(blind)}."] if blind else []
    return " ".join(sentences)


def _name(advice: Advice, registry: Registry) -> str:
    destination: Destination | None = registry.destinations.get(advice.destination_id)
    return destination.name if destination else advice.destination_id


def _list(names: Sequence[str]) -> str:
    more = len(names) - DETECTORS_NAMED
    return ", ".join(names[:DETECTORS_NAMED]) + (f" and {more} more" if more > 0 else "")


def _held_until(advice: Advice, settings: PolicySettings) -> str:
    return _moment(advice.since + timedelta(seconds=settings.min_hold_s)) if advice.since else "now"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
