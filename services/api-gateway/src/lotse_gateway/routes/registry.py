"""Detectors, destinations, signs, corridors: the same six operations for each, from one description of the noun."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from lotse_gateway.answers.composing import compose_page
from lotse_gateway.answers.media import CSV, GEOJSON, JSON, choose_media
from lotse_gateway.answers.paging import encode_cursor
from lotse_gateway.answers.preconditions import Supposed
from lotse_gateway.answers.sparse import CHOSEN
from lotse_gateway.guards.access import Requires
from lotse_gateway.guards.keys import ApiKey, Scope
from lotse_gateway.models.base import Body as RequestBody
from lotse_gateway.openapi import Responses, errors
from lotse_gateway.resources import Resources
from lotse_gateway.routes.boxes import ANYWHERE, Box, read_box, refuse_swapped
from lotse_gateway.routes.bulk import add_bulk
from lotse_gateway.routes.forms import VARY, also_geojson, examples_of, give_features
from lotse_gateway.routes.parameters import Cursor, id_in_path, invalid_field, page_size, read_cursor
from lotse_gateway.routes.table_stream import Wanted, give_csv
from lotse_gateway.routes.versions import add_versions
from lotse_gateway.writes import registry
from lotse_gateway.writes.audit import Event, leave_trace, read_states
from lotse_gateway.writes.corridors import resolve_corridors
from lotse_gateway.writes.nouns import CORRIDORS, Noun


def registry_router(resources: Resources, noun: Noun[Any]) -> APIRouter:
    """Give list, get, versions, create, replace, retire and bulk of one noun."""
    router = APIRouter(prefix=f"/v1/{noun.plural}", tags=[noun.plural])
    _add_reads(router, resources, noun)
    if noun.version_page is not None:
        add_versions(router, resources, noun, noun.version_page)
    _add_writes(router, resources, noun)
    if noun.retirement:
        _add_retirement(router, resources, noun)
    add_bulk(router, resources, noun, _completes(resources, noun))
    return router


def _completes(resources: Resources, noun: Noun[Any]) -> registry.Complete:
    """Give what completes rows of this noun: routing finds the links of corridors."""
    return partial(resolve_corridors, resources.routing) if noun is CORRIDORS else registry.as_they_are


def _new_id(noun: Noun[Any]) -> str:
    """Give the id of the body's example: one that the demo town has not."""
    example: str = noun.body.model_fields[noun.id_field].examples[0]
    return example


def _add_reads(router: APIRouter, resources: Resources, noun: Noun[Any]) -> None:
    database = resources.database
    _add_list(router, resources, noun)

    @router.get(
        f"/{{{noun.id_field}}}",
        summary=f"Get a {noun.name}",
        description=f"One {noun.name} as it is registered.",
        response_model=noun.view,
        responses=errors(404, 422),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id=f"get_{noun.name}",
    )
    async def get_one(noun_id: Annotated[str, id_in_path(noun.id_field, noun.town_id)]) -> Any:  # noqa: ANN401
        return dict(await registry.get_row(database, noun, noun_id))


def _add_list(router: APIRouter, resources: Resources, noun: Noun[Any]) -> None:
    settings, database = resources.settings, resources.database
    forms = (JSON, GEOJSON, CSV) if noun.has_geometry else (JSON, CSV)
    where = " those with a place in the `bbox`, or on a link there;" if noun.has_geometry else ""

    @router.get(
        "",
        summary=f"List {noun.plural}",
        description=f"All {noun.plural} ({noun.what}), by id;{where} in the form that `Accept` prefers:"
        f" {', '.join(forms)}. CSV has no pages: without a `limit` it is whole, and sent in pieces.",
        response_model=noun.page,
        responses=errors(422) | _forms(noun),
        dependencies=[Requires(Scope.VIEWER)],
        operation_id=f"list_{noun.plural}",
    )
    async def list_all(
        request: Request,
        box: Annotated[Box | None, Depends(read_box if noun.has_geometry else anywhere)],
        limit: Annotated[int | None, page_size(settings.max_page_size)] = None,
        cursor: Cursor = None,
    ) -> Response:
        (after,) = read_cursor(cursor, str)
        media = choose_media(request.headers.get("accept", ""), forms)
        in_box = (box or ANYWHERE) if noun.has_geometry else ()
        if media == CSV:
            wanted = Wanted(
                f"list_{noun.name}", noun.id_field, in_box, request.scope.get(CHOSEN, noun.view.model_fields)
            )
            return await give_csv(database, wanted, after, limit, settings.max_page_size)
        size = limit or settings.page_size
        rows = await database.rows(f"list_{noun.name}", after, size + 1, *in_box)
        if not rows:
            await refuse_swapped(database, box)
        next_cursor = encode_cursor(rows[size - 1][noun.id_field]) if len(rows) > size else None
        if media == GEOJSON:
            items = [dict(row) for row in rows[:size]]
            return await give_features(database, noun.id_field, items, next_cursor, noun.view)
        return await compose_page(noun.page, map(dict, rows[:size]), VARY, next_cursor=next_cursor)


