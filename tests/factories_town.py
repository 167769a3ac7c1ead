"""Builders of the demo town's traffic, and its street network as an independent reader sees it."""

import csv
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx

from lotse_standalone.simulation.scenario import Flaws, Phase, Pinch, Scenario, Site
from lotse_standalone.simulation.traffic import Street, Traffic
from lotse_standalone.town import FOLDER

NO_FLAWS = Flaws(duplicate_every=10**9, stale_speed_every=10**9, malformed_at_s=10**9)
STREETS = {
    "bridge": Street(length_m=400, free_flow_kmh=50, lanes=2),
    "ramp": Street(length_m=300, free_flow_kmh=50, lanes=2),
    "site": Street(length_m=300, free_flow_kmh=50, lanes=1),
    "corridor": Street(length_m=900, free_flow_kmh=60, lanes=2),
}


def a_scenario(
    *, demand: float = 0.7, pinch: tuple[float, float] = (10, 20), site: tuple[float, float] = (30, 40)
) -> Scenario:
    return Scenario(
        loop_s=60,
        minutes_per_second=3,
        seed=1,
        demand=((0, demand), (60, demand)),
        phases=(Phase(0, "quiet"), Phase(pinch[0], "pinch")),
        pinch=Pinch(*pinch, capacity_share=0.4, links_upstream=("bridge", "ramp")),
        site=Site(*site, name="Kanalbau", links=("site",)),
        compliance=0.3,
        flaws=NO_FLAWS,
    )


def a_traffic(scenario: Scenario | None = None) -> Traffic:
    return Traffic(scenario or a_scenario(), STREETS)


@dataclass(frozen=True)
class Town:
    """The committed files, read plainly."""

    junctions: dict[str, tuple[float, float]]
    links: dict[str, dict[str, str]]
    banned: frozenset[tuple[str, str, str]]

    @property
    def streets(self) -> "nx.DiGraph[str]":
        return nx.DiGraph([(row["from_node"], row["to_node"]) for row in self.links.values()])

    @property
    def turns(self) -> "nx.DiGraph[str]":
        """Link to link: no U-turn but at dead ends, no banned turn."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(self.links)
        leaving: dict[str, list[str]] = {}
        for link_id, row in self.links.items():
            leaving.setdefault(row["from_node"], []).append(link_id)
        for link_id, row in self.links.items():
            onward = leaving.get(row["to_node"], [])
            for then in onward:
                is_u_turn = self.links[then]["to_node"] == row["from_node"]
                turn = row["from_node"], row["to_node"], self.links[then]["to_node"]
                if turn not in self.banned and (not is_u_turn or len(onward) == 1):
                    graph.add_edge(link_id, then)
        return graph

    def line(self, link_id: str) -> list[tuple[float, float]]:
        row = self.links[link_id]
        between = [tuple(map(float, point.split())) for point in row["coordinates"].split(";") if point]
        return [self.junctions[row["from_node"]], *((x, y) for x, y in between), self.junctions[row["to_node"]]]


def read_town(folder: Path = FOLDER) -> Town:
    junctions = {row["node_id"]: (float(row["lon"]), float(row["lat"])) for row in _rows(folder / "junctions.csv")}
    links = {f"{row['from_node']}-{row['to_node']}-0": row for row in _rows(folder / "links.csv")}
    banned = {(row["from_node"], row["via_node"], row["to_node"]) for row in _rows(folder / "banned_turns.csv")}
    return Town(junctions, links, frozenset(banned))


def listed(noun: str, folder: Path = FOLDER) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((folder / f"{noun}.json").read_text(encoding="utf-8"))
    return rows


def is_legal(town: Town, path: list[str]) -> bool:
    turns = town.turns
    return all(turns.has_edge(link, then) for link, then in itertools.pairwise(path))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
