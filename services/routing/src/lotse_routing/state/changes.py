"""Which link states are worth writing: those that changed for somebody who looks.

What is measured is written when it changed, and now and then when it did not. Estimates, one for nearly every link of a
city, are looked at every `link_state_every_s` and written where the speed moved clearly, a bounded number a step.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from lotse_routing.core.topology import Topology
from lotse_routing.settings import LoopSettings
from lotse_routing.state.background import Basis, Estimates
from lotse_routing.state.estimate import LinkState, Source
from lotse_shared.level_of_service import LevelOfService

MOST_ESTIMATES = 1000
"""Estimates written by one step at most, so that no decision waits for them: the others follow in the next ones."""

SOURCES: Mapping[Basis, Source] = {
    Basis.CLASS: "profile",
    Basis.PROFILE: "profile",
    Basis.NEIGHBOURHOOD: "neighbourhood",
}

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class WrittenState:
    """A link state as last written, and when."""

    state: LinkState
    at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """What stands in the table of link states, as far as this process knows. Arrays have the shape (links,).

    Attributes
    ----------
    has_row
        Of which links of the network a row stands there.
    strangers
        Other links of which one does.
    states
        What this process wrote of measured links.
    estimates_kmh, basis
        What it wrote of the others, nan where nothing, and what that rests on.
    looked_at
        When estimates were last looked at to the end, None if that was never.
    """

    topology: Topology
    has_row: Flags
    strangers: frozenset[str]
    states: Mapping[str, WrittenState]
    estimates_kmh: npt.NDArray[np.float64]
    basis: npt.NDArray[np.int8]
    looked_at: datetime | None = None

    @property
    def links(self) -> frozenset[str]:
        """Every link with a row."""
        return self.strangers | {self.topology.links[index].link_id for index in np.flatnonzero(self.has_row)}


@dataclass(frozen=True, slots=True, eq=False)
class News:
    """What is to be written: states of measured links, estimates of others, links whose row goes; what stands then."""

    measured: tuple[LinkState, ...]
    estimated: tuple[LinkState, ...]
    forgotten: tuple[str, ...]
    written: Written


def written_before(links: Iterable[str], topology: Topology) -> Written:
    """Know only of which links a row stands there, not what is in it."""
    rows = frozenset(links)
    count = len(topology.links)
    has_row = np.zeros(count, np.bool_)
    has_row[[topology.index[link] for link in rows if link in topology.index]] = True
    strangers = frozenset(link for link in rows if link not in topology.index)
    return Written(topology, has_row, strangers, {}, np.full(count, np.nan), np.zeros(count, np.int8))


def link_news(
    written: Written, links: Mapping[str, LinkState], estimates: Estimates, now: datetime, settings: LoopSettings
) -> News:
    """Tell what to write of the links, on the network that `written` is of.

    A link goes by its detectors as long as they say anything, then by its estimate; where nothing is known but free
    flow, what its detectors said last stays, with confidence 0.
    """
    topology = written.topology
    told = _told_by_detectors(topology, links, estimates)
    measured = tuple(changed_states(told.values(), written.states, now, settings))
    is_told = np.zeros(len(topology.links), np.bool_)
    is_told[[topology.index[link] for link in told]] = True
    is_estimated = (estimates.basis != Basis.FREE_FLOW) & ~is_told
    is_due, looked_at = _due_estimates(written, told.keys(), estimates, is_estimated, now, settings)
    is_known = is_told | is_estimated
    forgotten = [topology.links[index].link_id for index in np.flatnonzero(written.has_row & ~is_known)]
    states = {link: kept for link, kept in written.states.items() if link in told}
    after = Written(
        topology,
        has_row=(written.has_row & is_known) | is_told | is_due,
        strangers=frozenset(),
        states=states | {state.link_id: WrittenState(state, now) for state in measured},
        estimates_kmh=np.where(is_due, estimates.speed_kmh, np.where(is_estimated, written.estimates_kmh, np.nan)),
        basis=np.where(is_due, estimates.basis, written.basis),
        looked_at=looked_at,
    )
    estimated = tuple(_estimated_state(topology, estimates, int(index)) for index in np.flatnonzero(is_due))
    return News(measured, estimated, (*sorted(written.strangers), *forgotten), after)


def changed_states(
    states: Iterable[LinkState], written: Mapping[str, WrittenState], now: datetime, settings: LoopSettings
) -> list[LinkState]:
    """List the states that differ from what was written in level of service or clearly in speed, or were long ago."""
    return [state for state in states if _is_news(state, written.get(state.link_id), now, settings)]


def _is_news(state: LinkState, written: WrittenState | None, now: datetime, settings: LoopSettings) -> bool:
    if written is None or written.state.level_of_service is not state.level_of_service:
        return True
    change_kmh = abs(state.speed_kmh - written.state.speed_kmh)
    is_other_speed = change_kmh > settings.link_state_change_pct / 100 * written.state.speed_kmh
    return is_other_speed or (now - written.at).total_seconds() >= settings.link_state_every_s


def _told_by_detectors(
    topology: Topology, links: Mapping[str, LinkState], estimates: Estimates
) -> Mapping[str, LinkState]:
    """Give the states that are told as measured; where detectors are silent, the speed moves on to the estimate."""
    told: dict[str, LinkState] = {}
    for link_id, state in links.items():
        index = topology.index[link_id]
        if estimates.basis[index] != Basis.FREE_FLOW:
            speed_kmh = told_kmh(state, float(estimates.speed_kmh[index]))
            state = replace(state, speed_kmh=speed_kmh)  # noqa: PLW2901 - the same link's, decayed
        if state.freshness > 0 or estimates.basis[index] == Basis.FREE_FLOW:
            told[link_id] = state
    return told


def told_kmh(state: LinkState, estimate_kmh: float) -> float:
    """Give the speed told of a link: where its detectors are silent, it moves on to the estimate.

    It does so in seconds a kilometre, as travel times do.
    """
    if state.source != "decayed":
        return state.speed_kmh
    pace = state.freshness / max(state.speed_kmh, 1.0) + (1 - state.freshness) / estimate_kmh
    return float(1 / pace)


def _due_estimates(  # noqa: PLR0913, PLR0917 - what decides on a row
    written: Written,
    told: Iterable[str],
    estimates: Estimates,
    is_estimated: Flags,
    now: datetime,
    settings: LoopSettings,
) -> tuple[Flags, datetime | None]:
    """Tell which estimates to write now, and when they were last looked at to the end.

    Where a detector has just stopped saying anything, its row must not go on telling what it measured.
    """
    left = [written.topology.index[link] for link in written.states.keys() - set(told)]
    is_left = np.zeros_like(is_estimated)
    is_left[left] = is_estimated[left]
    looked_at = written.looked_at
    if looked_at is not None and (now - looked_at).total_seconds() < settings.link_state_every_s:
        return is_left, looked_at
    moved_kmh = np.abs(estimates.speed_kmh - written.estimates_kmh)
    is_like_before = moved_kmh <= settings.link_state_change_pct / 100 * written.estimates_kmh  # false for nan
    changed = np.flatnonzero(is_estimated & ~(is_like_before & (written.basis == estimates.basis)))
    is_due = is_left.copy()
    is_due[changed[:MOST_ESTIMATES]] = True
    return is_due, now if len(changed) <= MOST_ESTIMATES else looked_at


def _estimated_state(topology: Topology, estimates: Estimates, index: int) -> LinkState:
    """Give an estimate as a link state. Its level of service is unknown: nobody sees the link (field.md 3)."""
    source = SOURCES[Basis(estimates.basis[index])]
    known_at = estimates.observed_at if source == "neighbourhood" else estimates.learned_at
    assert known_at is not None  # noqa: S101 - an estimate rests on readings
    return LinkState(
        link_id=topology.links[index].link_id,
        speed_kmh=float(estimates.speed_kmh[index]),
        level_of_service=LevelOfService.UNKNOWN,
        freshness=0.0,
        confidence=float(estimates.confidence[index]),
        observed_at=known_at,
        source=source,
        detectors=(),
    )
