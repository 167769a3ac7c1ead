"""ETags: strong, of a body's bytes, so that N gateways agree; and what clients say of them (RFC 9110). Pure."""

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

ANY = "*"


def etag_of(body: bytes) -> str:
    """Give the strong ETag of a body."""
    return f'"{hashlib.sha256(body).hexdigest()}"'


def etag_of_view(view: type[BaseModel], values: Mapping[str, Any]) -> str:
    """Give the ETag with which a GET answers these values: the bytes are those that FastAPI makes of the view."""
    return etag_of(view.model_validate(values).model_dump_json(by_alias=True).encode())


def matches(if_none_match: str, etag: str) -> bool:
    """Tell whether an If-None-Match header names this ETag (RFC 9110, 13.1.2: weak comparison, a list, or `*`)."""
    if if_none_match == etag:
        return True
    return any(part.strip().removeprefix("W/") in (etag, ANY) for part in if_none_match.split(","))


def matches_strongly(if_match: str, etag: str) -> bool:
    """Tell whether an If-Match header names this ETag (13.1.1: strong comparison, a list, or `*`)."""
    return any(part.strip() in (etag, ANY) for part in if_match.split(","))
