"""The scenarios play in Kaiserslautern; where its streets are absent, somebody shall know that they did not."""

import pytest
from fixtures.absent import absent
from fixtures.scenarios import OSM
from scenarios.scenes import Scene


@pytest.mark.data
def test_the_scenarios_play_in_kaiserslautern(scene: Scene) -> None:
    if scene.name != "kaiserslautern":
        absent("Kaiserslautern's streets: the scenarios play in the demo town instead", f"lay them at {OSM}")
    assert scene.source == OSM
