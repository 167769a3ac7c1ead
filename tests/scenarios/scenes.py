"""Where the scenarios play: Kaiserslautern, and the demo town for whoever does not have its streets. Names only."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factories_network import unwatched

from lotse_routing.network.geometry import Coordinate
from lotse_routing.network.import_links import import_links
from lotse_routing.network.import_osm import import_osm
from lotse_routing.network.model import StreetNetwork
from lotse_standalone.stack.stack import Stack
from scenarios.streets import MAIN, Heading, Streets

INTERVAL_S = 60


@dataclass(frozen=True, slots=True)
class Trip:
    """Drivers who enter the city by a street, under a sign, for a place: the end of a street, or where two meet."""

    sign: str
    enters_by: str
    destination: str
    place: tuple[str] | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Scene:
    """A city and the parts that its streets play.

    `main` is the street that is closed or jammed, with the road class of the part that has ways around; `inward` and
    `outward` usually take it, and `corridor` (parts of it) leads the first of them over `relief`. `station`
    usually takes `second`. Who wants to the `area` gets there by one of two `doors` only (street, where it meets).
    """

    name: str
    source: Path
    centre: Coordinate
    main: str
    main_class: str
    relief: str
    corridor: tuple[tuple[str, Heading], tuple[str, Heading]]
    inward: Trip
    outward: Trip
    second: str
    second_heading: Heading
    station: Trip
    doors: tuple[tuple[str, str], tuple[str, str]]
    area: Trip

    @property
    def trips(self) -> tuple[Trip, ...]:
        """All of them."""
        return self.inward, self.outward, self.station, self.area

    def network(self) -> StreetNetwork:
        """Read the street network from its source, without Lotse's database."""
        if self.source.is_dir():
            return import_links(self.source, self.name)[0]
        return import_osm(self.source, self.name, unwatched)[0]

    def read(self) -> Streets:
        """Read the streets: to find places by, and to check routes against."""
        return Streets(self.network(), self.centre)

    def import_into(self, stack: Stack) -> None:
        """Make it the active network of a stack."""
        if self.source.is_dir():
            stack.import_links(self.source, self.name)
        else:
            stack.import_osm(self.source)

    def registry(self, streets: Streets) -> dict[str, list[dict[str, Any]]]:
        """Give what is registered, by noun, in an order in which each finds what it mentions."""
        return {
            "destinations": [_destination(streets, trip) for trip in self.trips],
            "detectors": [
                {"detector_id": f"at-{link_id}", "link_id": link_id, "lanes": link.lanes, "interval_s": INTERVAL_S}
                for link_id, link in streets.by_id.items()
                if link.road_class in MAIN
            ],
            "signs": [
                {
                    "sign_id": trip.sign,
                    "name": trip.enters_by,
                    "link_id": streets.entry(trip.enters_by),
                    "destinations": [trip.destination],
                    "line_count": 3,
                    "line_chars": 16,
                }
                for trip in self.trips
            ],
            "corridors": [
                {
                    "corridor_id": "U12",
                    "name": self.relief,
                    "via": [{"link": streets.longest(*part)} for part in self.corridor],
                    "signs": [self.inward.sign],
                    "destinations": [self.inward.destination],
                }
            ],
        }

    def closed(self, streets: Streets, heading: Heading) -> list[str]:
        """List the links of the main street in one direction, where there are ways around."""
        return streets.links(self.main, heading, (self.main_class,))


def _destination(streets: Streets, trip: Trip) -> dict[str, Any]:
    node = streets.junction(*trip.place) if len(trip.place) > 1 else streets.way_out(trip.place[0])
    name = trip.destination
    return {"destination_id": name, "name": name.title(), "sign_text": name, "node_id": node}


def kaiserslautern(osm: Path) -> Scene:
    """Play in Kaiserslautern as it was in 2013. The extract ends before the A 6."""
    return Scene(
        name="kaiserslautern",
        source=osm,
        centre=(7.7689, 49.4433),
        main="Lauterstraße",
        main_class="primary",
        relief="Pariser Straße",
        corridor=(("Georg-Rittersbacher-Platz", "inbound"), ("Hellmut-Hartert-Straße", "inbound")),
        inward=Trip("WEST", "Pariser Straße", "MAINZ", ("Mainzer Straße",)),
        outward=Trip("NORDOST", "Mainzer Straße", "SIEGELBACH", ("Lauterstraße",)),
        second="Barbarossastraße",
        second_heading="inbound",
        station=Trip("OST", "Entersweilerstraße", "HAUPTBAHNHOF", ("Barbarossastraße", "Eisenbahnstraße")),
        doors=(("Stresemannstraße", "Rauschenweg"), ("Leipziger Straße", "Hohenecker Straße")),
        area=Trip("SUEDWEST", "Hohenecker Straße", "BAENNJERRUECK", ("Leipziger Straße", "Rostocker Straße")),
    )


def auenbrueck(folder: Path) -> Scene:
    """Play in the demo town."""
    return Scene(
        name="auenbrueck",
        source=folder,
        centre=(7.0953, 54.3040),
        main="Lindenbrücke",
        main_class="secondary",
        relief="Ostbrücke",
        corridor=(("Ostbrücke", "inbound"), ("Nordallee", "outbound")),
        inward=Trip("SUED", "Lindenallee", "NORDEN", ("Nordallee",)),
        outward=Trip("NORD", "Nordallee", "SUEDEN", ("Lindenallee",)),
        second="Westwall",
        second_heading="outbound",
        station=Trip("OST", "Dresdner Straße", "WESTEN", ("Frankfurter Straße",)),
        doors=(("Stadionstraße", "Südring"), ("Am Stadion", "Westring")),
        area=Trip("WEST", "Frankfurter Straße", "STADION", ("Stadionstraße", "Am Stadion")),
    )
