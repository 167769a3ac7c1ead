"""Closures on real streets, through the whole line: what drivers are told, from announcement to end (field.md 9).

The names are those of Kaiserslautern, which the scenarios play in where its streets are at hand.
"""

from datetime import datetime, timedelta

import httpx
import pytest
from scenarios.firmware import Firmware
from scenarios.line import Line


def test_1_lauterstrasse_closed_outbound_takes_outbound_drivers_off_it_for_as_long_as_it_lasts(line: Line) -> None:
    outward, inward = line.scene.outward, line.scene.inward
    outbound, inbound = line.scene.closed(line.streets, "outbound"), line.scene.closed(line.streets, "inbound")
    before = {trip.sign: line.route(trip) for trip in (outward, inward)}
    assert set(outbound) & set(before[outward.sign]["links"])
    assert set(inbound) & set(before[inward.sign]["links"])

    starts_at = line.now + timedelta(seconds=90)
    ends_at = starts_at + timedelta(minutes=20)
    line.close("Kanalbau, stadtauswärts", outbound, starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat())
    line.live(1)
    assert line.display(outward)["state"] == "blank", "before the time"
    line.live(1)

    shown = line.detour(outward)
    assert shown["state"] == "detour"
    assert timedelta(0) <= datetime.fromisoformat(shown["decided_at"]) - starts_at <= timedelta(seconds=60)
    assert not set(outbound) & set(shown["shown"]["links"])
    assert line.scene.main in shown["explanation"]
    assert "GESPERRT" in " ".join(line.display(outward)["lines"])
    assert line.display(inward)["state"] == "blank", "nobody is sent off the other direction"
    assert line.route(inward)["links"] == before[inward.sign]["links"]

    line.live(20)
    assert line.display(outward)["state"] == "blank"
    after = line.route(outward)
    assert after["links"] == before[outward.sign]["links"]
    assert after["travel_time_s"] == pytest.approx(before[outward.sign]["travel_time_s"], rel=0.01)


def test_2_the_second_phase_closes_inbound_and_western_drivers_get_pariser_strasse_without_a_restart(
    line: Line,
) -> None:
    outward, inward = line.scene.outward, line.scene.inward
    outbound, inbound = line.scene.closed(line.streets, "outbound"), line.scene.closed(line.streets, "inbound")
    services = dict(line.stack.services)
    switch_at = line.now + timedelta(minutes=5)
    line.close("Kanalbau, 1. Bauabschnitt", outbound, ends_at=switch_at.isoformat())
    line.close("Kanalbau, 2. Bauabschnitt", inbound, starts_at=switch_at.isoformat())
    line.live(4)
    assert (line.display(outward)["state"], line.display(inward)["state"]) == ("detour", "blank")
    line.live(1)
    assert (line.display(outward)["state"], line.display(inward)["state"]) == ("blank", "detour")

    shown = line.detour(inward)
    assert datetime.fromisoformat(shown["decided_at"]) == switch_at
    streets = line.streets.names(shown["shown"]["links"])
    assert line.scene.relief in streets
    assert line.scene.main not in streets
    assert shown["shown"]["via"] == "U12"
    assert "FOLGE U12" in line.display(inward)["lines"]
    assert line.stack.services == services


def test_4_barbarossastrasse_closed_inbound_no_shown_route_turns_where_one_may_not(line: Line) -> None:
    station, second = line.scene.station, line.scene.second
    inbound = line.streets.links(second, line.scene.second_heading)
    assert set(inbound) & set(line.route(station)["links"])
    line.close("Gleisbau", inbound)
    line.live(1)

    shown = line.detour(station)
    assert shown["state"] == "detour"
    assert f"{second} is closed (Gleisbau" in shown["explanation"]
    assert not set(inbound) & set(shown["shown"]["links"])
    line.close("Kanalbau", line.scene.closed(line.streets, "inbound"))
    line.live(1)
    routes = [row["shown"]["links"] for row in map(line.detour, line.scene.trips) if row["state"] == "detour"]
    assert len(routes) >= 2
    assert line.streets.banned_turns > 0
    assert [line.streets.faults(route) for route in routes] == [[] for _ in routes]


def test_9_a_sign_offline_for_20_minutes_falls_back_and_on_return_shows_only_what_holds_then(line: Line) -> None:
    trip = line.scene.inward
    sign = Firmware(line, trip)
    closure = line.close("Kanalbau", line.scene.closed(line.streets, "inbound"))
    line.live(1)
    sign.poll()
    assert "GESPERRT" in sign.lines
    overtaken = sign.last_answer

    sign.seconds_pass(240)  # of the 300 s of its ttl_s some had gone when it asked
    assert "GESPERRT" in sign.lines, "within ttl_s it goes on by itself"
    sign.seconds_pass(960)
    assert sign.lines == ()
    assert sign.has_fallen_back
    line.end(closure)
    line.live(1)
    line.close("Wasserrohrbruch", line.scene.closed(line.streets, "inbound"))
    line.live(1)
    line.calm()

    sign.poll()
    assert (sign.lines, sign.has_fallen_back) == ((), False)
    display = line.display(trip)
    assert sign.rank == (display["epoch"], display["seq"])
    sign.hear(overtaken)
    assert (sign.lines, sign.rank) == ((), (display["epoch"], display["seq"])), "what was under way comes too late"


