"""P4: the standalone stack under a fleet's load, a jam told again and again, and how soon the sign's display has it."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
from evaluation.line.preparation import open_folder
from scenarios.scenes import Scene
from scenarios.streets import MAIN, Streets

from benchmarks.line.fleet import Fleet
from benchmarks.processes import CpuWatch
from lotse_routing.network.model import Link
from lotse_standalone.stack.registry import register
from lotse_standalone.stack.stack import Stack, StackOptions

DETECTORS, SIGNS, DESTINATIONS_A_SIGN = 2_000, 200, 4
HOLD_S, POLL_S, PATIENCE_S, SETTLE_S = 1.0, 0.01, 30.0, 20.0
SETTINGS = {
    "LOTSE_ROUTING_SMOOTHING": "1",
    "LOTSE_ROUTING_SMOOTHING_HALF_VEHICLES": "0",
    "LOTSE_ROUTING_MIN_HOLD_S": str(HOLD_S),
    "LOTSE_ROUTING_STALE_AFTER_INTERVALS": "30",
    "LOTSE_ROUTING_CONFIDENCE_HALF_LIFE_INTERVALS": "30",
}
"""So that one message decides: with smoothing it takes several, and seconds of a sensor's interval are not ours."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Seconds from message to display, in the order told; what the processes used meanwhile; the fleet's figures."""

    took_s: tuple[float, ...]
    cpu_share: dict[str, float]
    readings_per_s: float
    fleet_late_s: float


def watch(scene: Scene, changes: int, tell: Callable[[int], None]) -> Watched:
    """Run the stack, tell jams and their ends, look at the display; `tell` hears how many are done."""
    streets, random = scene.read(), Random(4711)
    probed = [streets.by_id[link] for link in scene.closed(streets, "inbound")]
    links = measured_links(streets, probed)
    with running_stack(scene, streets, links, random) as (stack, client), Fleet(stack.broker, links, probed) as fleet:
        sign = scene.inward.sign
        _wait_for(client, sign, is_lit=False)
        time.sleep(SETTLE_S)
        began_s, published = time.time(), fleet.published
        cpu = CpuWatch({name: [pid] for name, pid in stack.services.items()})
        took_s = []
        for number in range(changes):
            time.sleep(HOLD_S + random.uniform(0.5, 1.5))  # past the hold, and never in step with anything
            is_jam = number % 2 == 0
            told_s = fleet.tell(is_jammed=is_jam)
            _wait_for(client, sign, is_lit=is_jam)
            took_s.append(time.monotonic() - told_s)
            tell(number + 1)
        lasted_s = time.time() - began_s
        cpu.stop()
        stack.check()
        return Watched(
            tuple(took_s),
            {name: round(used / lasted_s, 3) for name, used in cpu.since(began_s).items()},
            (fleet.published - published) / lasted_s,
            fleet.late_s,
        )


@contextmanager
def running_stack(
    scene: Scene, streets: Streets, links: Sequence[Link], random: Random
) -> Iterator[tuple[Stack, httpx.Client]]:
    with open_folder() as folder, Stack(StackOptions(folder, settings=SETTINGS)) as stack, stack.client() as client:
        scene.import_into(stack)
        listed = Path(folder.parent) / "registry"
        listed.mkdir()
        for noun, rows in _registry(scene, streets, links, random).items():
            (listed / f"{noun}.json").write_text(json.dumps(rows), encoding="utf-8")
        register(client, listed)
        yield stack, client


def measured_links(streets: Streets, probed: Sequence[Link]) -> list[Link]:
    """Give the links with a detector: main streets first, then the longest others."""
    others = sorted(
        (link for link in streets.by_id.values() if link not in probed),
        key=lambda link: (link.road_class not in MAIN, -link.length_m),
    )
    return [*probed, *others][:DETECTORS]


def _registry(scene: Scene, streets: Streets, links: Sequence[Link], random: Random) -> dict[str, list[dict[str, Any]]]:
    """Give the scene's registry with a detector on each of these links, and signs on main streets for its places."""
    registry = scene.registry(streets)
    places = [row["destination_id"] for row in registry["destinations"]]
    main = sorted(link.link_id for link in streets.by_id.values() if link.road_class in MAIN)
    more = [
        {"sign_id": f"S{number}", "link_id": link_id, "destinations": places[:DESTINATIONS_A_SIGN]}
        for number, link_id in enumerate(random.choices(main, k=SIGNS - len(registry["signs"])))
    ]
    detectors = [{"detector_id": f"at-{link.link_id}", "link_id": link.link_id, "interval_s": 1} for link in links]
    return registry | {"detectors": detectors, "signs": [*registry["signs"], *more]}


def _wait_for(client: httpx.Client, sign: str, *, is_lit: bool) -> None:
    """Ask for the display again and again, as often as it can be told apart, until it is lit, or blank."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        answer = client.get(f"/v1/signs/{sign}/display")
        if answer.status_code == httpx.codes.OK and bool(answer.json()["lines"]) == is_lit:
            return
        assert time.monotonic() < deadline, f"{sign}: HTTP {answer.status_code} {answer.text}"
        time.sleep(POLL_S)
