"""A city made ready for its mornings: streets, usual trips, stations, signs, and what a control centre knows.

Everything follows from the recipe (cities/*.json) and the street data; it is made once and kept.
"""

import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from evaluation.cities.netconvert import build_from_links, build_from_osm
from evaluation.cities.places import choose_signs, choose_stations, only_connected
from evaluation.cities.recipe import Recipe
from evaluation.cities.streets import read_edges
from evaluation.demand.equilibrium import Rounds, settle
from evaluation.demand.quickest import Figures, find_quickest
from evaluation.demand.trips import Trip, distance_m, make_trips, middle, ways_out
from evaluation.nouns import (
    SLOT_S,
    City,
    Edge,
    Knowledge,
    Minute,
    Route,
    RunKey,
    Scenario,
    SignPost,
    Station,
    UsualTrip,
)
from evaluation.world.edge_figures import usual_times_s
from evaluation.world.inputs import Departure
from evaluation.world.morning import Day, Driven, Morning, Silence, drive_morning
from evaluation.world.simulation import WorldSettings

TRAINING_SEED = 1000
"""The usual morning that a control centre knows; no run has it."""
SAMPLE_SHARE = 0.1
SLOTS = 12
PRESENT = 0.95
"""A usual trip is made on so many days; beside it others are made instead."""
JITTER_S = 120.0
UNDISTURBED = Scenario("undisturbed", "an ordinary morning")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class UsualDriver:
    """A trip, the way that it habitually takes, and what the quickest takes at free flow."""

    trip: Trip
    route: Route
    alone_s: float


