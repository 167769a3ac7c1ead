"""The page: fixed prose from page.md and city.md, with what the figures say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from evaluation.report.figures import EVEN_SHARE, EVEN_VEHICLE_H, MEANINGFUL_GAIN
from evaluation.report.findings import tell
from evaluation.report.material import Study
from evaluation.report.outside import NEAR_TIE, NEAR_TIE_VEHICLE_H, read_outside, write_outside
from evaluation.report.runs import TELEPORTS_AT_MOST
from evaluation.report.sections import (
    write_compliances,
    write_counts,
    write_held_out,
    write_policies,
    write_scenarios,
)
from evaluation.report.targets import Figures, target_rows
from evaluation.report.words import COMPLIANCE, percent, table

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Pictures:
    """A city's pictures, as the page embeds them, each with the words beside it."""

    delays: str
    incident: str
    sign: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When, on what and with what it was run; `figures` are those with targets, of the first city."""

    date: str
    machine: Mapping[str, object]
    versions: Mapping[str, str]
    settings: Mapping[str, str]
    figures: Figures
    estimation: str


def write_page(pairs: Sequence[tuple[Study, Pictures]], told: Circumstances) -> str:
    """Compose the page; the first city is the one whose figures have targets."""
    first = pairs[0][0]
    return _template("page.md").substitute(
        date=told.date,
        found=tell(first),
        targets=table(["figure", "what", "reach", "found", ""], target_rows(told.figures)),
        city=first.name,
        compliance=f"{COMPLIANCE:g}",
        meaningful=percent(MEANINGFUL_GAIN),
        even=percent(EVEN_SHARE),
        even_h=f"{EVEN_VEHICLE_H:g}",
        policies=write_policies(first),
        cities="\n\n".join(_write_city(study, pictures) for study, pictures in pairs),
        estimation=told.estimation,
        machine=_listing("machine", told.machine),
        versions=_listing("version", told.versions),
        settings=_listing("setting", told.settings) if told.settings else "",
        counts="\n\n".join(f"**{study.name}**: {write_counts(study)}" for study, _ in pairs),
        teleports=f"{100 * TELEPORTS_AT_MOST:g} %",
    )


def _write_city(study: Study, pictures: Pictures) -> str:
    text = _template("city.md").substitute(
        city=study.name,
        delays=pictures.delays,
        scenarios=write_scenarios(study),
        compliances=write_compliances(study),
        held_out=write_held_out(study),
        near_tie=percent(NEAR_TIE),
        near_tie_h=f"{NEAR_TIE_VEHICLE_H:g}",
        outside=write_outside(study, read_outside()),
        map=pictures.incident,
        morning=pictures.sign,
    )
    return text.strip()


def _template(name: str) -> Template:
    return Template((HERE / name).read_text(encoding="utf-8"))


def _listing(word: str, found: Mapping[str, object]) -> str:
    return table([word, ""], [[name, str(value)] for name, value in found.items()])
