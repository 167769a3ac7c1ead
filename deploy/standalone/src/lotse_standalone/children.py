"""Child processes: started in a session of their own, so that Ctrl-C reaches us only and we stop them in order."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from lotse_standalone.unprivileged import Account


def spawn(
    command: Sequence[str | Path],
    output: IO[bytes],
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a process whose output goes to a file, as `account`, with exactly `environment` (None: with ours).

    Where Linux's setpriv is there, the kernel asks the child to stop if we die without having done so.
    """
    lifeline = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
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
