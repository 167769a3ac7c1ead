"""What is assumed of links that nobody measures now: their typical speed, times what the detectors around them say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from lotse_routing.core.topology import Topology
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.estimate import DetectorEstimate, DetectorPlace, freshness
from lotse_routing.state.kriging import Floats
from lotse_routing.state.neighbourhood import Factors, Neighbourhood, factors, find_neighbours
from lotse_routing.state.profile import Profile, Slot, own_typical_kmh, slot_at

CLASS_LINKS_AT_LEAST = 3
"""So many links of a road class must have a profile for the others of the class to go by them: see `Neighbourhood`."""


class Basis(IntEnum):
    """What the estimate of a link rests on."""

    FREE_FLOW = 0
    CLASS = 1
    PROFILE = 2
    NEIGHBOURHOOD = 3


PROFILE_SHARE = {Basis.FREE_FLOW: 0.0, Basis.CLASS: 0.2, Basis.PROFILE: 0.4}
"""Shares of the greatest confidence of an estimate that goes by what is usual alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Typical:
    """Typical speeds at a slot of the week, shape (links,), and what each rests on."""

    speed_kmh: Floats
    basis: npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """What is assumed of every link of a network at a moment, as if no detector stood on it. Shape (links,) each.

    Attributes
    ----------
    travel_times_s, typical_times_s
        Now, and as they are usual at this quarter of the week; never less than at free flow.
    speed_kmh, confidence, basis
        What the travel times rest on. `confidence` is 0 where `basis` is FREE_FLOW.
    observed_at
        Newest reading behind an estimate by its neighbourhood, None if there is none at all.
    learned_at
        End of the newest quarter in the profile, None if it is empty.
    typical_at
        Gives the typical times of another moment.
    """

    travel_times_s: Floats
    typical_times_s: Floats
    typical_at: Callable[[datetime], Floats]
    speed_kmh: Floats
    confidence: Floats
    basis: npt.NDArray[np.int8]
    observed_at: datetime | None = None
    learned_at: datetime | None = None


