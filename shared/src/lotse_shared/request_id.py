"""One id a request, told in its answer, in every log line and audit event that it led to, in every service."""

import re
import secrets
from collections.abc import Iterable, Mapping
from contextvars import ContextVar

from structlog.contextvars import bind_contextvars

HEADER = b"x-request-id"
TRACE_HEADER = b"traceparent"
ID_BYTES = 16
_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
"""As identifiers are: safe in a header, a log line and a table."""
_TRACE = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
"""W3C Trace Context: version, trace, span, flags; a later version may say more."""
_CURRENT: ContextVar[str | None] = ContextVar("lotse_request_id", default=None)


def begin_request(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Take the id that a client gave, or that of its trace, or make one; it holds for the task that runs here."""
    request_id = _given(headers) or secrets.token_hex(ID_BYTES).encode()
    text = request_id.decode()
    _CURRENT.set(text)
    bind_contextvars(request_id=text)
    return request_id


def current_request_id() -> str | None:
    """Give the id of the request that runs here, None outside of one."""
    return _CURRENT.get()


def headers_onward() -> Mapping[str, str]:
    """Give what another service has to be told when it is asked on behalf of the request that runs here."""
    request_id = current_request_id()
    return {} if request_id is None else {HEADER.decode(): request_id}


def _given(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """Give the well-formed id among the headers; that of the request goes before that of the trace."""
    trace_id: bytes | None = None
    for name, value in headers:
        if name == HEADER and _WELL_FORMED.fullmatch(value):
            return value
        if name == TRACE_HEADER and (trace := _TRACE.fullmatch(value)):
            trace_id = trace[1]
    return trace_id
