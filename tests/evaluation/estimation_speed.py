"""What estimating every link costs: `PYTHONPATH=tests .venv/bin/python -m evaluation.estimation_speed`, JSON.

A grid of streets, both ways, detectors anywhere on it, all of them fresh: once what is prepared for a network and its
detectors, then the pass of a step, and what a step has to write at most when everything moved.
"""

import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import product
from statistics import median
from typing import Any

from factories_network import a_link, a_network, place

from lotse_routing.core.topology import Topology, build_topology
from lotse_routing.settings import EstimateSettings, LoopSettings
from lotse_routing.state.background import Background
from lotse_routing.state.changes import link_news, written_before
from lotse_routing.state.estimate import DetectorPlace, FeltReading, feel
from lotse_routing.state.neighbourhood import find_neighbours
from lotse_routing.state.profile import Learner, empty_profile

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SETTINGS = EstimateSettings()
ROUNDS = 25
EVERY_FIFTH = 5


def a_grid(side: int) -> Topology:
    """side x side junctions, 100 m apart; every fifth street is a primary one."""
    places = {f"n{i}x{j}": place(i, j) for i, j in product(range(side), repeat=2)}
    links = []
    for i, j in product(range(side), repeat=2):
        for k, m, street in ((i + 1, j, j), (i, j + 1, i)):
            if k < side and m < side:
                start, end = f"n{i}x{j}", f"n{k}x{m}"
                fields: dict[str, Any] = {
                    "name": f"{'row' if k > i else 'column'} {street}",
                    "road_class": "residential" if street % EVERY_FIFTH else "primary",
                }
                links += [a_link(start, end, places, **fields), a_link(end, start, places, **fields)]
    return build_topology(a_network(places, links))


def measure(side: int, count: int) -> dict[str, float]:
    """Give milliseconds of CPU, medians of the rounds: others may use the machine meanwhile."""
    topology, chance = a_grid(side), random.Random(1)
    places = tuple(
        DetectorPlace(f"d{number}", link.link_id) for number, link in enumerate(chance.sample(topology.links, count))
    )
    known = feel({}, [FeltReading(p.detector_id, NOON, 60, 9, chance.uniform(10, 40)) for p in places], SETTINGS)
    learner = Learner(empty_profile(), SETTINGS)
    free_flow_kmh = {link.link_id: link.free_flow_kmh for link in topology.links}
    learner.take(NOON, {place.link_id: 30.0 for place in places}, free_flow_kmh)
    background, profile = Background(SETTINGS), learner.profile
    prepared_ms = _timed_ms(lambda: find_neighbours(topology, places, SETTINGS), 1)
    estimates = background.estimate(topology, places, known, profile, NOON)
    step_ms = _timed_ms(lambda: background.estimate(topology, places, known, profile, NOON))
    written = written_before((), topology)
    news_ms = _timed_ms(lambda: link_news(written, {}, estimates, NOON, LoopSettings()))
    quarters = (NOON + timedelta(weeks=1, minutes=15 * number) for number in range(ROUNDS))
    quarter_ms = _timed_ms(lambda: background.estimate(topology, places, known, profile, next(quarters)), ROUNDS - 1)
    figures = {"prepare_ms": prepared_ms, "step_ms": step_ms, "step_new_quarter_ms": quarter_ms, "news_ms": news_ms}
    return {"links": len(topology.links), "detectors": count} | {k: round(v, 2) for k, v in figures.items()}


def _timed_ms(do: Any, rounds: int = ROUNDS) -> float:
    taken = []
    for _ in range(rounds):
        began = time.thread_time()
        do()
        taken.append(time.thread_time() - began)
    return 1000 * median(taken)


if __name__ == "__main__":
    for size in ((33, 100), (104, 1000)):
        sys.stdout.write(json.dumps(measure(*size)) + "\n")
