"""The internal HTTP of ingest: health and metrics."""

from fastapi import FastAPI

from lotse_shared.health import Readiness, health_router


def create_app(ready: Readiness) -> FastAPI:
    """Make the app from what it is handed."""
    app = FastAPI(title="Lotse ingest (internal)")
    app.include_router(health_router(ready))
    return app
