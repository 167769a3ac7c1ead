"""Strategies: planned phases of signs, in versions, by time or by hand."""

from typing import Annotated, Any

from fastapi import APIRouter, Response

from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.answers.preconditions import Supposed
from lotse_gateway.database import Session
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.models.strategies import Activation, Strategy, StrategyPage, StrategyView
from lotse_gateway.openapi import errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.parameters import Cursor, id_in_path, invalid_field, page_size, read_cursor
from lotse_gateway.writes.audit import Event, leave_trace, read_states
from lotse_gateway.writes.orders import end_of
from lotse_gateway.writes.strategies import read_phases
from lotse_shared.problems import Conflict, NotFound

StrategyId = Annotated[str, id_in_path("strategy_id", "MATCH-DAY")]


def strategies_router(resources: Resources) -> APIRouter:
    """Give list, get, versions, put, retire, begin and end by hand."""
    router = APIRouter(prefix="/v1/strategies", tags=["strategies"])
    _add_reads(router, resources)
    _add_writes(router, resources)
    _add_hands(router, resources)
    return router


def _add_reads(router: APIRouter, resources: Resources) -> None:
    settings, database, clock = resources.settings, resources.database, resources.clock

    @router.get(
        "",
        summary="List strategies",
        response_model=StrategyPage,
        responses=errors(422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_strategies",
    )
    async def list_strategies(
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size, cursor: Cursor = None
    ) -> Any:  # noqa: ANN401 - StrategyPage
        """Strategies by id, retired ones too, each in its newest version and with its phases in force now."""
        (after,) = read_cursor(cursor, str)
        rows = await database.rows("list_strategies", after, clock.now(), limit + 1)
        items = [dict(row) for row in rows[:limit]]
        next_cursor = encode_cursor(items[-1]["strategy_id"]) if len(rows) > limit else None
        return {"items": items, "next_cursor": next_cursor}

    @router.get(
        "/{strategy_id}",
        summary="Get a strategy",
        response_model=StrategyView,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="get_strategy",
    )
    async def get_strategy(strategy_id: StrategyId) -> Any:  # noqa: ANN401 - StrategyView
        """One strategy in its newest version, with its phases in force now."""
        async with database.transaction() as session:
            return await _get(session, resources, strategy_id)

    @router.get(
        "/{strategy_id}/versions",
        summary="List the versions of a strategy",
        response_model=StrategyPage,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id="list_strategy_versions",
    )
    async def list_versions(
        strategy_id: StrategyId,
        limit: Annotated[int, page_size(settings.max_page_size)] = settings.page_size,
        cursor: Cursor = None,
    ) -> Any:  # noqa: ANN401 - StrategyPage
        """All that it ever was, newest first, each with who saved it and when."""
        (before,) = read_cursor(cursor, int)
        rows = await database.rows("list_strategy_versions", strategy_id, before, clock.now(), limit + 1)
        if not rows and before is None:
            raise _unknown(strategy_id)
        items = [dict(row) for row in rows[:limit]]
        next_cursor = encode_cursor(items[-1]["version"]) if len(rows) > limit else None
        return {"items": items, "next_cursor": next_cursor}


def _add_writes(router: APIRouter, resources: Resources) -> None:
    database = resources.database

    @router.put(
        "/{strategy_id}",
        summary="Save a strategy",
        response_model=StrategyView,
        responses=errors(412, 422, reads_body=True) | {201: {"description": "Created", "model": StrategyView}},
        operation_id="put_strategy",
    )
    async def put_strategy(
        strategy_id: StrategyId,
        strategy: Strategy,
        key: Annotated[ApiKey, Requires(Scope.OPERATOR)],
        supposed: Supposed,
        response: Response,
    ) -> Any:  # noqa: ANN401 - StrategyView
        """Save the next version, which counts from now on: 201 if it is the first. A retired one is in use again.

        A text that does not fit its sign is refused. Phases by time begin and end by themselves, on Lotse's clock.
        """
        phases = await read_phases(resources, strategy)
        async with database.transaction() as session:
            await session.row("hold_strategy", strategy_id)
            present = await session.row("list_strategy_versions", strategy_id, None, resources.clock.now(), 1)
            supposed.check(f"the strategy {strategy_id!r}", StrategyView, present)
            before = await read_states(session, "strategy", [strategy_id])
            row = await session.row("add_strategy_version", strategy_id, strategy.name, phases, key.key_id)
            version = row["version"] if row else 0
            await leave_trace(session, key, "strategy", [Event("save", strategy_id)], before)
            response.status_code = 201 if version == 1 else 200
            return await _get(session, resources, strategy_id)

    @router.delete(
        "/{strategy_id}",
        status_code=204,
        summary="Retire a strategy",
        responses=errors(404, 412, 422),
        operation_id="retire_strategy",
    )
    async def retire_strategy(
        strategy_id: StrategyId, key: Annotated[ApiKey, Requires(Scope.OPERATOR)], supposed: Supposed
    ) -> None:
        """Take a strategy out of use, at once. Its versions stay; saving it again takes it back."""
        async with database.transaction() as session:
            await session.row("hold_strategy", strategy_id)
            present = await _get(session, resources, strategy_id)
            supposed.check(f"the strategy {strategy_id!r}", StrategyView, present)
            before = await read_states(session, "strategy", [strategy_id])
            if await session.row("retire_strategy", strategy_id) is not None:
                await leave_trace(session, key, "strategy", [Event("retire", strategy_id)], before)


def _add_hands(router: APIRouter, resources: Resources) -> None:
    database = resources.database

    @router.post(
        "/{strategy_id}/activate",
        summary="Begin a phase by hand",
        response_model=StrategyView,
        responses=errors(404, 409, 422, reads_body=True),
        operation_id="activate_strategy",
    )
    async def activate(
        strategy_id: StrategyId, activation: Activation, key: Annotated[ApiKey, Requires(Scope.OPERATOR)]
    ) -> Any:  # noqa: ANN401 - StrategyView
        """Show a phase from now until its end, whether it has times or not; in place of one that was begun by hand."""
        now = resources.now()
        ends_at = end_of(activation, now, resources.settings.max_order_h)
        async with database.transaction() as session:
            await session.row("hold_strategy", strategy_id)
            strategy = await _get(session, resources, strategy_id)
            names = [phase["name"] for phase in strategy["phases"]]
            if activation.phase not in names:
                raise invalid_field(field="body.phase", reason=f"no phase of it; allowed: {', '.join(names)}")
            if strategy["retired_at"] is not None:
                message = f"the strategy {strategy_id!r} is retired: save it again first"
                raise Conflict(message)
            before = await read_states(session, "strategy", [strategy_id])
            await session.row("end_activation", strategy_id, now)
            await session.row("add_activation", strategy_id, activation.phase, key.key_id, now, ends_at)
            detail = {"phase": activation.phase}
            await leave_trace(session, key, "strategy", [Event("activate", strategy_id, detail)], before)
            return await _get(session, resources, strategy_id)

    @router.post(
        "/{strategy_id}/deactivate",
        summary="End what was begun by hand",
        response_model=StrategyView,
        responses=errors(404, 409, 422),
        operation_id="deactivate_strategy",
    )
    async def deactivate(strategy_id: StrategyId, key: Annotated[ApiKey, Requires(Scope.OPERATOR)]) -> Any:  # noqa: ANN401 - StrategyView
        """End the phase that was begun by hand; phases by time go on. Where there is none, it does nothing."""
        now = resources.now()
        async with database.transaction() as session:
            await session.row("hold_strategy", strategy_id)
            await _get(session, resources, strategy_id)
            before = await read_states(session, "strategy", [strategy_id])
            ended = await session.row("end_activation", strategy_id, now)
            if ended is not None and ended["was_in_force"]:
                detail = {"phase": ended["phase"]}
                await leave_trace(session, key, "strategy", [Event("deactivate", strategy_id, detail)], before)
            return await _get(session, resources, strategy_id)


async def _get(session: Session, resources: Resources, strategy_id: str) -> dict[str, Any]:
    row = await session.row("list_strategy_versions", strategy_id, None, resources.clock.now(), 1)
    if row is None:
        raise _unknown(strategy_id)
    return dict(row)


def _unknown(strategy_id: str) -> NotFound:
    message = f"there is no strategy {strategy_id!r}"
    return NotFound(message)
