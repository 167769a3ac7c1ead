"""What is audited, by whom, and what their answers mean. An advisory source that cannot be reached is no clean bill."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONSOLE = ROOT / "services/api-gateway/console"
BASELINE = ROOT / ".secrets.baseline"
PROGRAMS = Path(sys.executable).parent
HASHES = ("uv.lock", "package-lock.json", BASELINE.name)
"""Files of which every line looks like a secret."""


class Verdict(StrEnum):
    """What came of a check; the worse, the earlier, but for what was found."""

    NOT_AUDITED = "NOT AUDITED"
    FOUND = "FOUND"
    CLEAN = "nothing found"


@dataclass(frozen=True, slots=True)
class Result:
    """A check, its verdict, and the words of who made it."""

    what: str
    verdict: Verdict
    words: str = ""


def tell(result: Result) -> str:
    """Compose the lines of a result."""
    words = "".join(f"    {line}\n" for line in result.words.strip().splitlines() if line.strip())
    return f"{result.what}: {result.verdict}\n{words if result.verdict is not Verdict.CLEAN else ''}"


def audit_python(*options: str) -> Result:
    """Ask OSV for what uv.lock has, by uv's own (experimental) command."""
    what = "Python packages (uv.lock, OSV)"
    command: list[str | Path] = [PROGRAMS / "uv", "audit", "--frozen", "--preview-features", "audit-command", *options]
    code, said = _run(command, ROOT)
    verdict = {0: Verdict.CLEAN, 1: Verdict.FOUND}.get(code, Verdict.NOT_AUDITED)
    return Result(what, verdict, f"no advisory source reachable:\n{said}" if verdict is Verdict.NOT_AUDITED else said)


def audit_console(*options: str) -> Result:
    """Ask npm's registry for what package-lock.json has."""
    what = "JavaScript packages (package-lock.json, npm)"
    if shutil.which("npm") is None:
        return Result(what, Verdict.NOT_AUDITED, "npm is not installed")
    _, said = _run(["npm", "audit", "--package-lock-only", "--json", *options], CONSOLE)
    return Result(what, *read_npm(said))


def read_npm(said: str) -> tuple[Verdict, str]:
    """Tell a report from an error: npm's exit code is 1 for both."""
    try:
        answer = json.loads(said[said.index("{") : said.rindex("}") + 1])
    except ValueError:
        answer = {}
    if "auditReportVersion" not in answer:
        why = answer.get("message") or answer.get("error") or said
        return Verdict.NOT_AUDITED, f"no advisory source reachable: {why}"
    found = answer.get("vulnerabilities", {})
    words = "\n".join(f"{name}: {each.get('severity')}, {each.get('range')}" for name, each in sorted(found.items()))
    return Verdict.FOUND if found else Verdict.CLEAN, words


def find_secrets(files: Sequence[Path] | None = None) -> Result:
    """Look for keys and passwords in the tracked files, but for those in the baseline: made up, in tests."""
    what = "Secrets in tracked files (detect-secrets, .secrets.baseline)"
    looked = list(files) if files is not None else _tracked()
    with tempfile.TemporaryDirectory() as folder:
        known: str = shutil.copy(BASELINE, folder)  # it is rewritten where line numbers have changed
        command: list[str | Path] = [PROGRAMS / "detect-secrets-hook", "--no-verify", "--baseline", known, *looked]
        code, said = _run(command, ROOT)
    if code in {0, 3}:  # 3: line numbers have changed
        return Result(what, Verdict.CLEAN)
    is_found = "Secret Type" in said
    return Result(what, Verdict.FOUND if is_found else Verdict.NOT_AUDITED, said)


def _tracked() -> list[Path]:
    _, said = _run(["git", "ls-files"], ROOT)
    return [Path(name) for name in said.splitlines() if not name.endswith(HASHES)]


def _run(command: Sequence[str | Path], folder: Path) -> tuple[int, str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr
