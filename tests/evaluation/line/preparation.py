"""A data folder of Lotse made ready for a city: streets, registry, usual mornings. Made once, copied for each run."""

import csv
import fcntl
import hashlib
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

import lotse_gateway
import lotse_ingest
import lotse_routing
import lotse_shared
import lotse_standalone
from evaluation.line.ends import read_ends
from evaluation.line.feed import Feed, moment
from evaluation.line.link_map import LinkMap
from evaluation.line.mapping import Chain, Link, map_edges
from evaluation.line.registry import INTERVAL_S, Registry, make_registry
from evaluation.line.usual_days import usual_mornings, usual_quarters
from evaluation.nouns import MORNING, SLOT_S, City, Knowledge
from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.stack.gateway import ask, sum_ledger
from lotse_standalone.stack.stack import Stack, StackOptions

PACKAGES = (lotse_shared, lotse_ingest, lotse_routing, lotse_gateway, lotse_standalone)
SETTINGS_FILE = Path(__file__).parent / "settings.json"
MAP_FILE = "link_map.json"
TRIPS_FILE = "trips.csv"
WALKABLE = 0o711
"""The database runs as another user when we are root; that user must get through to its folder."""
LINK_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Ready:
    """What lies in a prepared folder beside Lotse's data: how its links and SUMO's edges belong together."""

    chains: dict[str, Chain]
    links: dict[str, Link]
    registry: Registry


def read_settings() -> dict[str, str]:
    """Give the settings that Lotse is evaluated with."""
    return msgspec.json.decode(SETTINGS_FILE.read_bytes(), type=dict[str, str])


def prepare(knowledge: Knowledge, kept: Path) -> Path:
    """Give the prepared folder of a city below `kept`; make it if there is none of this city, knowledge and code."""
    kept.mkdir(parents=True, exist_ok=True)
    folder = kept / f"{knowledge.city.name}-{digest(knowledge)}"
    with _alone(kept):
        if not folder.exists():
            with open_folder() as fresh:
                _fill(fresh, knowledge)
                _require_database(fresh)
                half_made = folder.with_suffix(".half-made")
                copy_folder(fresh, half_made)
                half_made.rename(folder)
    return folder


def read_ready(folder: Path) -> Ready:
    """Read what a prepared folder holds."""
    return msgspec.json.decode((folder / MAP_FILE).read_bytes(), type=Ready)


def digest(knowledge: Knowledge) -> str:
    """Name what a prepared folder depends on: the city, what is known of it, the settings, and Lotse's code."""
    city = knowledge.city
    told = [city.stations, city.signs, city.destinations, knowledge.typical_kmh, knowledge.usual_vehicles_per_h]
    told.append(knowledge.trips)
    found = hashlib.sha256(msgspec.json.encode(told) + msgspec.json.encode(sorted(city.edges.items())))
    for path in [*_sources(city), *_code()]:
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def _sources(city: City) -> list[Path]:
    return sorted(city.source.glob("*.csv")) if city.source.is_dir() else [city.source]


def _code() -> Iterator[Path]:
    for package in PACKAGES:
        root = Path(str(package.__file__)).parent
        yield from sorted(path for path in root.rglob("*") if path.suffix in {".py", ".sql"})
    yield from sorted(path for path in Path(__file__).parent.iterdir() if path.suffix in {".py", ".json"})


@contextmanager
def _alone(kept: Path) -> Iterator[None]:
    """Let one process at a time prepare: runs are many processes."""
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def open_folder() -> Iterator[Path]:
    """Give a temporary folder that the database's user can reach."""
    with tempfile.TemporaryDirectory(prefix="lotse-line-") as name:
        Path(name).chmod(WALKABLE)
        yield Path(name) / "data"


def _require_database(folder: Path) -> None:
    if not (folder / "postgres" / "data").is_dir():
        message = f"the database's user cannot reach {folder}, so its data lie elsewhere: choose another TMPDIR"
        raise StandaloneError(message)


def copy_folder(source: Path, target: Path) -> None:
    """Copy a stopped stack's folder with its owners and permissions, which the database insists on."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _fill(folder: Path, knowledge: Knowledge) -> None:
    with (
        Stack(StackOptions(folder, clock="data", settings=read_settings())) as stack,
        stack.client() as client,
        Feed(stack, client) as feed,
    ):
        _import(stack, knowledge.city)
        links = {link.link_id: link for link in _links(client)}
        chains = map_edges(knowledge.city.edges, read_ends(knowledge.city.net_file), tuple(links.values()))
        registry = make_registry(knowledge.city, LinkMap(chains, links))
        for noun, rows in registry.by_noun().items():
            _register(client, noun, rows)
        _import_trips(stack, knowledge, LinkMap(chains, links), folder / TRIPS_FILE)
        _live_usual_mornings(feed, client, knowledge)
        (folder / MAP_FILE).write_bytes(msgspec.json.encode(Ready(chains, links, registry)))


def _import(stack: Stack, city: City) -> None:
    if city.source.is_dir():
        stack.import_links(city.source, city.name)
    else:
        stack.import_osm(city.source)


def _import_trips(stack: Stack, knowledge: Knowledge, link_map: LinkMap, file: Path) -> None:
    """Tell Lotse the sample of trips that any control centre may have; the ends of ways that it has no links for go."""
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("departs_at", "links", "vehicles"))
        for trip in knowledge.trips:
            links = list(dict.fromkeys(link for edge_id in trip.route for link in link_map.links_of(edge_id)))
            if len(links) > 1:
                departs_at = (MORNING + timedelta(seconds=trip.depart_s)).strftime("%H:%M:%S")
                rows.writerow((departs_at, ";".join(links), 1 / knowledge.sample_share))
    stack.import_trips(file)


def _links(client: httpx.Client) -> Iterator[Link]:
    """List the links that cars may drive on."""
    cursor: dict[str, str] = {}
    while True:
        page = ask(client, "/v1/links", limit=LINK_PAGE, **cursor)
        for feature in page["features"]:
            if feature["properties"]["access"] != "no":
                yield _link(feature["properties"])
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


def _link(told: dict[str, Any]) -> Link:
    return Link(
        link_id=told["link_id"],
        from_node=told["from_node"],
        to_node=told["to_node"],
        length_m=told["length_m"],
        street=told["name"] or told["ref"],
        ways=tuple(map(str, told["ways"])),
    )


def _register(client: httpx.Client, noun: str, rows: tuple[dict[str, Any], ...]) -> None:
    answer = client.post(f"/v1/{noun}/bulk", json=rows)
    if not answer.is_success:
        message = f"the {noun} of the city were refused: {answer.text[:500]}"
        raise StandaloneError(message)


def _live_usual_mornings(feed: Feed, client: httpx.Client, knowledge: Knowledge) -> None:
    """Play the usual mornings. Time first comes to the end of each quarter: else its readings would be from the future.

    Raises
    ------
    StandaloneError
        A reading was not taken: Lotse would drive without knowing what is usual.
    """
    since = datetime.now(UTC)
    for begin in usual_mornings():
        for until_s, readings in usual_quarters(knowledge):
            feed.send((), moment(until_s - INTERVAL_S, begin), SLOT_S)
            feed.send(readings, moment(until_s, begin), SLOT_S)
            feed.wait(moment(until_s, begin))
    _require_taken(client, since)


def _require_taken(client: httpx.Client, since: datetime) -> None:
    counts = sum_ledger(client, since)
    if not counts["stored"] or counts["quarantined"] or counts["rejected"]:
        message = f"readings of the usual mornings were not taken: {dict(counts)}"
        raise StandaloneError(message)
