"""The console, worked with: what happens in the town shows, and what people decide happens."""

import os
import re
import signal
import statistics
import time

import pytest
from factories_browser import Console, another_gateway, keep_figures, send_reading, serve_tiles
from playwright.sync_api import Browser, Page, expect

from lotse_standalone.simulation.publisher import Publisher
from lotse_standalone.stack.stack import Stack

CHANGES, INTERVAL_MS = 5, 1_000
BRIDGE, ITS_DETECTOR = "L3-L4-0", "AB-05"
WAIT_FOR_LEVEL = """([id, isJam]) => new Promise((resolve) => {
  const look = () => {
    const level = lotse.drawnLevel(id);
    if (level !== undefined && (level !== "free") === isJam) resolve(); else setTimeout(look, 20);
  };
  look();
})"""
"""Within the page, whose policy lets Playwright's own waiting evaluate nothing."""
STREET, ITS_OTHER_WAY, ITS_SIGN = "F1-F2-0", "F2-F1-0", "S3"


def draw_closure(console: Console, name: str) -> Page:
    page = console.come_in("roadworks/new")
    expect(page.get_by_role("heading", name="Draw a closure")).to_be_visible()
    console.click_link(STREET)
    expect(page.get_by_role("status").filter(has_text="2 links")).to_be_visible()
    page.get_by_label("Name").fill(name)
    return page


def end_closure(page: Page) -> None:
    page.get_by_role("button", name="End now").click()
    page.get_by_role("button", name="End now").click()
    expect(page.locator("#panel .tag").first).to_have_text("over")


def sign_shows(page: Page, sign_id: str, words: str) -> None:
    expect(page.locator(f'[data-sign="{sign_id}"]')).to_have_accessible_name(re.compile(words))


def test_a_change_at_the_broker_is_on_the_screen(console: Console, quiet_town: Stack) -> None:
    page = console.come_in()
    took_s = []
    with Publisher(*quiet_town.broker, bound=10) as publisher:
        for turn in range(CHANGES + 1):
            is_jam = turn % 2 == 1
            began = time.monotonic()
            send_reading(publisher, ITS_DETECTOR, 4 if is_jam else 50, 70 if is_jam else 5)
            page.evaluate(WAIT_FOR_LEVEL, [BRIDGE, is_jam])
            took_s.append(time.monotonic() - began)
            page.wait_for_timeout(INTERVAL_MS)
    keep_figures(mqtt_to_screen_median_s=round(statistics.median(took_s[1:]), 2))


def test_a_closure_is_drawn_looked_at_and_turns_a_sign(console: Console) -> None:
    page = draw_closure(console, "Kanalbau")
    approve = page.get_by_role("button", name="Approve: in force from now on")
    expect(approve).to_be_disabled()
    page.get_by_role("button", name="See what it would do").click()
    expect(page.locator(".consequences")).to_contain_text("Corridor U2 cannot be driven any more.")
    expect(page.locator(".consequences")).to_contain_text("the way around by")
    approve.click()
    expect(page.get_by_role("heading", name="Kanalbau")).to_be_visible()
    sign_shows(page, ITS_SIGN, "GESPERRT")
    console.go(f"signs/{ITS_SIGN}")
    expect(page.locator(".ways")).to_contain_text("Frankfurter Straße is closed")
    page.go_back()
    end_closure(page)
    sign_shows(page, ITS_SIGN, "shows nothing")
    assert console.errors == []


def test_a_street_that_was_looked_at_is_the_one_to_close(console: Console) -> None:
    page = console.come_in()
    console.click_link(STREET)
    expect(page.get_by_role("heading", name="Frankfurter Straße")).to_be_visible()
    page.get_by_role("button", name="Close this street").click()
    expect(page.get_by_role("status").filter(has_text="2 links")).to_be_visible()
    assert console.errors == []


def test_a_draft_changes_nothing_until_it_is_checked_and_approved(console: Console) -> None:
    page = draw_closure(console, "Deckenbau")
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.locator("#panel .tag").first).to_have_text("draft")
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    page.get_by_role("button", name="See what it would do").click()
    expect(page.locator("#panel .tag").first).to_have_text("checked draft")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#panel .tag").first).to_have_text("in force")
    end_closure(page)


def test_a_sign_that_asks_shows_what_a_person_accepts(console: Console, quiet_town: Stack) -> None:
    with quiet_town.client() as client:
        sign = client.get(f"/v1/signs/{ITS_SIGN}").json()
        kept = {name: value for name, value in sign.items() if name not in {"updated_at", "retired_at", "version"}}
        assert client.put(f"/v1/signs/{ITS_SIGN}", json=kept | {"mode": "approval"}).is_success
        closure = {"name": "Kanalbau", "effect": "closed", "links": [STREET, ITS_OTHER_WAY]}
        roadwork_id = client.post("/v1/roadworks", json=closure).json()["roadwork_id"]
        page = console.come_in("proposals")
        expect(page.get_by_role("article")).to_contain_text("would show")
        page.get_by_role("button", name="DE Deutsch").click()
        expect(page.get_by_role("article")).to_contain_text("ist gesperrt (Kanalbau")
        page.get_by_role("button", name="EN English").click()
        expect(page.get_by_role("article")).to_contain_text("is closed (Kanalbau")
        sign_shows(page, ITS_SIGN, "shows nothing")
        page.get_by_role("button", name=f"Accept: {ITS_SIGN}").click()
        sign_shows(page, ITS_SIGN, "GESPERRT")
        client.post(f"/v1/roadworks/{roadwork_id}/end")
        client.put(f"/v1/signs/{ITS_SIGN}", json=kept)
    sign_shows(page, ITS_SIGN, "shows nothing")


