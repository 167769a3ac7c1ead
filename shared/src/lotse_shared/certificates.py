"""When certificates in use end: told as a metric, so that somebody renews them before."""

import binascii
import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from prometheus_client import Gauge

ENDS = Gauge(
    "lotse_certificate_expiry_timestamp_seconds",
    "When the certificate ends that is in use now: http, the one that we show; broker, the one that we are shown.",
    ["of"],
)
_PEM = re.compile("-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----(.+?)-----END", re.DOTALL)
_UTC_TIME = 0x17
_CENTURY_TURNS = 50
"""RFC 5280, section 4.1.2.5.1: a year of two digits is of the twentieth century from there on."""


def tell_shown(certificate: Path) -> None:
    """Tell when what our server shows ends: the first to end of a certificate and those between it and its CA.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    blocks = _PEM.findall(certificate.read_text(encoding="ascii", errors="replace"))
    _tell("http", min(ends_at(binascii.a2b_base64(block)) for block in blocks).timestamp())


def tell_seen(connection: ssl.SSLSocket) -> None:
    """Tell when the certificate ends that the broker has shown on this connection."""
    seen = connection.getpeercert()
    if seen:
        _tell("broker", ssl.cert_time_to_seconds(str(seen["notAfter"])))


def _tell(of: Literal["http", "broker"], timestamp_s: float) -> None:
    ENDS.labels(of).set(timestamp_s)


def ends_at(der: bytes) -> datetime:
    """Read the end of a certificate's validity (RFC 5280, section 4.1); Python reads only those of a connection.

    Raises
    ------
    ValueError
        It is no certificate.
    """
    try:
        _, certificate = next(_elements(der))
        _, to_be_signed = next(_elements(certificate))
        fields = [value for tag, value in _elements(to_be_signed) if tag != 0xA0]  # noqa: PLR2004 - its version, if told
        _serial, _algorithm, _issuer, validity, *_rest = fields
        _, (tag, moment) = _elements(validity)
    except (StopIteration, IndexError) as error:
        message = "no certificate: it ends early"
        raise ValueError(message) from error
    digits = moment.decode("ascii").removesuffix("Z")
    if tag == _UTC_TIME:
        digits = ("20" if int(digits[:2]) < _CENTURY_TURNS else "19") + digits
    return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Give tag and content of each element in a row of them (X.690: definite lengths)."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size]), at + size
        if at + length > len(der):
            message = "no certificate: an element is longer than what holds it"
            raise ValueError(message)
        yield tag, der[at : at + length]
        at += length
