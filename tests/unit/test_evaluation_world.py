"""What drivers do at signs and barriers, and what fails; without SUMO."""

from collections.abc import Sequence

import pytest

pytest.importorskip("scipy", reason="scipy is absent: `make evaluate` installs it")

from evaluation.nouns import Incident, Minute, Route, SignPost, StationFault, StationReading
from evaluation.world.bearings import Bearings
from evaluation.world.drivers import Barrier, Readers
from evaluation.world.faults import CRIED_KMH, with_faults
from evaluation.world.inputs import Departure, let_out
from factories_evaluation import NORTH, SIGN, USUAL, the_edges


class Roads:
    """Vehicles on the first edge of their ways."""

    def __init__(self, ways: dict[str, Route]) -> None:
        self.ways = ways

    def vehicles_on(self, edge_id: str) -> Sequence[str]:
        return [vehicle for vehicle, way in self.ways.items() if way[0] == edge_id]

    def ahead_of(self, vehicle_id: str) -> Route:
        return self.ways[vehicle_id]

    def send(self, vehicle_id: str, ahead: Sequence[str]) -> None:
        self.ways[vehicle_id] = tuple(ahead)


class ByTheNorth:
    """Sends everybody by the north, and counts how often it is asked."""

    asked = 0

    def update(self, minute: Minute) -> None:
        raise NotImplementedError

    def way(self, sign_id: str, ahead: Route) -> Route | None:
        self.asked += 1
        assert sign_id == SIGN
        return (ahead[0], *NORTH, ahead[-1])

    def shown(self) -> dict[str, Sequence[str]]:
        raise NotImplementedError


def test_who_complies_follows_a_sign_once_and_the_same_drivers_do_at_a_higher_share() -> None:
    followers = {}
    for share in (0.0, 0.3, 0.7, 1.0):
        roads, guidance = Roads({f"v{number}": USUAL for number in range(300)}), ByTheNorth()
        readers = Readers([SignPost(SIGN, "AB")], share, seed=1)
        readers.read(roads, guidance)
        readers.read(roads, guidance)
        assert guidance.asked == len(readers.diverted)
        assert {vehicle for vehicle, way in roads.ways.items() if way != USUAL} == readers.diverted
        followers[share] = readers.diverted
    assert followers[0.0] < followers[0.3] < followers[0.7] < followers[1.0]
    assert len(followers[0.7]) == pytest.approx(210, abs=25)


def test_a_barrier_turns_away_who_would_drive_into_it_and_nobody_else() -> None:
    edges = the_edges()
    roads = Roads({"into": USUAL, "past": ("AB", "BN", "ND", "DZ")})
    Barrier({"BC", "CD"}, edges).turn_away(roads, Bearings(edges))
    assert roads.ways["past"] == ("AB", "BN", "ND", "DZ")
    assert roads.ways["into"][0] == "AB"
    assert roads.ways["into"][-1] == "DZ"
    assert not {"BC", "CD"} & set(roads.ways["into"])


def test_drivers_at_a_barrier_do_not_all_take_the_same_way() -> None:
    edges = the_edges()
    roads = Roads({f"v{number}": USUAL for number in range(60)})
    Barrier({"BC", "CD"}, edges).turn_away(roads, Bearings(edges))
    assert len(set(roads.ways.values())) >= 2


def test_who_departs_on_a_street_while_it_is_closed_is_let_out() -> None:
    closure = Incident("closed", frozenset({"AB"}), 900, 3600)
    slow = Incident("slow", frozenset({"AB"}), 900, 3600, 6.0)
    early, during, elsewhere = (
        Departure("v1", 100.0, ("AB", "BC")),
        Departure("v2", 1000.0, ("AB", "BC")),
        Departure("v3", 1000.0, ("BC", "CD")),
    )
    assert [let_out(each, [closure, slow]).is_let_out for each in (early, during, elsewhere)] == [False, True, False]
    assert not let_out(during, [slow]).is_let_out


def test_a_silent_station_says_nothing_and_a_crying_one_a_jam_only_while_it_lasts() -> None:
    readings = tuple(StationReading(name, 10, 50.0, 5.0) for name in ("A", "B", "C"))
    faults = (
        StationFault("silent", frozenset({"A"}), 60, 120),
        StationFault("cries jam", frozenset({"B"}), 60, 120),
    )
    during = {reading.station_id: reading for reading in with_faults(readings, faults, 120)}
    assert set(during) == {"B", "C"}
    assert during["B"].mean_speed_kmh == CRIED_KMH
    assert during["C"] == readings[2]
    assert with_faults(readings, faults, 60) == readings
    assert with_faults(readings, faults, 180) == readings
