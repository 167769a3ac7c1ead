"""The internal HTTP of ingest: health, metrics, and what the gateway hands on."""

from fastapi import APIRouter, FastAPI
from prometheus_client import Histogram

from lotse_shared.door import InternalDoor
from lotse_shared.health import Readiness, health_router
from lotse_shared.problems import add_problem_handlers


def create_app(ready: Readiness, request_seconds: Histogram, *routers: APIRouter) -> FastAPI:
    """Make the app from what it is handed."""
    app = FastAPI(title="Lotse ingest (internal)")
    add_problem_handlers(app)
    app.add_middleware(InternalDoor, seconds=request_seconds)
    for router in (health_router(ready), *routers):
        app.include_router(router)
    return app
