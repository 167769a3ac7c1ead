"""The whole line on a scene, in data time: minutes go in by MQTT, what came of them is read by REST."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import httpx
from evaluation.line.feed import Feed

from lotse_shared.topics import batch_topic, reading_topic
from lotse_standalone.stack.gateway import ask, list_all
from lotse_standalone.stack.stack import Stack
from scenarios.scenes import INTERVAL_S, Scene, Trip
from scenarios.streets import Streets
from scenarios.waiting import until

Json = dict[str, Any]
MINUTE = timedelta(seconds=INTERVAL_S)
AT_ONCE = 500
FREE_PCT = 95.0
"""Of the free-flow speed, where nothing is said of a link."""


class Line:
    """Lives minute by minute. `now` is Lotse's clock: the end of the minute lived last.

    Parameters
    ----------
    stack
        Runs in data time, with the scene's streets and registry.
    began_at
        Where its clock begins.
    """

    def __init__(self, stack: Stack, scene: Scene, streets: Streets, began_at: datetime) -> None:
        self.stack = stack
        self.scene = scene
        self.streets = streets
        self.now = began_at
        self.client: httpx.Client = stack.client()
        self._feed = Feed(stack, self.client)
        self.detectors = [row["link_id"] for row in scene.registry(streets)["detectors"]]
        self._roadworks = 0
        self._lived = 0

    def __enter__(self) -> Self:
        self._feed.__enter__()
        self._pass()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._feed.__exit__(kind, error, traceback)
        self.client.close()

    @property
    def next_minute(self) -> datetime:
        """When the minute ends that is lived next."""
        return self.now + MINUTE

    def skip_to(self, moment: datetime) -> None:
        """Let time pass in which nobody says anything."""
        self.now = max(moment, self.now)
        self._pass()

    def live(self, minutes: int = 1, said: Mapping[str, Json] | None = None, silent: Collection[str] = ()) -> None:
        """Let minutes pass in free traffic, but for what is `said` of links (fields of readings), and silent ones."""
        for _ in range(minutes):
            self.now = self.next_minute
            self._lived += 1
            told = [self.reading(link, **(said or {}).get(link, {})) for link in self.detectors if link not in silent]
            for first in range(0, len(told), AT_ONCE):
                self._feed.publish(batch_topic("city"), told[first : first + AT_ONCE])
            self._pass()
        self.stack.check()

    def slow(self, links: Iterable[str], speed_kmh: float) -> dict[str, Json]:
        """Say of links that traffic crawls there; never twice the same, which would be a detector that is stuck."""
        return {link: {"mean_speed_kmh": speed_kmh + self._lived % 3 / 10, "occupancy_pct": 60.0} for link in links}

    def reading(self, link: str, **fields: Any) -> Json:
        """Give what the detector of a link says at the end of this minute."""
        free_kmh = self.streets.by_id[link].free_flow_kmh * FREE_PCT / 100
        usual: Json = {
            "detector_id": f"at-{link}",
            "measured_at": self.now.isoformat(),
            "interval_s": INTERVAL_S,
            "vehicle_count": 9 + self._lived % 4,
            "mean_speed_kmh": round(free_kmh + self._lived % 3 / 10, 1),
            "occupancy_pct": 8.0 + self._lived % 2,
        }
        return usual | fields

    def send(self, reading: Json) -> None:
        """Publish one reading, as it is, on the topic of its detector."""
        self._feed.publish(reading_topic(reading["detector_id"]), reading)

    def calm(self) -> None:
        """End all roadworks and live in free traffic until no sign shows anything any more."""
        for roadwork in list_all(self.client, "/v1/roadworks"):
            if roadwork["status"] != "ended":
                self.end(roadwork["roadwork_id"])
        self.live(2)
        for _ in range(20):
            if all(self.display(trip)["state"] == "blank" for trip in self.scene.trips):
                return
            self.live()
        raise AssertionError([self.display(trip) for trip in self.scene.trips])

    def jam(self, minutes: int) -> list[str]:
        """Let traffic crawl on the main street inbound, from a link before it to one after; give the links."""
        usual = self.route(self.scene.inward)["links"]
        main = set(self.scene.closed(self.streets, "inbound"))
        places = [place for place, link in enumerate(usual) if link in main]
        links: list[str] = usual[min(places) - 1 : max(places) + 2]
        for _ in range(minutes):
            self.live(1, self.slow(links, 6))
        return links

    def close(self, name: str, links: Iterable[str], **fields: Any) -> str:
        """Announce a closure; give its id. Stubs of streets that it cuts off are known, and meant."""
        self._roadworks += 1
        body = {"roadwork_id": f"B{self.now:%d%H%M}-{self._roadworks}", "name": name, "effect": "closed"}
        body["override_reason"] = "Anlieger sind informiert"
        answer = self.client.post("/v1/roadworks", json=body | {"links": list(links)} | fields)
        assert answer.is_success, answer.text
        return str(answer.json()["roadwork_id"])

    def end(self, roadwork: str) -> None:
        """End a roadwork now."""
        self.client.post(f"/v1/roadworks/{roadwork}/end").raise_for_status()

    def display(self, trip: Trip) -> Json:
        """Give what a trip's sign is told to show, once the gateway has heard of the newest decision: not at once."""
        (newest,) = ask(self.client, f"/v1/signs/{trip.sign}/decisions", limit=1)["items"]
        told: Json = {}

        def is_told() -> bool:
            told.update(ask(self.client, f"/v1/signs/{trip.sign}/display"))
            return (told["epoch"], told["seq"]) == (newest["epoch"], newest["seq"])

        until(is_told)
        return told

    def confirmation(self, trip: Trip) -> Json:
        """Give what the centre sees of whether a trip's sign shows what it is told."""
        told: Json = ask(self.client, f"/v1/displays/{trip.sign}")["confirmation"]
        return told

    def detour(self, trip: Trip) -> Json:
        """Give what was decided for a trip, and why."""
        (row,) = ask(self.client, "/v1/detours", sign=trip.sign)["items"]
        told: Json = row
        return told

    def decisions(self, trip: Trip, since: datetime) -> list[Json]:
        """List what was written for a trip's sign after a moment, oldest first."""
        rows = ask(self.client, f"/v1/signs/{trip.sign}/decisions", limit=100)["items"]
        return [row for row in reversed(rows) if datetime.fromisoformat(row["decided_at"]) > since]

    def route(self, trip: Trip) -> Json:
        """Give the best way of a trip as it is now, as an operator may ask for it."""
        answer = self.ask_route(trip)
        assert answer.is_success, answer.text
        told: Json = answer.json()["features"][0]["properties"]
        return told

    def ask_route(self, trip: Trip) -> httpx.Response:
        """Ask for it, and give the answer whatever it is."""
        places = self.scene.registry(self.streets)["destinations"]
        node = next(row["node_id"] for row in places if row["destination_id"] == trip.destination)
        body = {"origin": {"link": self.streets.entry(trip.enters_by)}, "destination": {"node": node}}
        return self.client.post("/v1/routes", json=body)

    def corridor(self) -> list[str]:
        """List the links of the corridor."""
        (told,) = ask(self.client, "/v1/corridors")["items"]
        assert told["status"] == "sound", told
        return list(told["links"])

    def readings(self, link: str, since: datetime) -> list[Json]:
        """List what is stored of a link's detector, measured after a moment, in that order."""
        told = ask(self.client, f"/v1/detectors/at-{link}/readings", limit=500, **{"from": since.isoformat()})
        return [row for row in told["items"] if datetime.fromisoformat(row["measured_at"]) > since]

    def link(self, link: str) -> Json:
        """Give what is known of a link."""
        lon, lat = self.streets.by_id[link].coordinates[0]
        near = ask(self.client, "/v1/links", bbox=f"{lon},{lat},{lon},{lat}")["features"]
        told: Json = next(each["properties"] for each in near if each["id"] == link)
        return told

    def _pass(self) -> None:
        self._feed.send((), self.now, INTERVAL_S)
        self._feed.wait(self.now)
