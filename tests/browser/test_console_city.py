"""The console before a city of 20,000 links."""

import csv
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from factories_browser import Console, keep_figures
from fixtures.browsers import find_chromium
from playwright.sync_api import Browser

from lotse_standalone.servers.postgres import EmbeddedPostgres
from lotse_standalone.stack.stack import Stack, StackOptions

SIDE = 71
"""Junctions along a side of the grid: 2 x 2 x 71 x 70 = 19,880 links."""
STEP = 0.0012


def write_grid(folder: Path) -> None:
    """Write a grid of two-way streets as plain files."""
    folder.mkdir()
    at = {(x, y): f"N{x:02}_{y:02}" for x, y in product(range(SIDE), repeat=2)}
    with (folder / "junctions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("node_id", "lon", "lat"))
        writer.writerows((name, 7 + x * STEP * 1.7, 54 + y * STEP) for (x, y), name in at.items())
    head = [
        "from_node",
        "to_node",
        "name",
        "ref",
        "road_class",
        "length_m",
        "free_flow_kmh",
        "lanes",
        "access",
        "coordinates",
    ]
    with (folder / "links.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        for (x, y), name in at.items():
            for other, street in (((x + 1, y), f"Street {y}"), ((x, y + 1), f"Avenue {x}")):
                if other in at:
                    for ends in ((name, at[other]), (at[other], name)):
                        writer.writerow((*ends, street, "", "tertiary", "", 50, 1, "yes", ""))


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Stack]:
    find_chromium()
    write_grid(tmp_path / "grid")
    with Stack(StackOptions(tmp_path / "data")) as stack:
        stack.import_links(tmp_path / "grid", "grid")
        yield stack
    EmbeddedPostgres(tmp_path / "data" / "postgres", 1).discard()


@pytest.mark.timeout(400)
def test_a_large_city_is_drawn_whole_and_can_be_panned(city: Stack, browser: Browser) -> None:
    console = Console.open(browser, city.gateway_url, city.key)
    began = time.monotonic()
    page = console.come_in()
    took_s = time.monotonic() - began
    page.locator(".counts").get_by_text("not measured").wait_for()
    assert page.locator(".counts").inner_text().replace(",", "").count("19880") == 1
    page.mouse.move(500, 400)
    page.mouse.down()
    page.mouse.move(300, 300, steps=10)
    page.mouse.up()
    assert console.errors == []
    keep_figures(first_picture_20000_links_s=round(took_s, 2))
    console.close()
