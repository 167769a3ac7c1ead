"""The page is written with its pictures and figures, from files of results."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from evaluation.nouns import RunResult
from evaluation.report.write import read_results, write_report
from factories_report import a_key, a_run, some_material, some_runs

pytest.importorskip("matplotlib", reason="`make evaluate` installs matplotlib")

SAID = ((960, "S1", ("HIGH STREET", "CLOSED")), (3660, "S1", ()))
CORRIDORS = {"corridors": [{"sign_id": "S1", "corridor": ["ab", "be", "ec"]}]}


def _keep(runs: list[RunResult], folder: Path) -> Path:
    folder.mkdir()
    for run in runs:
        (folder / run.key.file_name).write_text(json.dumps(run.as_json()), encoding="utf-8")
    return folder


def _some_results() -> list[RunResult]:
    runs = some_runs({"none": (100, 110), "naive": (80, 90), "equilibrium": (40, 50)})
    ours = [a_run(a_key("lotse", seed), 60, displays=SAID, details=CORRIDORS) for seed in (1, 2)]
    return [*runs, *ours, a_run(a_key("naive", 3), 80, unfinished=5)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_stands_with_pictures_and_figures(folder: Path) -> None:
    runs = _some_results()
    write_report(_keep(runs, folder / "results"), some_material(runs), folder / "docs" / "evidence.md")
    page = (folder / "docs" / "evidence.md").read_text(encoding="utf-8")
    assert "$" not in page
    pictures = sorted(path.name for path in (folder / "docs" / "evidence").iterdir())
    assert pictures == ["smalltown-closure-S1.svg", "smalltown-closure.svg", "smalltown-delays.svg"]
    assert all(f"(evidence/{name})" in page for name in pictures)
    assert "HIGH STREET / CLOSED" in page
    assert "5 vehicles had not arrived" in page
    kept = json.loads((folder / "build" / "bench" / "evaluate.json").read_text(encoding="utf-8"))
    assert kept.keys() == {"machine", "versions", "figures", "runs"}
    assert kept["figures"]["B1_share_070_closure"] == pytest.approx(0.75)
    assert len(kept["runs"]) == len(runs)


def test_pictures_are_text_and_the_same_for_the_same_runs(folder: Path) -> None:
    runs = _some_results()
    results = _keep(runs, folder / "results")
    for place in ("one", "two"):
        write_report(results, some_material(runs), folder / place / "evidence.md")
    for path in (folder / "one" / "evidence").iterdir():
        assert path.read_bytes() == (folder / "two" / "evidence" / path.name).read_bytes()
        words = "".join(ET.fromstring(path.read_text(encoding="utf-8")).itertext())  # noqa: S314 - our own file
        assert "lotse" in words


def test_without_any_result_the_page_says_so(folder: Path) -> None:
    material = some_material([], [a_key("lotse"), a_key("none")])
    figures = write_report(_keep([], folder / "results"), material, folder / "evidence.md")
    page = (folder / "evidence.md").read_text(encoding="utf-8")
    assert set(figures.values()) - {0.0} == {None}
    assert "No run of Lotse itself counts here" in page
    assert "Missing: closure lotse 0.7 seed 1; closure none 0.7 seed 1." in page


def test_the_map_says_whose_corridors_are_not_on_it(folder: Path) -> None:
    runs = [replace(run, details={}) for run in _some_results()]
    write_report(_keep(runs, folder / "results"), some_material(runs), folder / "evidence.md")
    page = (folder / "evidence.md").read_text(encoding="utf-8")
    assert "Not on the map: corridors of lotse and corridor-main" in page


def test_a_broken_result_is_named(tmp_path: Path) -> None:
    (tmp_path / "half.json").write_text('{"key": {', encoding="utf-8")
    with pytest.raises(ValueError, match=r"half\.json is no result of a run"):
        read_results(tmp_path)
