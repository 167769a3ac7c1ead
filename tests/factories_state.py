"""A long street and a side street to estimate on, and builders of what is known there.

N0 ═ N1 ═ N2 ═ … ═ N9: Langstraße, primary, both ways, 200 m a link; N5 ═ S: Stichweg, residential, 100 m.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from factories_decide import NOON
from factories_network import a_link, a_network, place

from lotse_routing.core.topology import Topology, build_topology
from lotse_routing.settings import EstimateSettings
from lotse_routing.state.background import Background, Estimates
from lotse_routing.state.estimate import DetectorEstimate, DetectorPlace, FeltReading
from lotse_routing.state.profile import Learner, Profile, empty_profile

JUNCTIONS = {f"N{number}": place(2 * number, 0) for number in range(10)} | {"S": place(10, 1)}
STREET: Topology
LONG = [*pairwise([f"N{number}" for number in range(10)])]


def _street() -> Topology:
    primary: dict[str, Any] = {"name": "Langstraße", "road_class": "primary", "length_m": 200.0, "free_flow_kmh": 50.0}
    links = [a_link(*ends, JUNCTIONS, **primary) for start, end in LONG for ends in ((start, end), (end, start))]
    links += [a_link(*ends, JUNCTIONS, name="Stichweg", free_flow_kmh=30.0) for ends in (("N5", "S"), ("S", "N5"))]
    return build_topology(a_network(JUNCTIONS, links))


STREET = _street()
FREE_FLOW = {link.link_id: link.free_flow_kmh for link in STREET.links}
SETTINGS = EstimateSettings()


def at_links(*links: str) -> tuple[DetectorPlace, ...]:
    """A detector on each link, called as the link."""
    return tuple(DetectorPlace(link, link) for link in links)


def saying(speeds_kmh: Mapping[str, float], now: datetime = NOON, age_s: float = 0) -> dict[str, DetectorEstimate]:
    """What detectors said `age_s` before now, 12 vehicles in a minute each."""
    said = now - timedelta(seconds=age_s)
    return {name: DetectorEstimate(said, 60.0, said, speed, 12.0) for name, speed in speeds_kmh.items()}


def estimates(
    speeds_kmh: Mapping[str, float],
    profile: Profile | None = None,
    *,
    places: Sequence[DetectorPlace] | None = None,
    now: datetime = NOON,
    age_s: float = 0,
    **settings: Any,
) -> Estimates:
    """Estimate the street from detectors on these links."""
    standing = at_links(*speeds_kmh) if places is None else places
    background = Background(EstimateSettings(**settings))
    return background.estimate(STREET, standing, saying(speeds_kmh, now, age_s), profile or empty_profile(), now)


def of(link_id: str, values: "np.ndarray[Any, Any]") -> float:
    return float(values[STREET.index[link_id]])


def learned(
    quarters: Iterable[tuple[datetime, Mapping[str, float]]], profile: Profile | None = None, **settings: Any
) -> Profile:
    """A profile that learned mean speeds by link, by the end of the quarter."""
    learner = Learner(profile or empty_profile(), EstimateSettings(**settings))
    for ended_at, means_kmh in quarters:
        learner.take(ended_at, means_kmh, FREE_FLOW)
    return learner.profile


def a_speed(link_id: str, measured_at: datetime, speed_kmh: float, **fields: Any) -> FeltReading:
    given: dict[str, Any] = {"interval_s": 60.0, "vehicle_count": 12.0, "mean_speed_kmh": speed_kmh}
    return FeltReading(link_id, measured_at, **(given | fields))
