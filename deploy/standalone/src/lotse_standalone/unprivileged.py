"""Who runs the database when we are root: PostgreSQL refuses to, so an unprivileged user does.

That user must be able to reach the program and its data; a home folder such as /root is closed to it.
"""

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

OPEN_FOLDER = Path("/var/tmp")  # noqa: S108 - every path below it is ours, owned, and survives a reboot


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
    """Give `nobody` when we are root, ourselves otherwise."""
    if os.geteuid() != 0:
        return Account()
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def is_reachable(path: Path) -> bool:
    """Tell whether everybody may walk to this path: every folder above it has its x bit for others."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents if folder.exists())


def reachable_folder(path: Path, account: Account) -> Path:
    """Give `path`, or a twin of it below /var/tmp when we are root and the account could not walk to `path`."""
    if account.uid is None or is_reachable(path):
        return path
    return OPEN_FOLDER / "lotse" / str(path.resolve()).strip("/").replace("/", "-")


def reachable_copy(source: Path, account: Account) -> Path:
    """Give `source`, or a copy of the folder that the account can reach, made once."""
    place = reachable_folder(source, account)
    if place != source and not place.exists():
        half_made = place.with_name(f"{place.name}.{os.getpid()}")
        shutil.copytree(source, half_made, symlinks=True)
        half_made.rename(place)
    return place
