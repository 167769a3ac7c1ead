"""Which link states are worth writing: those that changed for somebody who looks, and all of them now and then."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from lotse_routing.settings import LoopSettings
from lotse_routing.state.estimate import LinkState


@dataclass(frozen=True, slots=True)
class WrittenState:
    """A link state as last written, and when."""

    state: LinkState
    at: datetime


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
