"""Cursors: opaque to clients, the sort key of the last item inside, so that a page never skips or repeats a row."""

import base64
import binascii
import json
from collections.abc import Sequence

MAX_CURSOR_CHARS = 512


class CursorError(ValueError):
    """The cursor is not one that was given out."""

    def __str__(self) -> str:
        """Say what to do."""
        return "not a cursor of this list: take next_cursor of the page before, or leave it out to begin"


def encode_cursor(*key: str | int) -> str:
    """Compose the cursor after the item with this sort key."""
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, kinds: Sequence[type]) -> list[str | int]:
    """Give the sort key inside a cursor, whose parts must be of these kinds.

    Raises
    ------
    CursorError
        It is not a cursor, or one of another list.
    """
    try:
        key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise CursorError from error
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
        raise CursorError
    if any(not _is_storable(part) for part in key):
        raise CursorError
    return key


def _is_storable(part: str | int) -> bool:
    """Tell whether PostgreSQL can take this: text without NUL and lone surrogates, 64-bit integers."""
    if isinstance(part, int):
        return -(2**63) <= part < 2**63
    return "\0" not in part and part.isprintable()
