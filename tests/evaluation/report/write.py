"""Reads results, writes the page, its pictures and the figures."""

import json
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.report import describe_machine, describe_versions
from benchmarks.report import write_report as keep_figures

from evaluation.nouns import RunResult, result_of
from evaluation.report.estimates import figures_of, read_estimates, write_estimates
from evaluation.report.material import Material, Study, study_of
from evaluation.report.page import Circumstances, Pictures, write_page
from evaluation.report.pictures import picture_of_delays, picture_of_incident, picture_of_sign
from evaluation.report.runs import fault_of, sort_out
from evaluation.report.targets import measure

PAGE = Path("docs/evidence.md")
PACKAGES = ("lotse-routing", "eclipse-sumo", "libsumo", "numpy", "matplotlib")


def write_report(results: Path, material: Material, out: Path = PAGE) -> dict[str, float | None]:
    """Write the page, its pictures in a folder beside it, and build/bench/evaluate.json; give the figures.

    Raises
    ------
    ValueError
        A file of results cannot be read.
    """
    found = read_results(results)
    runs = sort_out(found, material.planned)
    studies = [study_of(material, runs, city) for city in material.cities]
    estimates = read_estimates(material.estimation)
    figures = measure(studies[0], figures_of(estimates))
    versions = _versions()
    told = Circumstances(
        date=f"{datetime.now(UTC):%-d %B %Y}",
        machine=describe_machine(),
        versions=versions,
        settings=material.settings,
        figures=figures,
        estimation=write_estimates(estimates, material.estimation),
    )
    folder = out.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    pages = [(study, _draw(study, folder)) for study in studies]
    out.write_text(write_page(pages, told).strip() + "\n", encoding="utf-8")
    keep_figures("evaluate", figures, [_row(result) for result in found], versions)
    return figures


def read_results(folder: Path) -> list[RunResult]:
    """Read what runs left behind, in the order of their files.

    Raises
    ------
    ValueError
        A file is no result.
    """
    return [_read_result(path) for path in sorted(folder.glob("*.json"))]


def _read_result(path: Path) -> RunResult:
    try:
        return result_of(json.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as reason:
        message = f"{path} is no result of a run: remove it, and run it again"
        raise ValueError(message) from reason


def _draw(study: Study, folder: Path) -> Pictures:
    return Pictures(
        picture_of_delays(study, folder), picture_of_incident(study, folder), picture_of_sign(study, folder)
    )


def _row(result: RunResult) -> dict[str, Any]:
    """Give a run without what its signs said, and why it does not count, if so."""
    told = {name: value for name, value in result.as_json().items() if name not in {"displays", "details"}}
    return {**told, "no_result_because": fault_of(result)}


def _versions() -> dict[str, str]:
    return describe_versions([name for name in PACKAGES if _is_installed(name)], commit=_commit())


def _is_installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def _commit() -> str:
    """Name the commit, and say if files differ from it."""
    asked = ["git", "describe", "--always", "--dirty"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"
