"""One id a request, told in its answer, in every log line and audit event that it led to."""

import re
import secrets
from collections.abc import Iterable
from contextvars import ContextVar

from structlog.contextvars import bind_contextvars

HEADER = b"x-request-id"
ID_BYTES = 16
_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
"""As identifiers are: safe in a header, a log line and a table."""
_CURRENT: ContextVar[str | None] = ContextVar("lotse_request_id", default=None)


def begin_request(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Take the id that a client gave if it is well-formed, else make one; it holds for the task that runs here."""
    given = next((value for name, value in headers if name == HEADER), None)
    text = given.decode() if given is not None and _WELL_FORMED.fullmatch(given) else secrets.token_hex(ID_BYTES)
    _CURRENT.set(text)
    bind_contextvars(request_id=text)
    return text.encode()


def current_request_id() -> str | None:
    """Give the id of the request that runs here, None outside of one."""
    return _CURRENT.get()
