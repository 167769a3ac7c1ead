"""The gateway's HTTP: which rooms there are, and what every request passes on its way in."""

from functools import partial
from typing import Any

from fastapi import Depends, FastAPI
from fastapi_offline import FastAPIOffline

from lotse_gateway.answers.conditional import Conditional
from lotse_gateway.answers.sparse import Sparse
from lotse_gateway.guards.access import Authentication, limits_of
from lotse_gateway.guards.cors import allow_origins
from lotse_gateway.guards.door import DOCS_PATH, BodyTooLargeError, Door, on_body_too_large
from lotse_gateway.live.hub import Hub
from lotse_gateway.live.watch import Watch
from lotse_gateway.openapi import describe
from lotse_gateway.resources import Resources
from lotse_gateway.routes.acks import acks_router
from lotse_gateway.routes.alarms import alarms_router
from lotse_gateway.routes.audit import audit_router
from lotse_gateway.routes.closure_checks import closure_checks_router
from lotse_gateway.routes.console import Tiles, add_console
from lotse_gateway.routes.dead_letters import dead_letters_router
from lotse_gateway.routes.decisions import decisions_router
from lotse_gateway.routes.detectors import detectors_router
from lotse_gateway.routes.detours import detours_router
from lotse_gateway.routes.display import Displays, add_display_route
from lotse_gateway.routes.displays import displays_router
from lotse_gateway.routes.events import events_router
from lotse_gateway.routes.export import export_router
from lotse_gateway.routes.health import health_of_detectors_router
from lotse_gateway.routes.history import history_router
from lotse_gateway.routes.keys import keys_router
from lotse_gateway.routes.ledger import ledger_router
from lotse_gateway.routes.link_states import link_states_router
from lotse_gateway.routes.links import links_router
from lotse_gateway.routes.locks import locks_router
from lotse_gateway.routes.methods import WrongMethod
from lotse_gateway.routes.networks import networks_router
from lotse_gateway.routes.parameters import refuse_unknown_parameters
from lotse_gateway.routes.problem_pages import problem_pages_router
from lotse_gateway.routes.proposals import proposals_router
from lotse_gateway.routes.publishing import publishing_router
from lotse_gateway.routes.registry import registry_router
from lotse_gateway.routes.roadwork_feeds import roadwork_feeds_router
from lotse_gateway.routes.roadwork_life import roadwork_life_router
from lotse_gateway.routes.roadworks import roadworks_router
from lotse_gateway.routes.routes import routes_router
from lotse_gateway.routes.signs import signs_router
from lotse_gateway.routes.strategies import strategies_router
from lotse_gateway.routes.system import system_router
from lotse_gateway.routes.templates import templates_router
from lotse_gateway.steps import OneStepAtATime
from lotse_gateway.version import VERSION
from lotse_gateway.writes.idempotency import Idempotency
from lotse_gateway.writes.nouns import CORRIDORS, DESTINATIONS, DETECTORS, SIGNS, Noun
from lotse_gateway.writes.roadwork_life import Approvals
from lotse_shared.health import health_router
from lotse_shared.problems import add_problem_handlers

NOUNS: tuple[Noun[Any], ...] = (DETECTORS, DESTINATIONS, SIGNS, CORRIDORS)
ROUTERS = (
    system_router,
    detectors_router,
    health_of_detectors_router,
    alarms_router,
    signs_router,
    acks_router,
    displays_router,
    locks_router,
    proposals_router,
    strategies_router,
    templates_router,
    links_router,
    link_states_router,
    networks_router,
    closure_checks_router,
    decisions_router,
    detours_router,
    routes_router,
    ledger_router,
    publishing_router,
    dead_letters_router,
    history_router,
    export_router,
    keys_router,
    audit_router,
)


def create_app(resources: Resources, hub: Hub, watch: Watch) -> FastAPI:
    """Build the app from what it is handed: `watch` tells `hub` what happens, which tells those who listen."""
    # The page at /docs with its scripts from our own package: a control centre may have no internet.
    app = FastAPIOffline(
        title="Lotse",
        version=VERSION,
        redoc_url=None,
        redirect_slashes=False,
        static_url=f"{DOCS_PATH}/assets",
        dependencies=[Depends(refuse_unknown_parameters)],
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
        },  # ours is at /metrics; asking costs requests time
    )
    add_problem_handlers(app)
    app.add_exception_handler(BodyTooLargeError, on_body_too_large)
    settings = resources.settings
    app.add_middleware(Idempotency, database=resources.database)
    app.add_middleware(Sparse)
    app.add_middleware(Conditional)
    app.add_middleware(OneStepAtATime)
    app.add_middleware(Displays, memory=resources.memory, retry_after_s=settings.poll_s)
    app.add_middleware(Authentication, ring=resources.keys, limits=limits_of(settings))
    allow_origins(app, settings.cors_origins)
    tiles = Tiles(settings.tile_url, settings.tile_attribution)
    app.add_middleware(
        Door,
        max_body_bytes=settings.max_body_bytes,
        max_query_bytes=settings.max_query_bytes,
        tile_origin=tiles.origin,
    )
    for router in ROUTERS:
        app.include_router(router(resources))
    app.include_router(events_router(resources, hub, watch))
    app.include_router(roadwork_feeds_router(resources))  # before that of /v1/roadworks/{roadwork_id}
    approvals = Approvals(resources)
    app.include_router(roadworks_router(resources, approvals))
    app.include_router(roadwork_life_router(resources, approvals))
    for noun in NOUNS:
        app.include_router(registry_router(resources, noun))
    app.include_router(problem_pages_router())
    app.include_router(health_router(partial(_dependencies, resources)), include_in_schema=False)
    add_display_route(app)
    add_console(app, tiles)
    app.add_exception_handler(405, WrongMethod(app).answer)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _dependencies(resources: Resources) -> dict[str, bool]:
    """Tell what must be there before this gateway can serve a sign, and whether it will stay.

    Not the database: when it goes away, signs go on being served from memory, which taking the gateway out of service
    would prevent.
    """
    leaving = {"staying": False} if resources.drain.has_begun else {}
    return {"keys": resources.keys.is_loaded, "signs": resources.memory.is_loaded, **leaving}