def anywhere() -> None:
    """Give no box: of what has no place."""


def _forms(noun: Noun[Any]) -> Responses:
    examples = examples_of(noun)
    forms = also_geojson(examples[GEOJSON]) if noun.has_geometry else {200: {"content": {}}}
    forms[200]["content"][CSV] = {"schema": {"type": "string"}, "example": examples[CSV]}
    return forms


def _add_writes(router: APIRouter, resources: Resources, noun: Noun[Any]) -> None:
    database, complete = resources.database, _completes(resources, noun)

    async def create(row: RequestBody, key: Annotated[ApiKey, Requires(Scope.ADMIN)], response: Response) -> Any:  # noqa: ANN401
        completed = await registry.complete_row(row, complete)
        stored, _ = await registry.put_row(database, key, noun, completed, supposed=None)
        response.headers["Location"] = f"{router.prefix}/{noun.id_of(row)}"
        return stored

    async def replace(
        noun_id: Annotated[str, id_in_path(noun.id_field, _new_id(noun))],
        row: RequestBody,
        key: Annotated[ApiKey, Requires(Scope.ADMIN)],
        supposed: Supposed,
        response: Response,
    ) -> Any:  # noqa: ANN401
        if noun.id_of(row) != noun_id:
            reason = f"is {noun.id_of(row)!r}, but the path names {noun_id!r}"
            raise invalid_field(field=f"body.{noun.id_field}", reason=reason)
        completed = await registry.complete_row(row, complete)
        stored, is_new = await registry.put_row(database, key, noun, completed, supposed)
        response.status_code = 201 if is_new else 200
        return stored

    # FastAPI reads the body's type from the annotation, and a type chosen at run time cannot be written as one.
    create.__annotations__["row"] = replace.__annotations__["row"] = noun.body
    router.add_api_route(
        "",
        create,
        methods=["POST"],
        status_code=201,
        summary=f"Register a {noun.name}",
        description=f"Creates one {noun.name}; 409 if there is one with this id. What it mentions must exist.",
        response_model=noun.view,
        responses=errors(409, 422, reads_body=True),
        operation_id=f"create_{noun.name}",
    )
    router.add_api_route(
        f"/{{{noun.id_field}}}",
        replace,
        methods=["PUT"],
        summary=f"Create or replace a {noun.name}",
        description=f"After it the {noun.name} is what the body says: 201 if it is new, 200 if it was replaced. "
        "A field that is left out takes its default.",
        response_model=noun.view,
        responses=errors(412, 422, reads_body=True) | {201: {"description": "Created", "model": noun.view}},
        operation_id=f"put_{noun.name}",
    )


def _add_retirement(router: APIRouter, resources: Resources, noun: Noun[Any]) -> None:
    database = resources.database

    @router.delete(
        f"/{{{noun.id_field}}}",
        status_code=204,
        summary=f"Retire a {noun.name}",
        description=f"Takes a {noun.name} out of service: {noun.retirement}. Its history stays. Registering it again "
        "(PUT) takes it back into service. Retiring twice does nothing.",
        responses=errors(404, 412, 422),
        operation_id=f"retire_{noun.name}",
    )
    async def retire(
        noun_id: Annotated[str, id_in_path(noun.id_field, _new_id(noun))],
        key: Annotated[ApiKey, Requires(Scope.ADMIN)],
        supposed: Supposed,
    ) -> None:
        await registry.get_row(database, noun, noun_id)
        async with database.transaction() as session:
            await registry.hold_row(session, noun, noun_id, supposed)
            before = await read_states(session, noun.name, [noun_id])
            if await session.row(f"retire_{noun.name}", noun_id) is not None:
                await leave_trace(session, key, noun.name, [Event("retire", noun_id)], before)
