"""The morning of docs/decisions-of-signs.md: what the page draws and tells is what Lotse does."""

import json
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from morning.live import BEGINS_AT, live_morning

from lotse_standalone.machine.children import program
from lotse_standalone.servers.postgres import EmbeddedPostgres

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "decisions-of-signs.md").read_text(encoding="utf-8").replace("\\\n", " ")
ROW = re.compile(r"^\| (\d\d:\d\d) \| (?:`(\w+)`)? ?\| (.*) \| .* \|$", re.MULTILINE)
Json = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make morning` leaves, and what the page's command makes of it: morning.svg and all.json."""
    folder = tmp_path_factory.mktemp("morning")
    live_morning(folder / "data")
    (command,) = re.findall(r"^ +\.venv/bin/(lotse-replay --data \.lotse/morning .*)$", PAGE, re.MULTILINE)
    _, *arguments = shlex.split(command.replace(".lotse/morning", "data").replace("docs/", ""))
    run: list[str | Path] = [program("lotse-replay"), *arguments, "--json", "all.json"]
    subprocess.run(run, cwd=folder, check=True, stdout=sys.stderr, timeout=120)
    EmbeddedPostgres(folder / "data" / "postgres", 1).discard()
    return folder


@pytest.fixture(scope="module")
def trials(folder: Path) -> list[list[Json]]:
    """The decisions for S2, under the settings in force and under those of the command."""
    told = json.loads((folder / "all.json").read_text(encoding="utf-8"))
    return [[each for each in trial["decisions"] if each["sign"] == "S2"] for trial in told["trials"]]


def test_the_picture_is_the_one_on_the_page(folder: Path) -> None:
    assert (folder / "morning.svg").read_text(encoding="utf-8") == (DOCS / "morning.svg").read_text(encoding="utf-8")


def test_each_moment_of_the_table_was_decided_by_the_rule_that_stands_there(trials: list[list[Json]]) -> None:
    rows = {moment: (rule, known) for moment, rule, known in ROW.findall(PAGE) if rule}
    decided = {each["decided_at"][11:16]: each for each in trials[0]}
    assert len(rows) == 8
    for moment, (rule, known) in rows.items():
        why = decided[moment]["detours"][0]["why"]
        assert why["rule"] == rule, moment
        figures = {round(why[name]) for name in ("normal_s", "candidate_s", "shown_s") if why[name] is not None}
        told = set(map(int, re.findall(r"(\d+) s(?=[,: ]|$)", known)))
        assert why["cause"] is None or why["cause"]["kind"] == "closed" or figures <= told, moment


def test_what_the_page_lets_the_reader_predict_comes_true(trials: list[list[Json]]) -> None:
    changes = [_changes(trial) for trial in trials]
    closures = [("07:24", "detour"), ("07:33", "fallback"), ("07:39", "detour"), ("07:48", "blank")]
    assert changes[0] == [("06:30", "detour"), ("07:05", "blank"), *closures]
    assert changes[1] == [("06:31", "detour"), ("07:04", "blank"), *closures]


def _changes(decisions: list[Json]) -> list[tuple[str, str]]:
    states = [(f"{BEGINS_AT:%H:%M}", "blank"), *((each["decided_at"][11:16], each["state"]) for each in decisions)]
    return [now for before, now in pairwise(states) if now[1] != before[1]]
