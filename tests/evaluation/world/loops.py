"""Induction loops: what SUMO writes of them every minute, read over a socket, in both of its models.

The queue model (meso) measures a stretch of about 100 m around a loop, all lanes as one; the microscopic one a point
on each lane. SUMO writes a minute's figures at its end, before it goes on; so nothing is waited for.
"""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from xml.etree import ElementTree as ET

from evaluation.nouns import City, Station, StationReading

LOOPBACK = "127.0.0.1"
CHUNK = 1 << 20
PATIENCE_S = 30.0


def loop_id(station: Station, lane: int) -> str:
    """Name the loop on one lane of a station."""
    return f"{station.station_id}/{lane}"


@dataclass(frozen=True, slots=True)
class _Passage:
    """What a loop says: vehicles, their mean speed in m/s, and how long they covered it."""

    vehicles: int
    speed: float
    occupancy_pct: float


class Loops:
    """Takes in what the loops of a city write. Open it before SUMO starts: `address` goes into SUMO's files."""

    def __init__(self, city: City, *, meso: bool) -> None:
        lanes = {station: city.edges[station.edge_id].lanes for station in city.stations}
        self._expected = sum(lanes.values())
        self._loops = {
            station.station_id: [loop_id(station, lane) for lane in range(1 if meso else count)]
            for station, count in lanes.items()
        }
        self._server = socket.create_server((LOOPBACK, 0))
        self._connection: socket.socket | None = None
        self._left_over = b""

    @property
    def address(self) -> str:
        """Where SUMO writes to."""
        return f"{LOOPBACK}:{self._server.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()
        self._server.close()

    def read_minute(self) -> tuple[StationReading, ...]:
        """Read the minute that has just ended.

        Raises
        ------
        TimeoutError
            SUMO did not write it.
        """
        lines: list[bytes] = []
        while len(lines) < self._expected:
            *whole, self._left_over = (self._left_over + self._receive()).split(b"\n")
            lines += [line for line in whole if b"<interval" in line]
        passages = dict(map(_passage, lines))
        return tuple(_reading(station_id, loops, passages) for station_id, loops in self._loops.items())

    def _receive(self) -> bytes:
        if self._connection is None:
            self._server.settimeout(PATIENCE_S)
            self._connection, _ = self._server.accept()
            self._connection.settimeout(PATIENCE_S)
        if not (chunk := self._connection.recv(CHUNK)):
            message = "SUMO has closed the connection of its loops"
            raise TimeoutError(message)
        return chunk


def _passage(line: bytes) -> tuple[str, _Passage]:
    told = ET.fromstring(line).attrib  # noqa: S314 - SUMO's own
    vehicles = int(told.get("nVehContrib") or told.get("left") or 0)
    return told["id"], _Passage(vehicles, float(told.get("speed", -1)), float(told.get("occupancy", 0)))


def _reading(station_id: str, loops: Sequence[str], passages: Mapping[str, _Passage]) -> StationReading:
    said = [passages[each] for each in loops]
    vehicles = sum(each.vehicles for each in said)
    metres = sum(each.vehicles * each.speed for each in said if each.speed >= 0)
    occupancy_pct = sum(each.occupancy_pct for each in said) / len(said)
    speed_kmh = round(metres / vehicles * 3.6, 1) if vehicles and metres > 0 else None
    return StationReading(station_id, vehicles, speed_kmh, round(min(100.0, occupancy_pct), 1))
