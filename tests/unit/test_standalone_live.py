"""The live status."""

import io

from rich.console import Console

from lotse_standalone.demo.live import Board, Screen, SignRow, render_board, tell_changes

READINGS = {"received": 1200, "stored": 1190, "duplicate": 4, "quarantined": 1, "rejected": 5}
DETOUR = SignRow("S1", "Lindenallee", ("BRUECKENSTR.", "STAU", "FOLGE U1"), "Brückenstraße is slow.")
BLANK = SignRow("S1", "Lindenallee", (), "All routes flow.")
JAM = Board("a street jams", READINGS, {"jam": 2, "free": 30}, (DETOUR,))


def drawn(board: Board, height: int = 50) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(render_board(board, height))
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
    phase, figures = tell_changes(Board("calm", signs=(DETOUR,)), JAM)
    assert phase == "phase: a street jams"
    assert "received 1200" in figures
    assert "jam 2" in figures


def test_news_tell_what_a_sign_shows_and_why() -> None:
    before = Board("x", signs=(BLANK,))
    assert list(tell_changes(before, Board("x", signs=(DETOUR,)))) == [
        "S1 shows BRUECKENSTR. / STAU / FOLGE U1: Brückenstraße is slow."
    ]
    assert list(tell_changes(Board("x", signs=(DETOUR,)), before)) == ["S1 shows nothing: All routes flow."]


def test_nothing_new_is_no_news() -> None:
    more = Board(JAM.phase, READINGS | {"received": 1300}, JAM.levels, JAM.signs)
    assert list(tell_changes(JAM, more)) == []


def test_trouble_is_told_when_it_comes_and_when_it_goes() -> None:
    trouble = Board("x", trouble="the gateway is away")
    assert list(tell_changes(Board("x"), trouble)) == ["trouble: the gateway is away"]
    assert list(tell_changes(trouble, Board("x"))) == ["trouble: over"]


def test_elsewhere_than_on_a_terminal_a_line_is_never_broken() -> None:
    console = Console(file=io.StringIO(), width=40)
    with Screen(console) as screen:
        screen.show(JAM)
        screen.show(JAM)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[-1].endswith("S1 shows BRUECKENSTR. / STAU / FOLGE U1: Brückenstraße is slow.")
