"""What signs are served from: the newest decision of each, and the planner's last heartbeat. No I/O."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Reasons:
    """What a decision found, and why. `detours` is JSON, read only when somebody asks for it."""

    decided_at: datetime
    source: str
    shows_detours: bool
    explanation: str
    explanations: Mapping[str, str]
    destinations: tuple[str, ...]
    detours: str


@dataclass(frozen=True, slots=True)
class Display:
    """The newest decision of a sign: the body's bytes and ETag as routing composed them, and its reasons."""

    sign_id: str
    decision_id: int
    body: bytes
    etag: str
    ttl_s: float
    reasons: Reasons


@dataclass(frozen=True, slots=True)
class Away:
    """A part that answers rest on, which is away; `since`: when it was heard of last."""

    part: Literal["database", "routing"]
    since: datetime


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
    """What is known of all signs. Everything a sign poll needs, so that none waits for the database.

    `late_after_s`: age of the planner's heartbeat from which routing counts as away; `database_away_since` is set while
    the memory cannot be fed.
    """

    late_after_s: float = 10.0
    database_away_since: datetime | None = None
    epoch: int | None = None
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

    @property
    def in_service(self) -> list[str]:
        """All signs that were not retired, by id."""
        return sorted(sign_id for sign_id, is_retired in self._retired.items() if not is_retired)

    def away(self, now: datetime) -> Away | None:
        """Tell what is away at this moment of the wall clock. Of routing nothing is known while the database is."""
        if self.database_away_since is not None:
            return Away("database", self.database_away_since)
        if self.heartbeat_at is not None and (now - self.heartbeat_at).total_seconds() > self.late_after_s:
            return Away("routing", self.heartbeat_at)
        return None

    def is_fresh(self, ttl_s: float, now: datetime) -> bool:
        """Tell whether what is held may be told as how things are: the planner was heard of within `ttl_s`."""
        return self.heartbeat_at is not None and now < self.heartbeat_at + timedelta(seconds=ttl_s)

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
        if display is None or (fresh_until := self.fresh_until(display)) is None:
            return Absence.UNDECIDED
        return Shown(display, fresh_until) if now < fresh_until else Absence.STALE

    def fresh_until(self, display: Display) -> datetime | None:
        """Tell until when a display may be shown; None: the planner was never heard of."""
        return None if self.heartbeat_at is None else self.heartbeat_at + timedelta(seconds=display.ttl_s)

    def is_over(self, display: Display, now: datetime) -> bool:
        """Tell whether a sign has gone to its fallback by this moment, as nothing was heard of the planner."""
        fresh_until = self.fresh_until(display)
        return fresh_until is not None and now >= fresh_until

    def find_display(self, sign_id: str) -> Display | None:
        """Give the newest decision of a sign, however old; None: there is none yet."""
        return self._displays.get(sign_id)

    def list_detours(
        self, sign_id: str | None, destination: str | None, after: tuple[str, str] | None
    ) -> Iterator[tuple[Display, dict[str, Any]]]:
        """Give what signs in service say of each destination, by sign and destination, after such a pair.

        Of this sign and destination only; None: of all.
        """
        for name in self.in_service:
            display = self._displays.get(name)
            if display is None or sign_id not in {None, name} or (after is not None and name < after[0]):
                continue
            if destination is not None and destination not in display.reasons.destinations:
                continue
            for detour in sorted(json.loads(display.reasons.detours), key=lambda each: str(each["destination"])):
                is_new = after is None or (name, detour["destination"]) > after
                if is_new and destination in {None, detour["destination"]}:
                    yield display, detour
