"""Who runs the database when we are root: PostgreSQL refuses to, so an unprivileged user does.

That user must be able to reach the program and its data; a home folder such as /root is closed to it. What it cannot
reach gets a twin below /var/tmp, which only root can write to at its top, so that nobody else can plant anything there.
"""

import hashlib
import os
import pwd
import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lotse_standalone.machine.problems import StandaloneError

OPEN_FOLDER = Path("/var/tmp/lotse")  # noqa: S108 - its owner is checked, and it survives a reboot
MARKER = "data-lie-at"


@dataclass(frozen=True, slots=True)
class Account:
    """The user that a child process becomes; None for both means: stay who we are."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        """Hand a path over to this user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def account_for_servers() -> Account:
    """Give `nobody` when we are root, ourselves otherwise.

    Raises
    ------
    StandaloneError
        There is no user `nobody`.
    """
    if os.geteuid() != 0:
        return Account()
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        message = "PostgreSQL refuses to run as root, and there is no user 'nobody': start Lotse as another user"
        raise StandaloneError(message) from error
    return Account(nobody.pw_uid, nobody.pw_gid)


def is_reachable(path: Path) -> bool:
    """Tell whether everybody may walk to this path: every folder above it has its x bit for others."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents if folder.exists())


def reachable_folder(path: Path, account: Account) -> Path:
    """Give `path`, or its twin below /var/tmp when we are root and the account could not walk to `path`."""
    path = path.resolve()
    if account.uid is None or is_reachable(path):
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]  # /a-b/c is not /a/b-c
    return OPEN_FOLDER / f"{path.parent.name}-{path.name}-{digest}"


def prepare_folder(folder: Path, asked: Path, account: Account) -> None:
    """Make `folder` and hand it to the account.

    If it is the twin of the folder that was asked for, a marker in the latter tells where the data lie. A twin
    without its marker belonged to a folder that was removed since, and is removed, too.
    """
    asked = asked.resolve()
    asked.mkdir(parents=True, exist_ok=True)
    if folder != asked:
        ensure_open_folder()
        marker = asked / MARKER
        if not marker.exists():
            shutil.rmtree(folder, ignore_errors=True)
        marker.write_text(f"{folder}\n")
        folder.mkdir(exist_ok=True)
    account.own(folder)
    folder.chmod(0o700 if account.uid is None else 0o711)


def reachable_copies(folders: Sequence[Path], version: str, account: Account) -> list[Path]:
    """Give sibling folders, or copies of them, siblings too, that the account can reach: made once for each version."""
    if reachable_folder(folders[0], account) == folders[0].resolve():
        return list(folders)
    twin = reachable_folder(folders[0], account)
    place = twin.with_name(f"{twin.name}-{version}")
    if not place.exists():
        ensure_open_folder()
        half_made = place.with_name(f"{place.name}.{os.getpid()}")
        half_made.mkdir()
        for folder in folders:
            shutil.copytree(folder, half_made / folder.name, symlinks=True)
        half_made.rename(place)
    return [place / folder.name for folder in folders]


def ensure_open_folder() -> None:
    """Make the folder of twins, everybody may walk through and only we may write to.

    Raises
    ------
    StandaloneError
        Somebody else made it before us.
    """
    OPEN_FOLDER.mkdir(mode=0o755, exist_ok=True)
    found = OPEN_FOLDER.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        message = f"{OPEN_FOLDER} does not belong to us: remove it, or choose a --data that everybody can walk to"
        raise StandaloneError(message)
    OPEN_FOLDER.chmod(0o755)
