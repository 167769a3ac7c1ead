"""When a closure would hold, and what else is closed meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lotse_routing.state.roadwork import Roadwork


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time; `ends_at` None is an open end."""

    starts_at: datetime
    ends_at: datetime | None

    def overlaps(self, roadwork: Roadwork) -> bool:
        """Tell whether a roadwork has its effect at any moment of it."""
        begins_in_time = self.ends_at is None or roadwork.starts_at < self.ends_at
        is_called_off = roadwork.over_at is not None and roadwork.over_at <= roadwork.starts_at
        return begins_in_time and not is_called_off and (roadwork.over_at is None or roadwork.over_at > self.starts_at)


@dataclass(frozen=True, slots=True)
class Phase:
    """From `starts_at` on, these roadworks close links besides."""

    starts_at: datetime
    roadworks: tuple[Roadwork, ...]


def list_phases(window: Window, roadworks: Iterable[Roadwork]) -> list[Phase]:
    """List the phases of a window: another one begins whenever a closure does.

    Where one ends, nothing new can be cut off: no phase begins.
    """
    beside = [r for r in roadworks if r.effect == "closed" and window.overlaps(r)]
    begins = sorted({window.starts_at, *(r.starts_at for r in beside if r.starts_at > window.starts_at)})
    return [Phase(at, tuple(r for r in beside if r.is_active(at))) for at in begins]
