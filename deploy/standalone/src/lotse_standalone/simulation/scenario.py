"""The morning that the demo plays: what a town's scenario.json says, checked when it is read."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from lotse_standalone.machine.problems import StandaloneError


class Phase(msgspec.Struct, frozen=True):
    """A part of the morning, in words for the live status."""

    from_s: float
    name: str


class Pinch(msgspec.Struct, frozen=True):
    """A street that loses capacity for a while; the queue grows from its first link upstream."""

    from_s: float
    to_s: float
    capacity_share: float
    links_upstream: tuple[str, ...]


class Site(msgspec.Struct, frozen=True):
    """A construction site that closes links for a while."""

    from_s: float
    to_s: float
    name: str
    links: tuple[str, ...]


class Flaws(msgspec.Struct, frozen=True):
    """What real sensors do wrong now and then, so that the ledger shows it."""

    duplicate_every: int
    stale_speed_every: int
    malformed_at_s: float


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A morning of `loop_s` wall seconds, played again and again.

    `demand` lists (second, share of capacity), read by linear interpolation. One wall second stands for
    `minutes_per_second` minutes where queues grow and dissolve. `compliance` is the share of drivers who follow a sign.
    """

    loop_s: float
    minutes_per_second: float
    seed: int
    demand: tuple[tuple[float, float], ...]
    phases: tuple[Phase, ...]
    pinch: Pinch
    site: Site
    compliance: float
    flaws: Flaws

    def phase_at(self, at_s: float) -> str:
        """Tell what the morning is doing at this second of it."""
        return next(phase.name for phase in reversed(self.phases) if phase.from_s <= at_s)

    def is_site_open(self, at_s: float) -> bool:
        """Tell whether the construction site closes its street at this second."""
        return self.site.from_s <= at_s < self.site.to_s

    def demand_at(self, at_s: float) -> float:
        """Demand at this second, as a share of each street's capacity."""
        for (from_s, from_share), (to_s, to_share) in zip(self.demand, self.demand[1:], strict=False):
            if at_s <= to_s:
                return from_share + (to_share - from_share) * (at_s - from_s) / (to_s - from_s)
        return self.demand[-1][1]


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in the play: which round of the morning it is, and the second within it."""

    round_number: int
    at_s: float


def moment_of(elapsed_s: float, loop_s: float) -> Moment:
    """Where the play stands this many wall seconds after it began."""
    round_number, at_s = divmod(elapsed_s, loop_s)
    return Moment(int(round_number), at_s)


def read_scenario(town_folder: Path) -> Scenario:
    """Read a town's scenario.json.

    Raises
    ------
    StandaloneError
        The file is missing or not a scenario; names the field.
    """
    path = town_folder / "scenario.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Scenario)
    except (OSError, msgspec.DecodeError) as error:
        message = f"{path} is not a scenario: {error}"
        raise StandaloneError(message) from error
