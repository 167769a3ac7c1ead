"""The internal HTTP of ingest: health, metrics, and what the gateway hands on."""

from fastapi import APIRouter, FastAPI

from lotse_shared.health import Readiness, health_router
from lotse_shared.problems import add_problem_handlers


def create_app(ready: Readiness, *routers: APIRouter) -> FastAPI:
    """Make the app from what it is handed."""
    app = FastAPI(title="Lotse ingest (internal)")
    add_problem_handlers(app)
    for router in (health_router(ready), *routers):
        app.include_router(router)
    return app