@dataclass(frozen=True, slots=True)
class Kept:
    """What is written to the disk of a prepared city."""

    drivers: tuple[UsualDriver, ...]
    stations: tuple[Station, ...]
    signs: tuple[SignPost, ...]
    typical_kmh: dict[str, tuple[float, ...]]
    usual_vehicles_per_h: dict[str, float]
    usual_time_s: dict[str, tuple[float, ...]]
    usual_morning: tuple[Minute, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A city, its usual drivers, and what is known of its mornings. `usual_morning` is what its stations measured."""

    city: City
    recipe: Recipe
    drivers: tuple[UsualDriver, ...]
    knowledge: Knowledge
    usual_morning: tuple[Minute, ...]


def prepare(recipe: Recipe, source: Path, folder: Path, tell: Tell) -> Prepared:
    """Make a city ready, or take what was kept of the same recipe, streets and rules."""
    folder.mkdir(parents=True, exist_ok=True)
    net_file = folder / f"{recipe.name}.net.xml"
    if not net_file.exists():
        tell("building the street network")
        (build_from_osm if recipe.osm else build_from_links)(source, net_file)
    edges = read_edges(net_file)
    bare = City(recipe.name, net_file, source, edges, (), (), destinations(edges, recipe))
    kept_file = folder / f"prepared-{digest(recipe, net_file)}.json"
    if kept_file.exists():
        kept = msgspec.json.decode(kept_file.read_bytes(), type=Kept)
    else:
        kept = _make(bare, recipe, tell)
        kept_file.write_bytes(msgspec.json.encode(kept))
    return _prepared(bare, recipe, kept)


def digest(recipe: Recipe, net_file: Path) -> str:
    """Name what a prepared city depends on: its recipe but for the scenarios, and the network."""
    parts = [msgspec.json.encode(recipe.demand_only()), _without_stamp(net_file)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def _without_stamp(net_file: Path) -> bytes:
    """Leave out the head of a network file, which says when it was made."""
    return net_file.read_bytes().partition(b"<location")[2]


def destinations(edges: Mapping[str, Edge], recipe: Recipe) -> Mapping[str, str]:
    """Name the places that signs lead to: the main ways out of town, and the centre."""
    main = [edge for edge in edges.values() if edge.is_signable]
    out = sorted(
        (edge for edge in ways_out(edges) if edge.road_class in recipe.gateway_classes), key=lambda e: e.edge_id
    )
    centre = min(main, key=lambda edge: (distance_m(middle(edge), recipe.centre), edge.edge_id))
    return {"CENTRUM": centre.edge_id} | {f"OUT{number}": edge.edge_id for number, edge in enumerate(out, 1)}


def _make(bare: City, recipe: Recipe, tell: Tell) -> Kept:
    trips = make_trips(bare.edges, replace(recipe.demand, centre=recipe.centre))
    tell(f"{len(trips)} trips: habitual ways")
    free_flow = find_quickest(bare.net_file, trips, {}, {})
    routes = _habits(bare, trips, [way for way, _ in free_flow], tell, recipe)
    vehicles = defaultdict[str, float](float)
    for route in routes:
        for edge_id in route:
            vehicles[edge_id] += 1
    inside = only_connected(bare.edges)
    city = replace(
        bare,
        stations=choose_stations(inside, vehicles, recipe.stations),
        signs=choose_signs(inside, routes, recipe.signs),
    )
    tell("a usual morning")
    drivers = tuple(UsualDriver(t, r, s) for t, r, (_, s) in zip(trips, routes, free_flow, strict=True))
    usual = _usual_morning(city, drivers)
    hours = recipe.demand.duration_s / 3600
    return Kept(
        drivers=drivers,
        stations=city.stations,
        signs=city.signs,
        typical_kmh=_typical_kmh(city, usual.minutes),
        usual_vehicles_per_h={edge: sum(row.left for row in rows) / hours for edge, rows in usual.edge_figures.items()},
        usual_time_s=dict(usual_times_s(usual.edge_figures, city.edges, SLOT_S, SLOTS)),
        usual_morning=usual.minutes,
    )


def _habits(city: City, trips: Sequence[Trip], first: Sequence[Route], tell: Tell, recipe: Recipe) -> list[Route]:
    def driven(number: int) -> Callable[[Sequence[Route]], Figures]:
        def drive(ways: Sequence[Route]) -> Figures:
            done = _drive(city, _departures(trips, ways), WorldSettings(TRAINING_SEED))
            tell(f"round {number}: {done.result.mean_travel_time_s} s a trip, {done.result.teleports} teleports")
            return done.edge_figures

        return drive

    drives = [driven(number) for number in range(1, recipe.rounds + 1)]
    return settle(city.net_file, trips, first, Rounds(drives, recipe.demand.seed), {})


def _departures(trips: Iterable[Trip], ways: Iterable[Route]) -> list[Departure]:
    pairs = zip(trips, ways, strict=True)
    return [Departure(f"v{number}", trip.depart_s, way) for number, (trip, way) in enumerate(pairs)]


def _drive(city: City, departures: Sequence[Departure], settings: WorldSettings) -> Driven:
    day = Day(departures, {each.vehicle_id: 0.0 for each in departures})
    key = RunKey(city.name, UNDISTURBED.name, "none", settings.seed, 0.0)
    return drive_morning(Morning(city, day, UNDISTURBED, key, settings), Silence())


def _usual_morning(city: City, drivers: Sequence[UsualDriver]) -> Driven:
    day = make_day(drivers, UNDISTURBED, TRAINING_SEED)
    key = RunKey(city.name, UNDISTURBED.name, "none", TRAINING_SEED, 0.0)
    return drive_morning(Morning(city, day, UNDISTURBED, key, WorldSettings(TRAINING_SEED)), Silence())


def make_day(drivers: Sequence[UsualDriver], scenario: Scenario, seed: int) -> Day:
    """Make who drives on one day: most of the usual drivers, a little earlier or later, and those of the scenario."""
    dice = random.Random(f"day {seed}")
    departures, alone_s = [], {}
    for number, driver in enumerate(drivers):
        copies = int(scenario.demand) + (dice.random() < scenario.demand % 1)
        for copy in range(copies):
            is_there, late_s = dice.random() < PRESENT, dice.gauss(0, JITTER_S)
            vehicle_id = f"v{number}.{copy}"
            if is_there:
                depart_s = max(0.0, round(driver.trip.depart_s + late_s, 1))
                departures.append(Departure(vehicle_id, depart_s, driver.route))
                alone_s[vehicle_id] = driver.alone_s
    for number, trip in enumerate(scenario.surge):
        departures.append(Departure(f"s{number}", trip.depart_s, trip.route))
        alone_s[f"s{number}"] = trip.alone_s
    return Day(departures, alone_s)


def _typical_kmh(city: City, minutes: Sequence[Minute]) -> dict[str, tuple[float, ...]]:
    """Mean speed of each station by slot, over vehicles; where nobody came, the whole morning's, else the limit."""
    seen: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
    for minute in minutes:
        for reading in minute.readings:
            if reading.mean_speed_kmh is not None:
                slot = (minute.until_s - 1) // SLOT_S
                seen[reading.station_id].append((slot, reading.vehicle_count, reading.mean_speed_kmh))
    return {
        station.station_id: tuple(
            _mean_kmh([row for row in seen[station.station_id] if row[0] == slot])
            or _mean_kmh(seen[station.station_id])
            or city.edges[station.edge_id].speed_kmh
            for slot in range(SLOTS)
        )
        for station in city.stations
    }


def _mean_kmh(rows: Sequence[tuple[int, int, float]]) -> float:
    vehicles = sum(count for _, count, _ in rows)
    return sum(count * kmh for _, count, kmh in rows) / vehicles if vehicles else 0.0


def _prepared(bare: City, recipe: Recipe, kept: Kept) -> Prepared:
    city = replace(bare, stations=kept.stations, signs=kept.signs)
    dice = random.Random(f"sample {recipe.demand.seed}")
    sample = [UsualTrip(d.trip.depart_s, d.route) for d in kept.drivers if dice.random() < SAMPLE_SHARE]
    knowledge = Knowledge(
        city=city,
        trips=tuple(sample),
        sample_share=SAMPLE_SHARE,
        typical_kmh=kept.typical_kmh,
        usual_vehicles_per_h=kept.usual_vehicles_per_h,
        usual_time_s=kept.usual_time_s,
    )
    return Prepared(city, recipe, kept.drivers, knowledge, kept.usual_morning)
