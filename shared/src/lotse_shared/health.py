"""The routes every service has: /healthz (the process runs), /readyz (its dependencies are there), /metrics."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Readiness = Callable[[], Mapping[str, bool]]
"""Tells, by name, which dependencies are there."""


def health_router(ready: Readiness) -> APIRouter:
    """Give the router with the three routes. /readyz answers 503 while any dependency is missing."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="The process runs")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz", summary="All dependencies are there")
    async def readyz() -> JSONResponse:
        dependencies = dict(ready())
        is_ready = all(dependencies.values())
        body = {"status": "ready" if is_ready else "not ready", "dependencies": dependencies}
        return JSONResponse(body, 200 if is_ready else 503)

    @router.get("/metrics", summary="Prometheus metrics", response_class=Response)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
