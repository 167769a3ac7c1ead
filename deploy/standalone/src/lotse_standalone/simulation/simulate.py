"""The demo's simulated sensors: they publish a looped morning through MQTT, as real ones at the roadside would."""

import csv
import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec

from lotse_shared.log import OnChange, get_logger
from lotse_shared.topics import batch_topic, reading_topic
from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.simulation.control_room import ControlRoom
from lotse_standalone.simulation.publisher import Account, Publisher
from lotse_standalone.simulation.scenario import Moment, Scenario, moment_of, read_scenario
from lotse_standalone.simulation.sensors import Sensor, make_sensors
from lotse_standalone.simulation.traffic import Street, Traffic

MESSAGES_UNDER_WAY = 1000
"""As many as a roadside unit might keep while the broker is away; what comes on top is lost, counted and logged."""

LAST_WORDS_S = 1.0

log = get_logger(__name__)


class Simulation:
    """Plays a town's morning in a loop: sensors publish, a construction site opens and ends, drivers follow signs.

    Parameters
    ----------
    broker_host, broker_port
        Where the sensors publish.
    gateway_client
        An HTTP client of the public API with an operator's key.
    town_folder
        A folder like lotse_standalone.town.FOLDER.
    station
        The broker's account of a concentrator that publishes for all sensors; None: each sensor for itself, as anybody.

    Attributes
    ----------
    published, lost
        Messages handed to the publisher, and messages for which it had no room because the broker was away too long.

    Raises
    ------
    StandaloneError
        The town's files do not fit together.
    """

    def __init__(
        self,
        broker_host: str,
        broker_port: int,
        gateway_client: httpx.Client,
        town_folder: Path,
        station: Account | None = None,
    ) -> None:
        self._broker = broker_host, broker_port
        self._station = station
        self._scenario = read_scenario(town_folder)
        self._traffic = Traffic(self._scenario, read_streets(town_folder))
        self._sensors = read_sensors(town_folder, self._scenario)
        self._control_room = ControlRoom(gateway_client, self._scenario, self._moment)
        self._began_s = time.monotonic()
        self._malformed_in_round = -1
        self._room = OnChange(log)
        self.published = 0
        self.lost = 0

    @property
    def phase(self) -> str:
        """What the morning is doing now, in words: by the clock that moves everybody in it, never after them."""
        return self._scenario.phase_at(self._moment().at_s)

    def run(self, stop: threading.Event) -> None:
        """Play until `stop` is set; then end the construction site if it is open, and return."""
        self._began_s = time.monotonic()
        left = threading.Event()
        office = threading.Thread(target=self._control_room.run, args=[left], name="control-room")
        office.start()
        try:
            with Publisher(*self._broker, MESSAGES_UNDER_WAY, self._station) as publisher:
                self._play(publisher, stop)
                publisher.drain(LAST_WORDS_S)
        finally:
            left.set()
            office.join()

    def _moment(self) -> Moment:
        return moment_of(time.monotonic() - self._began_s, self._scenario.loop_s)

    def _play(self, publisher: Publisher, stop: threading.Event) -> None:
        """Go through the intervals; within each, the sensors report one after the other, evenly spread."""
        interval_s = self._sensors[0].interval_s
        interval = 0
        while not stop.is_set():
            moment = self._moment()
            self._traffic = self._traffic.advance(moment.at_s, self._control_room.advice)
            for number, sensor in enumerate(self._sensors):
                due_s = self._began_s + (interval + number / len(self._sensors)) * interval_s
                if stop.wait(max(0.0, due_s - time.monotonic())):
                    return
                self._report(publisher, sensor)
            self._babble(publisher, moment)
            interval = max(interval + 1, int((time.monotonic() - self._began_s) / interval_s))

    def _report(self, publisher: Publisher, sensor: Sensor) -> None:
        reading = sensor.measure(self._traffic.on(sensor.link_id), datetime.now(UTC))
        payload = msgspec.json.encode(reading)
        for _ in range(2 if sensor.is_sent_twice() else 1):
            self._send(publisher, sensor, payload)

    def _babble(self, publisher: Publisher, moment: Moment) -> None:
        """Once a morning one sensor sends half a message, as on a broken line."""
        due = moment.at_s >= self._scenario.flaws.malformed_at_s
        if due and moment.round_number > self._malformed_in_round:
            self._malformed_in_round = moment.round_number
            sensor = self._sensors[moment.round_number % len(self._sensors)]
            cut = f'{{"detector_id":"{sensor.detector_id}","measured_at":"{datetime.now(UTC).isoformat()}","inter'
            self._send(publisher, sensor, cut.encode())

    def _send(self, publisher: Publisher, sensor: Sensor, payload: bytes) -> None:
        topic = reading_topic(sensor.detector_id) if self._station is None else batch_topic(self._station.name)
        if publisher.publish(topic, payload, wait_s=0):
            self.published += 1
            self._room.now("room", "sensors publish")
        else:
            self.lost += 1
            self._room.now("full", "sensors lose readings: the broker has been away for too long")


def read_streets(town_folder: Path) -> dict[str, Street]:
    """Read what the traffic model needs of a network folder's links (no parallel links in a demo town)."""
    with (town_folder / "links.csv").open(newline="", encoding="utf-8") as file:
        return {
            f"{row['from_node']}-{row['to_node']}-0": Street(
                float(row["length_m"]), float(row["free_flow_kmh"]), int(row["lanes"])
            )
            for row in csv.DictReader(file)
        }


def read_sensors(town_folder: Path, scenario: Scenario) -> list[Sensor]:
    """Make one sensor for each detector of a town.

    Raises
    ------
    StandaloneError
        There is none, or they report at different intervals.
    """
    detectors = json.loads((town_folder / "detectors.json").read_text(encoding="utf-8"))
    sensors = make_sensors(detectors, scenario.flaws, scenario.seed)
    if len({sensor.interval_s for sensor in sensors}) != 1:
        message = f"{town_folder / 'detectors.json'}: the simulation needs detectors that share one interval_s"
        raise StandaloneError(message)
    return sensors
