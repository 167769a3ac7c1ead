"""A certificate that is renewed while a server runs."""

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path

from lotse_shared.certificates import tell_shown
from lotse_shared.log import OnChange, get_logger
from lotse_shared.tls import show

LOOK_EVERY_S = 60.0

log = get_logger(__name__)


class Renewal:
    """Takes a renewed certificate without a restart: connections made from then on are shown the new one."""

    def __init__(self, context: ssl.SSLContext, certificate: Path, key: Path) -> None:
        self._context = context
        self._files = (certificate, key)
        self._seen = self._stamps()
        self._told = OnChange(log)
        tell_shown(certificate)

    async def run(self, stop: asyncio.Event, every_s: float = LOOK_EVERY_S) -> None:
        """Look after the files until `stop` is set."""
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), every_s)
            self.look()

    def look(self) -> None:
        """Load the files if they have changed. Where they cannot be used (yet), the old certificate stays."""
        stamps = self._stamps()
        if stamps == self._seen:
            return
        try:
            show(*self._files)  # whole and of one pair, before the context in use is touched
            self._context.load_cert_chain(*self._files)
            tell_shown(self._files[0])
        except OSError as error:  # tried again at the next look: its owner may be all that is wrong
            self._told.now(str(stamps), "the renewed certificate cannot be used, the old one stays", error=str(error))
        else:
            self._seen = stamps
            log.info("certificate renewed")

    def _stamps(self) -> tuple[float, ...]:
        """Give when each file changed last, 0 for one that is just being replaced, or that we may not see."""
        return tuple(map(_stamp, self._files))


def _stamp(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
