"""How long what-if questions take on a city: `PYTHONPATH=tests .venv/bin/python -m benchmarks.whatif FILE.osm.pbf`.

Routes between random junctions, every second one over a third; closures of a random link in both directions, nothing
else closed. No database, no HTTP; one thread.
"""

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import TypeVar

import numpy as np
from factories_decide import NOON, a_registry
from factories_network import unwatched
from factories_whatif import a_snapshot_on

from lotse_routing.core.topology import build_topology
from lotse_routing.network.import_osm import import_osm
from lotse_routing.places import Place, Places
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.whatif.closure_check import ClosureQuestion, Surroundings, check_closure
from lotse_routing.whatif.route import RouteQuestion, answer_routes
from lotse_routing.whatif.window import Window

QUESTIONS = 300
Q = TypeVar("Q")
NOTHING = Surroundings(a_registry(), (), (), {})


def main(file: Path) -> None:
    """Ask, and print the times and what the closures would do."""
    network, _ = import_osm(file, file.name, unwatched)
    snapshot, random = a_snapshot_on(build_topology(network)), Random(4711)
    _say(f"{file.name}: {len(snapshot.topology.links)} links")
    _ask_for_routes(snapshot, random)
    _check_closures(snapshot, random)


def _ask_for_routes(snapshot: Snapshot, random: Random) -> None:
    places, nodes = Places(snapshot.topology, 200), sorted(snapshot.topology.links_to)
    questions = []
    for i in range(QUESTIONS):
        origin, via, destination = (Place(node=node) for node in random.sample(nodes, 3))
        questions.append(RouteQuestion(origin, destination, via=(via,) * (i % 2)))
    _tell("routes", _timed(lambda question: answer_routes(snapshot, places, question), questions))


def _check_closures(snapshot: Snapshot, random: Random) -> None:
    links = snapshot.topology.links
    closures = []
    for link in random.sample(links, min(QUESTIONS, len(links))):
        ends = ((link.from_node, link.to_node), (link.to_node, link.from_node))
        closures.append(tuple(i for i, other in enumerate(links) if (other.from_node, other.to_node) in ends))
    questions = [ClosureQuestion(closure, Window(NOON, None)) for closure in closures]
    reports = [check_closure(snapshot, question, NOTHING, 3.0) for question in questions]
    turning = sum(not report.isolates and bool(report.cut_off) for report in reports)
    _say(f"closures: {sum(r.isolates for r in reports)} isolate something, {turning} more need turning")
    _tell("closure checks", _timed(lambda question: check_closure(snapshot, question, NOTHING, 3.0), questions))


def _timed(ask: Callable[[Q], object], questions: Iterable[Q]) -> list[float]:
    times_ms = []
    for question in questions:
        began = time.perf_counter()
        ask(question)
        times_ms.append((time.perf_counter() - began) * 1000)
    return times_ms


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _tell(what: str, times_ms: list[float]) -> None:
    median, p99 = np.quantile(times_ms, [0.5, 0.99])
    _say(f"{what}: median {median:.1f} ms, p99 {p99:.1f} ms of {len(times_ms)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
