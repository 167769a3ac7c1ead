"""What detectors say, and what signs make of it, through the whole line on real streets (field.md 9)."""

import pytest
from scenarios.line import Json, Line
from scenarios.waiting import until

from lotse_standalone.stack.gateway import ask

ZONE_KMH = 30.0


def test_3_a_jam_that_an_operator_confirms_shows_the_approved_corridor_until_that_is_slow_itself(line: Line) -> None:
    """The A 6 lies outside of the extract: the jam stands on Lauterstraße, Pariser Straße is its Bedarfsumleitung."""
    inward = line.scene.inward
    jammed = line.scene.closed(line.streets, "inbound")
    line.close("Stau nach Unfall", jammed, effect="speed", speed_kmh=6)
    line.live(1)
    shown = line.detour(inward)
    assert (shown["state"], shown["shown"]["via"]) == ("detour", "U12")
    assert "FOLGE U12" in line.display(inward)["lines"]
    assert shown["gain_s"] >= 45
    zones = [link for link in shown["shown"]["links"] if line.streets.by_id[link].free_flow_kmh <= ZONE_KMH]
    assert zones == []

    slow = [link for link in line.corridor() if link in line.detectors]
    assert slow
    for _ in range(9):
        line.live(1, line.slow(slow, 4))
    withdrawn = line.detour(inward)
    assert withdrawn["state"] == "blank", withdrawn["explanation"]
    assert line.display(inward)["lines"] == []


def test_6_all_detectors_silent_withdraws_what_rests_on_them_keeps_closures_and_is_one_alarm(line: Line) -> None:
    inward, station = line.scene.inward, line.scene.station
    free_s = line.route(inward)["travel_time_s"]
    line.close("Gleisbau", line.streets.links(line.scene.second, line.scene.second_heading))
    jammed = line.jam(5)
    assert line.display(inward)["state"] == "detour", line.detour(inward)["explanation"]
    usual = line.detour(inward)["normal"]["links"]

    line.live(30, silent=line.detectors)
    assert {line.link(link)["level_of_service"] for link in jammed} == {"unknown"}
    assert line.display(inward)["state"] == "blank"
    after = line.route(inward)
    assert after["links"] == usual
    assert after["travel_time_s"] == pytest.approx(free_s, rel=0.1)
    assert line.display(station)["state"] == "detour", "a closure needs no detector"

    def alarms() -> list[str]:
        return [each["kind"] for each in ask(line.client, "/v1/alarms")["items"]]

    until(lambda: "silent_fleet" in alarms())
    assert alarms() == ["silent_fleet"]
    line.live(2)
    until(lambda: alarms() == [])


def test_7_nonsense_readings_keep_their_raw_values_with_a_rule_code_and_flip_no_sign(line: Line) -> None:
    liars = line.scene.closed(line.streets, "inbound")
    began, before = line.now, [line.display(trip) for trip in line.scene.trips]
    stale: Json = {"vehicle_count": 0, "mean_speed_kmh": 80.0, "occupancy_pct": 0.0}
    covered: Json = {"vehicle_count": 0, "mean_speed_kmh": None, "occupancy_pct": 100.0}
    line.live(5, dict.fromkeys(liars, stale))
    line.live(8, dict.fromkeys(liars, covered))

    assert [line.display(trip) for trip in line.scene.trips] == before
    assert [row["state"] for trip in line.scene.trips for row in line.decisions(trip, began) if row["lines"]] == []
    for link in liars:
        readings = line.readings(link, began)
        assert [row["raw"] for row in readings[:5]] == [stale | {"heavy_count": None}] * 5
        assert all({"R2", "R3"} <= set(row["rule_codes"]) for row in readings[:5])
        assert [row["raw"] for row in readings[5:]] == [covered | {"heavy_count": None}] * 8
        assert all("R6" in row["rule_codes"] for row in readings[7:])
        assert all(row["corrected"]["mean_speed_kmh"] != 80 for row in readings)
    line.live(1)
    assert [line.display(trip) for trip in line.scene.trips] == before


def test_7_one_detector_that_talks_nonsense_takes_no_detour_off_a_sign(line: Line) -> None:
    inward = line.scene.inward
    liar, *others = line.jam(5)
    before = line.detour(inward)
    assert before["state"] == "detour", before["explanation"]
    for minute in range(10):
        nonsense = {"vehicle_count": 0, "mean_speed_kmh": 80.0 if minute < 5 else None, "occupancy_pct": 100.0}
        line.live(1, line.slow(others, 6) | {liar: nonsense})
        now = line.detour(inward)
        assert (now["state"], now["shown"]["links"]) == ("detour", before["shown"]["links"])
