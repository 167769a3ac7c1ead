"""What a sign tells the drivers to one destination, and with what reason; what a sign shows in all."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from lotse_routing.decide.cause import Cause, Kind


class SignState(StrEnum):
    """What a sign shows: nothing, a detour, or (no route left, or a fault) its fallback."""

    BLANK = "blank"
    DETOUR = "detour"
    FALLBACK = "fallback"


class Reason(StrEnum):
    """Why an advice is what it is."""

    NO_DELAY = "no delay"
    NO_CANDIDATE = "no candidate"
    NO_ROOM = "no room"
    TOO_LITTLE_GAIN = "too little gain"
    TOO_FEW = "too few"
    GAIN = "gain"
    HELD = "held"
    CLOSURE = "closure"
    NO_ROUTE = "no route"
    NOT_IN_NETWORK = "not in network"


@dataclass(frozen=True, slots=True)
class Route:
    """A route from the sign's link (its first) to a destination, timed now; infinite when a link of it is closed.

    `links` are indices of the topology; `via` is the corridor it follows, None without one.
    """

    links: tuple[int, ...]
    travel_time_s: float
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """The cause as told to drivers, and since when: a text stays for the hold even if figures move on."""

    kind: Kind
    street: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """Whom a message addresses: who passes the `disturbed` links of a street and then the link where it `rejoins`.

    Links are indices of the topology, the first the least; `vehicles_per_h` are those addressed, as usual.
    """

    effect: Literal["closed", "slow"]
    street: str
    disturbed: tuple[int, ...]
    rejoins: int
    toward: str
    vehicles_per_h: float


@dataclass(frozen=True, slots=True)
class Advice:
    """The decision for one sign and destination, or for one sign and `relation`: then `destination_id` names that.

    `usual_s` is the normal route's time in an empty town. `shown` is the normal route when blank, None at fallback.
    `candidate` is the best detour that was weighed. `gain_s` is normal minus shown (blank: minus the candidate), None
    where there is no such figure; `seen_gain_s` is the same by what is measured alone, `estimated_s` the part of the
    normal route's time that is estimated delay. `since` and `told` are set while a detour is shown. `threshold_share`
    is the share of both thresholds that was asked of the gain: a detour that is shown already may gain less. `unheld`
    is what would be decided if no message were held, None where it would be the same. Of a relation, `lost_s` is what
    those addressed lose beyond what is usual, `gain_share` the gain as a share of their whole way,
    `total_gain_veh_min_h` what they gain together, in vehicle minutes an hour; `was_shown` tells that the detour is
    there already.
    """

    destination_id: str
    state: SignState
    reason: Reason
    normal: Route | None = None
    usual_s: float = 0.0
    shown: Route | None = None
    candidate: Route | None = None
    gain_s: float | None = None
    seen_gain_s: float | None = None
    estimated_s: float = 0.0
    confidence: float = 0.0
    cause: Cause | None = None
    since: datetime | None = None
    told: Told | None = None
    relation: Relation | None = None
    threshold_share: float = 1.0
    lost_s: float | None = None
    gain_share: float | None = None
    total_gain_veh_min_h: float | None = None
    was_shown: bool = False
    unheld: "Advice | None" = None

    @property
    def is_measured(self) -> bool:
        """Tell whether anybody sees the normal route now: a closure is known, a free road only if it is measured."""
        return self.confidence > 0

    @property
    def gain_pct(self) -> float | None:
        """The gain as a share of the normal travel time now, 0..100; of a relation, of that of the whole way."""
        if self.gain_s is not None and self.gain_share is not None:
            return 100.0 * self.gain_share
        if self.gain_s is None or self.normal is None or self.normal.travel_time_s == 0:
            return None
        return 100.0 * self.gain_s / self.normal.travel_time_s


def sign_state(advices: tuple[Advice, ...]) -> SignState:
    """Sum up: a sign shows its detours; its fallback if it has none to show and a destination has no route left."""
    states = {advice.state for advice in advices}
    return next((s for s in (SignState.DETOUR, SignState.FALLBACK) if s in states), SignState.BLANK)
