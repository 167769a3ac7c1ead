"""`make bench-costs`: what a reading, a link, a sign and a poll cost, in seconds of a processor and in bytes.

The standalone stack on Kaiserslautern, with nobody publishing, then with detectors that report every second; the
difference, divided by the readings, is what a reading costs each process. Seconds of a processor, because those of the
wall depend on what else the machine does. docs/scaling.md goes on from here.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Annotated, Any

import asyncpg
import httpx
import numpy as np
import typer
from fixtures.scenarios import OSM
from processes_standalone import children_of
from rich.console import Console
from scenarios.scenes import Scene, auenbrueck, kaiserslautern

from benchmarks.line.city import measured_links, open_city
from benchmarks.line.decision_step import KINDS, SIGNS, summarise, time_steps
from benchmarks.line.fleet import Fleet
from benchmarks.line.watch import SETTINGS
from benchmarks.processes import cpu_s
from benchmarks.report import describe_versions, write_report
from lotse_routing.core.access import Permits, Vehicle
from lotse_routing.core.routes import route_graph
from lotse_routing.core.topology import build_topology
from lotse_routing.core.warm import warm_up
from lotse_routing.network.model import Junction, Link, StreetNetwork, build_network
from lotse_standalone.stack.stack import Stack
from lotse_standalone.town import FOLDER

PACKAGES = ("lotse-ingest", "lotse-routing", "lotse-gateway", "paho-mqtt", "asyncpg", "numpy", "numba")
SETTLE_S, SPAN_S = 10.0, 30.0
COPIES = (1, 10)
POLLS = 3_000
REFRESHES = 20
TABLES = """
select coalesce(sum(pg_total_relation_size(relid)), 0)::float8 from pg_partition_tree($1::text::regclass) where isleaf
"""
console = Console()


def main(
    quick: Annotated[bool, typer.Option("--quick", help="shorter spans, no tenfold city")] = False,  # noqa: FBT002
    links_of: Annotated[int, typer.Option(hidden=True)] = 0,
) -> None:
    """Measure, print, write build/bench/bench-costs.json."""
    if links_of:
        print(json.dumps(_cost_of_links(_scene().network(), links_of)))  # noqa: T201 - to the process that asks
        return
    span_s, copies = (SPAN_S / 3, COPIES[:1]) if quick else (SPAN_S, COPIES)
    load_before = os.getloadavg()[0]
    scene = _scene()
    figures = _cost_of_readings(scene, span_s)
    for number in copies:
        found = _in_a_process_of_its_own(number)
        figures |= {f"{name}_{number}x": value for name, value in found.items()}
    figures |= _cost_of_signs(scene)
    runs: list[dict[str, Any]] = [{"run": "the machine", "load_before": load_before, "load_after": os.getloadavg()[0]}]
    path = write_report("bench-costs", figures, runs, describe_versions(PACKAGES))
    for name, value in figures.items():
        console.print(f"{name:36} {value:,.4g}", highlight=False)
    console.print(f"written to {path}")


def _scene() -> Scene:
    return kaiserslautern(OSM) if OSM.is_file() else auenbrueck(FOLDER)


def _cost_of_readings(scene: Scene, span_s: float) -> dict[str, float | None]:
    streets, random = scene.read(), Random(4711)
    links = measured_links(streets, [streets.by_id[link] for link in scene.closed(streets, "inbound")])
    with open_city(scene, streets, links, random, SETTINGS) as (stack, client):
        pids = _processes(stack)
        time.sleep(SETTLE_S)
        idle = _spend(pids, span_s)
        poll_us = _cost_of_a_poll(client, scene.inward.sign, pids["gateway"])
        with Fleet(stack.broker, links, links[:1]) as fleet:
            time.sleep(SETTLE_S)
            before, published = _database(stack), fleet.published
            busy = _spend(pids, span_s)
            readings = fleet.published - published
            after = _database(stack)
        stack.check()
    grown = {name: (after[name] - before[name]) / (after["readings"] - before["readings"]) for name in after}
    us = {f"reading_{name}_cpu_us": 1e6 * (busy[name] - idle[name]) / readings for name in pids}
    return {
        **{name: round(value, 1) for name, value in us.items()},
        **{f"idle_{name}_cpu_share": round(used / span_s, 4) for name, used in idle.items()},
        "readings_per_s": round(readings / span_s, 1),
        "reading_table_bytes": round(grown["reading"]),
        "reading_wal_bytes": round(grown["wal"]),
        "poll_gateway_cpu_us": round(poll_us, 1),
    }


def _processes(stack: Stack) -> dict[str, int]:
    """Give the stack's processes by name, its servers too: they are our children."""
    names = {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in children_of(os.getpid())}
    servers = {name: min(pid for pid, comm in names.items() if comm == name) for name in ("postgres",)}
    brokers = [
        pid for pid in names if pid not in {*stack.services.values(), *servers.values()} and not _is_below(pid, servers)
    ]
    return {**stack.services, **servers, "broker": brokers[0]}


