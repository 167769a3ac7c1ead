"""How well Lotse knows links: estimates where no detector measures, congestion where one does. Real data of Aarhus.

    PYTHONPATH=tests .venv/bin/python -m evaluation.estimation ../shared/data/aarhus-5min --report build/estimation.json

Every link of Aarhus has a detector. In five rounds a fifth of them is hidden, each once; the morning is replayed step
by step through the pure code of the service, and each estimate is compared with the speed that the hidden detector
measures in that step. Two settings: links that never had a detector; and links whose detector fell silent in the middle
of the morning (08:00 of the recording's clock, UTC), with nothing learned of them but this morning until then.

For the onsets no detector is hidden: what is told, and when, beside what is known of it afterwards.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evaluation.aarhus.errors import Errors, errors
from evaluation.aarhus.guesses import LAST, OURS, PROFILE, USUAL
from evaluation.aarhus.onsets import Score
from evaluation.aarhus.recording import Recording, read_recording
from evaluation.aarhus.rounds import ROUNDS, Round, rounds
from evaluation.aarhus.telling import OURS as OUR_LEVEL
from evaluation.aarhus.telling import Telling, telling
from lotse_standalone.replay.odaa import INTERVAL_S

SILENT_FROM = datetime(2014, 8, 26, 8, 0, tzinfo=UTC)
NEVER, SILENT = "never measured", "silent from 08:00"
COMPARED = "speeds compared"


def evaluate(recording: Recording) -> dict[str, Any]:
    """Measure everything; give it as the report holds it."""
    by_setting = {
        NEVER: errors(_with_progress(NEVER, rounds(recording))),
        SILENT: errors(_with_progress(SILENT, rounds(recording, SILENT_FROM))),
    }
    told = telling(recording)
    return {
        "figures": figures(by_setting[NEVER], by_setting[SILENT], told),
        "table": {setting: {**found.mae_kmh, COMPARED: found.compared} for setting, found in by_setting.items()},
        "onsets": {name: _onset_row(name, told) for name in told.scores},
    }


def figures(never: Errors, silent: Errors, told: Telling) -> dict[str, float]:
    """Give B5 and what the report needs, flat.

    What is usual on a link that was never measured is known by its road class, or better by our own estimate of it: the
    gain is the one over the better. Of a link that fell silent it is its own mean until then.
    """
    gains = {
        "B5_never_vs_last_pct": never.gain_pct(OURS, LAST),
        "B5_never_vs_profile_pct": min(never.gain_pct(OURS, PROFILE), never.gain_pct(OURS, USUAL)),
        "B5_silent_vs_last_pct": silent.gain_pct(OURS, LAST),
        "B5_silent_vs_profile_pct": silent.gain_pct(OURS, PROFILE),
    }
    ours = told.scores[OUR_LEVEL]
    found = {
        "B5_mae_gain_pct": min(gains.values()),
        **gains,
        "B5_never_vs_class_profile_pct": never.gain_pct(OURS, PROFILE),
        "mae_never_kmh": never.mae_kmh[OURS],
        "mae_silent_kmh": silent.mae_kmh[OURS],
        "onsets": ours.onsets,
        "onset_precision": ours.precision,
        "onset_recall": ours.recall,
        "onset_delay_min": _minutes(ours),
        "onsets_told_without_vehicle": told.without_vehicle[OUR_LEVEL],
        "onsets_told_without_news": told.without_news[OUR_LEVEL],
        "rows": told.rows,
        "rows_without_vehicle": told.rows_without_vehicle,
    }
    return {name: round(value, 3) for name, value in found.items()}


def _minutes(score: Score) -> float:
    return score.median_delay * INTERVAL_S / 60


def _onset_row(name: str, told: Telling) -> dict[str, Any]:
    score = told.scores[name]
    return {
        "onsets": score.onsets,
        "told": score.told,
        "precision": round(score.precision, 3),
        "recall": round(score.recall, 3),
        "median_delay_min": _minutes(score),
        "told_without_vehicle": told.without_vehicle[name],
        "told_without_news": told.without_news[name],
    }


def _with_progress(setting: str, tried: Iterable[Round]) -> Iterator[Round]:
    for number, each in enumerate(tried, 1):
        sys.stderr.write(f"\r{setting}: round {number} of {ROUNDS} ")
        sys.stderr.flush()
        yield each
    sys.stderr.write("\n")


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Give the tables and the figures as text."""
    settings = found["table"]
    yield from _table("MAE, km/h", {name: {s: row[name] for s, row in settings.items()} for name in settings[NEVER]})
    yield ""
    yield from _table("onsets told by", found["onsets"])
    yield ""
    yield from (f"{name} {value:g}" for name, value in found["figures"].items())


def _table(corner: str, rows: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    width = max(map(len, (corner, *rows)))
    columns = list(next(iter(rows.values())))
    yield f"{corner:{width}}  {'  '.join(columns)}"
    for name, row in rows.items():
        yield f"{name:{width}}  {'  '.join(f'{_cell(row[column]):>{len(column)}}' for column in columns)}"


def _cell(value: float) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def keep(found: Mapping[str, Any], file: Path) -> None:
    """Write what was measured, as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Print the tables; write them where --report says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder with links.csv and measurements beside it")
    parser.add_argument("--report", type=Path, help="write the figures to this file, as JSON")
    asked = parser.parse_args()
    found = evaluate(read_recording(asked.data))
    sys.stdout.write("\n".join(lines(found)) + "\n")
    if asked.report:
        keep(found, asked.report)


if __name__ == "__main__":
    main()
