"""The live status."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rich.console import Console

from lotse_standalone.demo.live import Board, Screen, SignRow, render_board, tell_changes

READINGS = {"received": 1200, "stored": 1190, "duplicate": 4, "quarantined": 1, "rejected": 5}
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
DETOUR = SignRow("S1", "Lindenallee", ("BRUECKENSTR.", "STAU", "FOLGE U1"), "Brückenstraße is slow.")
BLANK = SignRow("S1", "Lindenallee", (), "All routes flow.")
FALLEN = replace(BLANK, fallback="No way is known.")
JAM = Board("a street jams", READINGS, {"jam": 2, "free": 30}, (DETOUR,))


def drawn(board: Board, height: int = 50) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(render_board(board, height, NOW))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_picture_shows_each_sign_as_on_the_road_with_its_reason() -> None:
    picture = drawn(JAM)
    for part in ("BRUECKENSTR.", "FOLGE U1", "Brückenstraße is slow.", "a street jams", "received 1,200", "jam 2"):
        assert part in picture


def test_on_a_short_terminal_a_blank_sign_takes_one_line_and_a_lit_one_keeps_its_face() -> None:
    board = Board("x", signs=(BLANK, BLANK, BLANK, BLANK, BLANK, DETOUR))
    picture = drawn(board, height=24)
    assert len(picture.splitlines()) < 24
    assert picture.count("blank. All routes flow.") == 5
    assert "FOLGE U1" in picture


def test_words_of_a_town_are_not_taken_for_markup() -> None:
    assert "[red]B 37[/red]" in drawn(Board("[red]B 37[/red]"))


def test_news_tell_a_change_of_phase_with_its_figures() -> None:
    phase, figures = tell_changes(Board("calm", signs=(DETOUR,)), JAM, NOW)
    assert phase == "phase: a street jams"
    assert "received 1200" in figures
    assert "jam 2" in figures


def test_news_tell_what_a_sign_shows_and_why() -> None:
    before = Board("x", signs=(BLANK,))
    assert list(tell_changes(before, Board("x", signs=(DETOUR,)), NOW)) == [
        "S1 shows BRUECKENSTR. / STAU / FOLGE U1: Brückenstraße is slow."
    ]
    assert list(tell_changes(Board("x", signs=(DETOUR,)), before, NOW)) == ["S1 shows nothing: All routes flow."]


def test_news_tell_when_it_was_if_a_sign_shows_what_was_decided_long_ago() -> None:
    for age, told in (
        (timedelta(seconds=2), "slow."),
        (timedelta(seconds=17), "slow. (decided 06:59:43Z)"),
        (timedelta(days=1), "slow. (decided 2026-11-22 07:00:00Z)"),
    ):
        row = replace(DETOUR, decided_at=NOW - age)
        (news,) = tell_changes(Board("x", signs=(BLANK,)), Board("x", signs=(row,)), NOW)
        assert news.endswith(told)


def test_the_picture_tells_how_old_a_reason_is() -> None:
    assert "slow. (decided 12 s ago)" in drawn(Board("x", signs=(replace(DETOUR, decided_at=NOW - timedelta(0, 12)),)))
    assert "slow. (decided 3 min ago)" in drawn(
        Board("x", signs=(replace(DETOUR, decided_at=NOW - timedelta(0, 200)),))
    )


def test_a_fallback_is_told_as_such_and_not_as_a_blank_sign() -> None:
    blank, fallen = Board("x", signs=(BLANK,)), Board("x", signs=(FALLEN,))
    assert list(tell_changes(blank, fallen, NOW)) == ["S1 falls back to blank: No way is known."]
    assert list(tell_changes(fallen, blank, NOW)) == ["S1 shows nothing: All routes flow."]
    assert "FALLBACK" in drawn(fallen)
    assert "FALLBACK: No way is known." in drawn(fallen, height=5)
    assert "No way is known." in drawn(fallen)
    assert "FALLBACK" not in drawn(blank)


def test_signs_that_come_and_go_are_told() -> None:
    none, two = Board("x"), Board("x", signs=(BLANK, replace(BLANK, sign="S2", name="Ring")))
    assert list(tell_changes(none, two, NOW)) == ["in service: S1 Lindenallee; S2 Ring"]
    assert list(tell_changes(two, none, NOW)) == ["S1 is no longer in service", "S2 is no longer in service"]


def test_nothing_new_is_no_news() -> None:
    more = Board(JAM.phase, READINGS | {"received": 1300}, JAM.levels, JAM.signs)
    assert list(tell_changes(JAM, more, NOW)) == []


def test_trouble_is_told_when_it_comes_and_when_it_goes() -> None:
    trouble = Board("x", trouble="the gateway is away")
    assert list(tell_changes(Board("x"), trouble, NOW)) == ["trouble: the gateway is away"]
    assert list(tell_changes(trouble, Board("x"), NOW)) == ["trouble: over"]


def test_elsewhere_than_on_a_terminal_a_line_is_never_broken() -> None:
    console = Console(file=io.StringIO(), width=40)
    with Screen(console) as screen:
        screen.show(JAM)
        screen.show(JAM)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert len(lines) == 4
    assert all(line[8:11] == "Z  " for line in lines)
    assert lines[-1].endswith("S1 shows BRUECKENSTR. / STAU / FOLGE U1: Brückenstraße is slow.")


def test_a_link_that_jams_is_told_also_where_nothing_else_happens() -> None:
    console = Console(file=io.StringIO())
    with Screen(console) as screen:
        screen.show(Board("serving a city", READINGS, {"unknown": 9}))
        screen._figures_at -= timedelta(minutes=1)  # noqa: SLF001 - it looks at the clock itself
        for _ in range(2):
            screen.show(Board("serving a city", READINGS, {"jam": 1, "unknown": 8}))
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().count("jam 1") == 1