class _Roads:
    """A network as arrays: free flow, and which links are of one road class."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.free_flow_kmh = np.array([link.free_flow_kmh for link in topology.links])
        names = sorted({link.road_class for link in topology.links})
        self.classes = np.array([names.index(link.road_class) for link in topology.links], dtype=np.intp)

    def times_s(self, speeds_kmh: Floats, min_speed_kmh: float) -> Floats:
        """Turn speeds into seconds by link: nobody is told to drive faster than free flow, nor to stand forever."""
        slowed = self.free_flow_kmh / np.clip(speeds_kmh, min_speed_kmh, self.free_flow_kmh)
        return self.topology.base_travel_times_s * np.maximum(slowed, 1.0)


class Background:
    """Estimates every link, step by step; what depends on network, places, profile or quarter alone is kept."""

    def __init__(self, settings: EstimateSettings) -> None:
        self._settings = settings
        self._zone = settings.zone
        self._roads: _Roads | None = None
        self._places: Sequence[DetectorPlace] = ()
        self._around: Neighbourhood | None = None
        self._typical: tuple[Profile, Slot, Typical] | None = None

    def estimate(
        self,
        topology: Topology,
        places: Sequence[DetectorPlace],
        detectors: Mapping[str, DetectorEstimate],
        profile: Profile,
        now: datetime,
    ) -> Estimates:
        """Estimate every link of a network now.

        Parameters
        ----------
        detectors
            What each detector said so far; those not among `places` are left out.
        """
        roads, around = self._prepared(topology, places)
        typical = self._typical_at(roads, around, profile, slot_at(now, self._zone))
        heard = [detectors.get(name) for name in around.detectors]
        trusts = np.array([freshness(d, now, self._settings) if d else 0.0 for d in heard])
        speeds_kmh = np.array([d.speed_kmh if d else 0.0 for d in heard])
        found = factors(around, speeds_kmh / typical.speed_kmh[around.on_link], trusts, self._settings)
        newest = max((d.speed_at for d in heard if d and d.speed_at), default=None)

        def typical_at(moment: datetime) -> Floats:
            then = _typical_speeds(roads, around, profile, slot_at(moment, self._zone), self._settings)
            return roads.times_s(then.speed_kmh, self._settings.min_speed_kmh)

        return _estimated(roads, typical, typical_at, found, self._settings, newest, _learned_at(profile))

    def _prepared(self, topology: Topology, places: Sequence[DetectorPlace]) -> tuple[_Roads, Neighbourhood]:
        if self._roads is None or self._roads.topology is not topology:
            self._roads, self._around, self._typical = _Roads(topology), None, None
        if self._around is None or self._places != places:
            self._places, self._around = places, find_neighbours(topology, places, self._settings)
        return self._roads, self._around

    def _typical_at(self, roads: _Roads, around: Neighbourhood, profile: Profile, slot: Slot) -> Typical:
        if self._typical is None or self._typical[:2] != (profile, slot):
            self._typical = (profile, slot, _typical_speeds(roads, around, profile, slot, self._settings))
        return self._typical[2]


def _typical_speeds(
    roads: _Roads, around: Neighbourhood, profile: Profile, slot: Slot, settings: EstimateSettings
) -> Typical:
    """Give each link its own typical speed; else its road class's, as links around it suggest; else free flow."""
    typical = Typical(roads.free_flow_kmh.copy(), np.zeros(len(roads.free_flow_kmh), np.int8))
    here = {link: row for link, row in profile.rows.items() if link in roads.topology.index}
    if not here:
        return typical
    own_kmh = own_typical_kmh(profile, slot, list(here.values()))
    index = np.array([roads.topology.index[link] for link in here])
    ratios, classes = own_kmh / roads.free_flow_kmh[index], roads.classes[index]
    for road_class in np.unique(classes):
        of_class = ratios[classes == road_class]
        if len(of_class) >= CLASS_LINKS_AT_LEAST:
            alike = roads.classes == road_class
            typical.speed_kmh[alike] *= np.median(of_class)
            typical.basis[alike] = Basis.CLASS
    own = np.full(len(roads.free_flow_kmh), np.nan)
    own[index] = own_kmh
    typical.speed_kmh[:] *= _nearby(around, own / typical.speed_kmh, settings)
    typical.speed_kmh[index] = own_kmh
    typical.basis[index] = Basis.PROFILE
    return typical


def _nearby(around: Neighbourhood, ratios: Floats, settings: EstimateSettings) -> Floats:
    """Give each link the factor of the detectors around it, nearer to 1 the less they weigh together.

    `ratios` are those of links, shape (links,), nan where there is none.
    """
    of_detectors = ratios[around.on_link]
    is_known = ~np.isnan(of_detectors)
    return factors(around, np.where(is_known, of_detectors, 1.0), is_known.astype(np.float64), settings).factor


def _estimated(  # noqa: PLR0913, PLR0917 - the parts of an estimate
    roads: _Roads,
    typical: Typical,
    typical_at: Callable[[datetime], Floats],
    found: Factors,
    settings: EstimateSettings,
    observed_at: datetime | None,
    learned_at: datetime | None,
) -> Estimates:
    speeds_kmh = typical.speed_kmh * found.factor
    has_neighbours = found.weight > 0
    usual = np.array([PROFILE_SHARE[Basis(basis)] for basis in sorted(PROFILE_SHARE)])[typical.basis]
    return Estimates(
        travel_times_s=roads.times_s(speeds_kmh, settings.min_speed_kmh),
        typical_times_s=roads.times_s(typical.speed_kmh, settings.min_speed_kmh),
        typical_at=typical_at,
        speed_kmh=speeds_kmh,
        confidence=settings.estimate_confidence * np.where(has_neighbours, np.maximum(found.weight, usual), usual),
        basis=np.where(has_neighbours, np.int8(Basis.NEIGHBOURHOOD), typical.basis),
        observed_at=observed_at,
        learned_at=learned_at,
    )


def _learned_at(profile: Profile) -> datetime | None:
    return datetime.fromtimestamp(float(profile.learned_until.max()), UTC) if profile.rows else None
