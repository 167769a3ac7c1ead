"""What the routing service itself needs: memory in the stack of `make demo`, and time to take in all weights."""

import signal
import tempfile
import time
from pathlib import Path
from statistics import median

import httpx
import numpy as np
from processes_standalone import command_line, running_demo

from benchmarks.processes import peak_memory_mb
from benchmarks.routing.streets import MOMENT
from benchmarks.routing.task import DETOURS, SLOWER
from lotse_routing.core.access import Permits, Vehicle
from lotse_routing.core.routes import route_graph
from lotse_routing.core.topology import build_topology
from lotse_routing.network.model import StreetNetwork
from lotse_standalone.servers.postgres import EmbeddedPostgres

REFRESHES = 50
TURN_MS = 2000
START_TIMEOUT_S = 120.0
UNAVAILABLE = 503
ANSWERED = frozenset({200, 404, 409})
"""A route, or the words that there is none."""


def measure_routing_mb(osm: Path | None, network: StreetNetwork) -> float:
    """Start it, ask for 200 routes between links, and give the most memory that it ever had."""
    with tempfile.TemporaryDirectory(prefix="lotse-bench-") as folder:
        data = Path(folder) / "d"
        source = ["--osm", str(osm)] if osm else []
        with running_demo("--data", data, *source) as demo:
            url = demo.wait_for("API and its documentation").split()[-1].removesuffix("/docs")
            demo.wait_for("readings:")
            _ask_routes(url, (data / "key").read_text().strip(), [link.link_id for link in network.links()])
            (routing,) = (pid for pid in demo.children() if "lotse-routing" in command_line(pid))
            peak_mb = peak_memory_mb(routing)
            demo.end(signal.SIGINT)
        EmbeddedPostgres(data / "postgres", 1).discard()
    return peak_mb


def measure_refresh_ms(network: StreetNetwork) -> float:
    """Give the time from the seconds of all links to what the service searches in: for cars, with costs of turns."""
    topology = build_topology(network)
    permit = Permits(topology, Vehicle()).at(MOMENT)
    turn_costs = np.full(len(topology.states.tail), TURN_MS, np.int32)
    random, took_ms = np.random.default_rng(0), []
    for _ in range(REFRESHES):
        costs_s = topology.base_travel_times_s * random.uniform(*SLOWER, len(topology.links))
        started_s = time.perf_counter()
        route_graph(topology, permit, costs_s, turn_costs)
        took_ms.append(1000 * (time.perf_counter() - started_s))
    return median(took_ms)


def _ask_routes(url: str, key: str, link_ids: list[str]) -> None:
    step = max(1, len(link_ids) // DETOURS)
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        pairs = zip(link_ids[::step], link_ids[::-step], strict=True)
        for origin, destination in ((a, b) for a, b in pairs if a != b):
            answer = _ask(client, {"origin": {"link": origin}, "destination": {"link": destination}})
            assert answer.status_code in ANSWERED, answer.text


def _ask(client: httpx.Client, body: object) -> httpx.Response:
    """Ask for a route; again, as long as routing has not made its first step."""
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while (answer := client.post("/v1/routes", json=body)).status_code == UNAVAILABLE:
        assert time.monotonic() < deadline_s, answer.text
        time.sleep(0.1)
    return answer
