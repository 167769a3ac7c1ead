"""A demo whose routing hangs: the signs fall back, and whoever watches is told so."""

import os
import signal
from pathlib import Path

from processes_standalone import command_line, running_demo

from lotse_standalone.servers.postgres import EmbeddedPostgres


def test_signs_that_fall_back_are_told_with_the_reason_and_again_when_they_are_served(tmp_path: Path) -> None:
    with running_demo("--data", tmp_path / "d") as demo:
        demo.wait_for("in service")
        demo.wait_for("phase: traffic builds up")
        (routing,) = (pid for pid in demo.children() if "lotse-routing" in command_line(pid))
        os.kill(routing, signal.SIGSTOP)
        try:
            told = demo.wait_for("S2 falls back to blank")
        finally:
            os.kill(routing, signal.SIGCONT)
        assert "falls back to blank: what it last heard is stale" in told
        demo.wait_for("S2 shows")
        assert demo.end(signal.SIGINT) == 0
    EmbeddedPostgres(tmp_path / "d" / "postgres", 1).discard()