def _is_below(pid: int, parents: Mapping[str, int]) -> bool:
    return any(pid in children_of(parent) for parent in parents.values())


def _spend(pids: Mapping[str, int], span_s: float) -> dict[str, float]:
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    time.sleep(span_s)
    return {name: cpu_s(pid) - before[name] for name, pid in pids.items()}


def _database(stack: Stack) -> dict[str, float]:
    async def ask() -> dict[str, float]:
        connection = await asyncpg.connect(stack.dsn)
        try:
            return {
                "readings": float(await connection.fetchval("select sum(stored) from ingest_ledger") or 0),
                "reading": await connection.fetchval(TABLES, "reading"),
                "wal": float(await connection.fetchval("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")),
            }
        finally:
            await connection.close()

    return asyncio.run(ask())


def _cost_of_a_poll(client: httpx.Client, sign: str, pid: int) -> float:
    """Microseconds of the gateway's processor for a poll that finds nothing new."""
    path = f"/v1/signs/{sign}/display"
    tag = client.get(path).headers["ETag"]
    began = cpu_s(pid)
    for _ in range(POLLS):
        client.get(path, headers={"If-None-Match": tag})
    return 1e6 * (cpu_s(pid) - began) / POLLS


def _in_a_process_of_its_own(copies: int) -> dict[str, float]:
    """So that its memory is that of this alone."""
    command = [sys.executable, "-m", "benchmarks.costs", "--links-of", str(copies)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in json.loads(told.splitlines()[-1]).items()}


def _cost_of_links(network: StreetNetwork, copies: int) -> dict[str, float]:
    """Compile copies of the city side by side; then all weights new, again and again."""
    warm_up()
    before_mb = _memory_mb()
    many = _copies(network, copies)
    began = time.process_time()
    topology = build_topology(many)
    compile_s = time.process_time() - began
    permit = Permits(topology, Vehicle()).at(datetime(2026, 11, 30, 12, tzinfo=UTC).replace(tzinfo=None))
    no_turn_costs = np.zeros(len(topology.states.tail), dtype=np.int32)
    random = np.random.default_rng(4711)
    began = time.process_time()
    for _ in range(REFRESHES):
        costs = (topology.base_travel_times_s * random.uniform(1, 5, len(topology.links))).astype(np.float64)
        route_graph(topology, permit, costs, no_turn_costs)
    return {
        "links": float(len(topology.links)),
        "compile_cpu_s": round(compile_s, 2),
        "refresh_cpu_ms": round(1000 * (time.process_time() - began) / REFRESHES, 2),
        "memory_mb": round(_memory_mb() - before_mb),
    }


def _memory_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def _copies(network: StreetNetwork, count: int) -> StreetNetwork:
    """Put copies of a city side by side, a degree apart, without a street between them."""
    junctions = [
        Junction(f"{copy}.{each.node_id}", each.lon + copy, each.lat)
        for copy in range(count)
        for each in network.junctions()
    ]
    links = [_moved(link, copy) for copy in range(count) for link in network.links()]
    return build_network("copies", "made here", junctions, links)


def _moved(link: Link, copy: int) -> Link:
    return replace(
        link,
        link_id=f"{copy}.{link.link_id}",
        from_node=f"{copy}.{link.from_node}",
        to_node=f"{copy}.{link.to_node}",
        coordinates=tuple((lon + copy, lat) for lon, lat in link.coordinates),
    )


def _cost_of_signs(scene: Scene) -> dict[str, float | None]:
    topology = build_topology(scene.network())
    steps = {kind.name: time_steps(topology, 1.0, 20, kind) for kind in KINDS}
    return {
        f"sign_step_{town}_cpu_us": round(1000 * summarise(each.cpu_ms)["p50_ms"] / SIGNS, 1)
        for town, each in steps.items()
    }


if __name__ == "__main__":
    typer.run(main)
