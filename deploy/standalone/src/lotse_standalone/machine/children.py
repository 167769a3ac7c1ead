"""Child processes: started in a session of their own, so that Ctrl-C reaches us only and we stop them in order."""

import functools
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.machine.unprivileged import Account

LINE_CHARS = 300
CAUSE_LINES = 20
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Exit|Interrupt)\b")
_GROUP_FRAME = re.compile(r"\s*(\| ?|\+[-+ \d.]*$|\+ (?=Exception Group))")
"""What Python draws around the tracebacks in an ExceptionGroup; the innermost, last one tells the cause."""
_REFERENCE = "errors.pydantic.dev"
"""pydantic ends its messages with lines that point to its web site."""


def program(name: str) -> Path:
    """Give the path of one of Lotse's commands, in the environment that runs us.

    Raises
    ------
    StandaloneError
        It is not installed there.
    """
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        message = f"the command {name} is missing in {path.parent}: run `make setup`"
        raise StandaloneError(message)
    return path


def spawn(
    command: Sequence[str | Path],
    output: IO[bytes],
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    at_our_death: signal.Signals = signal.SIGTERM,
) -> "subprocess.Popen[bytes]":
    """Start a process whose output goes to a file, as `account`, with exactly `environment` (None: with ours).

    Where Linux's setpriv is there, the kernel sends the child `at_our_death` if we die without having stopped it.
    The kernel means the *thread* that called this, so call it from one that lives as long as the child shall.
    """
    lifeline = ["setpriv", "--pdeathsig", at_our_death.name.removeprefix("SIG"), "--"] if _has_lifeline() else []
    account = account or Account()
    return subprocess.Popen(  # noqa: S603 - our own programs
        [*lifeline, *(str(part) for part in command)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=dict(environment) if environment is not None else None,
        start_new_session=True,
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.uid is None else [],
    )


def stop(process: "subprocess.Popen[bytes]", asking: signal.Signals, grace_s: float) -> None:
    """Ask a process to end, and make it end if it has not done so within the grace."""
    process.send_signal(asking)
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run(command: Sequence[str | Path], environment: Mapping[str, str], log_path: Path) -> str:
    """Run a command to its end and give its standard output; what it says besides goes to the log.

    Raises
    ------
    StandaloneError
        It failed; carries the last line of what it said.
    """
    with log_path.open("ab") as log:
        done = subprocess.run(  # noqa: S603 - our own programs
            [str(part) for part in command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd="/",
            env=dict(environment),
            start_new_session=True,
        )
    if done.returncode != 0:
        message = f"{Path(command[0]).name} failed: {last_line(log_path.read_bytes() + done.stdout)} (see {log_path})"
        raise StandaloneError(message)
    return done.stdout.decode()


def last_line(output: bytes) -> str:
    """Give what a program said last, as one line: of a JSON log line its event and error, of a traceback its cause."""
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    if not lines:
        return "it said nothing"
    try:
        entry = json.loads(lines[-1])
        said = ": ".join(str(entry[key]) for key in ("event", "error") if key in entry)
    except (ValueError, TypeError):
        said = _cause(lines[-CAUSE_LINES:])
    return _shortened(said or lines[-1].strip())


def _cause(lines: Sequence[str]) -> str:
    """Give the exception that ends a traceback, whose message may go over several lines; else the last line."""
    lines = [bare for line in lines if (bare := _GROUP_FRAME.sub("", line, count=1)).strip()]
    starts = [number for number, line in enumerate(lines) if _EXCEPTION.match(line)]
    message = [line.strip() for line in lines[starts[-1] if starts else -1 :] if _REFERENCE not in line]
    return " ".join(message)


def _shortened(text: str) -> str:
    return text if len(text) <= LINE_CHARS else f"{text[: LINE_CHARS // 2]} ... {text[-LINE_CHARS // 2 :]}"


@functools.cache
def _has_lifeline() -> bool:
    """Tell whether setpriv is there and is util-linux's (busybox has one without --pdeathsig)."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return False
    probe = [setpriv, "--pdeathsig", "keep", "--", "true"]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0  # noqa: S603 - a fixed command
