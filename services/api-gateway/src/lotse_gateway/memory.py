"""What signs are served from: the newest decision of each, and the planner's last heartbeat. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum


@dataclass(frozen=True, slots=True)
class Display:
    """The newest decision of a sign: the body's bytes and ETag as routing composed them."""

    sign_id: str
    decision_id: int
    body: bytes
    etag: str
    ttl_s: float


class Absence(Enum):
    """Why there is nothing to show."""

    NOT_LOADED = "what signs show has not been read yet"
    UNKNOWN = "there is no such sign"
    RETIRED = "the sign was retired"
    UNDECIDED = "nothing was decided for this sign yet"
    STALE = "the planner was not heard of for longer than the display may live"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a sign is to show, and until when it may."""

    display: Display
    fresh_until: datetime


@dataclass(slots=True)
class SignMemory:
    """What is known of all signs. Everything a sign poll needs, so that none waits for the database."""

    heartbeat_at: datetime | None = None
    covers_until: datetime | None = None
    is_loaded: bool = False
    _retired: Mapping[str, bool] = field(default_factory=dict)
    _displays: dict[str, Display] = field(default_factory=dict)

    @property
    def held(self) -> tuple[list[str], list[int], list[str]]:
        """Sign, decision and ETag of what is held, so that only others need be read."""
        displays = self._displays.values()
        ids = [display.decision_id for display in displays]
        return list(self._displays), ids, [display.etag for display in displays]

    def replace_signs(self, retired: Mapping[str, bool]) -> None:
        """Hold these signs from now on, each with whether it was retired."""
        self._retired = retired

    def keep(self, displays: Iterable[Display]) -> None:
        """Hold these decisions as the newest of their signs."""
        self._displays.update({display.sign_id: display for display in displays})

    def find_absence(self, sign_id: str) -> Absence | None:
        """Tell why there is no such sign in service; None: there is."""
        is_retired = self._retired.get(sign_id)
        if is_retired is None:
            return Absence.UNKNOWN if self.is_loaded else Absence.NOT_LOADED
        return Absence.RETIRED if is_retired else None

    def find(self, sign_id: str, now: datetime) -> Shown | Absence:
        """Give what a sign is to show at this moment of the wall clock, or why there is nothing.

        It may be shown until the planner's last heartbeat + `ttl_s`, not at that moment or later.
        """
        absence = self.find_absence(sign_id)
        if absence is not None:
            return absence
        display = self._displays.get(sign_id)
        if display is None or self.heartbeat_at is None:
            return Absence.UNDECIDED
        fresh_until = self.heartbeat_at + timedelta(seconds=display.ttl_s)
        return Shown(display, fresh_until) if now < fresh_until else Absence.STALE
