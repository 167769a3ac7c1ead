"""Lives two hours through the whole line: the demo's lorry at its true pace, then closures of our own.

A second of the demo is three minutes here, as its queues have it. Sensors measure each minute, and a watermark follows.
Drivers obey what signs show from the next minute on, so every run is the same to the last digit.
"""

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from lotse_shared.topics import WATERMARK, batch_topic
from lotse_standalone import town
from lotse_standalone.replay.period import SETTINGS
from lotse_standalone.simulation.control_room import advice_of
from lotse_standalone.simulation.publisher import Publisher
from lotse_standalone.simulation.scenario import Scenario, Site, read_scenario
from lotse_standalone.simulation.sensors import Sensor, make_sensors
from lotse_standalone.simulation.simulate import read_streets
from lotse_standalone.simulation.traffic import Advice, Traffic
from lotse_standalone.stack.gateway import ask
from lotse_standalone.stack.registry import register
from lotse_standalone.stack.stack import Stack, StackOptions

BEGINS_AT = datetime(2026, 11, 23, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LASTS_MIN = 120
INSPECTION = Site(from_s=28, to_s=36, name="Brückenprüfung", links=("L3-L4-0", "L4-L3-0"))
"""07:24 to 07:48: the Lindenbrücke is closed, over which drivers usually pass S2."""
CRASH = Site(from_s=31, to_s=33, name="Unfall Alte Brücke", links=("M3-M4-0", "M4-M3-0"))
"""07:33 to 07:39: so is the bridge that its corridor U3 leads over."""
PATIENCE_S = 60.0
PAUSE_S = 0.02


def live_morning(data: Path, tell: Callable[[datetime], None] = lambda _moment: None) -> datetime:
    """Live it in a folder that is new, and give its end; `tell` is told each minute."""
    scenario = msgspec.structs.replace(read_scenario(town.FOLDER), site=INSPECTION)
    detectors = _detectors()
    with Stack(StackOptions(data, clock="data", settings=SETTINGS)) as stack, stack.client() as client:
        stack.import_links(town.FOLDER, "auenbrueck")
        register(client, town.FOLDER)
        _send(client, "detectors", detectors)
        with Publisher(*stack.broker, bound=10) as publisher:
            return _live(publisher, client, scenario, make_sensors(detectors, scenario.flaws, scenario.seed), tell)


def _detectors() -> list[dict[str, Any]]:
    """Give the town's, which measure every 2 s in the demo, with an interval of a minute."""
    rows: list[dict[str, Any]] = json.loads((town.FOLDER / "detectors.json").read_text(encoding="utf-8"))
    return [row | {"interval_s": 60} for row in rows]


def _live(
    publisher: Publisher,
    client: httpx.Client,
    scenario: Scenario,
    sensors: Sequence[Sensor],
    tell: Callable[[datetime], None],
) -> datetime:
    traffic, advice, moment = Traffic(scenario, read_streets(town.FOLDER)), Advice(), BEGINS_AT
    for minute in range(LASTS_MIN):
        moment = BEGINS_AT + (minute + 1) * MINUTE
        tell(moment)
        traffic = traffic.advance(minute / scenario.minutes_per_second, advice)
        measured_at = moment - timedelta(seconds=1)
        readings = [sensor.measure(traffic.on(sensor.link_id), measured_at) for sensor in sensors]
        _publish(publisher, batch_topic("town"), readings)
        _publish(publisher, WATERMARK, {"covers_until": moment.isoformat()})
        _wait(client, moment)
        if minute == 0:  # there is no now before the first watermark
            for site in (INSPECTION, CRASH):
                _plan(client, site, scenario.minutes_per_second)
        advice = advice_of(ask(client, "/v1/detours")["items"])
    return moment


def _publish(publisher: Publisher, topic: str, payload: Any) -> None:
    assert publisher.publish(topic, json.dumps(payload).encode(), PATIENCE_S), "the broker takes nothing"


def _wait(client: httpx.Client, moment: datetime) -> None:
    """Wait until the planner has decided on all that was measured by then."""
    deadline = time.monotonic() + PATIENCE_S
    while (until := ask(client, "/v1/system")["covers_until"]) is None or datetime.fromisoformat(until) < moment:
        assert time.monotonic() < deadline, f"the line stands still before {moment}"
        time.sleep(PAUSE_S)


def _plan(client: httpx.Client, site: Site, minutes_per_second: float) -> None:
    starts_at, ends_at = (BEGINS_AT + at_s * minutes_per_second * MINUTE for at_s in (site.from_s, site.to_s))
    times = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
    body = {"name": site.name, "effect": "closed", "links": list(site.links), **times}
    client.post("/v1/roadworks", json=body).raise_for_status()


def _send(client: httpx.Client, noun: str, rows: Sequence[object]) -> None:
    client.post(f"/v1/{noun}/bulk", json=rows).raise_for_status()
