"""Where the console is looked at: the demo town, and a city of 20,000 links with 2,000 detectors."""

import csv
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from random import Random

import httpx
from evaluation.line.preparation import open_folder
from factories_browser import send_reading

from lotse_standalone import town
from lotse_standalone.simulation.publisher import Publisher
from lotse_standalone.stack.registry import register
from lotse_standalone.stack.stack import Stack, StackOptions

SIDE = 71
"""Junctions along a side of the grid: 2 x 2 x 71 x 70 = 19,880 links."""
STEP = 0.0012
DETECTORS = 2_000
SPEEDS_KMH = (49, 47, 44, 33, 21, 8)
"""Most of the city flows, some of it is jammed."""
INTERVAL_S = 300
"""What was sent once stays known as long as is looked."""
MOST = 0.9
"""Two on one link are one state, and a reading may be found implausible."""
PATIENCE_S, PAUSE_S = 120.0, 3.0
HEAD = "from_node,to_node,name,ref,road_class,length_m,free_flow_kmh,lanes,access,coordinates"


@contextmanager
def demo_town() -> Iterator[Stack]:
    """Run the demo town; each of its detectors has sent once."""
    settings = json.loads((town.FOLDER / "settings.json").read_text(encoding="utf-8"))
    with open_folder() as folder, Stack(StackOptions(folder / "data", settings=settings)) as stack:
        stack.import_links(town.FOLDER, "auenbrueck")
        with stack.client() as client:
            register(client, town.FOLDER)
            detectors = client.get("/v1/detectors?limit=1000").json()["items"]
            _measure(stack, client, [each["detector_id"] for each in detectors])
        yield stack


@contextmanager
def grid_city() -> Iterator[Stack]:
    """Run a grid of two-way streets; each of its detectors has sent once."""
    with open_folder() as folder, Stack(StackOptions(folder / "data")) as stack:
        links = write_grid(folder / "grid")
        stack.import_links(folder / "grid", "grid")
        detectors = {f"G-{place:04}": link for place, link in enumerate(Random(4711).sample(links, DETECTORS))}
        with stack.client() as client:
            rows = [{"detector_id": name, "link_id": link} for name, link in detectors.items()]
            answer = client.post("/v1/detectors/bulk", json=rows)
            assert answer.is_success, answer.text
            _measure(stack, client, list(detectors))
        yield stack


def write_grid(folder: Path) -> list[str]:
    """Write a grid of two-way streets as plain files; give its links."""
    folder.mkdir()
    at = {(x, y): f"N{x:02}_{y:02}" for x, y in product(range(SIDE), repeat=2)}
    with (folder / "junctions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("node_id", "lon", "lat"))
        writer.writerows((name, 7 + x * STEP * 1.7, 54 + y * STEP) for (x, y), name in at.items())
    links = []
    with (folder / "links.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD.split(","))
        for (x, y), name in at.items():
            for other, street in (((x + 1, y), f"Street {y}"), ((x, y + 1), f"Avenue {x}")):
                if other not in at:
                    continue
                for one, two in ((name, at[other]), (at[other], name)):
                    writer.writerow((one, two, street, "", "tertiary", "", 50, 1, "yes", ""))
                    links.append(f"{one}-{two}-0")
    return links


def _measure(stack: Stack, client: httpx.Client, detectors: list[str]) -> None:
    """Let each detector send until its link has a state: what comes before ingest knows a detector does not count."""
    random = Random(4711)
    speeds_kmh = {detector: random.choice(SPEEDS_KMH) for detector in detectors}
    deadline = time.monotonic() + PATIENCE_S
    with Publisher(*stack.broker, bound=500) as publisher:
        while (known := _measured(client)) < MOST * len(detectors):
            if time.monotonic() > deadline:
                message = f"{known} of {len(detectors)} detectors count after {PATIENCE_S:.0f} s"
                raise TimeoutError(message)
            for detector, speed_kmh in speeds_kmh.items():
                send_reading(publisher, detector, speed_kmh, 300 / speed_kmh, interval_s=INTERVAL_S)
            time.sleep(PAUSE_S)


def _measured(client: httpx.Client) -> int:
    sources: list[str] = client.get("/v1/link-states").json()["source"]
    return sources.count("measured")