def test_a_sign_is_locked_with_a_reason_and_released(console: Console) -> None:
    page = console.come_in("signs/S2")
    page.get_by_role("button", name="Lock this sign").click()
    page.get_by_label("Line 1").fill("FEUERWEHR")
    page.get_by_label("Reason").fill("fire brigade at work")
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.locator(".card.manual")).to_contain_text("fire brigade at work")
    sign_shows(page, "S2", "FEUERWEHR")
    page.locator("details").first.click()
    expect(page.locator("details .words").first).to_contain_text(": fire brigade at work. Lotse finds: ")
    page.get_by_role("button", name="Release").click()
    sign_shows(page, "S2", "shows nothing")


def test_what_was_refused_is_said_where_it_was_tried(console: Console) -> None:
    page = console.come_in("signs/S2")
    page.get_by_role("button", name="Lock this sign").click()
    page.get_by_label("Line 1").fill("FEUERWEHR")
    page.get_by_label("Reason").fill("too long")
    page.get_by_label("For how many minutes").fill("999999")
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.locator(".lock [role=alert]")).to_contain_text("Refused")


def test_a_detectors_day_is_a_plot_and_a_table(console: Console, quiet_town: Stack) -> None:
    with Publisher(*quiet_town.broker, bound=10) as publisher:
        send_reading(publisher, ITS_DETECTOR, 48, 5)
    page = console.come_in(f"detectors/{ITS_DETECTOR}")
    expect(page.get_by_role("img", name="Speed, km/h")).to_be_visible()
    page.get_by_text("As a table").click()
    expect(page.locator(".day table tbody tr").first).to_be_visible()


def test_letters_that_could_not_be_used_are_shown_with_their_reason(console: Console, quiet_town: Stack) -> None:
    with Publisher(*quiet_town.broker, bound=10) as publisher:
        assert publisher.publish(f"lotse/v1/readings/{ITS_DETECTOR}", b'{"half', wait_s=5)
        page = console.come_in("letters")
        while page.locator(".card").count() == 0:
            console.go("overview")
            console.go("letters")
            console.settle()
    expect(page.locator(".card").first).to_contain_text("json")
    page.locator("#panel summary").first.click()
    expect(page.locator(".payload")).to_have_text('{"half')
    page.get_by_role("button", name="Decode again: json").click()
    said = page.get_by_role("status").filter(has_text="looked at")
    expect(said).to_have_text("1 looked at: 0 could be used now, 1 not.")


def test_an_alarm_that_somebody_takes_care_of_says_so_and_goes_when_its_cause_does(
    console: Console, quiet_town: Stack
) -> None:
    page = console.come_in("alarms")
    alarm = page.locator(".card.alarm").filter(has_text="S5")
    with quiet_town.client() as client:
        told = client.get("/v1/signs/S5/display").json()
        said = {"epoch": told["epoch"], "seq": told["seq"], "plan": told["plan"], "shown": "blank", "source": "centre"}
        assert client.post("/v1/signs/S5/ack", json={**said, "faults": ["lamp"]}).is_success
        expect(alarm).to_have_class(re.compile("new"))
        expect(page.locator(".count.alarms")).to_have_class(re.compile("new"))
        page.get_by_role("button", name=re.compile("I take care of it: .*S5")).click()
        expect(alarm).to_contain_text("taken care of since")
        expect(alarm).not_to_have_class(re.compile("new"))
        assert client.post("/v1/signs/S5/ack", json={**said, "faults": []}).is_success
        expect(alarm).to_be_hidden()
    assert console.errors == []


def test_pictures_of_a_tile_server_that_was_set_lie_below_the_streets(quiet_town: Stack, browser: Browser) -> None:
    asked: list[str] = []
    with serve_tiles(asked) as tiles, another_gateway(quiet_town, tiles) as url:
        console = Console.open(browser, url, quiet_town.key)
        page = console.come_in()
        expect(page.locator(".origin")).to_have_text("Pictures by nobody")
        while not asked:
            page.wait_for_timeout(50)
        assert all(re.fullmatch(r"/tiles/\d+/\d+/\d+\.png", path) for path in asked)
        assert console.errors == []
        console.close()


@pytest.mark.timeout(240)
def test_a_server_that_goes_silent_is_said_and_comes_back_by_itself(console: Console, quiet_town: Stack) -> None:
    console.page.clock.install()
    page = console.come_in()
    expect(page.locator(".age")).to_have_attribute("data-connection", "live")
    gateway = quiet_town.services["gateway"]
    os.kill(gateway, signal.SIGSTOP)
    try:
        # A stream that stands is cut by its silence: heartbeats come every 15 s. The page believes it is later.
        page.clock.fast_forward(40_000)
        expect(page.locator(".trouble")).to_contain_text("No connection to the server", timeout=120_000)
        assert "untrue" in (page.locator(".app").get_attribute("class") or "")
    finally:
        os.kill(gateway, signal.SIGCONT)
    expect(page.locator(".trouble")).to_be_hidden(timeout=60_000)
    expect(page.locator(".age")).to_have_class(re.compile("good"))
