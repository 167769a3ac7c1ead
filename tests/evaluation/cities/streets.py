"""The edges of a SUMO network, read once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sumolib

from evaluation.nouns import Edge


def read_edges(net_file: Path) -> Mapping[str, Edge]:
    """Read the edges that cars may drive on, in the order of their ids."""
    net = sumolib.net.readNet(str(net_file))
    edges = sorted((edge for edge in net.getEdges() if edge.allows("passenger")), key=lambda edge: str(edge.getID()))
    return {edge.getID(): _edge(net, edge) for edge in edges}


def _edge(net: Any, edge: Any) -> Edge:
    onward, back = _turns(edge)
    return Edge(
        edge_id=edge.getID(),
        name=edge.getName() or "",
        road_class=edge.getType().removeprefix("highway."),
        length_m=edge.getLength(),
        speed_kmh=edge.getSpeed() * 3.6,
        lanes=edge.getLaneNumber(),
        from_node=edge.getFromNode().getID(),
        to_node=edge.getToNode().getID(),
        onward=onward,
        back=back,
        ways=_ways(edge),
        shape=tuple(net.convertXY2LonLat(x, y) for x, y in edge.getShape()),
    )


def _turns(edge: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """List where one may go on to, and where one may turn back; on to the latter only where there is nothing else."""
    into = [other for other in edge.getOutgoing() if other.allows("passenger")]
    places = sorted(str(other.getID()) for other in into)
    back = sorted(str(other.getID()) for other in into if other.getToNode() is edge.getFromNode())
    return tuple(place for place in places if place not in back) or tuple(places), tuple(back)


def _ways(edge: Any) -> tuple[str, ...]:
    told = {way for lane in edge.getLanes() for way in lane.getParam("origId", "").split()}
    return tuple(sorted(told))
