"""Pages of other origins that may ask from browsers: none, unless the settings name them."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

METHODS = ("GET", "POST", "PUT", "DELETE")
SENT = (
    "Authorization",
    "X-API-Key",
    "X-Request-ID",
    "Content-Type",
    "Accept-Language",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
)
"""Headers that a page may send."""
READ = (
    "Content-Disposition",
    "Content-Language",
    "ETag",
    "Location",
    "Lotse-Degraded",
    "Lotse-Fresh-Until",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
)
"""Headers of answers that a page may read."""
PREFLIGHT_MAX_AGE_S = 600


def allow_origins(app: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of these origins ask. They prove themselves with a key as everybody does, never with a cookie."""
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=READ,
            max_age=PREFLIGHT_MAX_AGE_S,
        )
