"""The demo's control room opens and ends the construction site, whatever the gateway is doing."""

import json
import threading
from collections.abc import Callable

import httpx
import pytest
from factories_town import a_scenario

from lotse_standalone.simulation.control_room import ControlRoom, advice_of
from lotse_standalone.simulation.scenario import Moment
from lotse_standalone.simulation.traffic import Advice

DETOUR: dict[str, object] = {"state": "detour", "normal": {"links": ["a", "b"]}, "shown": {"links": ["a", "c"]}}
DURING, AFTER = Moment(0, 35.0), Moment(0, 45.0)


class Gateway:
    """Remembers what it was asked; `answers` are given in order, then 200 for everything."""

    def __init__(self, answers: list[int] | None = None) -> None:
        self.asked: list[tuple[str, str]] = []
        self.bodies: list[dict[str, object]] = []
        self.changed = threading.Condition()
        self._answers = answers or []

    def handle(self, request: httpx.Request) -> httpx.Response:
        with self.changed:
            if request.method == "POST":
                self.asked.append((request.method, request.url.path))
                if request.content:
                    self.bodies.append(json.loads(request.content))
            self.changed.notify_all()
            status = self._answers.pop(0) if request.method == "POST" and self._answers else 200
            return httpx.Response(status, json={"items": [DETOUR], "next_cursor": None})

    def expect(self, requests: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.asked) == requests, timeout=10)


class Clock:
    def __init__(self, moment: Moment) -> None:
        self.moment = moment

    def __call__(self) -> Moment:
        return self.moment


def run(gateway: Gateway, clock: Clock, play: Callable[[], None]) -> ControlRoom:
    stop = threading.Event()
    with httpx.Client(base_url="http://gateway", transport=httpx.MockTransport(gateway.handle)) as client:
        room = ControlRoom(client, a_scenario(), clock)
        thread = threading.Thread(target=room.run, args=[stop])
        thread.start()
        try:
            play()
        finally:
            stop.set()
            thread.join()
    return room


def test_the_site_is_opened_once_and_ended_when_its_time_is_over() -> None:
    gateway, clock = Gateway(), Clock(DURING)

    def play() -> None:
        gateway.expect(1)
        clock.moment = AFTER
        gateway.expect(2)

    run(gateway, clock, play)
    (_, opened), (_, ended) = gateway.asked
    assert opened == "/v1/roadworks"
    assert ended == f"/v1/roadworks/{gateway.bodies[0]['roadwork_id']}/end"
    assert gateway.bodies[0]["links"] == ["site"]
    assert gateway.bodies[0]["effect"] == "closed"


def test_a_gateway_that_is_away_is_asked_again() -> None:
    gateway = Gateway([503, 503])
    run(gateway, Clock(DURING), lambda: gateway.expect(3))
    assert [path for _, path in gateway.asked[:3]] == ["/v1/roadworks"] * 3


def test_a_lost_answer_does_not_open_the_site_twice() -> None:
    gateway = Gateway([409])
    clock = Clock(DURING)

    def play() -> None:
        gateway.expect(1)
        clock.moment = AFTER
        gateway.expect(2)

    run(gateway, clock, play)
    assert gateway.asked[1][1].endswith("/end")


def test_leaving_ends_the_site() -> None:
    gateway = Gateway()
    run(gateway, Clock(DURING), lambda: gateway.expect(1))
    assert gateway.asked[-1][1].endswith("/end")


def test_what_signs_show_becomes_advice_to_drivers() -> None:
    blank: dict[str, object] = {"state": "blank", "normal": {"links": ["x"]}, "shown": {"links": ["x"]}}
    assert advice_of([DETOUR, blank]) == Advice(frozenset({"b"}), frozenset({"c"}))


def test_a_detour_without_a_usual_way_is_advice_too() -> None:
    assert advice_of([DETOUR | {"normal": None}]).used == {"a", "c"}


def test_what_is_no_detour_is_refused() -> None:
    with pytest.raises(TypeError):
        advice_of([DETOUR | {"shown": "U1"}])
