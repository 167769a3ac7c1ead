"""P4: the standalone stack under a fleet's load, a jam told again and again, and how soon the sign's display has it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import httpx
from scenarios.scenes import Scene

from benchmarks.line.city import measured_links, open_city
from benchmarks.line.fleet import Fleet
from benchmarks.processes import CpuWatch

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
    with (
        open_city(scene, streets, links, random, SETTINGS) as (stack, client),
        Fleet(stack.broker, links, probed) as fleet,
    ):
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


def _wait_for(client: httpx.Client, sign: str, *, is_lit: bool) -> None:
    """Ask for the display again and again, as often as it can be told apart, until it is lit, or blank."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        answer = client.get(f"/v1/signs/{sign}/display")
        if answer.status_code == httpx.codes.OK and bool(answer.json()["lines"]) == is_lit:
            return
        assert time.monotonic() < deadline, f"{sign}: HTTP {answer.status_code} {answer.text}"
        time.sleep(POLL_S)
