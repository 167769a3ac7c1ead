import pytest
from factories_network import a_network, both_ways, place

from lotse_routing.core.snap import NoLinkNearError, Snapper
from lotse_routing.core.topology import build_topology
from lotse_routing.network.geometry import distance_m

PLACES = {"A": place(0, 0), "B": place(4, 0), "C": place(4, 4)}
TOPOLOGY = build_topology(a_network(PLACES, both_ways([("A", "B"), ("B", "C")], PLACES)))


def test_the_nearest_links_come_first_with_metres_and_place_along_them() -> None:
    first, second, *_ = Snapper(TOPOLOGY).nearest(*place(1, 0.5))
    assert [TOPOLOGY.links[place.link].link_id for place in (first, second)] == ["A-B-0", "B-A-0"]
    assert first.distance_m == pytest.approx(distance_m(place(1, 0.5), place(1, 0)), rel=1e-3)
    assert first.fraction == pytest.approx(0.25, abs=0.001)
    assert second.fraction == pytest.approx(0.75, abs=0.001)


def test_only_links_within_the_distance_are_listed() -> None:
    near = Snapper(TOPOLOGY).nearest(*place(3.6, 0.3), max_distance_m=100)
    assert [TOPOLOGY.links[place.link].link_id for place in near] == ["A-B-0", "B-A-0", "B-C-0", "C-B-0"]
    assert len(Snapper(TOPOLOGY).nearest(*place(1, 0.5), max_distance_m=100)) == 2


def test_a_point_far_from_every_street_is_refused_with_the_distance() -> None:
    with pytest.raises(NoLinkNearError, match=r"no street within 200 m of longitude 7\.77"):
        Snapper(TOPOLOGY).nearest(*place(0, 3))
