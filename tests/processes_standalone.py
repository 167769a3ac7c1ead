"""Looking after processes: which there are below one, and whether they are gone."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DEADLINE_S = 60.0
DEMO = Path(sys.executable).with_name("lotse-demo")
NOBODY = "65534"


def children_of(pid: int) -> list[int]:
    """Processes below one, however deep."""
    try:
        direct = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return direct + [below for child in direct for below in children_of(child)]


def processes_of(folder: Path) -> list[int]:
    """Processes that were started with something in a folder, whosever children they are by now."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if str(folder) in command_line(pid)]


def command_line(pid: int) -> str:
    """What a process was started as; nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def wait_for_end(pids: list[int]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, [command_line(pid) for pid in pids if is_alive(pid)]
        time.sleep(0.05)


def check_until_it_is_noticed(check: Callable[[], None]) -> None:
    """Ask again and again: a process of several threads may be dead a moment before its parent can tell."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        check()
        time.sleep(0.05)


@dataclass
class RunningDemo:
    """`lotse-demo` as a person starts it, its output read line by line."""

    process: "subprocess.Popen[str]"
    lines: list[str]

    def wait_for(self, part: str) -> str:
        """Give the first line that contains this."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if part in line:
                return line.rstrip("\n")
        message = f"it ended ({self.process.wait()}) without saying {part!r}: {self.lines}"
        raise AssertionError(message)

    def children(self) -> list[int]:
        return children_of(self.process.pid)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and give the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(DEADLINE_S)
        assert self.process.stdout is not None
        self.lines += self.process.stdout.read().splitlines()
        return code


@contextmanager
def running_demo(*arguments: str | Path, as_nobody: bool = False) -> Iterator[RunningDemo]:
    command = [*(unprivileged() if as_nobody else []), str(DEMO), *(str(argument) for argument in arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/") as process:
        try:
            yield RunningDemo(process, [])
        finally:
            process.kill()


def unprivileged() -> list[str]:
    """The beginning of a command that becomes `nobody`, who may read what root may: our Python may lie below /root."""
    assert os.geteuid() == 0
    assert shutil.which("setpriv")
    capability = "+dac_read_search"
    ids = ["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]
    return ["setpriv", *ids, "--inh-caps", capability, "--ambient-caps", capability, "--"]
