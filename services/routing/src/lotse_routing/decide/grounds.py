"""What a message rests on, and whether it is still true: a message whose ground has gone is taken down at once."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from lotse_routing.decide.advice import Advice, SignState
from lotse_routing.decide.events import Event, event
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.record import Json
from lotse_routing.decide.registry import Corridor, Sign


def find_untruth(
    moment: Moment, sign: Sign, grounds: Iterable[Json], valid_until: datetime | None, advices: Iterable[Advice]
) -> Event | None:
    """Tell what has become untrue of a message, given the records it rests on; None: nothing.

    `advices` are those of now: they know which closures there are on the usual ways.
    """
    if valid_until is not None and moment.now >= valid_until:
        return event("closure_over")
    of_now = {advice.destination_id: advice for advice in advices}
    faults = (
        _fault_of(moment, sign, ground, of_now) for ground in grounds if ground["state"] == SignState.DETOUR.value
    )
    return next((fault for fault in faults if fault), None)


def corridors_named(lines: Sequence[str], corridors: Iterable[Corridor]) -> list[Corridor]:
    """List the corridors whose number stands in a text as a word: those that it leads along."""
    text = "\n".join(lines)
    return [
        corridor
        for corridor in corridors
        if re.search(rf"(?<![\w-]){re.escape(corridor.corridor_id)}(?![\w-])", text, re.IGNORECASE)
    ]


def is_open(moment: Moment, links: Iterable[str]) -> bool:
    """Tell whether no link is closed now, and the network has them all."""
    topology, closures = moment.snapshot.topology, moment.snapshot.weights.closures
    return all(link in topology.index and topology.index[link] not in closures for link in links)


def _fault_of(moment: Moment, sign: Sign, ground: Json, of_now: Mapping[str, Advice]) -> Event | None:
    links, told, advice = ground["shown"]["links"], ground["told"], of_now.get(ground["destination"])
    if advice is None:
        return event("destination_gone", destination=ground["destination"])
    if not is_open(moment, links):
        return event("way_closed")
    if not _is_registered(moment, sign, ground):
        return event("corridor_withdrawn", corridor=ground["corridor"])
    is_closed = advice.cause is not None and advice.cause.kind == "closed" and advice.cause.street
    if told and told["kind"] == "closed" and is_closed != told["street"]:
        return event("closure_over")
    return None


def _is_registered(moment: Moment, sign: Sign, ground: Json) -> bool:
    if ground["corridor"] is None:
        return True
    return any(
        corridor.corridor_id == ground["corridor"]
        and corridor.applies(sign.sign_id, ground["destination"])
        and corridor.lies_on(ground["shown"]["links"])
        for corridor in moment.registry.corridors
    )
