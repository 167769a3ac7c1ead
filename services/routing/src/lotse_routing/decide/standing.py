"""What a decision in force says, pair by pair and in numbers, to be held against what it would come to now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from lotse_routing.core.along import Places, Ways
from lotse_routing.core.jit import Flags
from lotse_routing.core.topology import Topology
from lotse_routing.decide.accounting import by_destination
from lotse_routing.decide.advice import SignState
from lotse_routing.decide.decision import Decision
from lotse_routing.decide.display import tells_still
from lotse_routing.decide.holding import goes_on_telling, hold
from lotse_routing.decide.policy import Moment
from lotse_routing.decide.record import Json, is_refuted, read_place
from lotse_routing.decide.rules import KEPT, NO_ROUTE, NOTHING, REASONS
from lotse_routing.decide.street import Streets, number_streets
from lotse_routing.decide.verdicts import NO_CAUSE, Shown, Verdicts, are_closures, cause_code, utc
from lotse_routing.settings import DisplaySettings

PAIR = np.dtype(
    [
        ("is_shown", "?"),
        ("reason", "i1"),
        ("cause", "i8"),
        ("is_measured", "?"),
        ("told", "i8"),
        ("told_until", "M8[us]"),
        ("told_since", "M8[us]"),
        ("since", "M8[us]"),
        ("delay_min", "f8"),
        ("length", "i8"),
        ("place", "i8"),
    ]
)
"""Of each pair of a sign, as in its record and in `Verdicts`; `length` is how many links the detour has."""

Rows = npt.NDArray[np.void]


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What a sign says: a row for each pair, and the links of the detours that it shows, one behind the other."""

    rows: Rows
    links: Places


def read_standing(decision: Decision, destination_ids: Sequence[str], topology: Topology) -> Standing:
    """Read what a decision says, for pairs of its sign in their order.

    Raises
    ------
    KeyError
        The record is of another network: it tells of a street, or a link, that this one has not.
    """
    records, streets = by_destination(decision.detours), number_streets(topology)
    rows = np.zeros(len(destination_ids), PAIR)
    links: list[int] = []
    for number, name in enumerate(destination_ids):
        record = records[name]
        shown = [topology.index[link] for link in record["shown"]["links"]] if _is_shown(record) else []
        rows[number] = _row(record, streets, decision.delays_min.get(name, 0), len(shown))
        links += shown
    return Standing(rows, np.array(links, np.intp))


def nothing_known(pairs: int) -> Standing:
    """Stand for a decision that nothing is known of."""
    return Standing(np.zeros(pairs, PAIR), np.empty(0, np.intp))


def shown_of(rows: Rows, links: Places) -> Shown:
    """Give the detours that are shown."""
    ways = Ways(links, np.concatenate(([0], np.cumsum(rows["length"]))))
    return Shown(ways, rows["since"], are_closures(rows["told"]), rows["place"].astype(np.intp))


def looks_alike(rows: Rows, now: Verdicts, moment: Moment, display: DisplaySettings) -> Flags:
    """Tell for which pairs a sign would show the same, if their places in its text are the same; shape (pairs,)."""
    goes_on = (
        (now.shows == KEPT)
        & _goes_on_telling(rows, now, moment)
        & tells_still(now.delay_min, rows["delay_min"], display)
    )
    stays_blank = (now.shows == NOTHING) & ((now.reason == NO_ROUTE) == (rows["reason"] == NO_ROUTE))
    alike: Flags = np.logical_and(now.is_told, np.where(rows["is_shown"], goes_on, stays_blank))
    return alike


def means_alike(rows: Rows, now: Verdicts) -> Flags:
    """Tell for which pairs the gist of the explanation would be the same; shape (pairs,)."""
    is_same_reason = (rows["reason"] == now.reason) & (rows["cause"] == now.told_cause)
    alike: Flags = np.logical_and(is_same_reason, rows["is_measured"] == now.is_measured)
    return alike


def are_refuted(rows: Rows, now: Verdicts) -> Flags:
    """Tell for which pairs the explanation would be plainly untrue; shape (pairs,)."""
    refuted: Flags = is_refuted(
        rows["cause"] != NO_CAUSE, now.told_cause != NO_CAUSE, rows["is_measured"], now.is_measured
    )
    return refuted


def _goes_on_telling(rows: Rows, now: Verdicts, moment: Moment) -> Flags:
    until, told_until = now.until, rows["told_until"]
    ends_alike = (until == told_until) | (np.isnat(until) & np.isnat(told_until))
    is_same = (now.cause == NO_CAUSE) | ((now.cause == rows["told"]) & ends_alike)
    has_closure = are_closures(now.cause) | are_closures(rows["told"])
    is_young: Flags = np.less(utc(moment.now) - rows["told_since"], np.timedelta64(hold(moment.settings), "us"))
    return goes_on_telling(is_same, has_closure, is_young)


def _row(record: Json, streets: Streets, delay_min: int, length: int) -> tuple[object, ...]:
    gist, told = record["gist"], record["told"]
    reasons = [reason.value for reason in REASONS]
    return (
        _is_shown(record),
        reasons.index(gist["reason"]),
        _code(gist["cause"], streets),
        gist["is_measured"],
        _code(told, streets),
        _moment(told and told["until"]),
        _moment(told and told["since"]),
        _moment(record["since"]),
        delay_min,
        length,
        read_place(record),
    )


def _is_shown(record: Json) -> bool:
    return bool(record["state"] == SignState.DETOUR.value)


def _code(cause: Json | None, streets: Streets) -> int:
    return NO_CAUSE if cause is None else cause_code(cause["kind"], streets.numbers[cause["street"]])


def _moment(text: str | None) -> np.datetime64:
    return utc(datetime.fromisoformat(text) if text else None)
