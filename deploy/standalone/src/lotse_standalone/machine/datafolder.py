"""The folder in which a stack keeps its data, its logs and its key, used by one stack at a time."""

import fcntl
import os
import shutil
from pathlib import Path

from lotse_standalone.machine.problems import StandaloneError

NEEDED_BYTES = 300 * 1024 * 1024


class DataFolder:
    """A folder of our own that survives a restart."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock: int | None = None

    def log(self, name: str) -> Path:
        """Give the path of the log of one process."""
        return self.path / "logs" / f"{name}.log"

    def claim(self) -> None:
        """Make the folder, and hold it until `release` or the end of this process, however it comes.

        Raises
        ------
        StandaloneError
            It cannot be written, its disk is full, or another stack uses it.
        """
        try:
            self.log("").parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            message = f"{self.path} cannot be written ({error.strerror}): choose another folder with --data"
            raise StandaloneError(message) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            message = f"another Lotse already runs on {self.path}: stop it first, or choose another folder with --data"
            raise StandaloneError(message) from error
        self._lock = lock
        require_room(self.path)

    def release(self) -> None:
        """Let another stack use the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def read_key(self) -> str | None:
        """Give the API key of an earlier start, None when there was none."""
        path = self.path / "key"
        return path.read_text().strip() if path.exists() else None

    def write_key(self, key: str) -> None:
        """Keep the API key for the next start, for our eyes only."""
        self._write_private("key", key)

    def write_dsn(self, dsn: str) -> None:
        """Tell where the database is while this stack runs, for our eyes only: the URL carries the password."""
        self._write_private("dsn", dsn)

    def remove_dsn(self) -> None:
        """Tell nobody any more where the database is: it has stopped."""
        (self.path / "dsn").unlink(missing_ok=True)

    def _write_private(self, name: str, line: str) -> None:
        path = self.path / name
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{line}\n")


def require_room(folder: Path) -> None:
    """Refuse to start where the disk is about to be full: a database that cannot write stops in the middle.

    Raises
    ------
    StandaloneError
        Less than NEEDED_BYTES are free.
    """
    if shutil.disk_usage(folder).free < NEEDED_BYTES:
        message = f"{folder} has less than {NEEDED_BYTES >> 20} MiB free: make room, or choose --data elsewhere"
        raise StandaloneError(message)
