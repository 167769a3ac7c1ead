"""`lotse-replay --from T`: a period that is in the database already, handed over to `lotse-routing replay`.

With `--data FOLDER` the database that an earlier `lotse-replay` kept there is started for it; without, it is the one
that LOTSE_DATABASE_DSN names.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lotse_standalone.machine.children import program
from lotse_standalone.machine.datafolder import DataFolder
from lotse_standalone.machine.interruption import Interruption
from lotse_standalone.machine.ports import free_port
from lotse_standalone.machine.problems import StandaloneError
from lotse_standalone.servers.postgres import EmbeddedPostgres

SETTINGS = {"LOTSE_ROUTING_LANGUAGE": "en"}
"""What a recording is played with: the decisions of then and those made again have to be of one language."""


def is_of_a_period(arguments: Sequence[str]) -> bool:
    """Tell whether a command line asks for a period of the database, not for a folder of recordings."""
    return any(argument.partition("=")[0] == "--from" for argument in arguments)


def replay_period(arguments: Sequence[str]) -> int:
    """Run `lotse-routing replay` with these arguments; give its exit code."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--data", type=Path)
    ours, handed_over = parser.parse_known_args(arguments)
    try:
        if ours.data is None:
            return _run(handed_over, {})
        return _run_on_kept_database(ours.data, handed_over)
    except StandaloneError as error:
        sys.stderr.write(f"lotse-replay: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("lotse-replay: stopped before the end\n")
        return 130


def _run_on_kept_database(data: Path, arguments: Sequence[str]) -> int:
    if not (data / "postgres").is_dir():
        message = f"{data} holds no replay: make one with lotse-replay FOLDER --data {data}"
        raise StandaloneError(message)
    folder = DataFolder(data)
    folder.claim()
    postgres = EmbeddedPostgres(folder.path / "postgres", free_port(), log_path=folder.log("postgres"))
    try:
        with Interruption():
            postgres.start()
            return _run(arguments, SETTINGS | {"LOTSE_DATABASE_DSN": postgres.dsn()})
    finally:
        postgres.stop()
        folder.release()


def _run(arguments: Sequence[str], settings: dict[str, str]) -> int:
    command: list[str | Path] = [program("lotse-routing"), "replay", *arguments]
    return subprocess.run(command, env={**os.environ, **settings}, check=False).returncode  # noqa: S603
