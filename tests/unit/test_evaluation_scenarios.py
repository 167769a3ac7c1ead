"""Streets of a recipe, and where a closure's barriers stand."""

from dataclasses import replace

import pytest
from evaluation.cities.recipe import FOLDER, StreetPart, read_recipe
from evaluation.nouns import Edge
from evaluation.plan import SCENARIOS
from factories_evaluation import the_edges

pytest.importorskip("sumo", reason="SUMO is absent: `make evaluate` installs it")

from evaluation.scenarios import edges_of, without_way_out


def placed_edges() -> dict[str, Edge]:
    edges = the_edges()
    at = dict.fromkeys(edges, ((7.0, 49.0), (7.1, 49.0))) | {"CB": ((7.1, 49.0), (7.0, 49.0))}
    return {name: replace(edge, shape=at[name]) for name, edge in edges.items()}


def test_a_part_of_a_street_is_found_by_name_place_and_heading() -> None:
    edges = placed_edges()
    assert edges_of(edges, StreetPart("Mittelstraße")) == ["BC", "CB", "CD", "DC"]
    assert "CB" not in edges_of(edges, StreetPart("Mittelstraße", heading_deg=90))
    assert edges_of(edges, StreetPart("Mittelstraße", heading_deg=270)) == ["CB"]
    assert "BC" in edges_of(edges, StreetPart("Mittelstraße", within=(7.04, 48.9, 7.06, 49.1)))


def test_a_street_that_is_not_there_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match="Holzweg"):
        edges_of(placed_edges(), StreetPart("Holzweg"))
    with pytest.raises(ValueError, match="Mittelstraße"):
        edges_of(placed_edges(), StreetPart("Mittelstraße", within=(0, 0, 1, 1)))


def test_minor_streets_are_no_part() -> None:
    with pytest.raises(ValueError, match="Gartenweg"):
        edges_of(placed_edges(), StreetPart("Gartenweg"))


def test_a_barrier_stands_where_one_can_still_turn_off() -> None:
    edges = the_edges() | {"BC": replace(the_edges()["BC"], onward=("CD",))}
    assert without_way_out(frozenset({"CD"}), edges) == {"CD", "BC"}  # who is on BC has nowhere else to go
    assert without_way_out(frozenset({"ND"}), the_edges()) == {"ND", "BN"}
    assert without_way_out(frozenset({"BC"}), the_edges()) == {"BC"}


@pytest.mark.parametrize("city", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_every_recipe_can_be_read_and_its_scenarios_are_planned(city: str) -> None:
    recipe = read_recipe(city)
    assert recipe.name == city
    assert set(recipe.scenarios) <= set(SCENARIOS)
    assert {"undisturbed", "closure"} <= set(recipe.scenarios)
