"""How much memory routing takes as a service, in the stack of `make demo` on the same streets."""

import signal
import tempfile
from pathlib import Path

import httpx
from processes_standalone import command_line, running_demo

from benchmarks.processes import peak_memory_mb
from benchmarks.routing.task import DETOURS
from lotse_routing.network.model import StreetNetwork
from lotse_standalone.servers.postgres import EmbeddedPostgres


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


def _ask_routes(url: str, key: str, link_ids: list[str]) -> None:
    step = max(1, len(link_ids) // DETOURS)
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        for origin, destination in zip(link_ids[::step], link_ids[::-step], strict=True):
            body = {"origin": {"link": origin}, "destination": {"link": destination}}
            answer = client.post("/v1/routes", json=body)
            assert answer.status_code in {200, 404, 409}, answer.text
