"""In what order a sign tells of its detours: who gains most first, and no other order for a few seconds more.

A sign has room for one or two. If they changed places with every reading, its text would change as well, and it leads
the same ways; so one passes another only by the margin by which another detour replaces a shown one.
Compiled, like `rules`: a step asks for all signs, the policy for the one that it decides on.
"""

import numpy as np

from lotse_routing.core.along import Places
from lotse_routing.core.jit import Flags, kernel
from lotse_routing.core.topology import Seconds
from lotse_routing.decide.rules import Limits, gains_clearly_more

UNPLACED = 1 << 30
"""Place of a detour that the sign does not tell of, or not yet."""


@kernel
def order_in_text(gains_s: Seconds, before: Places, limits: Limits) -> Places:
    """Put the detours of a sign in order.

    Parameters
    ----------
    gains_s
        What each gains, infinite past a closure: those come first; shape (detours,).
    before
        Its place until now, `UNPLACED` where it is new: new ones come behind, by their gains; shape (detours,).

    Returns
    -------
    Places
        Their numbers, the first to be told first; shape (detours,).
    """
    order = np.empty(len(gains_s), np.intp)
    for number in range(len(order)):
        at = number
        while at > 0 and _was_before(number, order[at - 1], gains_s, before):
            order[at] = order[at - 1]
            at -= 1
        order[at] = number
    for last in range(1, len(order)):
        mover, to = order[last], 0
        while to < last and not _passes(gains_s[mover], gains_s[order[to]], limits):
            to += 1
        for at in range(last, to, -1):
            order[at] = order[at - 1]
        order[to] = mover
    return order


@kernel
def places_in_texts(of_sign: Places, is_shown: Flags, gains_s: Seconds, before: Places, limits: Limits) -> Places:
    """Tell where in the text of its sign each detour comes; `UNPLACED` where none is shown; shape (pairs,).

    Parameters
    ----------
    of_sign
        Where the pairs of each sign begin, and behind them where all end; shape (signs + 1,).
    """
    places = np.full(len(gains_s), UNPLACED, np.intp)
    for sign in range(len(of_sign) - 1):
        first = of_sign[sign]
        shown = first + np.flatnonzero(is_shown[first : of_sign[sign + 1]])
        order = order_in_text(gains_s[shown], before[shown], limits)
        for place in range(len(order)):
            places[shown[order[place]]] = place
    return places


@kernel
def _was_before(one: int, other: int, gains_s: Seconds, before: Places) -> bool:
    if before[one] != before[other]:
        return bool(before[one] < before[other])
    return bool(gains_s[one] > gains_s[other])


@kernel
def _passes(gain_s: float, than_s: float, limits: Limits) -> bool:
    return gain_s > than_s and gains_clearly_more(gain_s, than_s, limits)
