"""Servers that go away under the whole line, in wall time, with a sign that polls (field.md 9, scenarios 10 and 11).

Short, so that it runs each time. `make test-faults ARGS="--outage 600"` takes the ten minutes, and many kills;
test_ingest_away.py and test_gateway_database_away.py look closer at each part.
"""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from evaluation.line.preparation import copy_folder, open_folder
from faults.programs import Slot
from faults.town import BRISK as FALLING_BACK
from faults.town import TTL_S
from fixtures.brokers import Mosquitto
from fixtures.scenarios import SETTINGS, Prepared
from scenarios.scenes import Scene
from scenarios.streets import Streets
from scenarios.traffic import Sensors
from scenarios.waiting import until

from lotse_standalone.machine.crew import Crew
from lotse_standalone.machine.ports import LOOPBACK
from lotse_standalone.signs.sign_client import SignClient
from lotse_standalone.stack.gateway import sum_ledger
from lotse_standalone.stack.stack import Stack, StackOptions

MARGIN_S = 2
"""Until whoever looks at the sign has noticed what it shows, on a busy machine."""
BRISK = FALLING_BACK | {
    "LOTSE_ROUTING_MIN_HOLD_S": "5",
    "LOTSE_ROUTING_SMOOTHING_HALF_VEHICLES": "0",
    "LOTSE_ROUTING_STALE_AFTER_INTERVALS": "60",
    "LOTSE_ROUTING_CONFIDENCE_HALF_LIFE_INTERVALS": "60",
}


@pytest.fixture(scope="module")
def stack(prepared_city: Prepared) -> Iterator[Stack]:
    with open_folder() as folder:
        copy_folder(prepared_city, folder)
        with Stack(StackOptions(folder, settings=SETTINGS | BRISK)) as stack:
            yield stack


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    with stack.client() as client:
        yield client


@pytest.fixture
def sign(client: httpx.Client, scene: Scene) -> Iterator[SignClient]:
    """The reference sign of those who come inward, alive, and blank."""
    sign = SignClient(client, scene.inward.sign)
    with Crew({"sign": sign.run}):
        until(lambda: sign.is_answered and not sign.shown.lines and not sign.shown.is_fallback)
        yield sign


def test_10_a_database_that_is_away_costs_no_reading_and_signs_go_on_then_fall_back_then_recover(
    stack: Stack, client: httpx.Client, sign: SignClient, scene: Scene, streets: Streets
) -> None:
    closure = {"name": "Kanalbau", "effect": "closed", "links": scene.closed(streets, "inbound")}
    closure["override_reason"] = "Anlieger sind informiert"
    roadwork = client.post("/v1/roadworks", json=closure).raise_for_status().json()["roadwork_id"]
    until(lambda: "GESPERRT" in sign.shown.lines)
    before = count(client)
    with Sensors(stack.broker, streets) as sensors:
        until(sensors.more(2_000))
        database = stack._postgres  # noqa: SLF001 - nobody but a test takes the database away
        assert database is not None
        database.kill()
        gone_s = time.monotonic()
        assert "GESPERRT" in sign.shown.lines
        until(lambda: sign.shown.is_fallback)
        assert 1 < time.monotonic() - gone_s < TTL_S + MARGIN_S
        until(sensors.more(500))
        database.start()
        until(lambda: "GESPERRT" in sign.shown.lines)
        expect_all(client, before, sensors.stop())
    client.post(f"/v1/roadworks/{roadwork}/end").raise_for_status()
    stack.check()


@pytest.mark.mosquitto
def test_11_a_broker_restarted_in_mid_publish_loses_no_reading_and_the_line_goes_on(
    client: httpx.Client, sign: SignClient, scene: Scene, streets: Streets, own_broker: Mosquitto
) -> None:
    before = count(client)
    with Sensors((LOOPBACK, own_broker.port), streets) as sensors:
        for _ in range(2):
            until(sensors.more(1_000))
            own_broker.stop()
            own_broker.start()
        sensors.jam(scene.closed(streets, "inbound"))
        until(lambda: "FOLGE U12" in sign.shown.lines)
        expect_all(client, before, sensors.stop())


@pytest.fixture
def own_broker(stack: Stack, mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Mosquitto]:
    """A Mosquitto with a second slot of ingest at it: the embedded broker forgets what it holds when it ends."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LOTSE_")}
    broker = {"LOTSE_BROKER_HOST": LOOPBACK, "LOTSE_BROKER_PORT": str(mosquitto.port)}
    with (tmp_path / "ingest.log").open("ab") as log:
        slot = Slot(1, ours | broker | {"LOTSE_DATABASE_DSN": stack.dsn}, log)
        slot.start()
        try:
            until(lambda: slot.is_ready)
            yield mosquitto
            slot.check()
            stack.check()
        finally:
            slot.stop()


def count(client: httpx.Client) -> dict[str, int]:
    """Tell what became of all readings so far."""
    return dict(sum_ledger(client, datetime.now(UTC) - timedelta(days=1)))


def expect_all(client: httpx.Client, before: dict[str, int], published: int) -> None:
    """Every reading is stored, and stored once; what was received twice is told as a duplicate."""

    def became() -> dict[str, int]:
        return {outcome: now - before[outcome] for outcome, now in count(client).items()}

    until(lambda: became()["stored"] >= published)
    sums = became()
    assert sums == sums | {"stored": published, "quarantined": 0, "rejected": 0}
    assert sums["received"] == published + sums["duplicate"]
