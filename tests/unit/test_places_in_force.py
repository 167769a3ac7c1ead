"""The index of places that several threads ask for, while one network replaces another."""

from collections.abc import Callable

import pytest
from factories_network import a_network, both_ways, place

from lotse_routing import places
from lotse_routing.core.topology import Topology, build_topology

PLACES = {name: place(i, 0) for i, name in enumerate("ABC")}
OLD = build_topology(a_network(PLACES, both_ways([("A", "B")], PLACES)))
NEW = build_topology(a_network(PLACES, both_ways([("B", "C")], PLACES)))


def test_whoever_asks_for_a_network_gets_places_of_it_though_another_asks_in_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    between: list[Callable[[], object]] = []

    class Interrupted:
        """Places, with another thread's request as soon as somebody looks whose they are."""

        def __init__(self, topology: Topology, _max_distance_m: float) -> None:
            self._topology = topology

        @property
        def topology(self) -> Topology:
            if between:
                between.pop()()
            return self._topology

    monkeypatch.setattr(places, "Places", Interrupted)
    in_force = places.PlacesInForce(200.0)
    in_force.of(OLD)
    between.append(lambda: in_force.of(NEW))
    assert in_force.of(OLD).topology is OLD
    assert not between
