"""Certificates: a CA of the test's own, and what it vouches for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from lotse_standalone.machine.ports import LOOPBACK


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, as files."""

    cert: Path
    key: Path


class Authority:
    """A CA, its own certificate in a file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._ca = trustme.CA()
        self._issued = 0
        self.file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def issue(self, name: str = LOOPBACK, *, expired: bool = False, ends_at: datetime | None = None) -> Certificate:
        """A certificate for a name or an address; by default it ends in an age."""
        self._issued += 1
        issued = self._ca.issue_cert(name, not_after=datetime.now(UTC) - timedelta(days=1) if expired else ends_at)
        made = Certificate(self._folder / f"{self._issued}.pem", self._folder / f"{self._issued}.key")
        made.cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(made.key)
        return made

    def renew(self, old: Certificate, name: str = LOOPBACK, ends_at: datetime | None = None) -> None:
        """Put another certificate in the place of one."""
        new = self.issue(name, ends_at=ends_at)
        new.key.rename(old.key)
        new.cert.rename(old.cert)
