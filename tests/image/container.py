"""Runs what docker-compose.yml says from the built tree, as an engine would: its command, its environment, its account.

Each service has a loopback address of its own in place of a container's; names resolve by /etc/hosts. The root file
system is read-only, but for a tmpfs at /tmp and the volumes. What an engine adds and this does not: limits, a network.
"""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # comes with check-jsonschema; its stubs are not worth a package

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
ADDRESSES = {name: f"127.0.47.{number}" for number, name in enumerate(SERVICES, start=11)}
ACCOUNT = "10001:10001"
DEFAULT = re.compile(r"\$\{\w+:-(.*?)\}")

# In a mount namespace of its own, so that nothing stays mounted. `exec` all along: the command keeps the process id.
SETUP = """
tree=$1
mount --bind "$tree" "$tree"
mount -o remount,bind,ro "$tree"
mount -t proc proc "$tree/proc"
mount -t tmpfs -o mode=1777,size=64m,nosuid tmpfs "$tree/tmp"
mount -t tmpfs -o mode=755,size=64k tmpfs "$tree/dev"
mknod -m 666 "$tree/dev/null" c 1 3
mknod -m 666 "$tree/dev/urandom" c 1 9
shift
while [ "$1" != -- ]; do
    mount --bind "$1" "$tree$2"
    [ "$3" = rw ] || mount -o remount,bind,ro "$tree$2"
    shift 3
done
shift
exec setpriv --no-new-privs /usr/sbin/chroot --userspec="$ACCOUNT" "$tree" "$@"
"""


@dataclass
class Engine:
    """Runs services of docker-compose.yml.

    Parameters
    ----------
    tree
        The image's file system.
    image_environment
        The environment that the image gives.
    folder
        Where volumes lie, and logs.
    settings
        What stands in the file that LOTSE_SETTINGS names.
    """

    tree: Path
    image_environment: Mapping[str, str]
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def volume(self, name: str) -> Path:
        """Give a volume's folder, as a fresh one is: that of the account to which the folder in the image belongs."""
        path = self.folder / "volumes" / name
        if not path.exists():
            path.mkdir(parents=True)
            subprocess.run(["chown", ACCOUNT, path], check=True)
        return path

    def run(self, service: str, command: Sequence[str] | None = None) -> str:
        """Run a service, or another command in its place (`docker compose run`), to its end; give what it said."""
        whole, environment = self._command(service, command), self._environment(service, {})
        done = subprocess.run(whole, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{service} {command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def start(self, service: str, name: str | None = None, **environment: str) -> "subprocess.Popen[bytes]":
        """Start a service that stays, under a name of its own if it is another replica."""
        with self.log(name or service).open("ab") as log:
            process = subprocess.Popen(
                self._command(service), env=self._environment(service, environment), stdout=log, stderr=log
            )
        self.running[name or service] = process
        return process

    def log(self, name: str) -> Path:
        """Tell where what it says is kept."""
        return self.folder / f"{name}.log"

    def is_healthy(self, service: str) -> bool:
        """Ask by the service's own health check, at the service's own address."""
        kind, *check = SERVICES[service]["healthcheck"]["test"]
        assert kind == "CMD"
        whole = self._command(service, [part.replace("127.0.0.1", ADDRESSES[service]) for part in check])
        return (
            subprocess.run(whole, env=self._environment(service, {}), capture_output=True, check=False).returncode == 0
        )

    def stop(self) -> None:
        """End what runs."""
        for process in reversed(self.running.values()):
            process.terminate()
        for process in self.running.values():
            process.wait(60)
        self.running.clear()

    def _command(self, service: str, command: Sequence[str] | None = None) -> list[str]:
        said = SERVICES[service]
        own = [part.replace("$$", "$") for part in (*said.get("entrypoint", ()), *said["command"])]
        mounts = [str(self._hosts()), "/etc/hosts", "ro"]
        for volume in said.get("volumes", ()):
            name, path, *mode = volume.split(":")
            mounts += [str(self.volume(name)), path, *(mode or ["rw"])]
        setup = [
            "unshare",
            "--mount",
            "--propagation=private",
            "sh",
            "-euc",
            SETUP,
            "run",
            str(self.tree),
            *mounts,
            "--",
        ]
        return [*setup, *(own if command is None else command)]

    def _hosts(self) -> Path:
        path = self.folder / "hosts"
        if not path.exists():
            path.write_text("".join(f"{address} {name}\n" for name, address in ADDRESSES.items()))
        return path

    def _environment(self, service: str, more: Mapping[str, str]) -> dict[str, str]:
        said = {name: DEFAULT.sub(r"\1", value) for name, value in SERVICES[service].get("environment", {}).items()}
        if "LOTSE_HTTP_HOST" in said:
            said["LOTSE_HTTP_HOST"] = ADDRESSES[service]
        return {**self.image_environment, **self.settings, **said, **more, "ACCOUNT": ACCOUNT}
