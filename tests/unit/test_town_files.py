"""The demo town's files fit together, and the town is one in which detours matter."""

import json
from collections import Counter
from pathlib import Path

import networkx as nx
import pytest
from factories_town import Town, is_legal, listed, read_town
from shapely.geometry import LineString

from lotse_gateway.settings import GatewaySettings
from lotse_ingest.settings import IngestSettings
from lotse_routing.settings import DisplaySettings, EstimateSettings, LoopSettings, PolicySettings, WeightSettings
from lotse_standalone.simulation.scenario import read_scenario
from lotse_standalone.town import FOLDER
from lotse_standalone.town.draw import draw


@pytest.fixture(scope="module")
def town() -> Town:
    return read_town()


def test_the_town_is_of_the_size_the_issue_asks_for(town: Town) -> None:
    assert 150 <= len(town.links) <= 400
    assert 30 <= len(listed("detectors")) <= 60
    assert 3 <= len(listed("destinations")) <= 5
    assert 5 <= len(listed("signs")) <= 8
    assert 3 <= len(listed("corridors")) <= 6


def test_no_two_rows_are_the_same_link(town: Town) -> None:
    rows = (FOLDER / "links.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(rows) == len(town.links)


def test_every_link_begins_and_ends_at_a_junction_and_every_junction_is_used(town: Town) -> None:
    ends = {row[end] for row in town.links.values() for end in ("from_node", "to_node")}
    assert ends == set(town.junctions)


def test_everybody_gets_from_everywhere_to_everywhere_without_a_forbidden_turn(town: Town) -> None:
    assert nx.is_strongly_connected(town.turns)


def test_every_banned_turn_is_one_that_exists_and_is_no_u_turn(town: Town) -> None:
    for from_node, via, to_node in town.banned:
        assert from_node != to_node
        assert f"{from_node}-{via}-0" in town.links
        assert f"{via}-{to_node}-0" in town.links


def test_both_directions_of_a_street_run_along_the_same_line(town: Town) -> None:
    for link_id, row in town.links.items():
        back = f"{row['to_node']}-{row['from_node']}-0"
        if back in town.links:
            assert town.line(back) == town.line(link_id)[::-1]


@pytest.mark.parametrize(
    ("barrier", "crossings"),
    [
        ("river", {"Westbrücke", "Alte Brücke", "Lindenbrücke", "Ostbrücke"}),
        ("railway", {"Westring", "Bahnhofsunterführung", "Ostring"}),
    ],
)
def test_few_streets_cross(town: Town, barrier: str, crossings: set[str]) -> None:
    landscape = json.loads((FOLDER / "landscape.json").read_text(encoding="utf-8"))
    line = LineString(landscape[barrier]["line"])
    crossing = {link_id for link_id in town.links if LineString(town.line(link_id)).crosses(line)}
    assert {town.links[link_id]["name"] for link_id in crossing} == crossings
    without = town.streets
    without.remove_edges_from([(town.links[link]["from_node"], town.links[link]["to_node"]) for link in crossing])
    assert not nx.is_strongly_connected(without)


def test_every_detector_measures_a_link_with_its_lanes(town: Town) -> None:
    for detector in listed("detectors"):
        assert int(town.links[detector["link_id"]]["lanes"]) == detector["lanes"]
    assert max(Counter(detector["detector_id"] for detector in listed("detectors")).values()) == 1


def test_every_destination_can_be_reached_from_every_sign_that_names_it(town: Town) -> None:
    node_of = {row["destination_id"]: row["node_id"] for row in listed("destinations")}
    turns = town.turns
    for sign in listed("signs"):
        reachable = {town.links[link]["to_node"] for link in nx.descendants(turns, sign["link_id"])}
        assert {node_of[destination] for destination in sign["destinations"]} <= reachable


def test_every_sign_stands_before_a_choice(town: Town) -> None:
    turns = town.turns
    for sign in listed("signs"):
        assert len(list(turns.successors(sign["link_id"]))) >= 2


def test_every_corridor_is_legal_from_its_signs_on(town: Town) -> None:
    link_of = {sign["sign_id"]: sign["link_id"] for sign in listed("signs")}
    for corridor in listed("corridors"):
        assert corridor["signs"]
        for sign in corridor["signs"]:
            assert is_legal(town, [link_of[sign], *corridor["links"]])


def test_every_corridor_leads_somewhere_that_its_destinations_can_be_reached_from(town: Town) -> None:
    node_of = {row["destination_id"]: row["node_id"] for row in listed("destinations")}
    turns = town.turns
    for corridor in listed("corridors"):
        reachable = {town.links[link]["to_node"] for link in nx.descendants(turns, corridor["links"][-1])}
        assert {node_of[destination] for destination in corridor["destinations"]} <= reachable


def test_the_scenario_happens_on_streets_of_the_town(town: Town) -> None:
    scenario = read_scenario(FOLDER)
    assert set(scenario.site.links) <= set(town.links)
    assert is_legal(town, list(reversed(scenario.pinch.links_upstream)))


def test_the_scenario_leaves_time_for_jam_recovery_and_site() -> None:
    scenario = read_scenario(FOLDER)
    assert 0 < scenario.pinch.from_s < scenario.pinch.to_s < scenario.site.from_s < scenario.site.to_s
    assert scenario.site.to_s < scenario.loop_s
    assert [phase.from_s for phase in scenario.phases] == sorted(phase.from_s for phase in scenario.phases)
    assert scenario.phases[0].from_s == 0


def test_every_setting_of_the_town_is_one_that_a_service_knows() -> None:
    routing = (EstimateSettings, WeightSettings, PolicySettings, DisplaySettings, LoopSettings)
    known = {f"LOTSE_ROUTING_{name.upper()}" for group in routing for name in group.model_fields}
    known |= {f"LOTSE_GATEWAY_{name.upper()}" for name in GatewaySettings.model_fields}
    known |= {f"LOTSE_INGEST_{name.upper()}" for name in IngestSettings.model_fields}
    settings = json.loads((FOLDER / "settings.json").read_text(encoding="utf-8"))
    assert set(settings) <= known
    assert all(isinstance(value, str) for value in settings.values())


def test_the_picture_in_the_docs_is_that_of_the_files() -> None:
    drawn = Path(__file__).parents[2] / "docs" / "town.svg"
    assert drawn.read_text(encoding="utf-8") == "\n".join(draw()) + "\n", (
        "run: python -m lotse_standalone.town.draw > docs/town.svg"
    )
