"""A city's worth of load on the standalone stack: 2,000 detectors that report each second, 200 signs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx
from evaluation.line.preparation import open_folder
from fixtures.scenarios import OSM
from rich.console import Console
from scenarios.scenes import Scene, auenbrueck, kaiserslautern
from scenarios.streets import MAIN, Streets

from lotse_routing.network.model import Link
from lotse_standalone.stack.registry import register
from lotse_standalone.stack.stack import Stack, StackOptions
from lotse_standalone.town import FOLDER

DETECTORS, SIGNS, DESTINATIONS_A_SIGN = 2_000, 200, 4


def city_or_town(console: Console) -> Scene:
    """Give Kaiserslautern; the demo town where its streets are absent, and say so loudly."""
    if OSM.is_file():
        return kaiserslautern(OSM)
    console.print(f"[bold red]{OSM} is not there: these are figures of the demo town.")
    return auenbrueck(FOLDER)


@contextmanager
def open_city(
    scene: Scene, streets: Streets, links: Sequence[Link], random: Random, settings: Mapping[str, str]
) -> Iterator[tuple[Stack, httpx.Client]]:
    """Give a stack with these settings for services, and a client of its gateway.

    A detector stands on each of the links; signs on main streets, at random.
    """
    with open_folder() as folder, Stack(StackOptions(folder, settings=settings)) as stack, stack.client() as client:
        scene.import_into(stack)
        listed = Path(folder.parent) / "registry"
        listed.mkdir()
        for noun, rows in _registry(scene, streets, links, random).items():
            (listed / f"{noun}.json").write_text(json.dumps(rows), encoding="utf-8")
        register(client, listed)
        yield stack, client


def measured_links(streets: Streets, probed: Sequence[Link]) -> list[Link]:
    """Give the links with a detector: main streets first, then the longest others."""
    others = sorted(
        (link for link in streets.by_id.values() if link not in probed),
        key=lambda link: (link.road_class not in MAIN, -link.length_m),
    )
    return [*probed, *others][:DETECTORS]


def _registry(scene: Scene, streets: Streets, links: Sequence[Link], random: Random) -> dict[str, list[dict[str, Any]]]:
    """Give the scene's registry with a detector on each of these links, and signs on main streets for its places."""
    registry = scene.registry(streets)
    places = [row["destination_id"] for row in registry["destinations"]]
    main = sorted(link.link_id for link in streets.by_id.values() if link.road_class in MAIN)
    more = [
        {"sign_id": f"S{number}", "link_id": link_id, "destinations": places[:DESTINATIONS_A_SIGN]}
        for number, link_id in enumerate(random.choices(main, k=SIGNS - len(registry["signs"])))
    ]
    detectors = [{"detector_id": f"at-{link.link_id}", "link_id": link.link_id, "interval_s": 1} for link in links]
    return registry | {"detectors": detectors, "signs": [*registry["signs"], *more]}
