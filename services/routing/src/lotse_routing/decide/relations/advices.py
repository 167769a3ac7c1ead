"""Messages as advice that a sign composes its display of, and back from the record of what was shown."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lotse_routing.core.topology import Seconds
from lotse_routing.decide.advice import Advice, Reason, Relation, SignState
from lotse_routing.decide.candidates import timed
from lotse_routing.decide.cause import cause_of, route_confidence
from lotse_routing.decide.holding import tell
from lotse_routing.decide.relations.board import Before, Message
from lotse_routing.decide.relations.disturbance import Disturbance
from lotse_routing.settings import PolicySettings
from lotse_routing.state.snapshot import Snapshot


def advices_of(
    messages: Iterable[Message], snapshot: Snapshot, times_s: Seconds, settings: PolicySettings
) -> tuple[Advice, ...]:
    """Give the advices of a sign, those that are shown first; of a disturbance without any corridor there is none.

    Two that go the same way are told apart by a link.

    Parameters
    ----------
    times_s
        Travel times to tell, infinite where closed; shape (links,).
    """
    advices: dict[str, Advice] = {}
    for message in messages:
        advice = _advice(message, snapshot, times_s, settings)
        if advice is not None:
            name = advice.destination_id
            if name in advices:
                name = f"{name} ({snapshot.topology.links[min(message.pair.disturbance.links)].link_id})"
            advices[name] = replace(advice, destination_id=name)
    return tuple(advices.values())


def said_before(advices: Iterable[Advice]) -> Sequence[Before]:
    """Give the messages to relations among the advices in force."""
    return [
        Before(
            disturbance=Disturbance(
                advice.relation.effect, advice.relation.street, frozenset(advice.relation.disturbed)
            ),
            corridor=advice.shown.links,
            via=advice.shown.via,
            usual_way=advice.normal.links,
            since=advice.since,
            told=advice.told,
        )
        for advice in advices
        if advice.relation and advice.shown and advice.normal and advice.since
    ]


def _advice(message: Message, snapshot: Snapshot, times_s: Seconds, settings: PolicySettings) -> Advice | None:
    detour, pair = message.detour, message.pair
    if detour is None:
        return None
    normal, shown = timed(detour.usual_way, times_s), timed(detour.corridor, times_s, detour.via)
    base_s = snapshot.base.travel_times_s
    cause = cause_of(snapshot, sorted(pair.disturbance.links))
    told = pair.before.told if pair.before else None
    rejoins = detour.corridor[-1]
    toward = snapshot.topology.links[rejoins]
    relation = Relation(
        effect=pair.disturbance.effect,
        street=pair.disturbance.street,
        disturbed=tuple(sorted(pair.disturbance.links)),
        rejoins=rejoins,
        toward=toward.name or toward.ref or toward.link_id,
        vehicles_per_h=detour.vehicles_per_h,
    )
    gain_s = None if pair.is_closure else detour.gain_s
    advice = Advice(
        destination_id=f"{relation.street} > {relation.toward}",
        state=SignState.DETOUR if message.is_shown else SignState.BLANK,
        reason=message.reason,
        normal=normal,
        usual_s=timed(detour.usual_way, base_s).travel_time_s,
        shown=shown if message.is_shown else normal,
        candidate=shown,
        gain_s=gain_s,
        seen_gain_s=gain_s,
        confidence=route_confidence(snapshot, detour.usual_way),
        cause=cause,
        since=message.since,
        told=tell(cause, told, snapshot.computed_until, settings) if message.is_shown else None,
        relation=relation,
        lost_s=detour.lost_s,
        gain_share=detour.gain_share,
        total_gain_veh_min_h=detour.total_gain_veh_min_h,
        was_shown=pair.before is not None and pair.before.corridor == detour.corridor,
    )
    return replace(advice, unheld=_unheld(advice)) if message.reason is Reason.HELD else advice


def _unheld(advice: Advice) -> Advice:
    """Say what would be without the hold: nothing, or it would not be held."""
    return replace(advice, state=SignState.BLANK, reason=Reason.TOO_LITTLE_GAIN, shown=advice.normal, told=None)
