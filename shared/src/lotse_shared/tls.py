"""TLS: whom our clients trust, and the certificate that our servers show. 1.2 at least; names are always checked."""

import ssl
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator


def trust(ca: Path | None) -> ssl.SSLContext:
    """Give what a client connects with: it trusts the CAs in a PEM file, None: those of the system."""
    return ssl.create_default_context(cafile=ca)


def show(certificate: Path, key: Path) -> ssl.SSLContext:
    """Give what a server listens with: its certificate, followed in the file by those between it and its CA.

    Raises
    ------
    OSError
        One of the files cannot be read, or they do not belong together (ssl.SSLError).
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


def _holds_certificates(ca: Path) -> Path:
    try:
        trust(ca)
    except OSError as error:
        message = f"no certificates can be read from {ca}: {error}"
        raise ValueError(message) from error
    return ca


CaFile = Annotated[Path, AfterValidator(_holds_certificates)]
"""A PEM file with the certificates of CAs."""
