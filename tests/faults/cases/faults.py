"""The faults themselves."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import pytest
from fixtures.absent import absent

from faults.cases.case import Case
from faults.rig import Rig, Setup
from lotse_standalone.machine.problems import StandaloneError

DISK = "1g"
BALLAST_PIECE = bytes(1 << 20)
DELAY_S = 0.05
WATCHFUL = {"LOTSE_DATABASE_COMMAND_TIMEOUT_S": "5"}
"""Who is cut off from the database without a word notices when the time is over that a statement may take: by default
30 s. From the broker: by default as it is here."""
FAKETIME = Path("/usr/lib", os.uname().machine + "-linux-gnu", "faketime", "libfaketimeMT.so.1")
JUMP = "+2h"


@contextmanager
def _cut(rig: Rig) -> Iterator[None]:
    """Pull the cables to broker and database; what is connected later gets through, so that recovery begins at once."""
    assert rig.wires is not None
    rig.wires.cut()
    yield


@contextmanager
def _slow(rig: Rig) -> Iterator[None]:
    assert rig.wires is not None
    rig.wires.slow(DELAY_S)
    yield
    rig.wires.slow(0)


@contextmanager
def _wired(_: Path) -> Iterator[Setup]:
    yield Setup(has_town=True, is_wired=True, settings=WATCHFUL)


@contextmanager
def _small_disk(_: Path) -> Iterator[Setup]:
    """Lay the database on a disk of its own. Needs root."""
    folder = Path(tempfile.mkdtemp(prefix="lotse-disk-", dir="/var/tmp"))
    folder.chmod(0o755)
    options = f"size={DISK},mode=755"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "lotse-disk", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip(
            f"ABSENT: a disk to fill: mounting one needs root, and a container that may: {mounted.stderr.decode()}"
        )
    try:
        yield Setup(database_folder=folder / "postgres")
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


@contextmanager
def _full(rig: Rig) -> Iterator[None]:
    """Fill the database's disk. Where PostgreSQL gives up for it, it is started again once there is room."""
    rig.away.add(rig.database.name)
    ballast = rig.database.folder / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(BALLAST_PIECE)
    yield
    ballast.unlink()
    try:
        rig.database.check()
    except StandaloneError:
        rig.database.kill()
        rig.database.start()
    rig.away.discard(rig.database.name)


@contextmanager
def _exhausted(rig: Rig) -> Iterator[None]:
    """Take every connection that the database has to give, while ingest is killed and wants new ones."""
    loop = asyncio.new_event_loop()
    held: list[asyncpg.Connection] = []

    async def take() -> None:
        with suppress(asyncpg.TooManyConnectionsError):
            while True:
                held.append(await asyncpg.connect(rig.database.dsn))

    [slot] = rig.slots
    rig.kill(slot.name)
    loop.run_until_complete(take())
    rig.bring_back(slot.name)
    yield
    for connection in held:
        connection.terminate()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


@contextmanager
def _twin(rig: Rig) -> Iterator[None]:
    """Start a second process on the client id of the first; then it goes, and the first is started anew."""
    [slot] = rig.slots
    twin = slot.twin()
    twin.start()
    yield
    twin.kill()
    rig.kill(slot.name)
    rig.bring_back(slot.name)


@contextmanager
def _false_clocks(folder: Path) -> Iterator[Setup]:
    """Let our services read the time from a library that tells it as a file says."""
    if not FAKETIME.exists():
        absent("a clock to set", "install Debian's package faketime")
    clock = folder.with_suffix(".clock")
    clock.write_text("+0")
    false = {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    yield Setup(has_town=True, settings=false)


@contextmanager
def _jump(rig: Rig) -> Iterator[None]:
    """Set the clocks of all our services forward at once, and back at the end."""
    clock = rig.folder.with_suffix(".clock")
    clock.write_text(JUMP)
    yield
    clock.write_text("+0")


CASES = (
    Case("cables cut without a word", _cut, 0, _wired),
    Case("slow cables", _slow, 8, _wired),
    Case("disk full", _full, 6, _small_disk),
    Case("no connection left", _exhausted, 6),
    Case("two on one client id", _twin, 8),
    Case("clocks jump 2 h and back", _jump, 8, _false_clocks),
)
