"""Routing's internal HTTP: health, metrics, and what-if questions on the current snapshot."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import FastAPI

from lotse_routing.http.closures import closures_router
from lotse_routing.http.corridors import corridors_router
from lotse_routing.http.link_states import link_states_router
from lotse_routing.http.roadworks import feeds_router
from lotse_routing.http.routes import routes_router
from lotse_routing.http.texts import texts_router
from lotse_routing.metrics import REQUEST_SECONDS
from lotse_routing.places import PlacesInForce
from lotse_routing.records import Records
from lotse_routing.settings import RoutingSettings
from lotse_routing.state.snapshot import Snapshot
from lotse_routing.town import Town
from lotse_shared.door import InternalDoor
from lotse_shared.health import Readiness, health_router
from lotse_shared.problems import Unavailable, add_problem_handlers


@dataclass(frozen=True, slots=True)
class Resources:
    """What the app is handed.

    The snapshot of now, the town (known before the first snapshot), what is there, and where the past is written.
    """

    snapshot: Callable[[], Snapshot | None]
    ready: Readiness
    records: Records
    settings: RoutingSettings
    town: Callable[[], Town | None]


def create_app(resources: Resources) -> FastAPI:
    """Build the app."""
    app = FastAPI(title="Lotse routing (internal)", openapi_url=None)
    app.include_router(health_router(resources.ready))
    add_problem_handlers(app)
    app.add_middleware(InternalDoor, seconds=REQUEST_SECONDS)

    def current() -> Snapshot:
        snapshot = resources.snapshot()
        if snapshot is None:
            detail = "nothing can be answered yet: no network is active, or no step was made"
            raise Unavailable(detail, headers={"Retry-After": "5"})
        return snapshot

    places_of = PlacesInForce(resources.settings.loop.snap_distance_m).of
    app.include_router(routes_router(current, places_of, resources.records, resources.settings))
    app.include_router(closures_router(current, resources.records, resources.settings))
    app.include_router(link_states_router(current, resources.records))
    app.include_router(corridors_router(resources.town, places_of))
    app.include_router(feeds_router(current, resources.town, resources.records, resources.settings))
    app.include_router(texts_router(resources.town, resources.settings.display.language))
    return app
