"""The threat model names tests: they exist, and every boundary has some."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:unit|property|integration|contract|acceptance|faults)/\w+\.py)`", PAGE))
    assert len(named) > 30
    assert {name for name in named if not (ROOT / "tests" / name).is_file()} == set()


def test_every_threat_says_what_shows_its_defence() -> None:
    sections = re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]
    boundaries = set(re.findall(r"\bB\d", PAGE.partition("```mermaid")[2].partition("```")[0]))
    assert boundaries == set(re.findall(r"\bB\d", " ".join(section.splitlines()[0] for section in sections)))
    for section in sections:
        rows = [line.split("|")[1:-1] for line in section.splitlines() if re.match(r"\| [STRIDE]", line)]
        assert rows, section.splitlines()[0]
        assert all(len(row) == 4 and all(cell.strip() for cell in row) for row in rows), section.splitlines()[0]
