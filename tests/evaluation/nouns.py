"""What the closed loop is made of: a city in SUMO, its drivers, what is measured, what signs say, what comes of it.

Pure. `edges` are SUMO's; a route is a tuple of edge ids. Times are seconds since the morning began, at `MORNING`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

MORNING = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
"""A Tuesday; the second 0 of every run."""
SLOT_S = 900
"""What is usual is known by the quarter of an hour."""
MINOR = frozenset({"residential", "living_street", "unclassified", "service"})
"""Road classes that a sign may not lead over, and whose mileage is counted as rat-running (field.md 5)."""

Route = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """A directed street between two junctions of SUMO. `onward` are the edges one may turn into, `back` those
    that turn back: they are onward only where there is nothing else.

    `ways` are the ids of OpenStreetMap it was merged from; `shape` is longitude, latitude.
    """

    edge_id: str
    name: str
    road_class: str
    length_m: float
    speed_kmh: float
    lanes: int
    from_node: str
    to_node: str
    onward: tuple[str, ...]
    ways: tuple[str, ...] = ()
    shape: tuple[tuple[float, float], ...] = ()
    back: tuple[str, ...] = ()

    @property
    def is_signable(self) -> bool:
        """Tell whether a sign may lead over it."""
        return self.road_class not in MINOR

    @property
    def free_flow_s(self) -> float:
        """Travel time at the speed limit."""
        return self.length_m / self.speed_kmh * 3.6


@dataclass(frozen=True, slots=True)
class Station:
    """Induction loops across all lanes of an edge: counts, mean speed and occupancy of a carriageway."""

    station_id: str
    edge_id: str
    position_m: float


@dataclass(frozen=True, slots=True)
class SignPost:
    """A sign on an edge: who drives onto that edge reads it, and may turn off at its end."""

    sign_id: str
    edge_id: str


@dataclass(frozen=True, slots=True)
class City:
    """A street network as SUMO drives it, its detectors and signs.

    `source` is what Lotse imports: a file of OpenStreetMap, or a folder of plain files. `destinations` are edges that
    lead to the places that signs name: gateways and centres, by id.
    """

    name: str
    net_file: Path
    source: Path
    edges: Mapping[str, Edge]
    stations: tuple[Station, ...]
    signs: tuple[SignPost, ...]
    destinations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StationReading:
    """What a station measured in a minute; no speed without a vehicle."""

    station_id: str
    vehicle_count: int
    mean_speed_kmh: float | None
    occupancy_pct: float


@dataclass(frozen=True, slots=True)
class Minute:
    """What a control centre learns at the end of a minute: readings, and the edges that are closed by announcement."""

    until_s: int
    readings: tuple[StationReading, ...]
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class UsualTrip:
    """A trip: when it departs, which way it habitually takes, and the least it can take, at free flow (if known)."""

    depart_s: float
    route: Route
    alone_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a control centre knows beforehand, from undisturbed mornings (none of them the one that is evaluated).

    Parameters
    ----------
    trips
        A sample of the usual trips; each stands for `1 / sample_share` vehicles.
    typical_kmh
        Typical speed by station and slot (SLOT_S).
    usual_vehicles_per_h
        Usual flow by edge, mean of the morning's hours; edges without traffic are absent.
    usual_time_s
        Usual travel time by edge and slot; absent: free flow.
    """

    city: City
    trips: tuple[UsualTrip, ...]
    sample_share: float
    typical_kmh: Mapping[str, Sequence[float]]
    usual_vehicles_per_h: Mapping[str, float]
    usual_time_s: Mapping[str, Sequence[float]]


class Guidance(Protocol):
    """What drivers are told at signs. A policy is one; so is Lotse behind its API."""

    def update(self, minute: Minute) -> None:
        """Take in a minute, and decide what signs say from now on."""

    def way(self, sign_id: str, ahead: Route) -> Route | None:
        """Give the way that a driver who complies takes now; None if the sign does not speak to them.

        `ahead` is the way they would go on by themselves, beginning with the sign's edge, ending with their goal; so
        does the answer.
        """

    def shown(self) -> Mapping[str, Sequence[str]]:
        """Tell what each sign says now, a line a message; signs that say nothing may be left out."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a real sign can say: who passes any of `avoids`, then `rejoin`, leaves by `corridor` and comes back there.

    `corridor` begins with the sign's edge and ends with `rejoin`; `text` is what the sign reads.
    """

    sign_id: str
    avoids: frozenset[str]
    corridor: Route
    rejoin: str
    text: str

    def way(self, ahead: Route) -> Route | None:
        """Give the way of a driver who is addressed; None for any other."""
        disturbed = next((place for place, edge in enumerate(ahead) if edge in self.avoids), None)
        if disturbed is None or self.rejoin not in ahead[disturbed:]:
            return None
        back = ahead.index(self.rejoin, disturbed)
        return self.corridor + ahead[back + 1 :]


Effect = Literal["closed", "slow"]


@dataclass(frozen=True, slots=True)
class Incident:
    """Something happens to edges from one second to another. A closure is announced; a slow street is not."""

    effect: Effect
    edges: frozenset[str]
    begin_s: int
    end_s: int
    speed_kmh: float = 0.0


@dataclass(frozen=True, slots=True)
class StationFault:
    """Stations fall silent, or cry jam (a crawl with high occupancy), from one second to another."""

    kind: Literal["silent", "cries jam"]
    stations: frozenset[str]
    begin_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """A morning. `surge` are trips beyond the usual ones; `demand` is how many times the usual ones depart."""

    name: str
    title: str
    incidents: tuple[Incident, ...] = ()
    faults: tuple[StationFault, ...] = ()
    surge: tuple[UsualTrip, ...] = ()
    demand: float = 1.0


@dataclass(frozen=True, slots=True, order=True)
class RunKey:
    """One morning driven once."""

    city: str
    scenario: str
    policy: str
    seed: int
    compliance: float

    @property
    def file_name(self) -> str:
        """Where its result is kept."""
        percent = round(100 * self.compliance)
        return f"{self.city}-{self.scenario}-{self.policy}-{self.seed}-{percent}.json"


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a run.

    Parameters
    ----------
    delay_vehicle_h
        Time from the wish to depart to arrival, beyond the quickest way at free flow, summed over all.
    minor_km
        Mileage on minor streets (MINOR).
    sign_changes
        How often any sign said something else than a minute before.
    diverted
        Drivers who followed a sign away from their way.
    unfinished
        Vehicles that had not arrived at the end: such a run is no result.
    displays
        Second, sign, and what it says from then on (lines), in order; for the report's picture of one sign's morning.
    details
        What a policy wishes to tell, for the report.
    """

    key: RunKey
    vehicles: int
    delay_vehicle_h: float
    mean_travel_time_s: float
    p95_travel_time_s: float
    total_km: float
    minor_km: float
    sign_changes: int
    changes_per_sign_hour: float
    diverted: int
    teleports: int
    unfinished: int
    wall_s: float
    displays: tuple[tuple[int, str, tuple[str, ...]], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON can hold it."""
        return asdict(self)


def result_of(found: Mapping[str, Any]) -> RunResult:
    """Read what `RunResult.as_json` gave."""
    displays = tuple((int(at), str(sign), tuple(lines)) for at, sign, lines in found["displays"])
    return RunResult(**{**found, "key": RunKey(**found["key"]), "displays": displays})
