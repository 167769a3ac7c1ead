"""The text of a sign, from what it advises: what it tells of first, and in which words."""

from collections.abc import Iterable, Sequence
from math import inf

import numpy as np

from lotse_routing.decide.advice import Advice, SignState
from lotse_routing.decide.fitting import Size
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.record import Json, read_place
from lotse_routing.decide.registry import Sign
from lotse_routing.decide.rules import limits_of
from lotse_routing.decide.street import street_rejoined
from lotse_routing.decide.text import Message
from lotse_routing.decide.text_order import UNPLACED, order_in_text
from lotse_routing.decide.wording import Text, Wording, compose_text
from lotse_routing.settings import PolicySettings


def order_of_text(advices: Sequence[Advice], before: Iterable[Json], settings: PolicySettings) -> list[int]:
    """Give the numbers of the advices that show a detour, the first to be told first.

    Parameters
    ----------
    before
        The records of the decision in force.
    """
    shown = [number for number, advice in enumerate(advices) if advice.state is SignState.DETOUR]
    places = {record["destination"]: read_place(record) for record in before}
    gains_s = [inf if (gain_s := advices[number].gain_s) is None else gain_s for number in shown]
    until_now = [places.get(advices[number].destination_id, UNPLACED) for number in shown]
    order = order_in_text(np.array(gains_s), np.array(until_now, np.intp), limits_of(settings))
    return [shown[number] for number in order.tolist()]


def text_of_sign(  # noqa: PLR0913, PLR0917 - what is told, and how
    moment: Moment,
    sign: Sign,
    advices: Sequence[Advice],
    via_streets: Sequence[str],
    order: Sequence[int],
    wording: Wording,
) -> Text:
    """Compose the text of a sign: of the advices that show a detour, in their `order`, each with its street."""
    topology = moment.snapshot.topology
    messages = [
        Message(
            destination_text=_addressed(moment, advice),
            kind=advice.told.kind,
            street=advice.told.street,
            corridor=advice.shown.via,
            via_street=via_streets[number],
            rejoin_street=street_rejoined(topology, advice.shown.links, advice.normal.links) if advice.normal else "",
            is_toward_street=advice.relation is not None,
        )
        for number in order
        if (advice := advices[number]).told and advice.shown
    ]
    size = Size(sign.line_count, sign.line_chars, sign.charset)
    addresses_all = len(messages) == len(advices) and all(advice.relation is None for advice in advices)
    return compose_text(messages, size, wording, addresses_all=addresses_all)


def _addressed(moment: Moment, advice: Advice) -> str:
    if advice.relation is not None:
        return advice.relation.toward
    return moment.registry.destinations[advice.destination_id].sign_text
