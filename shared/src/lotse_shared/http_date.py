"""The `Date` of an answer, of the moment at which it is given.

uvicorn's own is made once a second, later if the process is busy. A sign reckons from it how long what it shows is
fresh: with a `Date` of a second ago it would show it for a second too long.
"""

import time
from email.utils import formatdate

HEADER = b"date"
_last: tuple[int, bytes] = (0, b"")


def http_date() -> bytes:
    """Give the wall's time as HTTP has it (RFC 9110, 5.6.7), cut to the second."""
    global _last  # noqa: PLW0603 - a memory of one second
    now_s = int(time.time())
    if _last[0] != now_s:
        _last = now_s, formatdate(now_s, usegmt=True).encode()
    return _last[1]
