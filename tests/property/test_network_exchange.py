"""A network goes through GraphML and comes back as it was, whatever is in it."""

import io
from typing import Any

import networkx as nx
from factories_network import a_link
from hypothesis import given
from hypothesis import strategies as st

from lotse_routing.network.graphs.exchange import from_networkx, to_networkx
from lotse_routing.network.model import BannedTurn, Condition, Junction, StreetNetwork, build_network
from lotse_shared.vehicle import VehicleClass

NODES = "ABCDE"
texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=8)
accesses = st.sampled_from(["yes", "destination", "no"])
numbers = st.floats(0.01, 1e5)
limits = st.none() | st.floats(0.5, 99)
vehicles = st.frozensets(st.sampled_from(list(VehicleClass)), min_size=1)


@st.composite
def networks(draw: st.DrawFn) -> StreetNetwork:
    longitudes, latitudes = st.floats(-180, 180), st.floats(-90, 90)
    places = {node: (draw(longitudes), draw(latitudes)) for node in NODES}
    ends = draw(
        st.lists(st.tuples(*[st.sampled_from(NODES)] * 2).filter(lambda e: e[0] != e[1]), min_size=1, max_size=8)
    )
    links = [a_link(a, b, places, link_id=f"{a}-{b}-{i}", **draw(fields())) for i, (a, b) in enumerate(ends)]
    pairs = [(x.link_id, y.link_id) for x in links for y in links if x.to_node == y.from_node]
    turns = [BannedTurn(pair, draw(vehicles), draw(st.sampled_from(["", "Mo 07:00-09:00"]))) for pair in pairs[:3]]
    conditions = [Condition(links[0].link_id, draw(vehicles), draw(accesses), "24/7")] if draw(st.booleans()) else []
    junctions = [Junction(node, *place) for node, place in places.items()]
    side: Any = draw(st.sampled_from(["left", "right"]))
    return build_network("a", "b", junctions, links, turns, conditions=conditions, drives_on=side)


def fields() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "name": texts,
            "ref": texts,
            "length_m": numbers,
            "free_flow_kmh": st.floats(1, 200),
            "lanes": st.integers(1, 12),
            "access": accesses,
            "truck_access": accesses,
            "max_height_m": limits,
            "max_weight_t": limits,
            "ways": st.lists(st.integers(-(2**40), 2**40), max_size=3).map(tuple),
        }
    )


@given(networks())
def test_there_and_back_is_the_same_version(network: StreetNetwork) -> None:
    plain = to_networkx(network)
    assert from_networkx(plain, network.name, network.source).version == network.version
    file = io.BytesIO()
    nx.write_graphml_xml(plain, file)
    file.seek(0)
    read = nx.read_graphml(file, edge_key_type=str, force_multigraph=True)
    back = from_networkx(read, network.name, network.source)
    assert back.links() == network.links()
    assert back.version == network.version
