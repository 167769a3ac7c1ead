"""What-if questions on a real city."""

from pathlib import Path

import pytest
from factories_decide import NOON, a_registry
from factories_network import unwatched
from factories_whatif import a_snapshot_on, route

from lotse_routing.core.topology import build_topology
from lotse_routing.network.import_osm import import_osm
from lotse_routing.places import Place
from lotse_routing.whatif.closure_check import ClosureQuestion, Surroundings, check_closure
from lotse_routing.whatif.findings import tell
from lotse_routing.whatif.route import NoRouteError
from lotse_routing.whatif.window import Window

pytestmark = pytest.mark.data


def test_what_a_closed_lauterstrasse_cuts_off_no_route_reaches(shared_data: Path) -> None:
    network, _ = import_osm(shared_data / "osm-kaiserslautern/kaiserslautern.osm.pbf", "kaiserslautern", unwatched)
    snapshot = a_snapshot_on(build_topology(network))
    links = [i for i, link in enumerate(snapshot.topology.links) if link.name == "Lauterstraße"]
    nothing = Surroundings(a_registry(), (), (), {})
    report = check_closure(snapshot, ClosureQuestion(tuple(links), Window(NOON, None)), nothing, 3.0)
    assert "Am Engelshof cannot be reached or left any more (192 m)." in list(tell(report, a_registry()))
    assert sum(len(stretch.links) for stretch in report.stretches) == len(links)
    assert [(stretch.to_node, stretch.around.problem) for stretch in report.stretches if stretch.around.problem] == [
        ("350736", "no street leads into it"),  # at 1103143933 the street is a dead end, in the data of 2013
        ("1103143933", "no street goes on from it"),
    ]
    assert all(stretch.around.streets for stretch in report.stretches if not stretch.around.problem)
    closed = tuple(snapshot.topology.links[i].link_id for i in links)
    begin = Place(link=next(link.link_id for link in snapshot.topology.links if link.name == "Pariser Straße"))
    for street in report.cut_off:
        for link in street.links if not street.has_way_in else ():
            with pytest.raises(NoRouteError, match="Lauterstraße was to be avoided"):
                route(begin, Place(link=link), snapshot, avoid_links=closed)