def test_9_the_centre_sees_a_sign_that_is_offline_as_unconfirmed(line: Line) -> None:
    trip = line.scene.inward
    sign = Firmware(line, trip)
    assert line.confirmation(trip)["state"] == "unknown"
    sign.poll()
    sign.acknowledge()
    assert line.confirmation(trip)["state"] == "confirmed"
    closure = line.close("Kanalbau", line.scene.closed(line.streets, "inbound"))
    line.live(20)
    told = line.confirmation(trip)
    assert (told["state"], told["shown"]) == ("unconfirmed", "blank")
    unconfirmed = line.client.get("/v1/displays", params={"confirmation": "unconfirmed"}).json()["items"]
    assert [item["sign_id"] for item in unconfirmed] == [trip.sign]
    assert unconfirmed[0]["display"]["state"] == "detour"

    sign.poll()
    sign.acknowledge()
    assert (line.confirmation(trip)["state"], line.confirmation(trip)["shown"]) == ("confirmed", "detour")
    line.end(closure)


def test_12_a_second_closure_that_would_isolate_an_area_is_told_before_and_no_route_is_told_through_it(
    line: Line,
) -> None:
    trip = line.scene.area
    first, second = (line.streets.at(*door) for door in line.scene.doors)
    alone = line.client.post("/v1/roadworks/check", json={"links": second}).json()
    assert not alone["isolates"]
    one = line.close("Leitungsbau", first)
    line.live(1)
    assert line.display(trip)["state"] in {"blank", "detour"}, "there is a way in left"

    both = line.client.post("/v1/roadworks/check", json={"links": second}).json()
    assert both["isolates"]
    assert both["beside"] == [one]
    assert both["unreachable"]["destinations"] == [trip.destination]
    assert trip.place[0] in [each["street"] for each in both["cut_off"]]
    assert all(one in each["together_with"] for each in both["cut_off"] if not each["has_way_in"])

    draft = {"roadwork_id": "DECKENBAU", "name": "Deckenbau", "effect": "closed", "links": second, "approve": False}
    assert line.client.post("/v1/roadworks", json=draft).is_success
    refused_approval = line.client.post("/v1/roadworks/DECKENBAU/approve", json={})
    assert refused_approval.status_code == httpx.codes.CONFLICT
    assert trip.place[0] in refused_approval.text, "the list of what would be unreachable"
    line.live(1)
    assert line.display(trip)["state"] in {"blank", "detour"}, "a draft has no effect"
    reason = {"override_reason": "Anwohner sind informiert"}
    assert line.client.post("/v1/roadworks/DECKENBAU/approve", json=reason).is_success
    line.live(1)
    sealed = line.detour(trip)
    assert (sealed["state"], sealed["shown"]) == ("fallback", None)
    assert line.display(trip)["lines"] == []
    assert line.scene.doors[0][0] in sealed["explanation"] or line.scene.doors[1][0] in sealed["explanation"]
    refused = line.ask_route(trip)
    assert (refused.status_code, refused.json()["type"]) == (httpx.codes.CONFLICT, "/problems/conflict")
    line.end(one)
    line.live(1)
    assert line.route(trip)["links"], "the way in is there again"
    line.end("DECKENBAU")


def test_5_a_match_day_shows_its_phases_by_time_before_and_after(line: Line) -> None:
    trip = line.scene.outward
    start = line.now + timedelta(seconds=90)
    before, after = ["STADION", "PARKEN P3"], ["A 6", "FREI"]
    phases = [
        _phase("before", start, start + timedelta(minutes=2), trip.sign, before),
        _phase("after", start + timedelta(minutes=4), start + timedelta(minutes=6), trip.sign, after),
    ]
    saved = line.client.put("/v1/strategies/MATCH", json={"name": "Heimspiel", "time_zone": "UTC", "phases": phases})
    assert saved.is_success, saved.text
    shown = []
    for _ in range(9):
        line.live(1)
        display = line.display(trip)
        shown.append((display["source"], display["lines"]))
    by_plan = [each for each in shown if each[0] == "strategy"]
    assert [lines for source, lines in by_plan] == [before, before, after, after]
    assert shown[0] == ("automatic", [])
    assert shown[-1] == ("automatic", [])


def _phase(name: str, starts_at: datetime, ends_at: datetime, sign: str, lines: list[str]) -> dict[str, object]:
    times = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
    return {"name": name, **times, "messages": [{"sign": sign, "lines": lines}]}
